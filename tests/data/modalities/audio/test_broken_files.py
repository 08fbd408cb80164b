"""Broken sound files are refused with an error of ours, or read; nothing else happens."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.audio.audio import Audio
from tests.helpers.sounds import encoded, sound

KINDS = [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", None), ("AIFF", "PCM_16")]


@pytest.mark.parametrize(("kind", "subtype"), KINDS)
def test_changed_and_cut_files_are_read_or_refused(kind: str, subtype: str | None) -> None:
    whole, generator = encoded(sound(3000), kind, subtype), np.random.default_rng(0)
    modality, outcomes = Audio(rate=8000, seconds=0.5), set[str]()
    modality.fit([{"input": encoded(sound(3000)), "origin": "good.wav"}], Budget())
    for _ in range(60):
        data = bytearray(whole)
        for place in generator.integers(0, min(len(data), int(generator.choice([60, len(data)]))), 4):
            data[place] = int(generator.integers(256))
        cut = bytes(data[: int(generator.integers(1, len(data) + 1))])
        example = {"input": cut, "origin": f"a.{kind.lower()}"}
        try:
            for part in modality.pieces.of(example, Budget()):
                if isinstance(part["input"], DataError):
                    raise part["input"]
                found = modality.encode(modality.read(part, Budget()))["x"]
                assert found.dtype == np.int16
                assert 0 < len(found) <= 4600  # half a second, as 56 whole frames
            outcomes.add("read")
        except DataError as error:
            outcomes.add(error.code)
    assert outcomes - {"read"} <= {f"HS-D{number}" for number in range(485, 501)}
    assert outcomes
