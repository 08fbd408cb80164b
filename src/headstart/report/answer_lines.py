"""Answers and truths in a line each, as reports show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from headstart.assemble import are_worded
from headstart.core.contracts import Modality
from headstart.core.sequences import Worded
from headstart.data.store import Store
from headstart.report.overlays.boxes import listed
from headstart.report.overlays.masks import shares_told
from headstart.training.words import tag_schemes

LONGEST = 300  # characters of a text that are shown


def told_of(side: Mapping[str, Any], words: Sequence[str]) -> str:
    """An answer, or the truth, in a line: a class, a number, a text, boxes, shares of a mask, finds in words."""
    label = side.get("label")
    boxes = side if "boxes" in side else label
    if isinstance(boxes, Mapping) and "boxes" in boxes:
        return shortened(listed(boxes))
    if "mask" in side or (isinstance(label, Mapping) and "mask" in label):
        return shortened(shares_told(side))
    label = next(side[name] for name in ("label", "value", "labels", "tags", "predicates", "text") if name in side)
    if "predicates" in side or isinstance(label, Mapping):
        predicates = label["predicates"] if isinstance(label, Mapping) else label
        told = [f"{words[p['index']]} ({_found(p['args'], 'role', words)})" for p in predicates]
        return shortened("; ".join(told) or "nothing")
    if words and isinstance(label, list):
        found = [{"start": a, "end": b, "label": name} for a, b, name in tag_schemes.spans(list(map(str, label)))]
        return shortened(_found(found, "label", words) or " ".join(map(str, label)))
    return shortened(", ".join(map(str, label)) if isinstance(label, list) else str(label))


def _found(found: Sequence[Mapping[str, Any]], name: str, words: Sequence[str]) -> str:
    return ", ".join(f"{one[name]}: {' '.join(words[one['start'] : one['end']])}" for one in found)


def words_of(modality: Modality, store: Store, rows: np.ndarray) -> list[Sequence[str]]:
    """The words of rows that came cut into words; nothing of others."""
    if not len(rows) or not isinstance(modality, Worded) or not are_worded(store, rows):
        return [()] * len(rows)
    return [words for words, _ in modality.words(store.take(rows))]


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
