"""Ready sounds as people see them: spectra as pictures, low frequencies at the bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture

from headstart.core.contracts.look import Look, Piece

if TYPE_CHECKING:
    from torch import Tensor

_RANGE = 6.0  # deviations from the lowest colour to the highest
_DARK_TO_LIGHT = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
_TOLD = 6  # statistics that are named
_STRIPE = 8  # pixels of the height of statistics
_HEIGHT, _WIDE = 64, 256  # pixels of the picture of a waveform


@dataclass(frozen=True, slots=True)
class SoundView:
    """Spectra in colours from dark blue (quiet) over green to yellow (loud), white behind their end; samples as their
    outline; statistics as stripes."""

    features: str = "logmel"
    note: str = ""  # all of a row is shown

    def denormalise(self, x: Tensor) -> Tensor:
        """Spectra in [0, 1], 0 for three deviations below the mean; waveforms as they are."""
        return x if self.features == "waveform" else (x / _RANGE + 0.5).clamp(0, 1)

    def contrast(self, inside: Tensor, outside: Tensor) -> Look:
        """The mean spectrum, or the statistics that differ most, in deviations; waveforms have no mean that tells
        anything."""
        if self.features == "waveform":
            return Look()
        if self.features == "statistics":
            from headstart.data.modalities.audio.cepstra import names

            apart = (inside.float().mean(0) - outside.float().mean(0)).cpu().numpy()  # of values with deviation 1
            told = zip(apart.tolist(), names(), strict=True)
            ranked = sorted(told, key=lambda one: -abs(one[0]))[:_TOLD]
            return Look(lines=[(Piece(f"{name}: {size:+.1f} deviations"),) for size, name in ranked])
        return Look(picture=self.render(inside.float().mean(0, keepdim=True))[0])

    def render(self, x: Tensor) -> list[Picture.Image]:
        """[B, 1, mels, frames], or waveforms [B, S, 1]."""
        if self.features == "statistics":
            values = self.denormalise(x.detach().float()).cpu().numpy()
            return [Picture.fromarray(coloured(np.repeat(one[None], _STRIPE, 0))) for one in values]
        if self.features == "waveform":
            return [_outline(one) for one in x.detach().float().cpu().numpy()[..., 0]]
        values = self.denormalise(x.detach().float())[:, 0].flip(1).cpu().numpy()  # [B, mels, frames]
        heard = (x.detach() != 0).any(2)[:, 0].cpu().numpy()  # [B, frames]
        return [_spectrum(one, frames) for one, frames in zip(values, heard, strict=True)]


def _spectrum(values: np.ndarray, heard: np.ndarray) -> Picture.Image:
    """A spectrum [mels, frames] in colours; frames behind the last one with a sound are padding, and white."""
    picture = coloured(values)
    picture[:, len(heard) - int(np.argmax(heard[::-1])) if heard.any() else 0 :] = 255
    return Picture.fromarray(picture)


def coloured(values: np.ndarray) -> np.ndarray:
    """Numbers in [0, 1] of any shape -> colours uint8 [..., 3] that get lighter evenly."""
    stops = np.array(_DARK_TO_LIGHT, np.float64)
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(values, places, stops[:, c]) for c in range(3)], -1).round().astype(np.uint8)


def _outline(samples: np.ndarray) -> Picture.Image:
    """The highest and lowest samples of each column of pixels."""
    parts = np.array_split(samples, min(_WIDE, len(samples)))
    peak = float(np.abs(samples).max(initial=0)) or 1.0
    high, low = (np.array([pick(part) for part in parts]) / peak for pick in (np.max, np.min))
    rows = np.linspace(1, -1, _HEIGHT)[:, None]
    drawn = (rows <= np.maximum(high, 0.02)) & (rows >= np.minimum(low, -0.02))  # [height, columns]
    return Picture.fromarray(np.where(drawn, 40, 255).astype(np.uint8))
