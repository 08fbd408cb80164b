"""The contract of every augmentation, checked on every file of the folder."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Augment, Batch
from headstart.data.modalities.image import Image

pytestmark = pytest.mark.parametrize("kind", catalog.kinds("augments"))


@pytest.fixture
def augment(kind: str, modality: Callable[..., Image]) -> Augment:
    return catalog.load("augments", kind)(modality())


def test_eval_mode_is_ready_alone(augment: Augment, digit_batch: Batch) -> None:
    answer = augment.eval()(digit_batch)
    assert torch.equal(answer["x"], augment.modality.ready(digit_batch)["x"])


def test_a_row_is_changed_alike_alone_and_in_company(augment: Augment, digit_batch: Batch) -> None:
    together = augment(digit_batch)["x"]
    some = {name: values[[9, 3]] for name, values in digit_batch.items()}
    assert torch.equal(augment(some)["x"], together[[9, 3]])


def test_another_view_is_another_change(augment: Augment, digit_batch: Batch) -> None:
    assert not torch.equal(augment(digit_batch, view=0)["x"], augment(digit_batch, view=1)["x"])


def test_the_batch_is_left_as_it_was(augment: Augment, digit_batch: Batch) -> None:
    before = digit_batch["x"].clone()
    answer = augment(digit_batch)
    assert torch.equal(digit_batch["x"], before)
    assert torch.equal(answer["key"], digit_batch["key"])


def test_global_randomness_is_not_touched(augment: Augment, digit_batch: Batch) -> None:
    before = torch.get_rng_state()
    augment(digit_batch)
    assert torch.equal(torch.get_rng_state(), before)
