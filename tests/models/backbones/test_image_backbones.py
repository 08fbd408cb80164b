"""What single backbones promise beyond their contract."""

from __future__ import annotations

import pytest
import torch
import torchvision

from headstart.core.errors import ContractError
from headstart.models.backbones.cnn import Cnn
from headstart.models.backbones.dictionary import Dictionary
from headstart.models.backbones.mlp import Mlp
from headstart.models.backbones.resnet import Resnet
from headstart.models.backbones.vit import Vit
from headstart.models.nn.visual_words import random_patches
from tests.helpers.specs import picture_spec

SPEC = picture_spec(3, 32, 32)


@pytest.fixture
def batch() -> dict[str, torch.Tensor]:
    return {"x": torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))}


@pytest.mark.parametrize(("depth", "other"), [(18, "resnet18"), (50, "resnet50")])
def test_standard_resnet_equals_torchvision(depth: int, other: str) -> None:
    reference = torchvision.models.get_model(other, weights=None)
    own = Resnet(picture_spec(3, 96, 96), depth=18 if depth == 18 else 50)
    weights = {name: value for name, value in reference.state_dict().items() if not name.startswith("fc.")}
    first = ("conv1.", "bn1.")
    own.load_state_dict({f"stem.{n}" if n.startswith(first) else n: v for n, v in weights.items()})
    reference.fc = torch.nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
    x = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    summary = own.eval().summary(own({"x": x}))
    assert torch.allclose(summary, reference.eval()(x), atol=1e-4, rtol=1e-4)


def test_vit_equals_timm() -> None:
    timm = pytest.importorskip("timm")
    reference = timm.models.vision_transformer.VisionTransformer(
        img_size=32, patch_size=4, embed_dim=96, depth=2, num_heads=3, num_classes=0, global_pool="avg", fc_norm=False
    )
    own = Vit(SPEC, patch=4, width=96, depth=2, heads=3)
    renamed = {"patch_embed.proj.": "embedding.proj.", "cls_token": "embedding.cls_token"}
    renamed["pos_embed"] = "embedding.pos_embed"
    weights: dict[str, torch.Tensor] = {}
    for name, value in reference.state_dict().items():
        start = next((start for start in renamed if name.startswith(start)), "")
        weights[renamed.get(start, "") + name[len(start) :]] = value
    own.load_state_dict(weights)
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(own.eval()({"x": x}).x, reference.eval().forward_features(x), atol=1e-5)


def test_patches_that_do_not_fit_are_refused_with_those_that_do() -> None:
    with pytest.raises(ContractError, match="one of 1, 2, 4, 8, 16, 32"):
        Vit(SPEC, patch=5)


def test_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ContractError, match="heads"):
        Vit(SPEC, width=100, heads=3)


def test_cnn_for_too_small_pictures_is_refused() -> None:
    with pytest.raises(ContractError, match="too small"):
        Cnn(picture_spec(1, 4, 4), channels=(8, 8, 8, 8))


def test_mlp_without_layers_is_refused() -> None:
    with pytest.raises(ContractError):
        Mlp(SPEC, widths=())


def test_dictionary_equals_its_formula_place_by_place(batch: dict[str, torch.Tensor]) -> None:
    own = Dictionary(SPEC, words=10, contrast=0.01, sparsity=0.7, pool=2, power=1)
    torch.nn.init.normal_(own.words.bias)
    patches = torch.nn.functional.unfold(batch["x"], 6).transpose(1, 2)  # [2, 27 * 27, 108]
    even = (patches - patches.mean(2, keepdim=True)) / (patches.var(2, keepdim=True, unbiased=False) + 0.01).sqrt()
    a = even @ own.words.weight.flatten(1).T + own.words.bias
    stands_out = torch.relu(a - a.mean(2, keepdim=True) - 0.7 * a.std(2, keepdim=True))
    maps = stands_out.transpose(1, 2).unflatten(2, (27, 27))
    slow = torch.nn.functional.adaptive_avg_pool2d(maps, 2).permute(0, 2, 3, 1).flatten(1)
    assert torch.allclose(own.summary(own(batch)), slow, atol=1e-5)
    with torch.no_grad():  # without gradients the pictures go through in small pieces
        assert torch.allclose(own.summary(own(batch)), slow, atol=1e-5)


def test_dictionary_reads_a_padded_picture_as_if_there_were_no_padding(batch: dict[str, torch.Tensor]) -> None:
    own = Dictionary(SPEC, words=10, side=0)
    narrow = Dictionary(picture_spec(3, 32, 19), words=10, side=0)
    narrow.load_state_dict(own.state_dict())
    keep = torch.arange(32).expand(2, 32) < torch.tensor([[19], [32]])
    padded = own({"x": batch["x"], "keep": keep}).x  # with gradients, and in pieces without
    with torch.no_grad():
        assert torch.allclose(own({"x": batch["x"], "keep": keep}).x, padded, atol=1e-6)
    assert torch.allclose(padded[:1], narrow({"x": batch["x"][:1, :, :, :19]}).x, atol=1e-5)
    assert torch.allclose(padded[1:], own({"x": batch["x"][1:]}).x, atol=1e-5)


