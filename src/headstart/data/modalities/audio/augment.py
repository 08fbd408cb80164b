"""Augmentation of sounds: whole batches at once, on any device, of samples and of their spectra."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from headstart.core.contracts import Augment, Batch, Modality
from headstart.core.contracts.ranges import Share
from headstart.core.errors import RecipeError
from headstart.core.random import mix, normal, uniform
from headstart.data.modalities.audio.features import (
    Learned,
    levelled,
    levelled_statistics,
    normalised,
    spectra_of,
    waveform,
)
from headstart.data.modalities.audio.masking import stripes, warped
from headstart.data.modalities.audio.portions import by_rows

_STREAM = 1000  # far from the streams that objectives draw from
# random numbers of one row and one view: 0 speed; 1 crop, 2 its place; 3 shift; 4 warp; 5, 6 noise; 7 gain; then masks
_OWN = 8


class _Sounds(Modality, Learned, Protocol):
    """A modality of sounds that has learned from its rows."""


class AudioAugment(Augment):
    """Change sounds at random: speed, crop, shift, noise, warp of the frequencies, masks of the spectrum, mixing.

    batch["x"] int16 [B, S] and batch["keep"] bool [B, S] -> as `modality.ready` gives them.

    speed   share by which a sound gets faster or slower at most, with its pitch (Ko et al., Interspeech 2015)
    crop    least part of the sound that is kept (1: off), somewhere in it
    shift   share of a row that is cut off the beginning of a sound at most, and no more than half of the sound
    noise   probability that white noise is added, 10 to 30 dB below the sound
    warp    share by which the frequencies of a sound are stretched at most, as another vocal tract would do (Jaitly and
            Hinton 2013)
    bands, times  masks of the spectrum: so many stripes of up to `stripe` of all bands, and of the frames of a sound,
            are set to their mean (SpecAugment, Park et al., Interspeech 2019)
    mixup   alpha of Beta(alpha, alpha) (0: off): each spectrum is mixed with the one before it in the batch (Zhang et
            al., ICLR 2018), for tasks whose targets can be mixed, as for pictures

    Warp, masks and mixup are of spectra; waveforms stay without them. All but mixup is a function of the row's key.
    """

    def __init__(
        self,
        modality: _Sounds,
        *,
        speed: Share = 0.1,
        crop: float = 1.0,
        shift: Share = 0.05,
        noise: float = 0.0,
        warp: Share = 0.1,
        bands: int = 1,
        times: int = 1,
        stripe: Share = 0.2,
        mixup: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0 < crop <= 1:
            raise RecipeError(488, "a crop keeps a part of the sound", where="augment.crop", found=crop,
                              expected="above 0, up to 1")  # fmt: skip
        if mixup < 0:
            raise RecipeError(286, "mixup and cutmix must not be negative", where="augment", found=f"mixup={mixup}")
        if min(bands, times) < 0 or not 0 <= noise <= 1:
            found = f"bands={bands}, times={times}, noise={noise}"
            raise RecipeError(489, "masks are counted and noise is a probability", where="augment", found=found)
        self.modality, self._sounds = modality, modality
        self.speed, self.crop, self.shift, self.noise, self.warp = speed, crop, shift, noise, warp
        self.bands, self.times, self.stripe, self.mixup = bands, times, stripe, mixup

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        if not self.training:
            return self.modality.ready(batch)
        u = uniform(batch["key"], _OWN + 2 * (self.bands + self.times) + 1, _STREAM + view)  # [B, ...]
        with torch.no_grad():
            heard = partial(self._heard, view)
            spectra, frames = by_rows(heard, batch["x"], batch["keep"], u, batch["key"])
            if self._sounds.published is not None or self._sounds.features == "waveform":
                return {**batch, "x": spectra, "keep": frames}
            if self._sounds.features == "statistics":
                rest = {name: values for name, values in batch.items() if name != "keep"}
                return {**rest, "x": levelled_statistics(self._sounds, spectra, frames)}
            spectra = normalised(self._sounds, spectra, frames)
            spectra = self._masked(spectra, frames, u[:, _OWN:-1])
            changed = {**batch, "x": spectra[:, None], "keep": frames}
            return self._mixed(changed, u[:, -1]) if self.mixup else changed

    def _heard(self, view: int, x: Tensor, keep: Tensor, u: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        """Changed sounds as a network takes them, before masks and mixing."""
        x, keep = self._moved(waveform(x), keep, u)
        x = self._noisy(x, keep, key, u, view) if self.noise else x
        if self._sounds.published is not None:
            return self._sounds.published.make(x, keep)
        if self._sounds.features == "waveform":
            return levelled(x, keep), keep
        spectra, frames = spectra_of(self._sounds, x, keep)
        if self.warp:
            spectra = warped(spectra, 1 + self.warp * (2 * u[:, 4] - 1), self._sounds.framing.rate)
        return spectra, frames

    def _moved(self, x: Tensor, keep: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """Faster or slower, cut and moved, in one linear interpolation. [B, S] each."""
        if not (self.speed or self.shift or self.crop < 1):
            return x, keep
        samples, length = x.shape[1], keep.sum(1).float()  # [B]
        pace = 1 + self.speed * (2 * u[:, 0] - 1)
        part = length * (self.crop + (1 - self.crop) * u[:, 1])
        begin = (length - part) * u[:, 2]
        away = torch.minimum(self.shift * samples * u[:, 3], part / 2)  # half of a short sound is left
        time = torch.arange(samples, device=x.device)
        place = (begin + away)[:, None] + time * pace[:, None]  # [B, S] of the sound as it was
        below = place.floor().long().clamp_max(samples - 1)
        above = (below + 1).clamp_max(samples - 1)
        kept = time < ((part - away) / pace).ceil()[:, None]
        read = torch.lerp(x.gather(1, below), x.gather(1, above), (place - below).clamp(0, 1))
        return read * kept, kept

    def _noisy(self, x: Tensor, keep: Tensor, key: Tensor, u: Tensor, view: int) -> Tensor:
        """White noise beside some of the sounds."""
        power = (x.square() * keep).sum(1) / keep.sum(1).clamp_min(1)
        level = (power * 10 ** -(1 + 2 * u[:, 6])).sqrt() * (u[:, 5] < self.noise)  # [B]
        return x + normal(mix(key), x.shape[1], _STREAM + view) * level[:, None] * keep

    def _masked(self, x: Tensor, keep: Tensor, u: Tensor) -> Tensor:
        """Stripes of the spectrum set to their mean, 0. x [B, mels, frames]."""
        for place in range(self.bands):
            whole = torch.full_like(u[:, 0], x.shape[1])
            x = x * ~stripes(whole, x.shape[1], self.stripe, u[:, 2 * place : 2 * place + 2])[:, :, None]
        for place in range(self.bands, self.bands + self.times):
            x = x * ~stripes(keep.sum(1), x.shape[2], self.stripe, u[:, 2 * place : 2 * place + 2])[:, None]
        return x

    def _mixed(self, batch: Batch, u: Tensor) -> Batch:
        if "mix" not in batch:  # nobody who learns from the batch can do so from mixed sounds
            fix = "set augment.mixup=0, or use --task classify"
            raise RecipeError(284, "mixup and cutmix need classes", where="augment.mixup", fix=fix)
        share = self._share(u)
        x = torch.lerp(batch["x"].roll(1, 0), batch["x"], share[:, None, None, None])
        keep = batch["keep"] | batch["keep"].roll(1, 0)
        return {**batch, "x": x, "keep": keep, "share": share, "other": batch["mix"].roll(1, 0)}

    def _share(self, u: Tensor) -> Tensor:
        from headstart.data.beta import quantiles

        return quantiles(self.mixup, u)
