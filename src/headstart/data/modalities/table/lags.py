"""Cells of the rows before a row, as further cells of it: what sensors said a moment ago."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headstart.core import contracts
from headstart.data.modalities.table.numbers import named

LONGEST = 100  # rows of a window


def lag(name: str, steps: int) -> str:
    """What a cell of an earlier row is called."""
    return f"{name}, {steps} before"


@dataclass(frozen=True, slots=True)
class Lags:
    """Windows of so many rows, the last of which is the row itself. At the beginning earlier cells are missing; labels
    are never among the cells."""

    window: int

    def read_of(self, cells: Iterable[str], row: Mapping[str, Any]) -> list[str]:
        """The columns of a table of which some of these cells are, now or earlier. row: with its earlier cells."""
        seen = set(cells)
        own = [name for name in row if lag(name, 1) in row]
        return [name for name in own if seen.intersection((name, *(lag(name, back) for back in range(1, self.window))))]

    def rows(self, examples: Iterable[contracts.Example]) -> Iterator[contracts.Example]:
        before = deque[Mapping[str, Any]](maxlen=self.window - 1)
        for example in examples:
            row = named(example["input"])
            if row is None:
                yield example  # `read` says what is wrong with it
                continue
            past = {lag(name, steps): before[-steps].get(name) if steps <= len(before) else None
                    for steps in range(1, self.window) for name in row}  # fmt: skip
            yield {**example, "input": {**row, **past}}
            before.append(row)
