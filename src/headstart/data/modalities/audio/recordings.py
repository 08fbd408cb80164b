"""Recordings as they are given: bytes, files or arrays, whole or a part of them, and how long ones are cut."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.labels.numbers import plain_number
from headstart.data.labels.over_time import within
from headstart.data.opening import sound
from headstart.data.records import Blob, Opened, is_missing

Long = Literal["windows", "loudest"]
MOST_WINDOWS = 3  # a longer recording is cut into windows whatever the setting: too little of it would be left
_KINDS = {
    ".wav": ("WAV", "WAVEX", "RF64", "W64", "NIST"), ".wave": ("WAV", "WAVEX", "RF64"), ".flac": ("FLAC", "OGG"),
    ".ogg": ("OGG",), ".oga": ("OGG",), ".opus": ("OGG",), ".mp3": ("MP3",), ".aiff": ("AIFF",), ".aif": ("AIFF",),
    ".au": ("AU",), ".w64": ("W64",), ".caf": ("CAF",), ".sph": ("NIST",),
}  # fmt: skip
_FULL, _LOUD, _FEW = 32767, 32700, 0.001  # of int16; a sound is clipped if more samples than a thousandth are loud
_QUIET = 8  # of int16: a sound whose samples differ by no more is silent
_OPEN = ("start", "end")
_FIX = "give seconds from the beginning of the file, start before end, or prepare with --skip-bad"
MIXED, RESAMPLED = "sounds of several channels, mixed to one", "sounds at another rate, resampled"
SILENT, CLIPPED = "sounds that are silent", "sounds that are clipped: their loudest samples are cut off"
MISNAMED, LOUD = "files whose names say another format than their contents", "sounds beyond full scale, made quieter"
SHORTENED = "sounds longer than a row, of which the loudest part is kept"


@dataclass(frozen=True, slots=True)
class Recording(Opened):
    """Something to read sounds from: a file, or as `waveform` samples that a program gave, float32 [frames]."""

    origin: str
    rate: int
    frames: int
    file: sound.Sound | None = None
    waveform: np.ndarray | None = None

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    @property
    def nbytes(self) -> int:
        return len(self.file.data) if self.file is not None else 4 * self.frames


def recording(value: Any, origin: str, budget: Budget, rate: int) -> Recording:
    """What was opened before, a file in any form, or samples: an array at `rate`, a pair (rate, array), or
    {"array", "sampling_rate"}. DataError for anything else."""
    if isinstance(value, Recording):
        return value
    if isinstance(value, str | Path):
        value = Blob.file(Path(value), str(value))
    if isinstance(value, Blob):
        value = value.read(sound.MAX_BYTES + 1)
    if isinstance(value, bytes | bytearray | memoryview):
        file = sound.opened(bytes(value), origin, budget).measured()
        return Recording(origin, file.rate, file.frames or 0, file)
    if isinstance(value, Mapping) and "array" in value:
        rate, value = value.get("sampling_rate") or rate, value["array"]
    elif isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int):
        rate, value = value
    if not isinstance(value, np.ndarray | list):
        kinds = "a path, bytes, an array, or {'array': ..., 'sampling_rate': ...}"
        raise DataError(499, "no sound", where=origin, found=type(value).__name__, expected=kinds)
    if not isinstance(rate, int | float | np.integer) or not sound.RATES[0] <= rate <= sound.RATES[1]:
        raise DataError(490, "no sound has so many samples a second", where=origin, found=repr(rate)[:40])
    waveform = sound.numbers(value, origin)
    return Recording(origin, int(rate), len(waveform), None, waveform)


def asked(example: contracts.Example, whole: Recording) -> tuple[float, float]:
    """The part that a row says it is of, in seconds; the whole where it says nothing. DataError for one that is not
    there."""
    start, end = (_moment(example.get(name), name, whole.origin) for name in _OPEN)
    first, last = start or 0.0, whole.seconds if end is None else end
    if not 0 <= first < last or first >= whole.seconds or last > whole.seconds + 1:  # ends are often rounded up
        found, expected = f"{first:g} to {last:g} seconds", f"within 0 to {whole.seconds:g}"
        raise DataError(493, "the part is not in the recording", where=whole.origin, found=found, expected=expected,
                        fix=_FIX)  # fmt: skip
    return first, min(last, whole.seconds)


def _moment(value: Any, name: str, origin: str) -> float | None:
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    number = plain_number(value.strip()) if isinstance(value, str) else value
    if not isinstance(number, int | float | np.number) or not math.isfinite(float(number)):
        expected = "seconds"
        raise DataError(494, f"'{name}' is no moment", where=origin, found=repr(value), expected=expected, fix=_FIX)
    return float(number)


@dataclass(frozen=True, slots=True)
class Windows:
    """Recordings longer than a row of `seconds`, as windows one after the other; the last ends where they end, and
    overlaps the one before. `long` "loudest" keeps recordings of up to three rows whole here: a row holds their loudest
    part. Events are those of the window. Labels that are `transcripts` cannot be cut: such a recording is refused."""

    rate: int
    seconds: float
    long: Long
    transcripts: bool = False

    def of(self, example: contracts.Example, budget: Budget) -> Iterator[contracts.Example]:
        record = str(example.get("origin", "sound"))
        given = any(not is_missing(example.get(name)) for name in _OPEN)
        try:
            whole = recording(example["input"], record, budget, self.rate)
            first, last = asked(example, whole)
        except DataError as error:  # told as that of a row which cannot be read
            yield {**example, "input": error}
            return
        windows, said = self.cut(first, last), example.get("label")
        if self.transcripts and len(windows) > 1 and isinstance(said, str):
            yield {**example, "input": _uncut(record, last - first, self.seconds)}
            return
        for start, end in windows:
            part = given or (start, end) != (first, last)
            name = f"{record}@{start:.6g}" if part else record
            kept = {**example.get("kept", {}), "file": record, "start": round(start, 3), "end": round(end, 3)}
            yield {
                **example,
                "input": whole,
                "origin": name,
                "record": record,
                "start": start,
                "end": end,
                "kept": kept,
                **({} if said is None else {"label": within(said, start, end)}),
            }

    def cut(self, first: float, last: float) -> list[tuple[float, float]]:
        """The windows of a recording from `first` to `last`, in seconds."""
        length = last - first
        whole = self.seconds * (MOST_WINDOWS if self.long == "loudest" else 1)
        if length <= whole + 1e-6:
            return [(first, last)]
        count = math.ceil(length / self.seconds - 1e-6)
        starts = [min(first + number * self.seconds, last - self.seconds) for number in range(count)]
        return [(start, min(start + self.seconds, last)) for start in starts]


def _uncut(where: str, length: float, row: float) -> DataError:
    found, fix = f"{length:.1f} seconds", f"prepare with modality.seconds={math.ceil(length)}, or give parts"
    what = "the recording is longer than a row, and its transcript cannot be cut"
    return DataError(513, what, where=where, found=found, expected=f"at most {row:g}", fix=fix)


def samples(
    example: contracts.Example, whole: Recording, rate: int, most: int, budget: Budget
) -> tuple[np.ndarray, dict[str, int]]:
    """The part of a recording that a row is of, int16 [at most `most`] at a rate, and what was put right in it."""
    first, last = asked(example, whole)
    start = round(first * whole.rate)
    stop = max(start + 1, min(round(last * whole.rate), whole.frames))
    if whole.waveform is not None:
        values, repaired = _resampled(whole.waveform[start:stop], whole.rate, rate), dict[str, int]()
    else:
        assert whole.file is not None
        with whole.file.mono(start, stop, budget) as (read, repaired):
            values = _resampled(read, whole.rate, rate)
        repaired = {**_of_file(whole.file), **repaired}
    repaired |= {RESAMPLED: 1} if whole.rate != rate else {}
    return _stored(values, most, repaired)


def _of_file(file: sound.Sound) -> dict[str, int]:
    """What is odd in the form of a file."""
    usual = _KINDS.get(PurePosixPath(file.origin.split("@")[0]).suffix.lower())
    told = {MIXED: 1} if file.channels > 1 else {}
    return {**file.repaired, **told, **({MISNAMED: 1} if usual is not None and file.kind not in usual else {})}


def _resampled(values: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    if rate == wanted:
        return values
    ratio = Fraction(wanted, rate)
    if ratio.denominator > 5000:  # odd rates such as 44,101: the filter would be a million values long
        ratio = ratio.limit_denominator(1000)
    from scipy.signal import resample_poly  # only now: it takes longer to load than most data to read

    return np.asarray(resample_poly(values, ratio.numerator, ratio.denominator), np.float32)


def _stored(values: np.ndarray, most: int, repaired: dict[str, int]) -> tuple[np.ndarray, dict[str, int]]:
    """float32 -> int16 of at most so many samples, and what was put right."""
    told = dict(repaired)
    if len(values) > most:
        values, told[SHORTENED] = _loudest(values, most), 1
    peak = float(np.abs(values).max(initial=0))
    if peak > 1.001:  # resampling and lossy formats go a little beyond
        if peak > 2:
            told[LOUD] = 1
        values = values / peak if peak > 2 else values
    found = np.rint(values * _FULL).clip(-_FULL, _FULL).astype(np.int16)
    if int(found.max()) - int(found.min()) <= _QUIET:
        told[SILENT] = 1
    elif (np.abs(found) >= _LOUD).mean() > _FEW:
        told[CLIPPED] = 1
    return found, told


def _loudest(values: np.ndarray, most: int) -> np.ndarray:
    """The `most` samples in a row that have the most power."""
    power = np.cumsum(np.concatenate([[0.0], np.square(values, dtype=np.float64)]))
    start = int(np.argmax(power[most:] - power[:-most]))
    return values[start : start + most]
