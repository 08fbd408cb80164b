"""A model that was saved opens again, here and in the libraries that others use."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
import transformers
from safetensors.torch import load_file

from headstart.core import catalog
from headstart.core.contracts import Backbone, Modality
from headstart.data.modalities.image.image import Image
from headstart.models import artifact
from headstart.models.artifact import Artifact
from headstart.models.nn.names import renamed
from headstart.models.public.hub import open_checkpoint
from tests.helpers import checkpoints
from tests.helpers.made import facts as facts_of
from tests.helpers.specs import picture_spec

SPEC = picture_spec(3, 32, 32)
X = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
OWN = [
    ("vit", {"width": 24, "depth": 2, "heads": 3, "patch": 8}),
    ("vit", {"width": 24, "depth": 1, "heads": 2, "patch": 8, "class_token": False, "positions": "sincos"}),
    ("resnet", {"depth": 10, "stem": "standard"}),
    ("resnet", {"depth": 50, "stem": "standard"}),
]


def saved(path: Path, backbone: Backbone, modality: Modality, part: dict) -> Artifact:
    """A finished model directory around a backbone."""
    artifact.save(
        path,
        config={"backbone": part, "facts": dict(modality.spec.sizes),
                "modality": {"kind": type(modality).__name__.lower()}, "objective": {"kind": "masked"}},
        backbone=backbone, head=torch.nn.Linear(2, 2), modality=modality, facts=facts_of(),
    )  # fmt: skip
    artifact.seal(path)
    return Artifact.open(path)


def of_pictures() -> Image:
    return Image.of((32, 32), 3, [0.5] * 3, [0.5] * 3)


def own(kind: str, settings: dict) -> Backbone:
    """A network of ours with weights large enough to show mistakes."""
    torch.manual_seed(0)
    made: Backbone = catalog.load("backbones", kind)(SPEC, **settings)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return made.eval()


@pytest.mark.parametrize("kind", [*checkpoints.TEXTS, *checkpoints.PICTURES])
def test_a_saved_checkpoint_of_transformers_opens_here_and_there(kind: str, tmp_path: Path) -> None:
    source, path = tmp_path / "public", tmp_path / "own"
    settings = {**checkpoints.TEXTS, **checkpoints.PICTURES}[kind]
    reference = checkpoints.write_hf(kind, settings, source)
    checkpoint = open_checkpoint(f"hf:{source}")
    opened = saved(path, checkpoint.backbone(), checkpoint.modality(), dict(checkpoint.config["backbone"]))
    build = transformers.AutoModelForTextEncoding if kind == "t5" else transformers.AutoModel
    there, report = build.from_pretrained(path, output_loading_info=True)
    assert not [name for name in report["missing_keys"] if "pooler" not in name]
    if kind in checkpoints.TEXTS:
        ids = torch.randint(5, 30, (2, 7), generator=torch.Generator().manual_seed(0))
        inputs, batch = {"input_ids": ids}, {"x": ids, "keep": torch.ones_like(ids, dtype=torch.bool)}
    else:
        inputs, batch = {"pixel_values": X}, {"x": X}
    with torch.no_grad():
        expected = reference(**inputs).last_hidden_state
        assert torch.allclose(there.eval()(**inputs).last_hidden_state, expected, atol=1e-5)
        found = opened.backbone().eval()(batch).x
        assert torch.equal(found, checkpoint.backbone().eval()(batch).x)


@pytest.mark.parametrize("kind", checkpoints.TIMM)
def test_a_saved_checkpoint_of_timm_opens_here_and_there(kind: str, tmp_path: Path) -> None:
    source, path = tmp_path / "public", tmp_path / "own"
    reference = checkpoints.write_timm(kind, source)
    checkpoint = open_checkpoint(f"timm:{source}")
    opened = saved(path, checkpoint.backbone(), checkpoint.modality(), dict(checkpoint.config["backbone"]))
    there = timm.create_model(f"local-dir:{path}", pretrained=True).eval()
    wrapped = transformers.AutoModel.from_pretrained(path).eval()
    with torch.no_grad():
        expected = reference.forward_features(X)
        assert torch.allclose(there.forward_features(X), expected, atol=1e-5)
        assert torch.allclose(wrapped(pixel_values=X).last_hidden_state, expected, atol=1e-5)
        assert torch.equal(opened.backbone().eval()({"x": X}).x, checkpoint.backbone().eval()({"x": X}).x)


@pytest.mark.parametrize(("kind", "settings"), OWN)
def test_timm_and_transformers_open_our_networks(kind: str, settings: dict, tmp_path: Path) -> None:
    backbone = own(kind, settings)
    opened = saved(tmp_path, backbone, of_pictures(), {"kind": kind, **settings})
    there = timm.create_model(f"local-dir:{tmp_path}", pretrained=True).eval()
    wrapped = transformers.AutoModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        tokens = backbone({"x": X})
        expected = tokens.x if kind == "vit" else tokens.x.transpose(1, 2).unflatten(2, tokens.grid)
        scale = expected.abs().max()
        assert torch.allclose(there.forward_features(X) / scale, expected / scale, atol=1e-5)
        assert torch.allclose(wrapped(pixel_values=X).last_hidden_state / scale, expected / scale, atol=1e-5)
        assert torch.allclose(there(X) / scale, backbone.summary(tokens) / scale, atol=1e-5)
        assert torch.equal(opened.backbone().eval()({"x": X}).x, tokens.x)


def test_a_network_without_a_twin_keeps_its_own_names(tmp_path: Path) -> None:
    backbone = own("resnet", {"depth": 10, "width": 8, "stem": "small"})
    opened = saved(tmp_path, backbone, of_pictures(), {"kind": "resnet", "depth": 10, "width": 8, "stem": "small"})
    assert load_file(tmp_path / "model.safetensors").keys() == backbone.state_dict().keys()
    assert torch.equal(opened.backbone().eval()({"x": X}).x, backbone({"x": X}).x)


def test_the_longest_beginning_of_a_name_counts() -> None:
    names = {"embedding.": "", "embedding.proj.": "patch_embed.proj.", "": "model."}
    assert renamed("embedding.proj.weight", names) == "patch_embed.proj.weight"
    assert renamed("embedding.cls_token", names) == "cls_token"
    assert renamed("blocks.0.bias", names) == "model.blocks.0.bias"
    assert renamed("blocks.0.bias", {"x": "y"}) == "blocks.0.bias"
