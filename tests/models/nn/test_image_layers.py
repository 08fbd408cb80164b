"""The small parts that backbones and objectives share."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from headstart.core import random
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.attention import attend
from headstart.models.nn.patches import as_map, as_tokens, fitting, patchify, unpatchify, usual_patch
from headstart.models.nn.positions import sincos
from headstart.models.nn.transformer import DropPath
from headstart.models.nn.visual_words import even_contrast, nearest, random_patches, spherical_k_means, zca


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_patches_are_cut_like_the_double_loop(generator: torch.Generator) -> None:
    x = torch.randn(2, 3, 6, 8, generator=generator)
    patches = patchify(x, (3, 2))
    for row in range(3):
        for column in range(2):
            piece = x[:, :, 2 * row : 2 * row + 2, 4 * column : 4 * column + 4]
            assert torch.equal(patches[:, 2 * row + column], piece.flatten(1))
    assert torch.equal(unpatchify(patches, (3, 2), 3, 6, 8), x)


def test_maps_and_tokens_are_the_same_numbers(generator: torch.Generator) -> None:
    maps = torch.randn(2, 5, 3, 4, generator=generator)
    tokens = as_tokens(maps)
    assert tokens.grid == (3, 4)
    assert torch.equal(tokens.x[:, 1 * 4 + 2], maps[:, :, 1, 2])
    assert torch.equal(as_map(tokens), maps)
    assert as_map(Tokens.full(torch.cat([tokens.x[:, :1], tokens.x], 1), (3, 4), prefix=1)).equal(maps)


@pytest.mark.parametrize(("side", "patch"), [(8, 2), (28, 4), (32, 4), (64, 8), (96, 12), (224, 16), (7, 7)])
def test_usual_patches_divide_the_picture(side: int, patch: int) -> None:
    assert usual_patch(side, side) == patch
    assert patch in fitting(side, side)


def test_attention_on_the_host_equals_the_fused_kernel(generator: torch.Generator) -> None:
    query, key, value = (torch.randn(2, 3, 7, 8, generator=generator) for _ in range(3))
    fused = F.scaled_dot_product_attention(query, key, value)
    assert torch.allclose(attend(query, key, value), fused, atol=1e-6)


def test_even_contrast_equals_the_patchwise_formula(generator: torch.Generator) -> None:
    patches = torch.randn(5, 48, generator=generator) + 2
    slow = [(p - p.mean()) / (p.var(unbiased=False) + 0.01).sqrt() for p in patches]
    assert torch.allclose(even_contrast(patches, 0.01), torch.stack(slow), atol=1e-5)


def test_positions_differ_everywhere_and_are_bounded() -> None:
    places = sincos((3, 4), 18)
    assert places.shape == (12, 18)
    assert places.abs().max() <= 1
    assert torch.cdist(places, places).add(torch.eye(12)).min() > 0.1


def test_drop_path_keeps_the_mean_and_drops_whole_rows() -> None:
    torch.manual_seed(0)
    out = DropPath(0.25)(torch.ones(4000, 2, 3))
    assert out.unique().tolist() == pytest.approx([0.0, 4 / 3])
    assert torch.equal(out[:, 0, 0], out[:, 1, 2])
    assert out.mean().item() == pytest.approx(1.0, abs=0.05)


def test_random_patches_come_from_their_own_picture() -> None:
    x = torch.arange(4.0)[:, None, None, None].expand(4, 2, 9, 7) * 100 + torch.arange(63.0).view(9, 7)
    key = random.keys(0, 0, torch.arange(4))
    drawn = random_patches(x, key, 3, 50, stream=0)  # [4, 50, 18]
    for row in range(4):
        every = F.unfold(x[row : row + 1], 3)[0].T
        assert all(bool((every == patch).all(1).any()) for patch in drawn[row])
    assert torch.equal(random_patches(x[2:3], key[2:3], 3, 50, stream=0)[0], drawn[2])


def test_whitening_gives_the_identity_covariance(generator: torch.Generator) -> None:
    points = torch.randn(5000, 4, generator=generator) @ torch.randn(4, 4, generator=generator) + 3
    whitening, mean = zca(points, 0.0)
    white = (points - mean) @ whitening
    assert torch.allclose(white.T @ white / 5000, torch.eye(4), atol=1e-3)
    assert torch.allclose(whitening, whitening.T, atol=1e-5)


def test_nearest_direction_equals_all_products(generator: torch.Generator) -> None:
    points = torch.randn(50, 6, generator=generator)
    directions = F.normalize(torch.randn(7, 6, generator=generator), dim=1)
    which, along = nearest(points, directions)
    for i in range(50):
        products = [float(points[i] @ direction) for direction in directions]
        assert int(which[i]) == max(range(7), key=products.__getitem__)
        assert along[i].item() == pytest.approx(max(products), abs=1e-5)


def test_spherical_k_means_finds_planted_directions_even_from_equal_starts(generator: torch.Generator) -> None:
    planted = torch.eye(3)
    length = 1 + torch.rand(300, 1, generator=generator)
    points = planted.repeat(100, 1) * length + 0.05 * torch.randn(300, 3, generator=generator)
    points[:3] = torch.tensor([1.0, 0.0, 0.0])  # the first directions coincide, so two of them lose all their points
    found = spherical_k_means(points, 3, 10)
    assert (planted @ found.T).max(1).values.min() > 0.99
    assert torch.allclose(found.norm(dim=1), torch.ones(3), atol=1e-5)
