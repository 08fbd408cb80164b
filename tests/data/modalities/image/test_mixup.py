"""Mixup and cutmix against their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from headstart.core import random
from headstart.core.contracts import Batch
from headstart.core.errors import RecipeError
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.modalities.image.image import Image

ROWS = 400


def augment(**settings: Any) -> Augment:
    """Mixing alone, in a ready space of [0, 1]."""
    return Augment(Image(scale="unit"), shift=0, **settings)


@pytest.fixture
def batch() -> Batch:
    """Noise 12 x 20, with one of five classes a row."""
    x = torch.randint(0, 256, (ROWS, 3, 12, 20), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    y = torch.arange(ROWS) * 7 % 5
    return {"x": x, "y": y, "mix": y, "key": random.keys(0, 0, torch.arange(ROWS))}


def test_mixup_is_the_weighted_mean_with_the_row_before(batch: Batch) -> None:
    answer, x = augment(mixup=0.4)(batch), batch["x"] / 255
    share = answer["share"][:, None, None, None]
    torch.testing.assert_close(answer["x"], share * x + (1 - share) * x.roll(1, 0))
    assert torch.equal(answer["other"], batch["y"].roll(1, 0))
    assert torch.equal(answer["y"], batch["y"])


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_shares_have_a_beta_distribution(batch: Batch, alpha: float) -> None:
    batch = {name: torch.cat([values] * 10) for name, values in batch.items()}
    batch["key"] = random.keys(0, 0, torch.arange(10 * ROWS))
    share = augment(mixup=alpha)(batch)["share"].double().numpy()
    assert stats.kstest(share, stats.beta(alpha, alpha).cdf).pvalue > 0.01


def test_cutmix_puts_one_rectangle_in_and_counts_its_pixels(batch: Batch) -> None:
    answer, x = augment(cutmix=1.0)(batch), batch["x"] / 255
    for row in range(ROWS):
        kept = torch.isclose(answer["x"][row], x[row]).all(0)
        from_other = torch.isclose(answer["x"][row], x[row - 1]).all(0)
        assert bool((kept | from_other).all())
        foreign = ~kept
        assert answer["share"][row].item() == pytest.approx(1 - foreign.float().mean().item(), abs=1e-6)
        if foreign.any():
            rows, columns = foreign.any(1).nonzero()[:, 0], foreign.any(0).nonzero()[:, 0]
            assert foreign.sum() == (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    shares = answer["share"]
    assert shares.min() < 0.2
    assert shares.max() > 0.9
    assert 0.5 < shares.mean() < 0.75  # alpha 1 draws 0.5 on average, and what hangs over the border is cut off


def test_with_both_half_of_the_rows_are_cut(batch: Batch) -> None:
    answer, x = augment(mixup=1.0, cutmix=1.0)(batch), batch["x"] / 255
    share = answer["share"][:, None, None, None]
    blended = torch.isclose(answer["x"], share * x + (1 - share) * x.roll(1, 0), atol=1e-5).flatten(1).all(1)
    assert 0.4 < blended.float().mean() < 0.6


def test_shares_are_a_function_of_the_key_and_need_no_global_generator(batch: Batch) -> None:
    change = augment(mixup=0.3, cutmix=1.0, crop=0.5, flip=True)
    before = torch.get_rng_state()
    one, two = change(batch), change(batch)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert torch.equal(torch.get_rng_state(), before)
    some = {name: values[5:9] for name, values in batch.items()}
    assert torch.equal(change(some)["share"], one["share"][5:9])
    torch.testing.assert_close(change(some)["x"][1:], one["x"][6:9])  # the first has another neighbour there


def test_a_row_alone_is_mixed_with_itself(batch: Batch) -> None:
    alone = {name: values[:1] for name, values in batch.items()}
    torch.testing.assert_close(augment(mixup=1.0)(alone)["x"], alone["x"] / 255)


def test_eval_mode_mixes_nothing(batch: Batch) -> None:
    answer = augment(mixup=1.0, cutmix=1.0).eval()(batch)
    assert "share" not in answer
    assert torch.equal(answer["x"], batch["x"] * (1 / 255))


def test_nothing_of_it_is_saved() -> None:
    assert augment(mixup=1.0).state_dict() == {}


def test_who_does_not_mix_targets_is_refused(batch: Batch) -> None:
    with pytest.raises(RecipeError, match="classify") as caught:
        augment(mixup=0.2)({name: values for name, values in batch.items() if name != "mix"})
    assert caught.value.code == "HS-R284"


@pytest.mark.parametrize("settings", [{"mixup": -0.1}, {"cutmix": -1.0}])
def test_a_negative_alpha_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match="must not be negative") as caught:
        augment(**settings)
    assert caught.value.code == "HS-R286"


def test_a_tiny_alpha_hardly_mixes(batch: Batch) -> None:
    share = augment(mixup=0.01)(batch)["share"].numpy()
    assert np.minimum(share, 1 - share).mean() < 0.02
