"""Tags of words and the spans they stand for: BIO and BIOES, read as the CoNLL scorer reads them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from headstart.core.contracts.metric import Metric

Span = tuple[int, int, str]  # first word, the word behind the last, and the label
Scheme = Literal["bio", "bioes", "plain"]
OUTSIDE = "O"


def f1(mean: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN) from means of (TP, FP + FN) [..., 2]; 1 where there is nothing to find."""
    right, wrong = 2 * mean[..., 0], mean[..., 1]
    return np.where(right + wrong > 0, right / np.maximum(right + wrong, 1e-12), 1.0)


METRICS = (
    Metric("f1", fraction=True, from_rows=f1, right_and_wrong=True),
    Metric("precision", fraction=True),
    Metric("recall", fraction=True),
)
"""Scores of spans, of which rows count right ones, and wrong or missed ones."""


def spans(tags: Sequence[str]) -> list[Span]:
    """The spans of a row of tags, in order.

    As conlleval (Tjong Kim Sang and Buchholz 2000) and seqeval count: a B or S begins a span, and so does an I or E
    behind another label or behind what has ended; IOB1 and broken tags are read without complaint.
    """
    found: list[Span] = []
    begin, previous, before = -1, OUTSIDE, ""
    for place, tag in enumerate([*tags, OUTSIDE]):
        prefix, _, label = tag.partition("-")
        inside = prefix in ("I", "E")
        fresh = prefix in ("B", "S") or (inside and (previous in (OUTSIDE, "E", "S") or before != label))
        if begin >= 0 and (fresh or not inside):
            found.append((begin, place, before))
            begin = -1
        if fresh:
            begin = place
        previous, before = prefix if fresh or inside else OUTSIDE, label
    return found


def tags_of(found: Iterable[Span], words: int, *, bioes: bool) -> list[str]:
    """The opposite: a tag for each of so many words, in BIO or in BIOES."""
    tags = [OUTSIDE] * words
    for begin, end, label in found:
        tags[begin:end] = [f"I-{label}"] * (end - begin)
        tags[begin] = f"B-{label}"
        if bioes:
            tags[end - 1] = f"S-{label}" if end - begin == 1 else f"E-{label}"
    return tags


def scheme_of(tags: Iterable[str]) -> Scheme:
    """How tags are written: with beginnings (and ends) of spans, or each word's for itself (parts of speech)."""
    kinds = {tag.partition("-")[0] for tag in tags if tag != OUTSIDE}
    if not kinds or not all("-" in tag for tag in tags if tag != OUTSIDE) or not kinds <= {"B", "I", "E", "S"}:
        return "plain"
    return "bioes" if kinds & {"E", "S"} else "bio"


def every_tag(labels: Iterable[str], scheme: Scheme) -> list[str]:
    """All tags of some labels, O first."""
    prefixes = {"bio": "BI", "bioes": "BIES", "plain": ""}[scheme]
    return [OUTSIDE, *(f"{prefix}-{label}" for label in labels for prefix in prefixes)]


def legal(tags: Sequence[str], scheme: Scheme) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which tags may begin a row [K], follow each other [from, to], and end a row [K]; all bool."""
    count = len(tags)
    if scheme == "plain":
        return np.ones(count, bool), np.ones((count, count), bool), np.ones(count, bool)
    parts = [tag.partition("-") for tag in tags]
    goes_on = np.array([prefix in ("I", "E") for prefix, _, _ in parts])
    is_open = np.array([prefix in ("B", "I") for prefix, _, _ in parts])
    same = np.array([[one[2] == other[2] for other in parts] for one in parts])
    follow = np.where(goes_on, is_open[:, None] & same, True)
    if scheme == "bioes":
        follow &= np.where(is_open[:, None], goes_on, True)  # a span that is open has to be ended
        return ~goes_on, follow, ~is_open
    return ~goes_on, follow, np.ones(count, bool)


def counted(predicted: Sequence[set[Any]], truth: Sequence[set[Any]]) -> np.ndarray:
    """Right spans, and those that are wrong or missed, of each row [n, 2]; their sums give the F1."""
    counts = [(len(a & b), len(a ^ b)) for a, b in zip(predicted, truth, strict=True)]
    return np.array(counts, np.float64).reshape(-1, 2)


def found_and_wanted(predicted: Sequence[set[Any]], truth: Sequence[set[Any]]) -> dict[str, float]:
    """Micro-averaged F1, precision and recall of sets of spans."""
    right = sum(len(a & b) for a, b in zip(predicted, truth, strict=True))
    said, wanted = sum(map(len, predicted)), sum(map(len, truth))
    f1 = 2 * right / (said + wanted) if said + wanted else 1.0
    return {"f1": f1, "precision": right / said if said else 0.0, "recall": right / wanted if wanted else 0.0}


def by_label(predicted: Sequence[set[Any]], truth: Sequence[set[Any]]) -> list[dict[str, Any]]:
    """A line a label (the last part of a span), the most frequent first."""
    counts = Counter(span[-1] for row in truth for span in row)
    table = []
    for name, rows in counts.most_common():
        sides = [[{span for span in row if span[-1] == name} for row in side] for side in (predicted, truth)]
        scores = found_and_wanted(*sides)
        table.append({"class": name, "rows": rows, **{key: scores[key] for key in ("precision", "recall", "f1")}})
    return table


def listed(found: Iterable[Span], words: Sequence[str]) -> str:
    """Spans in a line: "LOC: New York, PER: Ada"."""
    return ", ".join(f"{label}: {' '.join(words[begin:end])}" for begin, end, label in found)
