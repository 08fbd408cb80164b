"""Public checkpoints that hear: the numbers of transformers, and words where that fails."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.models.public.hub import open_checkpoint
from tests.helpers import checkpoints
from tests.helpers.sound_checkpoints import AST, KINDS, Hearer, hearer

RATE = 16_000
each = pytest.mark.parametrize("kind", KINDS)


def clips() -> list[np.ndarray]:
    """Three clips of other lengths, int16, so that nothing is rounded on the way."""
    generator = np.random.default_rng(0)
    return [generator.normal(0, 3000, size).astype(np.int16) for size in (9_000, 4_321, 2_000)]


def expected(made: Hearer, clip: np.ndarray) -> torch.Tensor:
    """What transformers makes of a clip alone, [D]: what it pools, else the mean over time."""
    wave = (clip / 32767).astype(np.float32)
    given = made.extractor(wave, sampling_rate=RATE, return_tensors="pt")
    if "input_features" in given:
        return _of_whisper(made, given["input_features"], len(clip))
    out = made.network(given["input_values"])
    pooled = out.get("pooler_output")
    return out.last_hidden_state.mean(1)[0] if pooled is None else pooled[0]


def _of_whisper(made: Hearer, features: torch.Tensor, samples: int) -> torch.Tensor:
    """The mean over the places of the clip, which see each other alone."""
    encoder, held = made.network.encoder, list[torch.Tensor]()
    places = math.ceil(math.ceil(samples / 160) / 2)
    hooks = [
        encoder.layers[0].register_forward_pre_hook(lambda _, given: (given[0][:, :places], *given[1:])),
        encoder.layer_norm.register_forward_hook(lambda *given: held.append(given[2])),
    ]
    encoder(features)
    for hook in hooks:
        hook.remove()
    return held[0][0].mean(0)


@each
@torch.no_grad()
def test_every_clip_is_embedded_as_transformers_does_it_alone(kind: str, tmp_path: Path) -> None:
    made = hearer(kind, tmp_path)
    vectors = hs.embed(str(tmp_path), [clip / 32767 for clip in clips()])
    found = torch.from_numpy(np.asarray(vectors))
    for row, clip in zip(found, clips(), strict=True):
        assert torch.allclose(row, expected(made, clip), atol=1e-4)


@each
def test_what_it_says_about_itself(kind: str, tmp_path: Path) -> None:
    hearer(kind, tmp_path)
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n", "utf-8")
    checkpoint = open_checkpoint(f"hf:{tmp_path}")
    assert checkpoint.config["modality"]["kind"] == checkpoint.facts["data"]["modality"] == "audio"
    assert checkpoint.facts["data"]["licence"] == "mit"
    assert checkpoint.spec.layout == ("grid" if kind in ("whisper", AST) else "steps")
    with pytest.raises(ContractError, match="HS-C148"):
        checkpoint.lm_head(checkpoint.backbone())


@pytest.mark.parametrize(
    ("kind", "change"),
    [("wav2vec2", {"sampling_rate": 0}), ("wav2vec2", {"sampling_rate": "16000"}),
     ("whisper", {"feature_size": 1 << 30}), ("whisper", {"hop_length": 1}), ("whisper", {"n_fft": 0}),
     ("whisper", {"sampling_rate": -1}), ("whisper", {"feature_size": 80}),
     (AST, {"num_mel_bins": 1 << 30}), (AST, {"max_length": 1 << 40}), (AST, {"std": 0.0}), (AST, {"mean": "much"}),
     (AST, {"max_length": 65})],
)  # fmt: skip
def test_a_preprocessor_that_no_network_has_is_refused(kind: str, change: dict[str, Any], tmp_path: Path) -> None:
    hearer(kind, tmp_path)
    file = tmp_path / "preprocessor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **change}), "utf-8")
    with pytest.raises(DataError, match="HS-D517"):
        open_checkpoint(f"hf:{tmp_path}").modality()


def test_code_in_a_preprocessor_is_refused(tmp_path: Path) -> None:
    hearer("wav2vec2", tmp_path)
    file = tmp_path / "preprocessor_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "auto_map": {"x": "y.Z"}}), "utf-8")
    with pytest.raises(DataError, match="HS-D363"):
        open_checkpoint(f"hf:{tmp_path}").modality()


def test_settings_beside_a_tokenizer_are_read(tmp_path: Path) -> None:
    hearer("wavlm", tmp_path)
    said = json.loads((tmp_path / "preprocessor_config.json").read_text("utf-8"))
    (tmp_path / "preprocessor_config.json").unlink()
    found: Any = open_checkpoint(f"hf:{tmp_path}").modality()
    assert found.published.level  # as the library has it where nothing is said
    (tmp_path / "processor_config.json").write_text(json.dumps({"feature_extractor": said}), "utf-8")
    found = open_checkpoint(f"hf:{tmp_path}").modality()
    assert not found.published.level


def test_spectra_of_other_networks_are_refused(tmp_path: Path) -> None:
    checkpoints.write_hf("wav2vec2", checkpoints.SOUND["wav2vec2"], tmp_path)
    checkpoints.change_config(tmp_path, model_type="wav2vec2-bert")
    with pytest.raises(UsageError, match=r"HS-U661.*wav2vec2-bert"):
        open_checkpoint(f"hf:{tmp_path}").modality()
    checkpoints.change_config(tmp_path, model_type="patchtst")
    with pytest.raises(UsageError, match=r"HS-U595.*patchtst"):
        open_checkpoint(f"hf:{tmp_path}").modality()


@pytest.mark.parametrize(
    "kind", ["wav2vec2", pytest.param("whisper", marks=pytest.mark.slow), pytest.param(AST, marks=pytest.mark.slow)]
)
def test_it_learns_a_task_from_files(kind: str, tmp_path: Path) -> None:
    import soundfile

    (tmp_path / "model").mkdir()
    hearer(kind, tmp_path / "model")
    generator = np.random.default_rng(0)
    for label, pitch in (("high", 900), ("low", 200)):
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(12):
            time = np.arange(int(generator.integers(2_000, 4_000))) / 8_000
            tone = 0.3 * np.sin(2 * np.pi * pitch * time) + generator.normal(0, 0.02, len(time))
            soundfile.write(tmp_path / "data" / label / f"{number}.wav", tone, 8_000)
    start, out = f"hf:{tmp_path / 'model'}", tmp_path / "out"
    hs.finetune(tmp_path / "data", start=start, out=out, tuning="probe")
    first = str(tmp_path / "data" / "low" / "0.wav")
    answer = hs.load(out).predict([first])[0]
    assert answer["label"] in ("high", "low")
    facts = json.loads((out / "headstart.json").read_text("utf-8"))
    assert facts["data"]["modality"] == "audio"
    assert facts["lineage"][0]["name"] == start
    with pytest.raises(ContractError, match=r"HS-C520.*onnx"):
        hs.export(out, format="transformers", out=tmp_path / "theirs")
