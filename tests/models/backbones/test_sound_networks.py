"""Networks of transformers that hear: the numbers of their own library, for every clip as if it were alone."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError, DataError
from headstart.models.backbones.hf import Hf
from tests.helpers import checkpoints
from tests.helpers.specs import picture_spec, sound_spec, text_spec

WAVES = ("wav2vec2", "hubert", "wavlm", "unispeech", "unispeech-sat")
WHISPER, AST = "whisper", "audio-spectrogram-transformer"
SPECS = {**{kind: sound_spec(400) for kind in WAVES}, WHISPER: picture_spec(1, 8, 80), AST: picture_spec(1, 32, 64)}
LENGTHS = torch.tensor([400, 251, 133])
each = pytest.mark.parametrize("kind", SPECS)
waves = pytest.mark.parametrize("kind", WAVES)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, transformers.PreTrainedModel]]:
    """Every tiny checkpoint, and the network of its own library."""
    paths = {kind: tmp_path_factory.mktemp(kind) for kind in SPECS}
    return {kind: (path, checkpoints.write_hf(kind, checkpoints.SOUND[kind], path)) for kind, path in paths.items()}


def config_of(path: Path) -> dict[str, Any]:
    return json.loads((path / "config.json").read_text("utf-8"))


def opened(path: Path, spec: Spec) -> Hf:
    return Hf.pretrained(spec, path, config=config_of(path)).eval()


def clips() -> tuple[Tensor, Tensor]:
    """Three clips of other lengths, noise behind their ends, and where they are."""
    x = torch.randn(3, 400, generator=torch.Generator().manual_seed(0))
    return x, torch.arange(400) < LENGTHS[:, None]


def mel(frames: int, rows: int = 2) -> Tensor:
    """What could be log-mel of Whisper: nothing is softer than 2 below the loudest."""
    x = torch.randn(rows, 8, frames, generator=torch.Generator().manual_seed(0))
    return torch.maximum(x, x.amax((1, 2), keepdim=True) - 2).clamp_min(-1.5)


def random_input(spec: Spec) -> Tensor:
    """Two rows."""
    sizes = spec.sizes
    shape = (2, 1, sizes["height"], sizes["width"]) if spec.layout == "grid" else (2, sizes["length"], 1)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@waves
@torch.no_grad()
def test_every_clip_of_a_batch_gives_what_transformers_gives_for_it_alone(
    kind: str, written: Mapping[str, tuple[Path, Any]]
) -> None:
    path, reference = written[kind]
    x, keep = clips()
    tokens = opened(path, SPECS[kind])({"x": x[..., None], "keep": keep})
    assert tokens.grid == (tokens.x.shape[1],)
    for row, length in enumerate(LENGTHS.tolist()):
        expected = reference(x[row : row + 1, :length]).last_hidden_state[0]
        found = tokens.x[row][tokens.keep[row]]
        assert found.shape == expected.shape
        assert torch.allclose(found, expected, atol=1e-4)


@torch.no_grad()
def test_a_whole_clip_gives_what_whispers_encoder_gives(written: Mapping[str, tuple[Path, Any]]) -> None:
    path, reference = written[WHISPER]
    x = mel(200)
    found = opened(path, picture_spec(1, 8, 200))({"x": x[:, None]})
    assert torch.allclose(found.x, reference.encoder(x).last_hidden_state, atol=1e-5)


@torch.no_grad()
def test_a_short_clip_gives_what_whispers_encoder_gives_with_as_many_positions(
    written: Mapping[str, tuple[Path, Any]],
) -> None:
    path, reference = written[WHISPER]
    x, keep = mel(200), torch.arange(80) < torch.tensor([[78], [50]])
    for row, frames in enumerate((78, 50)):
        x[row, :, frames:] = (x[row, :, :frames].amax() - 2).clamp_min(-1.5)  # silence
    found = opened(path, SPECS[WHISPER])({"x": x[:, None, :, :80], "keep": keep})
    assert found.grid == (40,)
    for row, frames in enumerate((78, 50)):
        expected = states_of_places(copy.deepcopy(reference.encoder), x[row : row + 1], frames // 2)
        assert torch.allclose(found.x[row][found.keep[row]], expected, atol=1e-5)


def states_of_places(encoder: Any, x: Tensor, places: int) -> Tensor:
    """What the first places [T, D] of Whisper's own encoder are if the blocks see these alone."""
    held: list[Tensor] = []
    first = encoder.layers[0]
    first.register_forward_pre_hook(lambda _, given: (given[0][:, :places], *given[1:]))
    encoder.layer_norm.register_forward_hook(lambda *given: held.append(given[2]))
    encoder(x)
    return held[0][0]


@torch.no_grad()
def test_an_ast_gives_what_transformers_gives(written: Mapping[str, tuple[Path, Any]]) -> None:
    path, reference = written[AST]
    x = torch.randn(2, 64, 32, generator=torch.Generator().manual_seed(0))
    backbone = opened(path, SPECS[AST])
    expected, found = reference(x), backbone({"x": x.transpose(1, 2)[:, None]})
    assert torch.allclose(found.x, expected.last_hidden_state, atol=1e-5)
    assert torch.allclose(backbone.summary(found), expected.pooler_output, atol=1e-5)
    assert (found.grid, found.prefix) == ((2, 5), 2)


