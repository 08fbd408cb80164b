"""Ranges of settings, as types of a part's parameters: a value outside is refused before anything is built."""

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt, MinLen

Size = Annotated[int, Ge(1), Le(1 << 20)]
"""A whole number from 1: of units, channels, layers, heads, pixels."""

Few = Annotated[int, Ge(0), Le(1 << 20)]
"""A whole number from 0, which means none, or the usual number."""

Sizes = Annotated[tuple[Size, ...], MinLen(1)]
"""One such number or more, from 1."""

Share = Annotated[float, Ge(0), Lt(1)]
"""A number from 0 to below 1: how many values are dropped."""

Positive = Annotated[float, Gt(0), Lt(1e6)]
"""A number above 0."""

Weight = Annotated[float, Ge(0), Lt(1e6)]
"""A number from 0: how much something counts."""
