"""Log-mel spectra of waveforms, on any device, in plain tensor operations that can be exported."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from headstart.data.modalities.audio.framing import Framing

LOWEST = 20.0  # hertz
FLOOR, FAINT = 1e-6, 1e-10  # power of a sound that cannot be heard, for samples in [-1, 1]; and where that follows
# from the loudest of the recording, which may be soft


def log_mel(x: Tensor, framing: Framing, mels: int, floor: float = FLOOR) -> Tensor:
    """Logarithm of the power in `mels` bands. x float [B, S] in [-1, 1] -> [B, mels, frames], frames within S alone."""
    full = 16 / framing.window**2  # a full sine wave has power 1 in its bin, for a Hann window
    filters = x.new_tensor(mel_filters(framing.rate, framing.size, mels) * np.float32(full))  # [mels, bins]
    frames = x.unfold(1, framing.window, framing.hop) * torch.hann_window(framing.window, device=x.device)
    power = _power(frames, framing.size)  # [B, frames, bins]
    return torch.log(power @ filters.T + floor).transpose(1, 2)  # [B, mels, frames]


def _power(frames: Tensor, size: int) -> Tensor:
    """Squared spectrum of windowed frames [B, F, window] -> [B, F, size // 2 + 1].

    An exported graph has two matrix products instead: not every reader of graphs knows the Fourier transform.
    """
    if not torch.compiler.is_exporting():
        found = torch.fft.rfft(frames, size)
        return torch.addcmul(found.real.square(), found.imag, found.imag)
    real, imaginary = map(frames.new_tensor, _fourier(frames.shape[2], size))
    return (frames @ real).square() + (frames @ imaginary).square()


@cache
def _fourier(window: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and sines [window, size // 2 + 1] of the discrete Fourier transform."""
    angle = 2 * math.pi / size * np.outer(np.arange(window), np.arange(size // 2 + 1))
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


@cache
def mel_filters(rate: int, size: int, mels: int) -> np.ndarray:
    """Triangles over the bins of a spectrum, [mels, size // 2 + 1], evenly spaced on the mel scale (O'Shaughnessy
    1987), each of height 1. A triangle between two bins takes the nearest one, so that no band is empty."""
    edges = np.linspace(_mel(LOWEST), _mel(rate / 2), mels + 2)
    hertz = 700 * (10 ** (edges / 2595) - 1)  # [mels + 2]
    bins = np.arange(size // 2 + 1) * rate / size
    low, middle, high = hertz[:-2, None], hertz[1:-1, None], hertz[2:, None]
    filters = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)).clip(0)
    empty = filters.sum(1) < 0.5
    nearest = np.rint(hertz[1:-1] * size / rate).astype(int).clip(max=size // 2)
    filters[empty, nearest[empty]] = 1
    return filters.astype(np.float32)


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def kept_frames(keep: Tensor, framing: Framing, frames: int) -> Tensor:
    """Which frames lie within the sound: [B, S] bool of samples -> [B, frames]. One that is shorter than a frame has
    one frame."""
    ends = keep[:, framing.window - 1 :: framing.hop][:, :frames]  # the last sample of each frame
    first = torch.arange(frames, device=keep.device) == 0
    return ends | (first & keep[:, :1])


def limited(x: Tensor, keep: Tensor, decibels: float) -> Tensor:
    """Spectra in which nothing is more than so many decibels below the loudest of a sound: recordings of much and of
    little noise, loud and soft ones, then reach as deep. x [B, mels, frames], keep [B, frames]."""
    loudest = x.masked_fill(~keep[:, None], -torch.inf).amax((1, 2), keepdim=True)
    return torch.maximum(x, loudest - decibels * math.log(10) / 10)


def centred(x: Tensor, keep: Tensor) -> Tensor:
    """Every band of a sound without its mean over time: what microphones and rooms add to it (Atal 1974). x [B, mels,
    frames], keep [B, frames]."""
    weight = keep[:, None].to(x.dtype)
    mean = (x * weight).sum(2, keepdim=True) / weight.sum(2, keepdim=True).clamp_min(1)
    return x - mean
