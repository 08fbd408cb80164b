"""Counter-based randomness: statistics, independence, and numbers that depend on nothing but their keys."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from headstart.core import random

ROWS = torch.arange(4_000)


def some_keys(seed: int = 0, epoch: int = 0) -> Tensor:
    return random.keys(seed, epoch, ROWS)


def splitmix(state: int) -> int:
    """SplitMix64 on Python's whole numbers, as published."""
    mask = (1 << 64) - 1
    z = (state + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def test_mix_equals_splitmix64_on_python_integers() -> None:
    given = torch.randint(-(2**63), 2**63 - 1, (500,), generator=torch.Generator().manual_seed(0))
    told = [splitmix(number % (1 << 64)) for number in given.tolist()]
    assert [number % (1 << 64) for number in random.mix(given).tolist()] == told


def test_mix_never_maps_two_numbers_to_one() -> None:
    given = torch.cat([torch.arange(-100_000, 100_000), torch.arange(100_000) * (1 << 40)]).unique()
    assert len(random.mix(given).unique()) == len(given)


def test_uniform_numbers_are_uniform() -> None:
    u = random.uniform(some_keys(), 50).double()
    assert float(u.min()) >= 0.0
    assert float(u.max()) < 1.0
    assert abs(float(u.mean()) - 0.5) < 4 * (1 / 12 / u.numel()) ** 0.5
    counts = np.histogram(u.numpy(), 100, (0, 1))[0]
    chi_square = ((counts - u.numel() / 100) ** 2 / (u.numel() / 100)).sum()
    assert 55 < chi_square < 160  # 99 degrees of freedom: 99 +- 14


def test_normal_numbers_have_the_moments_of_the_normal_distribution() -> None:
    z = random.normal(some_keys(), 50).double()
    assert torch.isfinite(z).all()
    moments = [float((z**k).mean()) for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(moments, [0, 1, 0, 3], atol=0.08)


def test_rows_columns_streams_seeds_and_epochs_do_not_correlate() -> None:
    base = random.uniform(some_keys(), 8)
    others = [
        random.uniform(some_keys(), 8, stream=1),
        random.uniform(some_keys(seed=1), 8),
        random.uniform(some_keys(epoch=1), 8),
        base.roll(1, 0),
        base.roll(1, 1),
    ]
    for other in others:
        together = np.corrcoef(base.flatten().numpy(), other.flatten().numpy())[0, 1]
        assert abs(together) < 4 / base.numel() ** 0.5


def test_a_row_gets_the_same_numbers_in_every_mix_of_a_batch() -> None:
    keys = some_keys()
    order = torch.randperm(len(keys), generator=torch.Generator().manual_seed(1))
    for draw in (random.uniform, random.normal):
        assert torch.equal(draw(keys, 6)[order], draw(keys[order], 6))
        assert torch.equal(draw(keys, 6)[7:8], draw(keys[7:8], 6))


def test_keys_of_different_seeds_epochs_and_rows_are_all_different() -> None:
    found = torch.cat([some_keys(seed, epoch) for seed in range(4) for epoch in range(4)])
    assert len(found.unique()) == len(found)


def test_the_largest_seed_is_a_seed() -> None:
    assert len(some_keys(seed=2**63 - 1).unique()) == len(ROWS)


def test_a_single_number_is_mixed_as_in_a_tensor() -> None:
    for number in (0, 1, -3, 1 << 40, 2**63 - 1, -(2**63)):
        assert random.mix_number(number) == int(random.mix(torch.tensor(number)))
