"""Sounds of every form, as a set prepares them and a model reads them again."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.spec import Spec
from headstart.core.errors import RecipeError
from headstart.data.modalities.audio.audio import Audio
from headstart.data.modalities.audio.features import spectra_of, waveform
from headstart.data.modalities.audio.recordings import CLIPPED, MISNAMED, MIXED, RESAMPLED, SILENT
from headstart.data.opening.sound import CUT, NOT_FINITE, STREAMED
from headstart.data.storage.gather import stacked
from headstart.models.backbones.cnn import Cnn
from headstart.models.backbones.dictionary import Dictionary
from headstart.models.backbones.resnet import Resnet
from headstart.models.backbones.vit import Vit
from tests.helpers.sounds import class_folders, encoded, sound


def at_8000(seconds: float = 0.5) -> Audio:
    modality = Audio(rate=8000, seconds=seconds)
    modality.fit([{"input": sound(4000), "origin": "a"}], Budget())
    return modality


def read(data: object, name: str = "a.wav", modality: Audio | None = None) -> tuple[np.ndarray, set[str]]:
    found = (modality or at_8000()).read({"input": data, "origin": name}, Budget())
    return found["input"], set(found.get("repaired", {}))


@pytest.mark.parametrize(
    ("kind", "subtype", "close"),
    [("WAV", "PCM_16", 2), ("WAV", "PCM_24", 2), ("WAV", "PCM_32", 2), ("WAV", "FLOAT", 2), ("WAV", "DOUBLE", 2),
     ("WAV", "ULAW", 800), ("WAV", "PCM_U8", 300), ("FLAC", "PCM_16", 2), ("AIFF", "PCM_16", 2)],
)  # fmt: skip
def test_every_form_of_one_sound_is_the_same_sound(kind: str, subtype: str, close: int) -> None:
    wave = sound(4000)
    found, told = read(encoded(wave, kind, subtype), f"a.{kind.lower()}")
    assert np.abs(found - np.rint(wave * 32767)).max() <= close
    assert told == set()


@pytest.mark.parametrize("kind", ["OGG", "MP3"])
def test_lossy_forms_are_nearly_the_same_sound(kind: str) -> None:
    wave = sound(4000)
    found, _ = read(encoded(wave, kind), f"a.{kind.lower()}", at_8000(1.0))
    size = min(len(found), len(wave))
    assert size >= 3900
    assert np.corrcoef(found[:size], wave[:size])[0, 1] > 0.9


def test_channels_are_mixed_and_other_rates_resampled() -> None:
    wave = sound(8000, pitch=300, rate=16_000)
    stereo = np.stack([wave, np.zeros_like(wave)], 1)
    found, told = read(encoded(stereo, rate=16_000))
    assert told == {MIXED, RESAMPLED}
    assert len(found) == 4000
    expected = sound(8000, pitch=300, rate=16_000)[::2] / 2
    assert np.corrcoef(found[100:-100], expected[100:-100])[0, 1] > 0.98


def test_an_odd_rate_keeps_pitch_and_length() -> None:
    found, told = read(encoded(sound(22_051, pitch=500, rate=44_101), rate=44_101))
    assert told == {RESAMPLED}
    assert abs(len(found) - 4000) <= 1
    assert abs(np.abs(np.fft.rfft(found)).argmax() * 8000 / len(found) - 500) < 10


def test_a_sound_under_another_name_is_read_by_its_contents() -> None:
    assert read(encoded(sound(4000), "MP3"), "a.wav")[1] == {MISNAMED}
    assert read(encoded(sound(4000), "FLAC"), "a.ogg")[1] == {MISNAMED}


def test_headers_without_a_length_and_cut_files_are_read_to_their_end() -> None:
    data = encoded(sound(4000))
    place = data.index(b"data") + 4
    whole = read(data)[0]
    for size in (0, 0xFFFFFFFF):
        found, told = read(data[:place] + struct.pack("<I", size) + data[place + 4 :])
        assert np.array_equal(found, whole)
        assert told == {STREAMED}
    found, told = read(data[:5044])
    assert np.array_equal(found, whole[:2500])
    assert told == {CUT}


def test_silence_clipping_and_numbers_that_are_none_are_told() -> None:
    assert read(encoded(np.zeros(4000)))[1] == {SILENT}
    assert read(encoded(sound(4000) * 9))[1] == {CLIPPED}
    wave = sound(4000)
    wave[7] = np.nan
    found, told = read(encoded(wave, "WAV", "FLOAT"))
    assert told == {NOT_FINITE}
    assert found[7] == 0


def test_auto_settings_follow_the_train_sounds(tmp_path: Path) -> None:
    store = hs.prepare(class_folders(tmp_path / "in"), out=tmp_path / "out")
    sizes = store.modality.spec.sizes
    assert store.manifest["modality"] == "audio"
    assert sizes == {"channels": 1, "height": 40, "width": 40}  # 0.4 seconds hold the longest of 0.35
    assert store.modality.spec.rate == 100
    assert set(store.labels("train")) == {"high", "low"}


def test_rows_are_told_what_was_put_right_in_the_words_of_the_set(tmp_path: Path) -> None:
    folder = class_folders(tmp_path / "in")
    (folder / "low" / "z.wav").write_bytes(encoded(np.zeros((3000, 2)), rate=16_000))
    told = " | ".join(hs.prepare(folder, out=tmp_path / "out").warnings)
    assert f"1 {MIXED}" in told
    assert f"1 {RESAMPLED}" in told
    assert f"1 {SILENT}" in told


def test_more_padding_changes_no_answer_of_cnn() -> None:
    rows = stacked([{"x": (sound(n, n) * 32767).astype(np.int16)} for n in (3000, 3980, 180)])
    answers = []
    for seconds in (0.5, 1.2):
        modality = at_8000(seconds)
        modality.mean, modality.std = [0.1] * 40, [1.3] * 40
        torch.manual_seed(0)
        network = Cnn(modality.spec).eval()
        for pooling in ("max", "mean"):
            network.pooling = pooling
            answers.append(network.summary(network(modality.ready(modality.collate(rows)))))
    for short, long in zip(answers[:2], answers[2:], strict=True):
        assert torch.allclose(short, long, atol=1e-4)


def test_no_place_of_vit_looks_at_padding() -> None:
    modality = at_8000()
    modality.mean, modality.std = [0.1] * 40, [1.3] * 40
    network = Vit(modality.spec, width=24, depth=2, patch=8).eval()
    rows = stacked([{"x": (sound(n, n) * 32767).astype(np.int16)} for n in (1500, 900)])
    ready = modality.ready(modality.collate(rows))
    noise = torch.randn(ready["x"].shape, generator=torch.manual_seed(0))
    noise[..., :24] = 0  # a patch is there if anything of it is
    noisy = ready["x"] + noise
    one, other, unmasked = (network.summary(network(batch)) for batch in (ready, {**ready, "x": noisy}, {"x": noisy}))
    assert torch.allclose(one, other, atol=1e-4)
    assert not torch.allclose(one, unmasked, atol=1e-3)


def test_more_padding_changes_no_answer_of_resnet() -> None:
    rows = stacked([{"x": (sound(n, n) * 32767).astype(np.int16)} for n in (3000, 3980, 180)])
    answers = []
    for seconds in (0.5, 1.2):
        modality = at_8000(seconds)
        modality.mean, modality.std = [0.1] * 40, [1.3] * 40
        torch.manual_seed(0)
        network = Resnet(modality.spec, depth=10, width=8).eval()
        answers.append(network.summary(network(modality.ready(modality.collate(rows)))))
    assert torch.allclose(*answers, atol=1e-4)


def test_more_padding_changes_no_answer_of_a_dictionary() -> None:
    rows = stacked([{"x": (sound(n, n) * 32767).astype(np.int16)} for n in (3000, 3980, 180)])
    answers = []
    for seconds in (0.5, 1.2):
        modality = at_8000(seconds)
        modality.mean, modality.std = [0.1] * 40, [1.3] * 40
        torch.manual_seed(0)
        network = Dictionary(modality.spec, side=0, words=20, both_ways=True).eval()
        answers.append(network.summary(network(modality.ready(modality.collate(rows)))))
    assert torch.allclose(*answers, atol=1e-4)


def test_waveforms_are_steps_of_mean_0_and_deviation_1() -> None:
    modality = at_8000().with_settings({"features": "waveform"})
    ready = modality.ready(modality.collate(stacked([{"x": (sound(3000) * 3000).astype(np.int16)}])))
    assert modality.spec == Spec(
        "steps", {"channels": 1, "length": ready["x"].shape[1]}, modality.spec.key, {}, "", 8000
    )
    kept = ready["x"][ready["keep"]]
    assert len(kept) == 3000
    assert abs(float(kept.mean())) < 1e-4
    assert abs(float(kept.std()) - 1) < 1e-2
    assert float(ready["x"][~ready["keep"]].abs().max()) == 0


def test_what_is_stored_cannot_be_set_afterwards() -> None:
    with pytest.raises(RecipeError, match=r"prepare again with modality\.mels=20"):
        at_8000().with_settings({"mels": 20})


def test_statistics_of_a_sound_do_not_depend_on_its_padding() -> None:
    modality = at_8000()
    rows = [{"x": (sound(n, n) * 32767).astype(np.int16)} for n in (3000, 3980, 900)]
    together, _ = modality.baseline_features(stacked(rows), stacked(rows))
    backwards, _ = modality.baseline_features(stacked(rows[::-1]), stacked(rows[::-1]))
    assert together.shape == (3, 156)
    assert np.allclose(together, backwards[::-1], atol=1e-4)


def test_pictures_of_spectra_are_white_behind_the_end_of_a_sound() -> None:
    modality = at_8000()
    modality.mean, modality.std = [0.1] * 40, [1.3] * 40
    rows = [{"x": (sound(n, n) * 32767).astype(np.int16)} for n in (3000, 4000)]
    ready = modality.ready(modality.collate(stacked(rows)))
    for picture, keep in zip(modality.view.render(ready["x"]), ready["keep"].numpy(), strict=True):
        white = (np.asarray(picture) == 255).all((0, 2))  # [frames]
        assert (white == ~keep).all()
    assert 0 < int(ready["keep"][0].sum()) < ready["keep"].shape[1]


def test_clips_are_heard_to_40_decibels_below_their_loudest() -> None:
    rng = np.random.default_rng(0)
    loud = np.concatenate([rng.normal(0, 0.1, 1200), np.zeros(1200)]) + rng.normal(0, 1e-5, 2400)
    rows = stacked([{"x": (gain * loud * 32767).round().astype(np.int16)} for gain in (1, 0.3)])
    spectra = {}
    for decibels in ("auto", 0):
        modality = Audio(rate=8000, seconds=0.5, decibels=decibels)  # pyright: ignore[reportArgumentType]
        modality.fit([{"input": sound(4000), "origin": "a"}], Budget())
        batch = modality.collate(rows)
        spectra[decibels] = spectra_of(modality, waveform(batch["x"]), batch["keep"])
    (heard, kept), (whole, _) = spectra["auto"], spectra[0]
    loudest, least = heard.masked_fill(~kept[:, None], -torch.inf).amax((1, 2)), heard.amin((1, 2))
    assert torch.allclose(loudest - least, torch.full((2,), 4 * math.log(10)), atol=1e-3)
    assert torch.allclose(*(one - one.mean() for one in heard), atol=0.1)  # soft or loud, it is the same sound
    assert not torch.allclose(*(one - one.mean() for one in whole), atol=1.0)
    assert torch.allclose(heard.amax((1, 2)), whole.amax((1, 2)), atol=0.01)
    assert Audio(decibels=0).depth == 0
