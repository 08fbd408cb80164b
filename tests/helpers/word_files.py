"""Rows of words with their tags, as columns, or with their roles, as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence

from headstart.data.modalities.text import words as worded
from tests.helpers.sentences import TOPICS, VERBS, sentences

TEXTS, _ = sentences(160, topics=2)
ROWS = [row for row in (worded.cut(text).words for text in TEXTS) if len(row) < 15]
THINGS = {word for topic in TOPICS for word in topic}


def column_file(rows: Sequence[Sequence[str]]) -> str:
    """Every thing is tagged with its topic, SEA or KITCHEN."""
    lines = []
    for row in rows:
        lines += [f"{word}\t{'O' if word not in THINGS else _thing(word)}" for word in row] + [""]
    return "\n".join(lines) + "\n"


def _thing(word: str) -> str:
    return "B-SEA" if word in TOPICS[0] else "B-KITCHEN"


def frames(rows: Sequence[Sequence[str]]) -> str:
    """ "the ship finds the wave": two words on each side of a verb."""
    lines = []
    for row in rows:
        places = [place for place, word in enumerate(row) if word in VERBS]
        told = [{"index": p, "args": [{"start": p - 2, "end": p, "role": "ARG0"},
                                      {"start": p + 1, "end": p + 3, "role": "ARG1"}]} for p in places]  # fmt: skip
        lines.append(json.dumps({"tokens": row, "predicates": told}))
    return "\n".join(lines) + "\n"
