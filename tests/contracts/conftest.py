"""What every contract kit needs: the worlds, each made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import torch

from tests.helpers.worlds import MAKERS, OF_TASKS, World


@pytest.fixture(scope="session")
def world_of() -> Callable[[str], World]:
    """A world by its name."""
    return cache(lambda name: {**MAKERS, **OF_TASKS}[name]())


@pytest.fixture(params=list(MAKERS))
def world(request: pytest.FixtureRequest, world_of: Callable[[str], World]) -> World:
    """Every world in turn, or those that a test names."""
    return world_of(request.param)


@pytest.fixture(autouse=True)
def _same_start() -> None:
    torch.manual_seed(0)
