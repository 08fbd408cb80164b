"""Whole episodes -> the steps that are stored, one behind the other, and how they lie in a store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.timeline import MOMENT, STEPS
from headstart.core.errors import DataError
from headstart.data.modalities.trajectory.layout import Layout, laid_out
from headstart.data.modalities.trajectory.records import episodes
from headstart.data.records import Episode, Opened

_NUMBERS = 1 << 24  # of episodes: every one of them is exact in float32


@dataclass(frozen=True, slots=True)
class Stretch(Opened):
    """Steps that are one row: values [k, S + A], the number of the first in its episode, and that of the episode, which
    follows from its content."""

    values: np.ndarray
    place: int
    episode: int

    @property
    def nbytes(self) -> int:
        return self.values.nbytes


@dataclass(frozen=True, slots=True)
class Steps:
    """How an episode is cut: a row every `stride` steps; of an episode that a model answers, every step with the
    `before` steps in front of it."""

    layout: Layout
    before: int
    stride: int

    def of(self, example: contracts.Example, budget: Budget) -> Iterator[contracts.Example]:
        episode, where = example["input"], str(example["origin"])
        asked = MOMENT not in example
        if not isinstance(episode, Episode):
            yield example
            return
        try:
            values, repaired = laid_out(episode, self.layout, where, asked=asked)
        except DataError as error:
            yield {**example, "input": error}
            return
        facts = {name: value for name, value in example.items() if name not in ("input", "repaired")}
        told = {**example.get("repaired", {}), **repaired}
        number = number_of(values)
        for place in range(0, len(values), 1 if asked else self.stride):
            rows = window_before(values, place, self.before) if asked else values[place : place + self.stride]
            more = {"repaired": told} if place == 0 and told else {}
            if asked:
                more["kept"] = {**facts.get("kept", {}), "step": place}
            else:  # the parts are made of whole episodes, so that each counts once
                more |= {STEPS: int(place == 0), "block": where, "record": where}
            yield {**facts, "input": Stretch(rows, place, number), "origin": f"{where} step {place}", **more}


@dataclass(frozen=True, slots=True)
class Runs:
    """How episodes lie in a store (`core/contracts/timeline.py`)."""

    before: int
    after: int
    tensors: str = (
        "x is float32 [B, 1, C, L]: of each of L steps, the last of them now, the observed columns minus their means, "
        "divided by their deviations; of all but the last the change from then to now, divided by `change` "
        "(`trajectory.json`), unless the model reads values; "
        "before the first step of an episode stands that step."
    )
    column: str = "x"
    place: str = "place"
    whole: bool = False
    edges: bool = True
    unit: str = "episode"
    acting: bool = True
    around: frozenset[str] = frozenset(("y", "known", "base", "place", "episode"))

    def records(self, rows: Iterable[contracts.Example], *, asked: bool) -> Iterator[contracts.Example]:
        """Episodes in their order, which is that of time unless a source says more."""
        number = 0
        for row in episodes(rows, asked=asked):
            yield row if asked else {MOMENT: number, **row}
            number += isinstance(row["input"], Episode)


def window_before(values: np.ndarray, place: int, before: int) -> np.ndarray:
    """[before + 1, C]: a step and those before it, NaN in front of the first."""
    found = np.full((before + 1, values.shape[1]), np.nan)
    there = values[max(0, place - before) : place + 1]
    found[before + 1 - len(there) :] = there
    return found


def number_of(values: np.ndarray) -> int:
    """A number that an episode shares with its copies: all rows of both are equal then, and one of them is left out."""
    digest = hashlib.blake2b(np.ascontiguousarray(values).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % _NUMBERS
