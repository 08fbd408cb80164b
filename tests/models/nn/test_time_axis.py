"""Moments of grids and steps, and a memory that reads both ways: padding changes nothing."""

from __future__ import annotations

import pytest
import torch

from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.time_axis import over_time, reduced, seconds_per_moment
from headstart.models.nn.two_way import TwoWay


def test_a_moment_of_a_grid_is_all_that_stands_above_each_other() -> None:
    maps = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)  # [B, H, W, D]
    tokens = Tokens.full(torch.cat([torch.zeros(2, 1, 5), maps.flatten(1, 2)], 1), (3, 4), prefix=1)
    keep = torch.tensor([[True] * 8, [True] * 3 + [False] * 5])  # two frames a moment
    seen, there = over_time(tokens, {"x": torch.zeros(2, 1, 3, 8), "keep": keep})
    assert torch.equal(seen, maps.transpose(1, 2).flatten(2).float())
    assert there.tolist() == [[True] * 4, [True, True, False, False]]


def test_a_moment_of_steps_is_a_place_that_is_kept() -> None:
    x, keep = torch.randn(2, 4, 5), torch.tensor([[True] * 4, [True, True, False, False]])
    seen, there = over_time(Tokens(x, keep, (4,)), {"x": torch.zeros(2, 4, 1)})
    assert torch.equal(seen, x)
    assert torch.equal(there, keep)


def test_places_without_time_are_refused() -> None:
    with pytest.raises(ContractError, match="HS-C505"):
        over_time(Tokens.full(torch.zeros(1, 1, 4), ()), {"x": torch.zeros(1, 4)})


def test_frames_are_shared_out_evenly_and_a_moment_lasts_as_long_as_its_frames() -> None:
    keep = torch.arange(10) < torch.tensor([[10], [7], [1]])
    assert reduced(keep, 5).sum(1).tolist() == [5, 4, 1]
    assert reduced(keep, 10) is keep
    assert seconds_per_moment({"x": torch.zeros(1, 1, 40, 400)}, 100, 100.0) == 0.04
    assert seconds_per_moment({"x": torch.zeros(1, 16_000, 1)}, 50, 16_000.0) == 0.02
    assert seconds_per_moment({"x": torch.zeros(1, 400, 1)}, 100, 0.0) == 0.0


def test_padding_behind_a_row_changes_nothing_and_both_sides_are_heard() -> None:
    torch.manual_seed(0)
    memory, x = TwoWay(3, 4), torch.randn(2, 6, 3)
    alone = memory(x[:, :4], torch.ones(2, 4, dtype=torch.bool))
    padded = memory(x, (torch.arange(6) < 4).expand(2, 6))
    torch.testing.assert_close(padded[:, :4], alone)
    assert not padded[:, 4:].any()
    changed = x.clone()
    changed[:, 3] += 1.0
    other = memory(changed[:, :4], torch.ones(2, 4, dtype=torch.bool))
    assert torch.equal(other[:, 0, :4], alone[:, 0, :4])  # what comes later says nothing to the one that reads ahead
    assert not torch.equal(other[:, 0, 4:], alone[:, 0, 4:])
