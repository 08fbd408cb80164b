"""The forms in which public networks hear: the numbers of transformers' feature extractors, for every clip alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor

from headstart.core.errors import RecipeError
from headstart.data.modalities.audio.audio import Audio
from headstart.data.modalities.audio.published import KaldiBanks, Samples, WhisperMel, fields_of, from_fields

RATE = 16_000
LENGTHS = (20_000, 11_111, 480)
EVERY = (Samples(RATE, 30.0, True), WhisperMel(RATE, 30.0, 80), KaldiBanks(RATE, 64, 128, -4.2677393, 4.5689974, True))


def clips() -> tuple[list[np.ndarray], Tensor, Tensor]:
    """Noise, a tone and near silence: one by one, and as rows of one length with what is there."""
    generator = np.random.default_rng(0)
    tone = 0.3 * np.sin(0.05 * np.arange(LENGTHS[1]))
    found = [generator.normal(0, 0.1, LENGTHS[0]), tone, generator.normal(0, 1e-4, LENGTHS[2])]
    rows = np.zeros((3, LENGTHS[0]), np.float32)
    for row, clip in zip(rows, found, strict=True):
        row[: len(clip)] = clip
    keep = torch.arange(LENGTHS[0]) < torch.tensor(LENGTHS)[:, None]
    return [clip.astype(np.float32) for clip in found], torch.from_numpy(rows), keep


@pytest.mark.parametrize("mels", [80, 128])
def test_log_mel_is_whispers(mels: int) -> None:
    given, x, keep = clips()
    theirs = transformers.WhisperFeatureExtractor(feature_size=mels)
    expected = torch.from_numpy(theirs(given, sampling_rate=RATE)["input_features"])  # of 30 s
    found, kept = WhisperMel(RATE, 30.0, mels).make(x, keep)
    assert torch.allclose(found[:, 0], expected[:, :, : found.shape[3]], atol=1e-4)
    assert kept.sum(1).tolist() == [125, 70, 3]
    assert found.shape[3] == 125 + 2  # what the last place reads, too


def test_log_mel_of_a_clip_of_thirty_seconds_is_whispers() -> None:
    clip = np.random.default_rng(0).normal(0, 0.1, 30 * RATE).astype(np.float32)
    expected = transformers.WhisperFeatureExtractor()(clip, sampling_rate=RATE)["input_features"]
    x = torch.from_numpy(clip)[None]
    found, kept = WhisperMel(RATE, 30.0, 80).make(x, torch.ones_like(x, dtype=torch.bool))
    assert torch.allclose(found[:, 0], torch.from_numpy(expected), atol=1e-4)
    assert found.shape == (1, 1, 80, 3000)
    assert kept.all()


@pytest.mark.parametrize("length", [100, 128, 300])
@pytest.mark.parametrize("level", [True, False])
def test_filter_banks_are_those_of_the_audio_spectrogram_transformer(length: int, level: bool) -> None:
    given, x, keep = clips()
    theirs = transformers.ASTFeatureExtractor(max_length=length, num_mel_bins=64, do_normalize=level)
    expected = torch.from_numpy(np.array(theirs(given, sampling_rate=RATE)["input_values"]))
    found, kept = KaldiBanks(RATE, 64, length, -4.2677393, 4.5689974, level).make(x, keep)
    assert torch.allclose(found[:, 0].transpose(1, 2), expected, atol=1e-3 if not level else 1e-4)
    assert kept.sum(1).tolist() == [min(123, length), 67, 1]


@pytest.mark.parametrize("level", [True, False])
def test_samples_are_those_of_wav2vec2_clip_by_clip(level: bool) -> None:
    given, x, keep = clips()
    theirs = transformers.Wav2Vec2FeatureExtractor(do_normalize=level)
    found, kept = Samples(RATE, 30.0, level).make(x, keep)
    assert torch.equal(kept, keep)
    for clip, row in zip(given, found[..., 0], strict=True):
        expected = theirs(clip, sampling_rate=RATE, return_tensors="pt")["input_values"][0]
        assert torch.allclose(row[: len(clip)], expected, atol=1e-5)
        assert not row[len(clip) :].any()


@pytest.mark.parametrize("form", EVERY)
def test_a_row_is_the_same_however_long_the_others_are(form: Any) -> None:
    _, x, keep = clips()
    together, kept = form.make(x, keep)
    alone, there = form.make(x[1:2, : LENGTHS[1]], keep[1:2, : LENGTHS[1]])
    axis = 1 if form.layout == "steps" else 3
    short = int(there.sum())
    assert int(kept[1].sum()) == short
    assert torch.allclose(together[1:2].narrow(axis, 0, short), alone.narrow(axis, 0, short), atol=1e-6)


@pytest.mark.parametrize("form", EVERY)
def test_it_is_saved_with_the_modality(form: Any, tmp_path: Path) -> None:
    assert from_fields(fields_of(form)) == form
    Audio.of(form).save(tmp_path)
    opened = Audio.load(tmp_path)
    assert opened.published == form
    assert (opened.spec.sizes, opened.spec.key) == (Audio.of(form).spec.sizes, Audio.of(form).spec.key)
    rows = {"x": np.arange(700, dtype=np.int16), "x.offsets": np.array([0, 600, 700])}
    batch = opened.ready(opened.collate(rows))
    assert opened.collate(rows)["x"].shape == (2, 600)
    assert batch["x"].isfinite().all()


def test_what_a_network_hears_cannot_be_set() -> None:
    modality = Audio.of(EVERY[1])
    assert modality.with_settings({}).published == EVERY[1]
    with pytest.raises(RecipeError, match="HS-R518"):
        modality.with_settings({"features": "waveform"})


@pytest.mark.parametrize(
    "fields",
    [{"kind": "samples", "rate": 0, "seconds": 1.0, "level": True},
     {"kind": "samples", "rate": 16_000, "seconds": 1e9, "level": True},
     {"kind": "samples", "rate": True, "seconds": 1.0, "level": True},
     {"kind": "whisper", "rate": 16_000, "seconds": 30.0, "mels": 1 << 20},
     {"kind": "whisper", "rate": 8_000, "seconds": 30.0, "mels": 80},
     {"kind": "ast", "rate": 16_000, "mels": 64, "length": 1 << 30, "mean": 0.0, "std": 1.0, "level": True},
     {"kind": "ast", "rate": 16_000, "mels": 64, "length": 100, "mean": 0.0, "std": 0.0, "level": True},
     {"kind": "ast", "rate": 16_000, "mels": 64, "length": 100, "mean": float("nan"), "std": 1.0, "level": True},
     {"kind": "mfcc"}],
)  # fmt: skip
def test_numbers_that_no_network_has_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        from_fields(fields)
