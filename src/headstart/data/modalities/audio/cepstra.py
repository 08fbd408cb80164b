"""Cepstral coefficients of sounds and their statistics: what a linear model reads of a sound of any length.

Davis and Mermelstein (1980); deltas after Furui (1986).
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from headstart.data.modalities.audio.framing import COEFFICIENTS, SEGMENTS

_REACH = 2  # frames to either side of which a delta is the slope


def statistics(spectra: Tensor, keep: Tensor) -> Tensor:
    """Of 13 coefficients and their deltas the means of five equal parts of a sound, and the deviation over all of it.
    Log-mel spectra [B, mels, frames] and kept frames [B, frames], the kept ones first -> [B, 156]."""
    coefficients = spectra.new_tensor(cosines(spectra.shape[1])) @ spectra  # [B, 13, frames]
    both = torch.cat([coefficients, deltas(coefficients, keep)], 1)  # [B, 26, frames]
    shares = segments(keep, SEGMENTS).to(both)  # [B, 5, frames]
    means = both @ shares.transpose(1, 2)  # [B, 26, 5]
    weight = keep[:, None].to(both)
    count = weight.sum(2).clamp_min(1)
    middle = (both * weight).sum(2, keepdim=True) / count[..., None]
    deviation = ((both - middle).square() * weight).sum(2).div(count).add(1e-8).sqrt()  # [B, 26]
    return torch.cat([means.flatten(1), deviation], 1)


def names() -> list[str]:
    """What each of the 156 statistics is, in words."""
    shape = [f"shape of the spectrum ({number})" for number in range(2, COEFFICIENTS)]
    levels = ["loudness", "low against high tones", *shape]
    both = [*levels, *(f"rise of {level}" for level in levels)]
    parts = [f"{name}, part {number} of {SEGMENTS}" for name in both for number in range(1, SEGMENTS + 1)]
    return [*parts, *(f"how much {name} varies" for name in both)]


@cache
def cosines(mels: int) -> np.ndarray:
    """The first rows of the orthonormal cosine transform of type II, [13, mels]."""
    places = (np.arange(mels) + 0.5) * math.pi / mels
    rows = np.cos(np.outer(np.arange(COEFFICIENTS), places)) * math.sqrt(2 / mels)
    rows[0] /= math.sqrt(2)
    return rows.astype(np.float32)


def deltas(x: Tensor, keep: Tensor) -> Tensor:
    """The slope over five frames; beyond the ends of a sound its first and last frame go on. x [B, C, frames]."""
    frames, count = x.shape[2], keep.sum(1).clamp_min(1)  # [B]
    last = (count - 1)[:, None]
    place = torch.arange(frames, device=x.device)
    found = torch.zeros_like(x)
    for step in range(1, _REACH + 1):
        ahead = torch.minimum((place + step)[None], last)[:, None].expand_as(x)
        behind = (torch.minimum(place[None], last) - step).clamp_min(0)[:, None].expand_as(x)
        found = found + step * (x.gather(2, ahead) - x.gather(2, behind))
    return found / (2 * sum(step**2 for step in range(1, _REACH + 1)))


def segments(keep: Tensor, parts: int) -> Tensor:
    """Weights that take the mean of each of so many parts of the kept frames. [B, frames] -> [B, parts, frames]."""
    count = keep.sum(1).clamp_min(1)[:, None, None]  # [B, 1, 1]
    place = torch.arange(keep.shape[1], device=keep.device)
    number = torch.arange(parts, device=keep.device)[:, None]  # [parts, 1]
    begin = (number * count) // parts  # [B, parts, 1]
    end = torch.maximum(((number + 1) * count) // parts, begin + 1)
    inside = (place >= begin) & (place < end)  # [B, parts, frames]
    return inside / inside.sum(2, keepdim=True)
