"""Sound as log-mel spectra, as Whisper reads it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.contracts.spec import Spec
from headstart.core.errors import UsageError
from headstart.data.modalities.audio.published import WhisperMel
from headstart.models.public.feature_extractor import made, number, stated

_FIXED = {"n_fft": 400, "hop_length": 160}  # of every Whisper
_FRAMES = 2  # that make one place


class InputFeatures:
    """Networks that hear spectra: of those, Whisper's encoder."""

    def modality(self, path: Path, raw: Mapping[str, Any]) -> str:
        return "audio"

    def preprocessing(self, path: Path, raw: Mapping[str, Any]) -> Modality:
        """As the feature extractor beside the weights says it; DataError if that makes no sense, UsageError for the
        spectra of other networks."""
        if raw["model_type"] != "whisper":
            fix = "use a Whisper, or a network that hears samples, such as wav2vec2"
            raise UsageError(
                661, "spectra of this network are not supported", where=path, found=raw["model_type"], fix=fix
            )
        said = stated(path)
        return catalog.load("modalities", "audio").of(made(path, lambda: _mel(said, raw)))

    def spec(self, path: Path, raw: Mapping[str, Any]) -> Spec:
        """Sizes from which the network is built."""
        return self.preprocessing(path, raw).spec


def _mel(said: Mapping[str, Any], raw: Mapping[str, Any]) -> WhisperMel:
    for name, usual in _FIXED.items():
        if number(said, name, usual) != usual:
            raise ValueError(f"{name} {said[name]} instead of {usual}")
    rate, mels = number(said, "sampling_rate", 16_000), number(raw, "num_mel_bins", 80)
    if (found := number(said, "feature_size", mels)) != mels:
        raise ValueError(f"{found} bands for a network that reads {mels}")
    return WhisperMel(rate, number(raw, "max_source_positions", 1500) * _FRAMES * _FIXED["hop_length"] / rate, mels)
