"""Rows of a store as people look at them, with their labels."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from headstart.assemble import words_of
from headstart.core.contracts import Example, Modality, Task
from headstart.core.contracts.look import Look, look_of
from headstart.core.errors import DataError
from headstart.core.formatting import shorten
from headstart.data.store import Store
from headstart.reports.blocks import Pictures, Table

LONGEST = 300  # characters of a text that are shown
AT_ONCE = 8  # rows made ready at one time


def spread(rows: np.ndarray, count: int) -> np.ndarray:
    """At most `count` rows, evenly from all of them; sources often come sorted by class."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int))] if len(rows) else rows


def seen(store: Store, rows: np.ndarray, modality: Modality | None = None) -> list[Look]:
    """Rows [n] as a model is given them in eval mode; `modality` where it is not that of the store.

    Sounds are shown as the store has them, with a player: nobody can read the numbers that a model may take of them.
    """
    audible = store.modality.audible
    shown = store.modality if modality is None or audible is not None else modality
    looks = [look_of(one) for one in rendered(store, rows, shown)]
    if audible is None or not len(rows):
        return looks
    heard = audible.files(store.take(rows))
    return [replace(look, sound=sound) for look, sound in zip(looks, heard, strict=True)]


def rendered(store: Store, rows: np.ndarray, modality: Modality) -> list[Any]:
    """The same as the modality renders them: pictures or texts; some at a time, for what is ready is large."""
    parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
    return [
        one for part in parts for one in modality.view.render(modality.ready(modality.collate(store.take(part)))["x"])
    ]


def samples(store: Store, rows: np.ndarray, task: type[Task] | None) -> list[Look]:
    """Rows with their labels drawn as the task draws them, and where they came from."""
    looks, words, examples = seen(store, rows), words_of(store, rows, store.modality), store.examples_of(rows)
    if task is not None:
        every = zip(looks, examples, words, strict=True)
        looks = [_labelled(task, look, example, row, store.modality) for look, example, row in every]
    return [
        replace(look, note=look.note or str(example["origin"])) for look, example in zip(looks, examples, strict=True)
    ]


def _labelled(task: type[Task], look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
    """A row with its label as the task draws it; a label that it cannot read is told as it is."""
    try:
        return task.show_label(look, example, words, modality)
    except DataError:
        return Task.show_label(look, example, words, modality)


def side_by_side(caption: str, columns: Sequence[tuple[str, Sequence[Any]]]) -> Pictures | Table:
    """What a modality renders of the same rows, one column a name: pictures under each other, or lines of text."""
    if any(isinstance(one, str) for _, column in columns for one in column):
        lines = [[shorten(one, LONGEST) for one in row] for row in zip(*(column for _, column in columns), strict=True)]
        return Table([name for name, _ in columns], lines, caption)
    return Pictures(caption, columns)