def test_patches_are_drawn_within_what_is_there() -> None:
    x, columns = torch.zeros(3, 1, 12, 40), torch.tensor([40, 13, 4])
    for row, count in enumerate(columns.tolist()):
        x[row, :, :, :count] = 1
    drawn = random_patches(x, torch.arange(3), 4, 200, 0, columns)
    assert bool((drawn == 1).all())
    assert not bool((random_patches(x, torch.arange(3), 4, 200, 0) == 1).all())


def test_dictionary_of_both_ways_does_not_know_left_from_right(batch: dict[str, torch.Tensor]) -> None:
    own = Dictionary(SPEC, words=10, both_ways=True)
    mirrored = own({"x": batch["x"].flip(3)}).x
    assert torch.allclose(own(batch).x, mirrored, atol=1e-5)


def test_dictionary_sees_large_pictures_at_a_smaller_size(batch: dict[str, torch.Tensor]) -> None:
    own = Dictionary(SPEC, side=16, words=10)
    small = Dictionary(picture_spec(3, 16, 16), words=10)
    small.load_state_dict(own.state_dict())
    halved = batch["x"].unflatten(3, (16, 2)).unflatten(2, (16, 2)).mean((3, 5))  # every four pixels become one
    assert torch.allclose(own(batch).x, small({"x": halved}).x, atol=1e-5)
    whole = Dictionary(SPEC, side=0, words=10)
    whole.load_state_dict(own.state_dict())
    assert not torch.allclose(whole(batch).x, own(batch).x, atol=1e-3)


def test_dictionary_refuses_pictures_smaller_than_a_patch() -> None:
    with pytest.raises(ContractError, match="larger than the pictures"):
        Dictionary(picture_spec(1, 4, 9))


def test_cnn_reads_the_strongest_place_behind_its_shortcuts(batch: dict[str, torch.Tensor]) -> None:
    cnn = Cnn(SPEC, channels=(4, 8), residual=2).eval()
    maps = batch["x"]
    for i, block in enumerate(cnn.blocks):
        maps = block(torch.nn.functional.max_pool2d(maps, 2) if i else maps)
    for pair in cnn.residuals:
        maps = maps + pair(maps)
    assert torch.allclose(cnn.summary(cnn(batch)), maps.amax((2, 3)), atol=1e-6)


@pytest.mark.parametrize("norm", ["batch", "group", "none"])
def test_cnn_takes_every_norm(norm: str, batch: dict[str, torch.Tensor]) -> None:
    cnn = Cnn(SPEC, norm=norm, dropout=0.1, shrink="mean", activation="gelu")  # pyright: ignore[reportArgumentType]
    assert cnn(batch).grid == (8, 8)


@pytest.mark.parametrize("norm", ["none", "layer", "batch"])
def test_mlp_takes_every_norm(norm: str, batch: dict[str, torch.Tensor]) -> None:
    mlp = Mlp(SPEC, widths=(16, 8), norm=norm, dropout=0.1, last_activation=True)  # pyright: ignore[reportArgumentType]
    assert bool((mlp(batch).x >= 0).all())


def test_the_classic_autoencoder_is_mirrored_layer_by_layer() -> None:
    mlp = Mlp(picture_spec(1, 28, 28), widths=(128, 64, 32, 16, 8, 4, 2))
    shapes = [(m.in_features, m.out_features) for m in mlp.decoder().modules() if isinstance(m, torch.nn.Linear)]
    assert shapes == [(2, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 128), (128, 784)]


@pytest.mark.parametrize("positions", ["learned", "sincos"])
@pytest.mark.parametrize("class_token", [True, False])
def test_vit_sees_where_a_patch_is(positions: str, class_token: bool, batch: dict[str, torch.Tensor]) -> None:
    vit = Vit(SPEC, depth=1, positions=positions, class_token=class_token)  # pyright: ignore[reportArgumentType]
    moved = {"x": batch["x"].roll(4, 3)}
    assert vit(batch).prefix == int(class_token)
    assert not torch.allclose(vit.summary(vit(batch)), vit.summary(vit(moved)), atol=1e-4)


def test_resnet_sizes_and_pyramid_at_both_stems() -> None:
    wide = picture_spec(1, 50, 37)
    small, standard = Resnet(wide, depth=10, width=4), Resnet(wide, depth=10, width=4, stem="standard")
    x = {"x": torch.randn(2, 1, 50, 37)}
    assert [scale.grid for scale in small.pyramid(x)] == [(50, 37), (25, 19), (13, 10), (7, 5)]
    assert [scale.grid for scale in standard.pyramid(x)] == [(13, 10), (7, 5), (4, 3), (2, 2)]
    for network in (small, standard):
        assert network.decoder()(network(x)).shape == x["x"].shape
