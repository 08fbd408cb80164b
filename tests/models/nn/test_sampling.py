"""The next id: equal to a slow version that says what is meant, and drawn in the shares that it says."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import chisquare

from headstart.models.nn.sampling import drawn, likeliest, shares

SETTINGS = [(1.0, 0, 1.0), (0.7, 0, 1.0), (1.0, 3, 1.0), (1.0, 0, 0.8), (1.6, 5, 0.6), (0.3, 50, 0.95), (1.0, 0, 1e-9)]


def slowly(logits: list[float], temperature: float, top_k: int, top_p: float) -> list[float]:
    """One row: keep the top_k likeliest, then words from the likeliest down until they hold top_p together."""
    order = sorted(range(len(logits)), key=lambda i: -logits[i])
    order = order[:top_k] if top_k else order
    weights = {i: math.exp(logits[i] / temperature) for i in order}
    whole = sum(weights.values())
    kept, held = [], 0.0
    for i in order:
        if held >= top_p:
            break
        kept.append(i)
        held += weights[i] / whole
    left = sum(weights[i] for i in kept)
    return [weights[i] / left if i in kept else 0.0 for i in range(len(logits))]


@pytest.mark.parametrize(("temperature", "top_k", "top_p"), SETTINGS)
def test_shares_equal_the_slow_version(temperature: float, top_k: int, top_p: float) -> None:
    logits = torch.randn(20, 11, generator=torch.Generator().manual_seed(0)) * 2
    found, ids = shares(logits, temperature=temperature, top_k=top_k, top_p=top_p)
    spread = torch.zeros(20, 11).scatter_(1, ids, found)
    expected = [slowly(row, temperature, top_k, top_p) for row in logits.tolist()]
    torch.testing.assert_close(spread, torch.tensor(expected), atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(("temperature", "top_k", "top_p"), SETTINGS[:5])
def test_ids_are_drawn_in_their_shares(temperature: float, top_k: int, top_p: float) -> None:
    logits = torch.tensor([0.3, 1.9, -0.5, 1.1, 0.0, 2.0])
    generator = torch.Generator().manual_seed(1)
    rows = logits.expand(20_000, 6)
    found = drawn(rows, generator, temperature=temperature, top_k=top_k, top_p=top_p)
    expected = torch.tensor(slowly(logits.tolist(), temperature, top_k, top_p), dtype=torch.float64)
    counts = torch.bincount(found, minlength=6)
    assert not counts[expected == 0].any()
    there = expected > 0
    assert chisquare(counts[there].numpy(), (expected[there] / expected.sum() * 20_000).numpy()).pvalue > 1e-3


def test_rows_are_drawn_independently() -> None:
    rows = torch.zeros(20_000, 2)
    one, other = drawn(rows, torch.Generator().manual_seed(0)).view(2, -1)
    pairs = torch.bincount(2 * one + other, minlength=4)
    assert chisquare(pairs.numpy()).pvalue > 1e-3


def test_equal_seeds_draw_equal_ids() -> None:
    logits = torch.randn(64, 50)
    draws = [drawn(logits, torch.Generator().manual_seed(seed)).tolist() for seed in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("settings", [{}, {"top_k": 4}, {"top_p": 0.5}, {"temperature": 5.0}])
def test_an_id_of_infinitely_low_logit_is_never_drawn(settings: dict[str, float]) -> None:
    logits = torch.full((5000, 5), -torch.inf)
    logits[:, 1:3] = 0.0
    found = drawn(logits, torch.Generator().manual_seed(0), **settings)  # pyright: ignore[reportArgumentType]
    assert set(found.tolist()) <= {1, 2}


def test_the_likeliest_is_the_first_of_the_highest() -> None:
    logits = torch.tensor([[0.0, 2.0, 2.0], [-torch.inf, -torch.inf, -5.0]])
    assert likeliest(logits).tolist() == [1, 2]
    many = torch.randn(50, 300)
    assert torch.equal(likeliest(many), many.argmax(-1))
