"""Rows of tables as people see them: names and values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from headstart.core.contracts.look import Look, Piece
from headstart.core.formatting import readable
from headstart.data.modalities.table.column import MISSING, RARE, Column

if TYPE_CHECKING:
    from torch import Tensor

    from headstart.data.modalities.table.plain import Plain

_SHOWN = 12  # columns of a row
_TOLD, _SMALL = 8, 0.2  # columns of a contrast; deviations below which nothing is told


@dataclass(frozen=True)
class RowView:
    """Features of rows [B, F] as lines: age 39 · workclass Private."""

    columns: Sequence[Column]
    plain: Plain
    note: str = f"the first {_SHOWN} columns"

    def denormalise(self, x: Tensor) -> Tensor:
        """Features as they are: places of categories and scaled numbers have no common range."""
        return x

    def render(self, x: Tensor) -> list[str]:
        """[B, F] -> one line each."""
        return [self._line(row) for row in x.detach().float().cpu().tolist()]

    def contrast(self, inside: Tensor, outside: Tensor) -> Look:
        """The columns in which the group differs most: numbers by the difference of means in deviations of all rows,
        categories by the difference of shares."""
        both = torch.cat([inside, outside]).float().cpu().numpy()
        apart = inside.float().mean(0).cpu().numpy() - outside.float().mean(0).cpu().numpy()
        deviation = np.maximum(both.std(0), 1e-6)
        ranked = sorted(self._told(inside, outside, apart, deviation), key=lambda one: -one[0])
        return Look(lines=[(Piece(text),) for size, text in ranked[:_TOLD] if size > _SMALL])

    def _told(
        self, inside: Tensor, outside: Tensor, apart: np.ndarray, deviation: np.ndarray
    ) -> Iterator[tuple[float, str]]:
        """How much every column differs, and in words."""
        place, number = 0, 0
        categories = [one for one in self.columns if one.kind == "category"]
        for column, codes in zip(categories, self.plain.codes, strict=True):
            own = slice(place, place + codes)
            shares, others = (x[:, own].float().mean(0).cpu().numpy() for x in (inside, outside))
            code = int(np.abs(shares - others).argmax())
            size = float(abs(apart[place + code]) / deviation[place + code])
            word = _word(column, code)
            yield size, f"{column.name} {word}: {shares[code]:.0%} of its rows, {others[code]:.0%} of others"
            place += codes
        place = sum(self.plain.codes)
        for column in (one for one in self.columns if one.kind != "category"):
            if column.kind != "text":
                at = place + number
                size = float(apart[at] / deviation[at])
                means = [float(x[:, at].float().mean()) * self.plain.std[number] + self.plain.mean[number]
                         for x in (inside, outside)]  # fmt: skip
                one, other = (readable(round(float(mean), 4)) for mean in means)
                yield abs(size), f"{column.parts[0]}: mean {one}, of others {other} ({size:+.1f} deviations)"
            number += column.width

    def _line(self, row: Sequence[float]) -> str:
        shown, place = list[str](), 0
        categories = [one for one in self.columns if one.kind == "category"]
        for column, codes in zip(categories[:_SHOWN], self.plain.codes, strict=False):
            code = max(range(codes), key=lambda number: row[place + number])
            shown.append(f"{column.name} {_word(column, code)}")
            place += codes
        place, number = sum(self.plain.codes), 0
        for column in (one for one in self.columns if one.kind != "category"):
            if len(shown) == _SHOWN:
                break
            if column.kind != "text":
                value = row[place + number] * self.plain.std[number] + self.plain.mean[number]
                shown.append(f"{column.parts[0]} {readable(round(value, 4))}")
            number += column.width
        return " · ".join(shown)


def _word(column: Column, code: int) -> str:
    return {MISSING: "(missing)", RARE: "(rare)"}.get(code) or column.words[code - RARE - 1]
