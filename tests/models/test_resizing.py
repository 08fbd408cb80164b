"""Starts at another picture size: equal to what timm and transformers make of their own positions, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import timm
import torch

from headstart.core.contracts import Backbone
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError
from headstart.models.backbones.cnn import Cnn
from headstart.models.backbones.dictionary import Dictionary
from headstart.models.backbones.resnet import Resnet
from headstart.models.backbones.vit import Vit
from headstart.models.nn.names import renamed
from headstart.models.nn.positions import resampled
from headstart.models.public.hub import Checkpoint, open_checkpoint
from headstart.models.resizing import backbone_at
from tests.helpers import public_vision
from tests.helpers.public_vision import Public
from tests.helpers.specs import picture_spec

SQUARE = picture_spec(3, 32, 32)
# twice as large, a rectangle, and one with as many places as the square
SIZES = [(64, 64), (32, 48), (16, 64)]
sizes = pytest.mark.parametrize("size", SIZES, ids=str)
VIT = {"width": 24, "depth": 2, "heads": 2}


def at(size: tuple[int, int]) -> Spec:
    return picture_spec(3, *size)


def resized(one: Backbone, settings: Mapping[str, Any], spec: Spec) -> Any:
    """The network at other sizes, as `backbone_at` makes it."""
    kind: Any = type(one)
    made = kind(spec, **kind.resize.settings(settings, SQUARE, spec))
    made.load_state_dict(kind.resize.weights(made, one))
    return made.eval()


def stirred(network: Backbone) -> Backbone:
    """Weights as training leaves them: nothing is 0 or 1 any more."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return network.eval()


@sizes
@pytest.mark.parametrize("class_token", [True, False])
def test_a_vit_answers_at_another_size_as_timm_does(size: tuple[int, int], class_token: bool) -> None:
    settings = {**VIT, "patch": 8, "class_token": class_token}
    ours = stirred(Vit(SQUARE, **settings))
    outside = ours.interop
    theirs: Any = timm.create_model("vit_base_patch16_224", num_classes=0, **outside.config["model_args"]).eval()
    theirs.load_state_dict({renamed(name, outside.names): t for name, t in ours.state_dict().items()})
    theirs.set_input_size(img_size=size)
    x = torch.randn(2, 3, *size)
    found = resized(ours, settings, at(size))({"x": x})
    assert found.grid == (size[0] // 8, size[1] // 8)
    assert torch.allclose(found.x, theirs.forward_features(x), atol=1e-5)


def test_places_of_a_ramp_stay_a_ramp() -> None:
    """Along a line the middle of twice as many positions lies between the old ones."""
    table = torch.arange(8.0).view(1, 8, 1)
    found = resampled(torch.cat([torch.full((1, 1, 1), -5.0), table], 1), (1, 8), (1, 16)).flatten()
    assert found[0] == -5  # the class token's
    assert torch.allclose(found[5:13], torch.arange(8) / 2 + 1.75, atol=1e-4)  # (i + 0.5) / 2 - 0.5 at i = 4..11


@sizes
def test_fixed_positions_are_those_of_the_new_size(size: tuple[int, int]) -> None:
    settings = {**VIT, "patch": 8, "positions": "sincos"}
    ours = stirred(Vit(SQUARE, **settings))
    found, fresh = resized(ours, settings, at(size)), Vit(at(size), **settings)
    assert torch.equal(found.embedding.pos_embed, fresh.embedding.pos_embed)
    assert torch.equal(found.blocks[0].attn.qkv.weight, ours.state_dict()["blocks.0.attn.qkv.weight"])


def test_what_auto_meant_at_the_old_size_stays() -> None:
    large = picture_spec(3, 128, 128)
    assert Vit.resize.settings(VIT, SQUARE, large) == {**VIT, "patch": 4}
    assert Vit.resize.settings({"patch": "auto"}, large, SQUARE) == {"patch": 16}
    assert Resnet.resize.settings({"depth": 10}, SQUARE, large) == {"depth": 10, "stem": "small"}
    assert Resnet.resize.settings({"stem": "auto"}, large, SQUARE) == {"stem": "standard"}
    small = Resnet(SQUARE, depth=10, width=8)
    assert not resized(small, {"depth": 10, "width": 8}, large).stem.standard


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(Cnn, {"channels": (4, 8)}), (Resnet, {"depth": 10, "width": 4}), (Dictionary, {"words": 10, "waves": 1})],
    ids=["cnn", "resnet", "dictionary"],
)
@sizes
def test_convolutions_see_a_larger_picture_with_the_same_weights(
    kind: Any, settings: dict[str, Any], size: tuple[int, int]
) -> None:
    one = stirred(kind(SQUARE, **settings))
    found = resized(one, settings, at(size))
    assert {name: t.tolist() for name, t in found.state_dict().items()} == {
        name: t.tolist() for name, t in one.state_dict().items()
    }
    x = torch.randn(2, 3, *size)
    same = found({"x": x})
    assert found.summary(same).shape == (2, one.summary(one({"x": torch.randn(2, 3, 32, 32)})).shape[1])
    if kind is not Dictionary:  # its regions follow from the size
        assert torch.equal(same.x, one({"x": x}).x)
        assert kind is Resnet or found.decoder()(same).shape == x.shape


PUBLIC = [one for one in public_vision.USUAL if one.name in (
    "resnet18", "vit_tiny_patch16_224", "vit_small_patch14_reg4_dinov2", "vit", "dinov2_with_registers", "beit",
)]  # fmt: skip
RARER = [one for one in public_vision.RARER if one.name in (
    "deit_tiny_distilled_patch16_224", "beit_base_patch16_224", "eva02_tiny_patch14_224", "deit", "clip_vision_model",
)]  # fmt: skip


def opened(one: Public, path: Path) -> tuple[Checkpoint, Any]:
    model = public_vision.write(one, path)
    return open_checkpoint(f"{one.library}:{path}"), model


@pytest.mark.parametrize(
    "one", [*PUBLIC, *(pytest.param(one, marks=pytest.mark.slow) for one in RARER)], ids=lambda one: one.kind
)
def test_a_public_network_answers_at_another_size_as_its_library_does(one: Public, tmp_path: Path) -> None:
    start, theirs = opened(one, tmp_path)
    size = (2 * one.side, 2 * one.side)
    x = torch.randn(2, 3, *size)
    found = backbone_at(start, at(size)).eval()({"x": x}).x
    if one.library == "hf":
        expected = theirs(pixel_values=x, interpolate_pos_encoding=True).last_hidden_state
    else:
        if "resnet" not in one.name:
            theirs.set_input_size(img_size=size)
        expected = theirs.forward_features(x)
        expected = expected.flatten(2).transpose(1, 2) if expected.ndim == 4 else expected
    assert torch.allclose(found, expected, atol=1e-5 * float(expected.detach().abs().max()))


def test_a_public_network_that_is_bound_to_its_size_is_refused(tmp_path: Path) -> None:
    one = next(one for one in public_vision.RARER if one.name == "levit")
    start, _ = opened(one, tmp_path)
    for size in ((128, 128), (64, 128)):
        with pytest.raises(ContractError, match=r"HS-C294.*found \d+ x 128 .*expected 64 x 64 .*fix"):
            backbone_at(start, at(size))
