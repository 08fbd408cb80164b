"""The forms in which public networks hear, made on the device: samples, Whisper's log-mel, filter banks of Kaldi.

The numbers are those of the feature extractors of transformers, for every clip by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts.spec import Layout
from headstart.core.errors import RecipeError
from headstart.data.opening.sound import RATES

_WHISPERS_FFT, _WHISPERS_TOP, _QUIET = 400, 8_000.0, 1e-10
_KALDIS_FRAME, _KALDIS_FFT, _KALDIS_LOWEST, _KALDIS_QUIET, _EMPHASIS = 400, 512, 20.0, 1.192092955078125e-07, 0.97
_HOP = 160  # samples between frames, of both
_BEYOND = 2  # frames behind the end of a clip, for the place that reads its last ones
_LONGEST, _MANY, _FEWEST = 600.0, 512, 4  # seconds of a row; bands
_MOST_FRAMES = 60_000


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples themselves, [B, S, 1]; `level`: of mean 0 and deviation 1 in every clip."""

    kind: ClassVar[str] = "samples"
    layout: ClassVar[Layout] = "steps"
    rate: int
    seconds: float
    level: bool

    def __post_init__(self) -> None:
        _check(self.rate, self.seconds)

    @property
    def sizes(self) -> dict[str, int]:
        return {"channels": 1, "length": round(self.seconds * self.rate)}

    @property
    def places(self) -> float:
        return self.rate

    def make(self, x: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        if self.level:
            count = keep.sum(1, keepdim=True).clamp_min(1)
            mean = (x * keep).sum(1, keepdim=True) / count
            variance = ((x - mean).square() * keep).sum(1, keepdim=True) / count
            x = (x - mean) * (variance + 1e-7).rsqrt()
        return (x * keep)[..., None], keep


@dataclass(frozen=True, slots=True)
class WhisperMel:
    """Log-mel as Whisper reads it, [B, 1, mels, frames], 100 frames a second at 16 kHz.

    The softest value of a clip lies at most 8 powers of ten below its loudest.
    """

    kind: ClassVar[str] = "whisper"
    layout: ClassVar[Layout] = "grid"
    rate: int
    seconds: float
    mels: int

    def __post_init__(self) -> None:
        _check(self.rate, self.seconds, self.mels)
        if self.rate < 2 * _WHISPERS_TOP:
            raise ValueError(f"{self.rate} samples a second for bands up to {_WHISPERS_TOP:g} Hz")

    @property
    def sizes(self) -> dict[str, int]:
        return {"channels": 1, "height": self.mels, "width": -(-round(self.seconds * self.rate) // _HOP)}

    @property
    def places(self) -> float:
        return self.rate / _HOP

    def make(self, x: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        half, whole = _WHISPERS_FFT // 2, x.shape[1] >= round(self.seconds * self.rate)
        frames = min(-(-x.shape[1] // _HOP) + _BEYOND, self.sizes["width"])
        x = functional.pad(x * keep, (0, max(frames * _HOP - x.shape[1], half + 1 - x.shape[1], 0)))
        ahead, behind = x[:, 1 : half + 1].flip(1), x[:, -half - 1 : -1].flip(1)
        x = torch.cat([ahead, x, behind if whole else torch.zeros_like(behind)], 1)  # a whole clip is mirrored
        window = torch.hann_window(_WHISPERS_FFT, device=x.device)
        power = _power(x.unfold(1, _WHISPERS_FFT, _HOP)[:, :frames] * window, _WHISPERS_FFT)  # [B, frames, 201]
        bands = _bands("slaney", self.mels, self.rate, 0.0, _WHISPERS_TOP, _WHISPERS_FFT)
        mel = (power @ torch.from_numpy(bands).to(x.device)).clamp_min(_QUIET).log10()  # [B, frames, mels]
        mel = torch.maximum(mel, mel.amax((1, 2), keepdim=True) - 8)
        kept = functional.pad(keep[:, ::_HOP], (0, frames))[:, :frames]
        return ((mel + 4) / 4).transpose(1, 2)[:, None], _first_kept(kept)


@dataclass(frozen=True, slots=True)
class KaldiBanks:
    """Log filter banks as the Audio Spectrogram Transformer reads them, [B, 1, mels, length]: frames of 10 ms at 16
    kHz, zeros behind the end of a clip, brought to the mean and deviation of its training data where it was.
    """

    kind: ClassVar[str] = "ast"
    layout: ClassVar[Layout] = "grid"
    rate: int
    mels: int
    length: int
    mean: float
    std: float
    level: bool

    def __post_init__(self) -> None:
        if not 1 <= self.length <= _MOST_FRAMES:
            raise ValueError(f"{self.length} frames")
        _check(self.rate, self.seconds, self.mels)
        if not (math.isfinite(self.mean) and math.isfinite(self.std) and self.std > 0):
            raise ValueError(f"mean {self.mean} and deviation {self.std}")

    @property
    def seconds(self) -> float:
        return ((self.length - 1) * _HOP + _KALDIS_FRAME) / self.rate

    @property
    def sizes(self) -> dict[str, int]:
        return {"channels": 1, "height": self.mels, "width": self.length}

    @property
    def places(self) -> float:
        return self.rate / _HOP

    def make(self, x: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
        needed = (self.length - 1) * _HOP + _KALDIS_FRAME
        x, keep = (functional.pad(one[:, :needed], (0, max(0, needed - one.shape[1]))) for one in (x * keep, keep))
        parts = x.unfold(1, _KALDIS_FRAME, _HOP)  # [B, length, 400]
        parts = parts - parts.mean(2, keepdim=True)
        before = torch.cat([parts[..., :1], parts[..., :-1]], 2)
        window = torch.hann_window(_KALDIS_FRAME, periodic=False, device=x.device)
        power = _power((parts - _EMPHASIS * before) * window, _KALDIS_FFT)  # [B, length, 257]
        bands = _bands("kaldi", self.mels, self.rate, _KALDIS_LOWEST, float(self.rate // 2), _KALDIS_FFT)
        banks = (power @ torch.from_numpy(bands).to(x.device)).clamp_min(_KALDIS_QUIET).log()
        kept = _first_kept(keep[:, _KALDIS_FRAME - 1 :: _HOP])  # whole frames, at least one
        banks = banks * kept[..., None]
        if self.level:
            banks = (banks - self.mean) / (2 * self.std)
        return banks.transpose(1, 2)[:, None], kept


Published = Samples | WhisperMel | KaldiBanks
"""How a public network hears rows of at most `seconds` at `rate`: `layout` and `sizes` of the longest ready row, its
`places` a second, and `make`: samples float32 [B, S] in [-1, 1] and which are there [B, S] -> the ready row and which
places of it are. `kind` is its name in files."""


def fields_of(published: Published) -> dict[str, Any]:
    """For a file."""
    return {"kind": published.kind, **asdict(published)}


def from_fields(fields: Mapping[str, Any]) -> Published:
    """The opposite; KeyError, TypeError or ValueError for anything else."""
    kinds: dict[str, type[Published]] = {one.kind: one for one in (Samples, WhisperMel, KaldiBanks)}
    return kinds[fields["kind"]](**{name: value for name, value in fields.items() if name != "kind"})


def refuse_others(asked: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """RecipeError for settings that would change what a public network hears."""
    other = [name for name, value in asked.items() if own.get(name, value) != value]
    if other:
        fix = "leave " + ", ".join(f"modality.{name}" for name in other) + " out"
        raise RecipeError(518, "a public network decides how its sound is prepared", where="modality", found=other[0],
                          fix=fix)  # fmt: skip


def _check(rate: int, seconds: float, mels: int = _FEWEST) -> None:
    """ValueError for numbers that no network has."""
    if type(rate) is not int or not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"{rate} samples a second")
    if type(mels) is not int or not _FEWEST <= mels <= _MANY:
        raise ValueError(f"{mels} bands")
    if not 0.01 <= seconds <= _LONGEST:
        raise ValueError(f"clips of {seconds} s")


def _first_kept(keep: Tensor) -> Tensor:
    """Places that are there; the first one is in every row."""
    return keep | (torch.arange(keep.shape[1], device=keep.device) == 0)


def _power(parts: Tensor, size: int) -> Tensor:
    """Power of the frequencies of frames [..., n] -> [..., size / 2 + 1].

    An exported graph has two matrix products instead: not every reader of graphs knows the Fourier transform.
    """
    if not torch.compiler.is_exporting():
        found = torch.fft.rfft(parts, size)
        return found.real.square() + found.imag.square()
    angle = 2 * math.pi / size * torch.outer(torch.arange(parts.shape[-1]), torch.arange(size // 2 + 1)).double()
    return sum((parts @ wave.float().to(parts.device)).square() for wave in (angle.cos(), angle.sin()))  # pyright: ignore[reportReturnType]


@lru_cache(maxsize=8)
def _bands(scale: Literal["slaney", "kaldi"], mels: int, rate: int, lowest: float, top: float, size: int) -> np.ndarray:
    """Weights of the frequencies in each band, float32 [size / 2 + 1, mels]: triangles that begin, peak and end at
    neighbouring points of the scale.

    Slaney's lie in Hz and have one area; Kaldi's lie in mel and have one height.
    """
    bins = np.arange(size // 2 + 1) * rate / size
    if scale == "kaldi":
        points, at = np.linspace(_mel(lowest), _mel(top), mels + 2), 1127 * np.log1p(bins / 700)
    else:
        points, at = _hertz(np.linspace(_slaney(lowest), _slaney(top), mels + 2)), bins
    gaps = np.diff(points)
    rise = (at[:, None] - points[None, :-2]) / gaps[:-1]
    fall = (points[None, 2:] - at[:, None]) / gaps[1:]
    weights = np.minimum(rise, fall).clip(0)
    if scale == "slaney":
        weights = weights * 2 / (points[2:] - points[:-2])
    return weights.astype(np.float32)


def _mel(hertz: float) -> float:
    return 1127 * math.log1p(hertz / 700)


def _slaney(hertz: float) -> float:
    """Slaney's scale: even steps up to 1000 Hz, then even ratios."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * math.log(hertz / 1000) / math.log(6.4)


def _hertz(steps: np.ndarray) -> np.ndarray:
    return np.where(steps < 15, steps * 200 / 3, 1000 * np.exp((steps - 15) * math.log(6.4) / 27))
