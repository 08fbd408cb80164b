"""Labels that tell of a recording from its beginning to its end: transcripts, and events with their seconds."""

from collections.abc import Mapping, Sequence
from typing import Any

_WORDS = 1.5  # of a text, on average, from which it is rather what is said than a name


def are_transcripts(labels: Sequence[Any]) -> bool:
    """Are they texts, most of which occur once, of several words? Names of classes come again."""
    texts = [label for label in labels if isinstance(label, str)]
    if not texts or len(texts) < len(labels) or 2 * len(set(texts)) <= len(texts):
        return False
    return sum(len(text.split()) for text in texts) / len(texts) >= _WORDS


def is_events(label: Any) -> bool:
    """Is it a list of events, each with its start, its end and its label? An empty one is."""
    return isinstance(label, list | tuple) and all(
        isinstance(one, Mapping) and {"start", "end", "label"} <= one.keys() for one in label
    )


def within(label: Any, start: float, end: float) -> Any:
    """Events in the part from `start` to `end` of a recording, in seconds from the beginning of the part; any other
    label, and events whose seconds are no numbers, as they are."""
    if not is_events(label) or not all(
        isinstance(one[name], int | float) for one in label for name in ("start", "end")
    ):
        return label
    return [
        {**one, "start": max(0.0, one["start"] - start), "end": min(end, one["end"]) - start}
        for one in label
        if one["start"] < end and one["end"] > start
    ]
