"""What is observed and done, where the answers of a task are actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from headstart.core.contracts.types import Columns


@dataclass(frozen=True, slots=True)
class Acting:
    """Of a task whose `outputs` are actions [B, H, A] in their own units, the first of them now; or, where they
    are choices, logits [B, H, K].

    observes, acts  names of the observed columns and of those of actions
    discrete        how many choices there are, 0 where actions are quantities
    before          steps before the one now that are read
    columns         steps up to now of several episodes, float64 [B, before + 1, S + A], NaN where nothing is known and
                    in front of the first -> rows as a store gives them; lengths [B] of the episodes so far
    """

    observes: Sequence[str]
    acts: Sequence[str]
    discrete: int
    before: int
    columns: Callable[[np.ndarray, np.ndarray], Columns]
