"""Sound as numbers: samples for wav2vec 2.0 and its kin, filter banks for the Audio Spectrogram Transformer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.contracts.spec import Spec
from headstart.data.modalities.audio.published import KaldiBanks, Samples
from headstart.models.public.feature_extractor import made, number, stated

_AST = "audio-spectrogram-transformer"
_SECONDS = 30.0  # of a row; attention costs the square, and few utterances are longer
_MEAN, _STD = -4.2677393, 4.5689974  # of AudioSet, as transformers takes them where a checkpoint says nothing


class InputValues:
    """Networks that hear samples, or filter banks."""

    def modality(self, path: Path, raw: Mapping[str, Any]) -> str:
        return "audio"

    def preprocessing(self, path: Path, raw: Mapping[str, Any]) -> Modality:
        """As the feature extractor beside the weights says it; DataError if that makes no sense."""
        said = stated(path)
        form = made(path, lambda: _banks(said, raw) if raw["model_type"] == _AST else _samples(said))
        return catalog.load("modalities", "audio").of(form)

    def spec(self, path: Path, raw: Mapping[str, Any]) -> Spec:
        """Sizes from which the network is built."""
        return self.preprocessing(path, raw).spec


def _samples(said: Mapping[str, Any]) -> Samples:
    return Samples(number(said, "sampling_rate", 16_000), _SECONDS, bool(said.get("do_normalize", True)))


def _banks(said: Mapping[str, Any], raw: Mapping[str, Any]) -> KaldiBanks:
    mels, length = number(raw, "num_mel_bins", 128), number(raw, "max_length", 1024)
    if (found := (number(said, "num_mel_bins", mels), number(said, "max_length", length))) != (mels, length):
        raise ValueError(f"{found[0]} bands and {found[1]} frames for a network that reads {mels} and {length}")
    mean, std = (float(said.get(name, usual)) for name, usual in (("mean", _MEAN), ("std", _STD)))
    return KaldiBanks(
        number(said, "sampling_rate", 16_000), mels, length, mean, std, bool(said.get("do_normalize", True))
    )
