"""What networks read of stored sounds: log-mel spectra of mean 0 and deviation 1, or waveforms."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from headstart.core.contracts import Batch
from headstart.data.modalities.audio.cepstra import statistics
from headstart.data.modalities.audio.framing import Framing
from headstart.data.modalities.audio.portions import by_rows
from headstart.data.modalities.audio.published import Published
from headstart.data.modalities.audio.spectra import FAINT, FLOOR, centred, kept_frames, limited, log_mel

FULL = 32767.0  # of int16


class Learned(Protocol):
    """A modality of sounds that has learned from its rows."""

    features: str
    published: Published | None
    center: bool
    mean: list[float]
    std: list[float]
    statistics: tuple[list[float], list[float]]

    @property
    def depth(self) -> float: ...
    @property
    def framing(self) -> Framing: ...
    @property
    def frames(self) -> int: ...
    @property
    def bands(self) -> int: ...


def ready(sounds: Learned, batch: Batch) -> Batch:
    """Stored samples x int16 or float [B, S] and keep bool [B, S] -> what `embed` takes."""
    published = sounds.published
    if published is not None:
        x, keep = by_rows(lambda x, keep: published.make(waveform(x), keep), batch["x"], batch["keep"])
        return {**batch, "x": x, "keep": keep}
    if sounds.features == "waveform":
        return {**batch, "x": levelled(waveform(batch["x"]), batch["keep"])}
    spectra, keep = by_rows(lambda x, keep: spectra_of(sounds, waveform(x), keep), batch["x"], batch["keep"])
    if sounds.features == "statistics":
        rest = {name: values for name, values in batch.items() if name != "keep"}
        return {**rest, "x": levelled_statistics(sounds, spectra, keep)}  # [B, 156]
    return {**batch, "x": normalised(sounds, spectra, keep)[:, None], "keep": keep}  # [B, 1, mels, frames]


def levelled_statistics(sounds: Learned, spectra: Tensor, keep: Tensor) -> Tensor:
    """Statistics of cepstra, each of mean 0 and deviation 1 over the train rows. [B, 156]."""
    mean, deviation = (spectra.new_tensor(one) for one in sounds.statistics)
    return (statistics(spectra, keep) - mean) / deviation


def waveform(x: Tensor) -> Tensor:
    """Stored samples as float32 in [-1, 1]; what is float is so already."""
    return x if x.is_floating_point() else x.to(torch.float32) / FULL


def levelled(x: Tensor, keep: Tensor) -> Tensor:
    """Waveforms of mean 0 and deviation 1, as public speech networks expect them. [B, S] -> [B, S, 1]."""
    count = keep.sum(1, keepdim=True).clamp_min(1)
    mean = (x * keep).sum(1, keepdim=True) / count
    middle = (x - mean) * keep
    return (middle / (middle.square().sum(1, keepdim=True) / count + 1e-7).sqrt())[..., None]


def spectra_of(sounds: Learned, x: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    """Waveforms [B, S] -> log-mel spectra [B, mels, frames] and which frames lie within the sound [B, frames]."""
    spectra = log_mel(x, sounds.framing, sounds.bands, FAINT if sounds.depth else FLOOR)
    kept = kept_frames(keep, sounds.framing, spectra.shape[2])
    return limited(spectra, kept, sounds.depth) if sounds.depth else spectra, kept


def normalised(sounds: Learned, spectra: Tensor, keep: Tensor) -> Tensor:
    """Each band of mean 0 and deviation 1 over the train rows; 0 where there is only padding. [B, mels, frames]."""
    if sounds.center:
        spectra = centred(spectra, keep)
    mean, std = (spectra.new_tensor(one)[:, None] for one in (sounds.mean, sounds.std))
    return (spectra - mean) / std * keep[:, None]
