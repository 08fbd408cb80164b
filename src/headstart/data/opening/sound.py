"""Sound files as they are opened: what their headers say, and their samples within the budget.

They are read by soundfile (libsndfile), which is an extra: no other program runs.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, UsageError

if TYPE_CHECKING:
    from soundfile import SoundFile

MAX_BYTES = 1 << 31  # bytes of a file: nine hours of two channels of 16 bits at 16,000 samples a second
RATES = (1_000, 768_000)
MOST_CHANNELS = 64
_FORMATS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "AIFF", "AU", "NIST", "CAF")
_MARKS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"NIST_1A", b"caff")
_SMALL, _RATIO = 1 << 25, 200  # samples of any file, and per byte of a larger one: speech at 6 kbit/s has 64
_BLOCK = 1 << 16  # frames decoded at a time
_COPIES = 24  # bytes of memory for a frame: the mean of its channels, that at another rate, and working copies
_UNKNOWN = 0xFFFFFFFF  # what a program writes for the length where it does not know it yet
_FIX = "replace the file or prepare with --skip-bad"
STREAMED, CUT = "WAV files whose headers give no length", "WAV files that end before their headers say"
NOT_FINITE, EARLY = "samples that were no numbers, set to 0", "sounds that end before their headers say"


@dataclass(frozen=True, slots=True)
class Sound:
    """A file whose header was read and whose samples were not.

    rate      samples a second
    frames    moments in time, each with a sample of every channel; None: only decoding tells
    kind      the format as libsndfile calls it: "WAV", "FLAC", "OGG", "MP3"
    repaired  what was put right in the header, by how often
    """

    data: bytes
    origin: str
    rate: int
    channels: int
    frames: int | None
    kind: str
    repaired: dict[str, int]

    @property
    def seconds(self) -> float:
        """How long it is; DataError if its header does not tell."""
        assert self.frames is not None, "`measured` first"
        return self.frames / self.rate

    def measured(self) -> Sound:
        """The same with its length: decoded once where the header does not tell. DataError if it is broken."""
        if self.frames is not None:
            return self
        count = 0
        with _explained(self.origin), _file(self.data) as file:
            while read := len(file.read(_BLOCK, dtype="float32", always_2d=True)):
                count += read
                _check_size(count * self.channels, len(self.data), self.origin)
        return replace(self, frames=count)

    @contextmanager
    def mono(self, start: int, stop: int, budget: Budget) -> Iterator[tuple[np.ndarray, dict[str, int]]]:
        """The mean of the channels from frame `start` to `stop` (exclusive), float32 [frames] around 0, full scale 1,
        and what was put right in it; memory is held meanwhile. Never within another: both wait for memory."""
        count = stop - start
        with budget.room(_COPIES * count + 4 * _BLOCK * self.channels):
            found, repaired, place = np.zeros(count, np.float32), dict[str, int](), 0
            with _explained(self.origin), _file(self.data) as file:
                _skip(file, start)
                while place < count:
                    block = file.read(min(_BLOCK, count - place), dtype="float32", always_2d=True)
                    if not len(block):
                        break
                    mixed = block[:, 0] if self.channels == 1 else block.mean(1)  # [frames, channels] -> [frames]
                    found[place : place + len(block)] = mixed
                    place += len(block)
            if not place:
                fix = "replace the file, or prepare with --skip-bad"
                raise DataError(488, "the sound has no samples", where=self.origin, found="0 samples", fix=fix)
            bad = ~np.isfinite(found[:place])
            if bad.sum() > place / 2:
                raise DataError(492, "samples must be finite", where=self.origin, found="NaN or infinity", fix=_FIX)
            if bad.any():
                found[:place][bad] = 0
                repaired[NOT_FINITE] = int(bad.sum())
            if place < count:
                repaired[EARLY] = 1
            yield found[:place], repaired


def is_sound(data: bytes) -> bool:  # the first bytes are enough
    """Do bytes begin as a sound file does?"""
    return data.startswith(_MARKS) or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE6 == 0xE2)


def opened(data: bytes, origin: str, budget: Budget) -> Sound:
    """What the header of a sound file says; DataError for one that is broken, or costs far more than sounds do.

    UsageError without soundfile.
    """
    if not data:
        raise DataError(485, "the sound file is empty", where=origin, found="0 bytes", fix=_FIX)
    if len(data) > MAX_BYTES:
        found, expected = f"{len(data):,} bytes", f"at most {MAX_BYTES >> 30} GiB"
        fix = "cut it into files of some hours"
        raise DataError(500, "the sound is too large", where=origin, found=found, expected=expected, fix=fix)
    if not is_sound(data):
        first = f"{len(data)} bytes, first {data[:8]!r}"
        raise DataError(486, "not a sound that can be read", where=origin, found=first, fix=_FIX)
    data, repaired = _mended(data)
    with _explained(origin), _file(data) as file:
        frames = file.frames if 0 <= file.frames < 1 << 40 else None
        rate, channels, kind = int(file.samplerate), int(file.channels), str(file.format)
    if kind not in _FORMATS:
        raise DataError(486, "not a sound that can be read", where=origin, found=f"the format {kind}", fix=_FIX)
    if not RATES[0] <= rate <= RATES[1]:
        expected = f"{RATES[0]:,} to {RATES[1]:,}"
        raise DataError(490, "no sound has so many samples a second", where=origin, found=rate, expected=expected,
                        fix=_FIX)  # fmt: skip
    if channels > MOST_CHANNELS:
        found, expected = f"{channels} channels", f"at most {MOST_CHANNELS}"
        raise DataError(491, "the sound has too many channels", where=origin, found=found, expected=expected, fix=_FIX)
    if frames == 0:
        raise DataError(488, "the sound has no samples", where=origin, found="0 samples", fix=_FIX)
    if frames is not None:
        _check_size(frames * channels, len(data), origin)
    return Sound(data, origin, rate, channels, frames, kind, repaired)


def _check_size(samples: int, size: int, origin: str) -> None:
    if samples > max(_SMALL, _RATIO * size):
        found = f"{samples:,} samples in {size:,} bytes"
        raise DataError(489, "the sound unpacks to far more than sounds do", where=origin, found=found, fix=_FIX)


def _file(data: bytes) -> SoundFile:
    try:
        from soundfile import SoundFile
    except (ImportError, OSError) as cause:  # OSError: the library itself is missing
        fix = 'pip install "headstart[audio]"'
        raise UsageError(329, "soundfile is not installed", found=str(cause), fix=fix) from cause
    return SoundFile(_Bytes(data))


class _Bytes(io.BytesIO):
    """A file in memory that bears to be sought before its beginning, as broken headers ask for: what is raised within
    libsndfile would be printed, not caught."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = {0: 0, 1: self.tell(), 2: len(self.getbuffer())}[whence]
        return super().seek(max(0, base + offset))


