"""The contract of every augmentation, checked on every file of the folder with the data of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.contracts import Augment, Batch
from tests.helpers.worlds import MAKERS, World, every, some

# settings of those that change nothing by default
CHANGING: dict[str, dict[str, Any]] = {
    "text": {"drop": 0.3},
    "sequence": {"change": 0.3},
    "table": {"noise": 0.3, "hide": 0.2},
}

pytestmark = pytest.mark.parametrize("kind", every("modalities"))


@pytest.fixture
def world(kind: str, world_of: Callable[[str], World]) -> World:
    """The first world of the augmentation's data."""
    found = next((made for made in map(world_of, MAKERS) if made.kind == kind), None)
    assert found is not None, f"make a world of {kind} in worlds.py"
    return found


@pytest.fixture
def augment(kind: str, world: World) -> Augment:
    return world.modality.augment(world.modality, **CHANGING.get(kind, {}))


def equal(one: Batch, other: Batch) -> bool:
    """The same names with the same values; a missing cell of a table is NaN in both."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and np.array_equal(one[name], other[name], equal_nan=is_float(one[name]))
        for name in one
    )


def is_float(values: torch.Tensor) -> bool:
    return values.is_floating_point()


def test_eval_mode_is_ready_alone(augment: Augment, world: World) -> None:
    assert equal(augment.eval()(world.batch), augment.modality.ready(world.batch))


def test_a_row_is_changed_alike_alone_and_in_company(augment: Augment, world: World) -> None:
    together = augment(world.batch)
    assert equal(augment(some(world.batch, [9, 3])), some(together, [9, 3]))


def test_another_view_is_another_change(augment: Augment, world: World) -> None:
    first = augment(world.batch, view=0)
    assert not equal(first, augment.modality.ready(world.batch))
    assert not equal(first, augment(world.batch, view=1))


def test_the_batch_is_left_as_it_was(augment: Augment, world: World) -> None:
    before = {name: values.clone() for name, values in world.batch.items()}
    answer = augment(world.batch)
    assert equal(world.batch, before)
    assert torch.equal(answer["key"], before["key"])


def test_global_randomness_is_not_touched(augment: Augment, world: World) -> None:
    before = torch.get_rng_state()
    augment(world.batch)
    assert torch.equal(torch.get_rng_state(), before)
