"""Ranges of settings, as types of a part's parameters: a value outside is refused before anything is built."""

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt, MinLen

Size = Annotated[int, Ge(1), Le(1 << 20)]
"""A number of units, channels, layers, heads, pixels."""

Few = Annotated[int, Ge(0), Le(1 << 20)]
"""The same, where 0 means none, or a usual number."""

Sizes = Annotated[tuple[Size, ...], MinLen(1)]

Share = Annotated[float, Ge(0), Lt(1)]
"""How many values are dropped, hidden or kept back."""

Positive = Annotated[float, Gt(0), Lt(1e6)]
