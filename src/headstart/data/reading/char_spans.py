"""Spans of characters in a text, as annotation tools write them -> the words of the text with a tag each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from headstart.core.errors import DataError
from headstart.data.records import Words, cut, short

_FIX = "correct the row, or prepare with --skip-bad"
_NAMES = ("label", "labels", "type", "tag", "entity_group", "entity", "name", "category")
_BEGINS, _ENDS = ("start", "start_offset", "begin"), ("end", "end_offset")
_HOLDERS = ("entities", "spans", "annotations", "label", "labels")


class Span(NamedTuple):
    """Characters from `start` to `end` (exclusive) and what they are called."""

    start: int
    end: int
    name: str


def spans_of(label: Any) -> list[Span] | None:
    """The spans that a label is; None if it is anything else.

    Read are [[0, 4, "PER"]], [{"start": 0, "end": 4, "label": "PER"}] with the usual other names of the three (also
    `"labels": ["PER"]`), and {"entities": [...]} around either. An empty list holds no span, and may hold no label.
    """
    if isinstance(label, Mapping):
        held = [label[name] for name in _HOLDERS if isinstance(label.get(name), list)]
        return spans_of(held[0]) if len(held) == 1 else None
    if not isinstance(label, list):
        return None
    found = [_span(one) for one in label]
    return [one for one in found if one is not None] if None not in found else None


def tagged(text: Any, spans: Sequence[Span], where: str) -> dict[str, Any]:
    """{"input": Words, "label": tags} of a text: B- at the first word of a span, I- at the others, O elsewhere.

    DataError if a span lies outside the text or overlaps another.
    """
    if not isinstance(text, str):
        found = type(text).__name__
        raise DataError(240, "spans need the text itself", where=where, found=found, expected="a text", fix=_FIX)
    words: list[str] = []
    tags: list[str] = []
    place = 0
    ordered = sorted(spans)
    for before, after in pairwise(ordered):
        if after.start < before.end:
            found = f"{_shown(before)} and {_shown(after)}"
            raise DataError(
                249, "two spans overlap", where=where, found=found, fix="keep one of them, or prepare with --skip-bad"
            )
    for span in ordered:
        if not 0 <= span.start < span.end <= len(text):
            expected = f"0 <= start < end <= {len(text)}"
            raise DataError(248, "a span lies outside its text", where=where, found=_shown(span), expected=expected,
                            fix=_FIX)  # fmt: skip
        outside, inside = cut(text[place : span.start]).words, cut(text[span.start : span.end]).words
        words += [*outside, *inside]
        tags += ["O"] * len(outside) + [f"{'I' if n else 'B'}-{span.name}" for n in range(len(inside))]
        place = span.end
    rest = cut(text[place:]).words
    return {"input": Words((*words, *rest)), "label": [*tags, *["O"] * len(rest)]}


def _span(one: Any) -> Span | None:
    if isinstance(one, list | tuple) and len(one) == 3:
        start, end, name = one
    elif isinstance(one, Mapping):
        start, end, name = (next((one[key] for key in keys if key in one), None) for keys in (_BEGINS, _ENDS, _NAMES))
    else:
        return None
    if isinstance(name, list) and len(name) == 1:
        name = name[0]
    if not isinstance(start, int) or not isinstance(end, int) or not isinstance(name, str):
        return None
    return Span(start, end, name.strip()) if name.strip() else None


def _shown(span: Span) -> str:
    return f"{short(span.name)} from {span.start} to {span.end}"
