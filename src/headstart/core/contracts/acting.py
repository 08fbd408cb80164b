"""What is observed and done, where the answers of a task are actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acting:
    """Of a task whose `outputs` are actions [B, H, A] in their own units, the first of them now; or, where they
    are choices, logits [B, H, K].

    observes, acts  names of the observed columns and of those of actions
    discrete        how many choices there are, 0 where actions are quantities
    before          steps before the one now that are read
    """

    observes: Sequence[str]
    acts: Sequence[str]
    discrete: int
    before: int
