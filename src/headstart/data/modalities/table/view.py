"""Rows of tables as people see them: names and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headstart.core.formatting import readable
from headstart.data.modalities.table.column import MISSING, RARE, Column

if TYPE_CHECKING:
    from torch import Tensor

    from headstart.data.modalities.table.plain import Plain

_SHOWN = 12  # columns of a row


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
