"""What the columns of a table are to those who change their cells and tell people of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CellColumn:
    """A column of a table: where its cells lie in stored rows, and how people read them.

    begin, end  its numbers among those of the stored column x [n, cells]
    names       of the codes 0, 1, ... of which a cell is one; () where cells are no codes
    ordered     the first number of a cell says where it lies on an axis
    axis        what the axis shows, if that is not the column itself: "year"
    scale       number / scale[0] + scale[1] is the place on the axis
    """

    name: str
    begin: int
    end: int
    names: tuple[str, ...] = ()
    ordered: bool = False
    axis: str = ""
    scale: tuple[float, float] = (1.0, 0.0)
