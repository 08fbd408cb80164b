"""Scattering against wavelets written out pixel by pixel, and what it must and must not change with."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core.errors import ContractError
from headstart.models.backbones.dictionary import Dictionary
from headstart.models.nn.scattering import Scattering
from tests.helpers.specs import picture_spec


def kernel(j: int, direction: int, reach: int) -> Tensor:
    """A Morlet wavelet of length 2^j as pixels, [2 * reach + 1, 2 * reach + 1] complex."""
    sigma, frequency, angle = 0.8 * 2**j, 0.75 * math.pi / 2**j, math.pi * direction / 8
    line = torch.arange(-reach, reach + 1, dtype=torch.float64)
    y, x = line[:, None], line[None]
    along, beside = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    bell = torch.exp(-(along.square() + (beside / 2).square()) / (2 * sigma**2))
    wave = bell * torch.exp(1j * frequency * along)
    wave = wave - wave.sum() / bell.sum() * bell  # of mean 0
    return wave * 0.5 / (2 * math.pi * sigma**2)


def moduli(x: Tensor, j: int, margin: int) -> Tensor:
    """|x * psi| at every pixel of pictures [B, H, W], borders mirrored: [B, 8, H, W]."""
    padded = F.pad(x[:, None], (margin,) * 4, mode="reflect")
    reach = margin
    found = []
    for direction in range(8):
        wave = kernel(j, direction, reach).flip(0, 1)  # torch correlates
        real, imaginary = (F.conv2d(padded.double(), part[None, None]) for part in (wave.real, wave.imag))
        found.append((real.square() + imaginary.square()).sqrt()[:, 0])
    return torch.stack(found, 1)


def smooth(side: int, rows: int = 3) -> Tensor:
    coarse = torch.rand(rows, 1, side // 4, side // 4, generator=torch.Generator().manual_seed(0))
    return F.interpolate(coarse, size=(side, side), mode="bicubic")


def test_one_order_equals_wavelets_written_out() -> None:
    x = smooth(32) + 0.2 * torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    found = Scattering((1, 32, 32), 2, 4)(x)  # [3, 16, 80]: 8 fine, 64 of both orders, 8 coarse
    wide = F.pad(x[:, 0][:, None], (16,) * 4, mode="reflect")[:, 0]
    fine = moduli(wide, 0, 16)[..., 16:-16, 16:-16]
    means = F.avg_pool2d(fine, 8).flatten(2).mT  # [3, 16, 8]
    assert torch.allclose(found[..., :8].double(), means, rtol=0.02, atol=2e-4)
    coarse = moduli(wide, 1, 16)[..., 16:-16, 16:-16]
    assert torch.allclose(found[..., 72:].double(), F.avg_pool2d(coarse, 8).flatten(2).mT, rtol=0.1, atol=2e-3)


def test_the_second_order_is_waves_in_the_strength_of_waves() -> None:
    x = smooth(32, rows=1)
    found = Scattering((1, 32, 32), 2, 4)(x)[..., 8:72].unflatten(2, (8, 8))
    wide = F.pad(x[:, 0][:, None], (16,) * 4, mode="reflect")[:, 0]
    strength = moduli(wide, 0, 16)
    for direction in (0, 3):
        again = moduli(strength[:, direction], 1, 16)[..., 16:-16, 16:-16]
        slow = F.avg_pool2d(again, 8).flatten(2).mT
        error = (found[..., direction, :] - slow).abs().mean() / slow.mean()
        assert error < 0.1  # borders, and every second pixel


def test_flat_pictures_have_no_waves_and_twice_the_contrast_has_twice_as_strong_ones() -> None:
    made = Scattering((1, 28, 28), 3, 4)
    assert made(torch.full((2, 1, 28, 28), 3.0)).abs().max() < 1e-5
    x = smooth(28)
    assert torch.allclose(made(2 * x + 1), 2 * made(x), atol=1e-4)


def test_a_stripe_is_seen_in_its_own_direction_and_length() -> None:
    columns = torch.cos(torch.arange(32) * 0.75 * math.pi / 2).expand(1, 1, 32, 32)  # waves of length 2, running right
    found = Scattering((1, 32, 32), 3, 2)(columns).mean(1)[0]  # [216]
    orders = {0: found[:8], 1: found[8 + 128 : 16 + 128], 2: found[-8:]}
    assert max(orders, key=lambda j: orders[j].max().item()) == 1
    assert orders[1].argmax() == 0
    turned = Scattering((1, 32, 32), 3, 2)(columns.mT).mean(1)[0]
    assert turned[8 + 128 : 16 + 128].argmax() == 4


def test_it_hardly_changes_with_a_shift() -> None:
    x = smooth(32)
    moved = x.roll((1, 1), (2, 3))
    made = Scattering((1, 32, 32), 3, 2)
    change = (made(moved) - made(x)).norm() / made(x).norm()
    assert change < 0.3 * (moved - x).norm() / (x - x.mean()).norm()


@pytest.mark.parametrize(("scales", "shape"), [(1, (1, 8, 8)), (2, (3, 9, 14)), (3, (1, 28, 28)), (2, (1, 7, 30))])
def test_sizes_fit_and_pieces_change_nothing(scales: int, shape: tuple[int, int, int]) -> None:
    made = Scattering(shape, scales, 4)
    x = torch.rand(5, *shape)
    found = made(x)
    assert found.shape == (5, 16, shape[0] * made.paths)
    assert torch.isfinite(found).all()
    made._rows = 2
    assert torch.allclose(made(x), found, atol=1e-6)


def test_the_dictionary_has_waves_behind_its_words() -> None:
    spec = picture_spec(3, 16, 16)
    torch.manual_seed(0)
    plain = Dictionary(spec, words=12)
    torch.manual_seed(0)
    both = Dictionary(spec, words=12, waves=2)
    x = torch.rand(4, 3, 16, 16)
    assert both.width == 12 + 3 * 80
    body = both({"x": x}).body
    assert torch.equal(body[..., :12], plain({"x": x}).body)
    assert torch.allclose(body[..., 12:], (Scattering((3, 16, 16), 2, 4)(x) + 1e-4).sqrt())
    assert both.summary(both({"x": x})).shape == (4, 16 * both.width)
    assert set(both.state_dict()) == set(plain.state_dict())  # nothing is learned


def test_waves_longer_than_the_pictures_are_refused() -> None:
    with pytest.raises(ContractError, match=r"HS-C302.*wavelets are larger.*waves = 0"):
        Dictionary(picture_spec(1, 8, 8), kernel=3, waves=3)
