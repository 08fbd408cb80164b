"""What every contract kit needs: the worlds, each made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import torch

from tests.helpers.worlds import FIRST, MAKERS, OF_TASKS, World, built, tiers


@pytest.fixture(scope="session")
def world_of() -> Callable[[str], World]:
    """A world by its name."""
    return cache(lambda name: {**MAKERS, **OF_TASKS}[name]())


@pytest.fixture(params=tiers(MAKERS))
def world(request: pytest.FixtureRequest, kind: str, world_of: Callable[[str], World]) -> World:
    """The first world that a backbone reads, in the slow tier every world in turn, or those that a test names."""
    if request.param != FIRST:
        return world_of(request.param)
    return next(made for made in map(world_of, MAKERS) if built(kind, made) is not None)


@pytest.fixture(autouse=True)
def _same_start() -> None:
    torch.manual_seed(0)
