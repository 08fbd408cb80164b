"""Scattering: how strongly waves of every length and direction run through each region of a picture."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.errors import ContractError

_ANGLES = 8
_FREQUENCY = 0.75 * math.pi  # of the finest waves, radians a pixel; all three as in Oyallon's code
_SIGMA, _SLANT = 0.8, 4 / _ANGLES
_PIECE = 32 << 20  # bytes of complex numbers at once


class Scattering(nn.Module):
    """Moduli of wavelet responses, and of wavelet responses of these, averaged over pool x pool regions; none learns.

    Bruna and Mallat (TPAMI 2013), with two orders: Morlet wavelets of `scales` octaves and 8 directions,
    x [B, C, H, W] -> [B, pool * pool, C * paths], where paths are 8 a scale and 64 a pair of a finer and a coarser one.
    The borders are mirrored. A response to waves of length 2^j is kept at every 2^j-th pixel.
    """

    def __init__(self, shape: tuple[int, int, int], scales: int, pool: int) -> None:
        super().__init__()
        channels, *sides = shape
        self.scales, self.margin = scales, 1 << scales
        if scales < 1 or self.margin >= min(sides):
            raise ContractError(
                302, "the wavelets are larger than the pictures", where="backbone.waves", found=scales,
                expected=f"2^waves below {min(sides)} pixels", fix="set backbone.waves = 0",
            )  # fmt: skip
        self.room = [-(-(side + 2 * self.margin) // self.margin) * self.margin for side in sides]
        self.paths = _ANGLES * scales + _ANGLES**2 * (scales * (scales - 1) // 2)
        for j in range(scales):
            self.register_buffer(f"waves_{j}", _waves(self.room, j), persistent=False)  # [8, *room]
            for name, side, room in zip(("down", "across"), sides, self.room, strict=True):
                averages = _averages(side, pool, room >> j, 1 << j, self.margin)
                self.register_buffer(f"{name}_{j}", averages, persistent=False)  # [pool, room / 2^j]
        largest = channels * _ANGLES * (_ANGLES if scales > 1 else 1) * math.prod(self.room) * 8
        self._rows = max(1, _PIECE // largest)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            pieces = [x] if torch.compiler.is_exporting() else x.split(self._rows)
            return torch.cat([self._scattered(piece.float()) for piece in pieces])

    def _scattered(self, x: Tensor) -> Tensor:
        _, _, height, width = x.shape
        m = self.margin
        below, right = self.room[0] - height - m, self.room[1] - width - m
        padded = F.pad(x, (m, min(right, width - 1), m, min(below, height - 1)), mode="reflect")
        spectrum = torch.fft.fft2(padded, self.room)
        paths: list[Tensor] = []
        for j in range(self.scales):
            once = self._moduli(spectrum[:, :, None], j, 0)  # [B, C, 8, n, m]
            paths.append(self._averaged(once, j))
            again = torch.fft.fft2(once)[:, :, :, None]
            for k in range(j + 1, self.scales):
                paths.append(self._averaged(self._moduli(again, k, j).flatten(2, 3), k))
        return torch.cat(paths, 2).flatten(1, 2).mT  # [B, pool * pool, C * paths]

    def _moduli(self, spectrum: Tensor, j: int, start: int) -> Tensor:
        """|x * psi| for the 8 waves of length 2^j; the spectrum is that of every 2^start-th pixel."""
        waves = _folded(self.get_buffer(f"waves_{j}"), 1 << start) * 4**start
        return torch.fft.ifft2(_folded(spectrum * waves, 1 << (j - start))).abs()

    def _averaged(self, moduli: Tensor, j: int) -> Tensor:
        return (self.get_buffer(f"down_{j}") @ moduli @ self.get_buffer(f"across_{j}").T).flatten(3)


def _folded(spectrum: Tensor, step: int) -> Tensor:
    """The spectrum of every step-th value: mean of what falls together. [..., N, M] -> [..., N / step, M / step]."""
    n, m = spectrum.shape[-2:]
    if step == 1:
        return spectrum
    return spectrum.unflatten(-1, (step, m // step)).unflatten(-3, (step, n // step)).mean((-4, -2))


def _waves(room: list[int], j: int) -> Tensor:
    """Spectra of the 8 Morlet wavelets of length 2^j on a torus, real, [8, *room]."""
    down, across = (torch.fft.fftfreq(side, dtype=torch.float64) * 2 * math.pi for side in room)
    sigma, frequency = _SIGMA * 2**j, _FREQUENCY / 2**j
    waves: list[Tensor] = []
    for direction in range(_ANGLES):
        angle = math.pi * direction / _ANGLES
        cos, sin = math.cos(angle), math.sin(angle)
        wave, level = (torch.zeros(*room, dtype=torch.float64) for _ in range(2))
        for over in range(-2, 3):  # what lies beyond the highest frequency comes back from below
            for up in range(-2, 3):
                y, x = down[:, None] + 2 * math.pi * over, across + 2 * math.pi * up
                along, beside = x * cos + y * sin, y * cos - x * sin
                narrow = (beside / _SLANT).square()
                wave += torch.exp(-0.5 * sigma**2 * ((along - frequency).square() + narrow))
                level += torch.exp(-0.5 * sigma**2 * (along.square() + narrow))
        waves.append(wave - wave[0, 0] / level[0, 0] * level)  # of mean 0: a flat picture has no waves
    return torch.stack(waves).float()


def _averages(side: int, pool: int, count: int, step: int, margin: int) -> Tensor:
    """Averages of a line over `pool` regions from its values at every step-th place, linear in between, [pool, count];
    the line of `side` pixels begins behind `margin` others."""
    fine = 8  # places a pixel at which the line is looked at
    places = (torch.arange(side * fine) + 0.5) / fine - 0.5 + margin  # [side * 8]
    hats = (1 - (places[:, None] - step * torch.arange(count)).abs() / step).clamp_min(0)  # [side * 8, count]
    return torch.stack([part.mean(0) for part in hats.tensor_split(pool)])