@each
def test_layers_hold_every_parameter_once_and_gradients_reach_each(
    kind: str, written: Mapping[str, tuple[Path, Any]]
) -> None:
    backbone = opened(written[kind][0], SPECS[kind]).train()
    listed = [id(parameter) for layer in backbone.layers() for parameter in layer.parameters()]
    assert len(listed) == len(set(listed))
    assert set(listed) == {id(parameter) for parameter in backbone.parameters()}
    summary = backbone.summary(backbone({"x": random_input(SPECS[kind])}))
    (summary * torch.randn_like(summary)).sum().backward()
    for layer in backbone.layers():
        assert any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in layer.parameters())


@each
@torch.no_grad()
def test_it_is_built_again_from_its_own_config(kind: str, written: Mapping[str, tuple[Path, Any]]) -> None:
    known = opened(written[kind][0], SPECS[kind])
    made = Hf(SPECS[kind], config=known.config).eval()
    made.load_state_dict(known.state_dict())
    batch = {"x": random_input(SPECS[kind])}
    assert torch.equal(made(batch).x, known(batch).x)


@waves
@torch.no_grad()
def test_a_clip_shorter_than_a_place_is_one_place(kind: str, written: Mapping[str, tuple[Path, Any]]) -> None:
    tokens = opened(written[kind][0], SPECS[kind])({"x": torch.randn(2, 3, 1)})
    assert tokens.keep.sum(1).tolist() == [1, 1]
    assert tokens.x.isfinite().all()


def test_data_of_another_form_are_refused(written: Mapping[str, tuple[Path, Any]]) -> None:
    with pytest.raises(ContractError, match=r"HS-C661.*reads sound.*samples"):
        Hf(picture_spec(1, 8, 80), config=config_of(written["wavlm"][0]))
    with pytest.raises(ContractError, match=r"HS-C661.*reads sound.*Whisper"):
        Hf(text_spec(40), config=config_of(written[WHISPER][0]))
    with pytest.raises(ContractError, match=r"HS-C661"):
        Hf(picture_spec(3, 8, 80), config=config_of(written[WHISPER][0]))
    with pytest.raises(ContractError, match=r"HS-C251.*8 mel bands, 201 frames"):
        Hf(picture_spec(1, 8, 201), config=config_of(written[WHISPER][0]))
    with pytest.raises(ContractError, match=r"HS-C251.*32 mel bands, 63 frames"):
        Hf(picture_spec(1, 32, 63), config=config_of(written[AST][0]))


def test_another_network_for_sound_is_refused_with_those_that_are_read() -> None:
    with pytest.raises(ContractError, match=r"HS-C253.*sew.*wav2vec2"):
        Hf(sound_spec(400), config={"model_type": "sew", **checkpoints.SMALL, "num_feat_extract_layers": 2,
                                    "conv_dim": (8, 8), "conv_kernel": (4, 4), "conv_stride": (4, 2),
                                    "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2})  # fmt: skip


def test_weights_that_lack_a_layer_are_refused(tmp_path: Path) -> None:
    checkpoints.write_hf(WHISPER, checkpoints.SOUND[WHISPER], tmp_path)
    checkpoints.drop_weight(tmp_path, "encoder.conv2.weight")
    with pytest.raises(DataError, match="HS-D365"):
        opened(tmp_path, SPECS[WHISPER])


def test_the_whole_checkpoint_of_a_speech_recogniser_is_read_by_its_encoder(tmp_path: Path) -> None:
    builders: list[Any] = [transformers.Wav2Vec2ForCTC, transformers.WhisperForConditionalGeneration]
    for kind, build in zip(("wav2vec2", WHISPER), builders, strict=True):
        whole = build(transformers.AutoConfig.for_model(kind, **checkpoints.SOUND[kind]))
        whole.save_pretrained(tmp_path / kind)
        found = opened(tmp_path / kind, SPECS[kind]).state_dict()
        inner = whole.model.encoder if kind == WHISPER else whole.wav2vec2
        expected = {
            f"model.{name}": tensor for name, tensor in inner.state_dict().items() if name != "masked_spec_embed"
        }
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


@pytest.mark.parametrize(
    "change",
    [{"conv_stride": [0, 2]}, {"conv_kernel": [-4, 4]}, {"conv_stride": [4]}, {"conv_kernel": [1 << 20, 1 << 20]},
     {"conv_stride": [1 << 23, 1 << 23]}],
)  # fmt: skip
def test_convolutions_that_no_network_has_are_refused(
    change: dict[str, Any], written: Mapping[str, tuple[Path, Any]]
) -> None:
    with pytest.raises((ContractError, DataError)):
        opened_with(written["wav2vec2"][0], change)


def opened_with(path: Path, change: dict[str, Any]) -> Hf:
    return Hf.pretrained(sound_spec(400), path, config={**config_of(path), **change})
