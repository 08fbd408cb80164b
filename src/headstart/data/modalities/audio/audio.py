"""Sounds: files, bytes or arrays of any rate -> mono samples at one rate -> log-mel spectra or waveforms."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.ranges import Weight
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.errors import DataError
from headstart.core.files import write_whole
from headstart.data.file_names import has_known_name, is_sound_file
from headstart.data.kept_settings import intact, stored_otherwise
from headstart.data.modalities.audio.defaults import SoundDefaults
from headstart.data.modalities.audio.framing import CLIP_DEPTH, WIDTH, Framing
from headstart.data.modalities.audio.parts import Divided
from headstart.data.modalities.audio.players import Players
from headstart.data.modalities.audio.recordings import Long, Windows, recording, samples
from headstart.data.modalities.audio.settings import LONGEST, check
from headstart.data.modalities.audio.survey import Survey
from headstart.data.modalities.audio.view import SoundView
from headstart.data.opening.sound import is_sound
from headstart.data.records import Blob
from headstart.data.storage.gather import ragged

if TYPE_CHECKING:
    from headstart.data.modalities.audio.published import Published

_FILE = "audio.json"
_ROWS, _SAMPLES = 64, 1 << 21  # of each chunk, at most, from which mean and deviation are taken
_SETTLED = ("rate", "seconds", "long", "mels", "center", "decibels")  # what is learned or stored with the data


class Audio:
    """Sounds, mixed to one channel and resampled to one rate, as log-mel spectra or as waveforms.

    `rate` "auto" is the usual rate of the train recordings, at most 16,000 samples a second. `seconds` is the length of
    a row; "auto" holds nearly all recordings, at most 10 seconds (all of them, at most 30 seconds, where labels are
    transcripts or events). Shorter ones are padded, never stretched. `long` says
    what becomes of longer ones: "windows" makes several rows of one, "loudest" keeps the loudest `seconds` of those up
    to three times as long; "auto" is "loudest" where nearly all fit. `mels` are the bands of the spectrum; "auto": 40
    up to 8,000 samples a second, else 64. `center` takes the mean over time off each band of a sound (cepstral mean
    normalisation). What is more than `decibels` below the loudest of a row is as if it were just so loud (0: off);
    "auto" is 40 where rows are whole clips ("loudest"), else off. `features` "waveform" gives networks the samples
    themselves, "statistics" the means and deviations of cepstral coefficients, which linear models read unless set.

    Stored: x int16 [S]. Batch: x int16 [B, S], keep bool [B, S]. Ready: x float32 [B, 1, mels, frames], each band of
    mean 0 and deviation 1 over the train rows, keep bool [B, frames]; or x float32 [B, S, 1], keep bool [B, S]; or
    statistics x float32 [B, 156]. Frames of 25 ms begin every 10 ms.
    """

    layout: ClassVar[Layout] = "grid"  # that of log-mel spectra; waveforms are "steps", as `spec` says
    defaults, divides = SoundDefaults(), Divided()
    files: ClassVar = True  # a text in a table is a path
    name_groups: ClassVar = True  # names of recordings say the speaker or the place
    columns = vocabulary = placement = windows = timeline = named_cells = by_column = past = None
    duplicates, kinship, cell_columns, told = None, None, None, ()
    plain: ClassVar[Mapping[str, Any]] = {"features": "statistics"}

    def __init__(
        self,
        *,
        rate: int | Literal["auto"] = "auto",
        seconds: float | Literal["auto"] = "auto",
        long: Literal["auto", "windows", "loudest"] = "auto",
        mels: int | Literal["auto"] = "auto",
        center: bool = True,
        decibels: Weight | Literal["auto"] = "auto",
        features: Literal["logmel", "waveform", "statistics"] = "logmel",
    ) -> None:
        check(rate, seconds, mels)
        self.rate, self.seconds, self.mels = rate, seconds, mels
        self.long: Literal["auto", "windows", "loudest"] = long
        self.center, self.decibels, self.features = center, decibels, features
        self._rate, self._seconds, self._mels = 0, 0.0, 0
        self._transcripts = False  # only while data are prepared
        self._long: Long = "windows"
        self.published: Published | None = None
        self.mean: list[float] = []
        self.std: list[float] = []
        self.statistics = ([0.0], [1.0])  # their mean and deviation

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        if isinstance(value, str):
            return is_sound_file(value)
        if isinstance(value, Blob | bytes):
            named = is_sound_file(origin)
            return named or (not has_known_name(origin) and is_sound(_first_bytes(value)))
        return isinstance(value, Mapping) and "array" in value and "sampling_rate" in value

    def is_row(self, value: Any) -> bool:
        """A file in memory, samples [S], or {"array", "sampling_rate"}."""
        flat = isinstance(value, np.ndarray) and value.ndim == 1
        return flat or isinstance(value, bytes | bytearray | memoryview) or self.recognises(value, "")

    @classmethod
    def of(cls, published: Published) -> Audio:
        """Sounds as a public network expects them. Rows are padded to the longest of a batch alone: its rows are the
        same however long the others are."""
        made = cls(rate=published.rate, seconds=published.seconds)
        made._settle(published.rate, published.seconds, "windows")
        made.published = published
        return made

    def fit(self, examples: Iterable[contracts.Example], budget: Budget) -> None:
        """Rate and length from the headers of train recordings; broken files do not count here."""
        survey = Survey(examples, budget)
        if not survey.lengths:
            return  # `read` says what is wrong with them
        rate = survey.rate() if isinstance(self.rate, str) else self.rate
        seconds = survey.seconds() if isinstance(self.seconds, str) else float(self.seconds)
        self._settle(rate, seconds, survey.long(seconds) if self.long == "auto" else self.long)
        self._transcripts = survey.transcripts

    def _settle(self, rate: int, seconds: float, long: Long) -> None:
        self._rate, self._seconds, self._long = rate, seconds, long
        self._mels = self.mels if isinstance(self.mels, int) else 40 if rate <= 8000 else 64

    @property
    def pieces(self) -> Windows:
        return Windows(self._rate or 16_000, self._seconds or LONGEST, self._long, self._transcripts)

    def read(self, example: contracts.Example, budget: Budget) -> contracts.Example:
        """Decode, mix, resample: input becomes int16 samples [at most S]. DataError if it is no sound."""
        origin = str(example.get("record", example.get("origin", "sound")))
        whole = recording(example["input"], origin, budget, self._rate or 16_000)
        rate, most = (self._rate or whole.rate), self._samples() if self._rate else whole.frames
        found, told = samples(example, whole, rate, most, budget)
        repaired = {**example.get("repaired", {}), **told}
        return {**example, "input": found, **({"repaired": repaired} if repaired else {})}

    def encode(self, example: contracts.Example) -> contracts.Columns:
        self._learned()
        return {"x": example["input"]}  # [S]

    def fit_stored(self, chunks: Iterable[contracts.Columns]) -> None:
        """Mean and standard deviation of each band over the frames of train rows, evenly drawn from every chunk."""
        from headstart.data.modalities.audio.moments import Moments

        moments = Moments(self)
        for chunk in chunks:
            values, offsets = ragged(chunk, "x")
            count = len(offsets) - 1
            for row in range(0, count, max(1, count // _ROWS, len(values) // _SAMPLES)):
                moments.add(values[offsets[row] : offsets[row + 1]])
        if not moments.count:
            raise DataError(498, "no sound to take mean and deviation from", expected="at least one train row")
        self.mean, self.std, self.statistics = moments.mean(), moments.deviation(), moments.statistics()

    def derive(self, columns: contracts.Columns) -> contracts.Columns:
        return {}

    def collate(self, columns: contracts.Columns) -> contracts.Batch:
        """Rows padded to one length: x int16 [B, S], and which samples are there."""
        import torch

        values, offsets = ragged(columns, "x")
        longest = self._samples()
        lengths = np.minimum(np.diff(offsets), longest)
        longest = longest if self.published is None else int(lengths.max(initial=1))
        rows = np.zeros((len(lengths), longest), np.int16)
        for row, (begin, length) in enumerate(zip(offsets[:-1].tolist(), lengths.tolist(), strict=True)):
            rows[row, :length] = values[begin : begin + length]
        keep = np.arange(longest) < lengths[:, None]
        return {"x": torch.from_numpy(rows), "keep": torch.from_numpy(keep)}

    def ready(self, batch: contracts.Batch) -> contracts.Batch:
        from headstart.data.modalities.audio.features import ready

        return ready(self, batch)

    def baseline_features(self, learned: contracts.Columns, asked: contracts.Columns) -> tuple[np.ndarray, np.ndarray]:
        """Statistics of cepstral coefficients, each of mean 0 and deviation 1 over the learned rows."""
        from headstart.data.modalities.audio.plain import scaled, statistics_of

        return scaled(statistics_of(self, learned), statistics_of(self, asked))

    @property
    def spec(self) -> Spec:
        key = {"rate": self._learned(), "seconds": self._seconds}
        empty = {"x": np.zeros(1, np.int16)}
        if self.published is not None:
            return Spec(self.published.layout, self.published.sizes, key, empty, rate=self.published.places)
        if self.features == "statistics":
            return Spec("cells", {"columns": WIDTH}, key, empty, "")
        if self.features == "waveform":
            return Spec("steps", {"channels": 1, "length": self._samples()}, key, empty, "", float(self._rate))
        sizes = {"channels": 1, "height": self._mels, "width": self.frames}
        return Spec(self.layout, sizes, key, empty, "", self._rate / self.framing.hop)

    @property
    def framing(self) -> Framing:
        """How its samples become frames."""
        return Framing(self._learned())

    @property
    def depth(self) -> float:
        """Decibels below its loudest to which a spectrum is heard; 0: all of it."""
        of_clips = CLIP_DEPTH if self._long == "loudest" else 0.0
        return of_clips if isinstance(self.decibels, str) else self.decibels

    @property
    def frames(self) -> int:
        """Frames of a row."""
        return self.framing.frames(round(self._seconds * self._learned()))

    @property
    def bands(self) -> int:
        """Mel bands of a row."""
        self._learned()
        return self._mels

    def _samples(self) -> int:
        if self.published is not None:
            return round(self._seconds * self._learned())
        return self.framing.samples(self.frames)

    @property
    def augment(self) -> type[contracts.Augment]:
        from headstart.data.modalities.audio.augment import AudioAugment

        return AudioAugment

    @property
    def audible(self) -> Players:
        return Players(self._learned())

    @property
    def view(self) -> SoundView:
        return SoundView("waveform" if self.spec.layout == "steps" else self.features)

    def with_settings(self, settings: Mapping[str, Any]) -> Audio:
        """The same with other `features`; what is stored and learned with the data cannot change, and what a public
        network hears is its own."""
        if self.published is not None:
            from headstart.data.modalities.audio.published import refuse_others

            refuse_others(settings, self._settings())
        for name in _SETTLED:
            if settings.get(name, self._settings()[name]) != self._settings()[name]:
                raise stored_otherwise(name, settings[name])
        made = Audio(**{**self._settings(), **settings})
        made._rate, made._seconds, made._long, made._mels = self._rate, self._seconds, self._long, self._mels
        made.mean, made.std, made.statistics = self.mean, self.std, self.statistics
        made.published = self.published
        return made

    def save(self, directory: Path) -> None:
        fields = {
            "kind": "audio", "settings": self._settings(), "rate": self._learned(), "seconds": self._seconds,
            "long": self._long, "mels": self._mels, "mean": self.mean, "std": self.std,
            "statistics": self.statistics,
        }  # fmt: skip
        if self.published is not None:
            from headstart.data.modalities.audio.published import fields_of

            fields["published"] = fields_of(self.published)
        write_whole(directory / _FILE, (json.dumps(fields, indent=2) + "\n").encode())

    @classmethod
    def load(cls, directory: Path) -> Audio:
        path = directory / _FILE
        with intact(DataError(496, "the audio settings cannot be read", where=path)):
            fields: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
            made = cls(**fields["settings"])
            checked = cls(rate=fields["rate"], seconds=float(fields["seconds"]), mels=fields["mels"])
            made._rate, made._seconds, made._mels = int(checked.rate), float(checked.seconds), int(checked.mels)
            made._long = fields["long"]
            from headstart.data.modalities.audio.published import from_fields

            made.published = from_fields(fields["published"]) if "published" in fields else None
            made.mean, made.std = [float(n) for n in fields["mean"]], [float(n) for n in fields["std"]]
            mean, deviation = ([float(n) for n in one] for one in fields["statistics"])
            made.statistics = mean, deviation
        return made

    def _settings(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in (*_SETTLED, "features")}

    def _learned(self) -> int:
        if not self._rate:
            raise DataError(495, "not one sound can be read", expected="WAV, FLAC, OGG or MP3")
        return self._rate


def _first_bytes(value: Blob | bytes) -> bytes:
    try:
        return value.read(16) if isinstance(value, Blob) else value[:16]
    except DataError:  # told when the row is read
        return b""
