"""Changes of spectra: stripes that are hidden, and frequencies that are stretched."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from headstart.data.modalities.audio.spectra import LOWEST


def stripes(length: Tensor, places: int, most: float, u: Tensor) -> Tensor:
    """Which places a stripe of up to a share `most` of each length hides. length [B], u [B, 2] -> bool [B, places]."""
    wide = most * length * u[:, 0]
    begin = (length - wide) * u[:, 1]
    place = torch.arange(places, device=u.device)
    return (place >= begin[:, None].round()) & (place < (begin + wide)[:, None].round())


def warped(spectra: Tensor, factor: Tensor, rate: int) -> Tensor:
    """Log-mel spectra [B, mels, frames] whose frequencies are stretched by a factor of each row [B], by reading between
    bands; beyond the highest band it goes on."""
    mels = spectra.shape[1]
    low, high = (2595 * math.log10(1 + hertz / 700) for hertz in (LOWEST, rate / 2))
    step = (high - low) / (mels + 1)
    mel = low + step * torch.arange(1, mels + 1, device=spectra.device)  # [mels]
    hertz = (700 * (10 ** (mel / 2595) - 1)) / factor[:, None]  # [B, mels] where a band's content comes from
    place = ((2595 * torch.log10(1 + hertz / 700) - low) / step - 1).clamp(0, mels - 1)
    below = place.floor().long()
    above = (below + 1).clamp_max(mels - 1)
    shape = (-1, -1, spectra.shape[2])
    return torch.lerp(
        spectra.gather(1, below[..., None].expand(*shape)),
        spectra.gather(1, above[..., None].expand(*shape)),
        (place - below)[..., None],
    )