def _skip(file: SoundFile, frames: int) -> None:
    if file.seekable():
        file.seek(frames)
        return
    while frames > 0:
        frames -= len(file.read(min(_BLOCK, frames), dtype="float32", always_2d=True)) or frames


@contextmanager
def _explained(origin: str) -> Iterator[None]:
    """What libsndfile raises on broken files, as a DataError."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, OSError, MemoryError) as cause:  # LibsndfileError is a RuntimeError
        text = " ".join(str(cause).split())
        found = text.rpartition(">: ")[2].removeprefix("Error : ").rstrip(".") or type(cause).__name__
        raise DataError(487, "the sound is broken", where=origin, found=found, fix=_FIX) from cause


def _mended(data: bytes) -> tuple[bytes, dict[str, int]]:
    """A WAV file whose header gives the length of its samples, and what was put right: programs that write into a pipe
    leave 0 or 0xFFFFFFFF there."""
    place = _samples_at(data)
    if place is None:
        return data, {}
    said, there = int.from_bytes(data[place - 4 : place], "little"), len(data) - place
    if said == _UNKNOWN or (said == 0 and there):
        return data[: place - 4] + struct.pack("<I", min(there, _UNKNOWN - 1)) + data[place:], {STREAMED: 1}
    return data, {CUT: 1} if said > there else {}


def _samples_at(data: bytes) -> int | None:
    """Where the samples of a WAV file begin; None for other files."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    place = 12
    while place + 8 <= len(data):
        if data[place : place + 4] == b"data":
            return place + 8
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8 + size + size % 2
    return None


def numbers(values: Any, origin: str) -> np.ndarray:
    """Samples that a program gives, [frames] or [frames, channels] -> float32 [frames] around 0, full scale 1.

    Whole numbers are taken for samples of their width; DataError for what is no sound.
    """
    expected = "numbers [samples] or [samples, channels]"
    try:
        array = np.asarray(values)
    except ValueError as cause:  # lists of differing lengths
        raise DataError(497, "an array of this shape is no sound", where=origin, found="lists of differing lengths",
                        expected=expected) from cause  # fmt: skip
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2) or not array.size:
        raise DataError(497, "an array of this shape is no sound", where=origin, found=list(array.shape),
                        expected=expected)  # fmt: skip
    if array.dtype.kind == "f":
        scaled = array.astype(np.float32)
    else:
        middle, scale = (0, 1 << 8 * array.itemsize - 1) if array.dtype.kind == "i" else (128, 128)
        scaled = (array.astype(np.float32) - middle) / scale
    if not np.isfinite(scaled).all():
        raise DataError(492, "samples must be finite", where=origin, found="NaN or infinity", fix="fill them")
    if array.ndim == 2:
        scaled = scaled.mean(0 if array.shape[0] < array.shape[1] and array.shape[0] <= MOST_CHANNELS else 1)
    return scaled
