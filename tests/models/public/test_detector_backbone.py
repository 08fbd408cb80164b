"""Public detectors and segmenters as starts: the network they are built on, equal to that of their own library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import headstart as hs
from headstart.core.errors import DataError
from headstart.models.artifact import Artifact
from headstart.models.public.converting import convert
from headstart.models.public.hub import open_checkpoint
from tests.helpers import rectangles

MEAN, STD = [0.3, 0.4, 0.5], [0.2, 0.3, 0.4]
SMALL = {"embedding_size": 8, "hidden_sizes": [8, 12, 16, 16], "depths": [1, 1, 1, 1], "layer_type": "basic"}
QUERIES = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "num_queries": 5,
           "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16}  # fmt: skip
HYBRID = {**QUERIES, "encoder_hidden_dim": 16, "encoder_in_channels": [12, 16, 16], "decoder_in_channels": [16] * 3}
SWIN = {"embed_dim": 8, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 1, 1], "window_size": 4, "image_size": 64}


def detr() -> nn.Module:
    inner = transformers.ResNetConfig(**SMALL, out_features=["stage4"])
    return transformers.DetrForObjectDetection(transformers.DetrConfig(backbone_config=inner, **QUERIES))


def detr_of_timm() -> nn.Module:
    inner = transformers.TimmBackboneConfig(backbone="resnet10t", out_indices=[1, 2, 3, 4], features_only=True)
    return transformers.DetrForObjectDetection(transformers.DetrConfig(backbone_config=inner, **QUERIES))


def rt_detr() -> nn.Module:
    inner = transformers.RTDetrResNetConfig(**SMALL, out_features=["stage2", "stage3", "stage4"])
    return transformers.RTDetrForObjectDetection(transformers.RTDetrConfig(backbone_config=inner, **HYBRID))


def maskformer() -> nn.Module:
    inner = transformers.ResNetConfig(**SMALL, out_features=["stage1", "stage2", "stage3", "stage4"])
    queries = transformers.DetrConfig(**{**QUERIES, "d_model": 32}, backbone_config=inner)
    said = {"fpn_feature_size": 32, "mask_feature_size": 32}
    return transformers.MaskFormerForInstanceSegmentation(
        transformers.MaskFormerConfig(backbone_config=inner, decoder_config=queries, **said)
    )


def upernet() -> nn.Module:
    inner = transformers.SwinConfig(**SWIN, out_features=["stage1", "stage2", "stage3", "stage4"])
    said = {"hidden_size": 16, "pool_scales": [1], "use_auxiliary_head": False, "auxiliary_in_channels": 32}
    return transformers.UperNetForSemanticSegmentation(transformers.UperNetConfig(backbone_config=inner, **said))


def unlike_fresh(network: nn.Module) -> nn.Module:
    """With statistics that a fresh network does not have."""
    for name, values in network.state_dict().items():
        if name.endswith("running_var"):
            values.uniform_(0.5, 2)
        elif name.endswith("running_mean"):
            values.normal_(0, 0.1)
    return network.eval()


def written(model: nn.Module, path: Path) -> Path:
    assert isinstance(model, transformers.PreTrainedModel)
    model.save_pretrained(path)
    said = {"size": {"shortest_edge": 64, "longest_edge": 80}, "do_center_crop": False}
    (path / "preprocessor_config.json").write_text(json.dumps({**said, "image_mean": MEAN, "image_std": STD}))
    return path


def gaps(ours: list[Any], theirs: list[Tensor]) -> list[float]:
    """The largest difference of each of their maps from ours of the same size."""
    by_grid = {tokens.grid: tokens.x for tokens in ours}
    return [float((by_grid[tuple(t.shape[2:])] - t.flatten(2).transpose(1, 2)).abs().max()) for t in theirs]


@pytest.mark.parametrize("make", [detr, detr_of_timm, rt_detr, maskformer])
def test_the_network_of_a_detector_is_equal_to_that_within_it(make: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model: Any = unlike_fresh(make())
    start = open_checkpoint(f"hf:{written(model, tmp_path)}")
    modality, network = start.modality(), start.backbone().eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        own = model.model.pixel_level_module.encoder if make is maskformer else model.model.backbone.model
        theirs, ours = own(x), network.pyramid({"x": x})
    maps = list(theirs.feature_maps if hasattr(theirs, "feature_maps") else theirs)
    assert gaps(ours, maps) == pytest.approx([0.0] * len(maps), abs=1e-5)
    assert modality.spec.sizes == {"channels": 3, "height": 64, "width": 64}
    grey = modality.ready({"x": torch.full((1, 3, 64, 64), 51, dtype=torch.uint8)})["x"][0, :, 0, 0]
    assert grey.tolist() == pytest.approx([(0.2 - m) / s for m, s in zip(MEAN, STD, strict=True)], abs=1e-5)


def test_configs_of_earlier_years_name_a_network_of_timm(tmp_path: Path) -> None:
    path = written(unlike_fresh(detr_of_timm()), tmp_path)
    x = torch.rand(1, 3, 64, 64)
    now = open_checkpoint(f"hf:{path}").backbone().eval()({"x": x}).x
    config = json.loads((path / "config.json").read_text())
    older = {
        "backbone_config": None,
        "use_timm_backbone": True,
        "backbone": "resnet10t",
        "use_pretrained_backbone": True,
    }
    (path / "config.json").write_text(json.dumps({**config, **older}))
    assert torch.equal(open_checkpoint(f"hf:{path}").backbone().eval()({"x": x}).x, now)
    (path / "config.json").write_text(json.dumps({**config, **older, "dilation": True}))
    assert open_checkpoint(f"hf:{path}").backbone()({"x": x}).grid == (4, 4)  # steps of 16, as DETR's DC5
    config["backbone_config"]["output_stride"] = 16  # as it is written today
    (path / "config.json").write_text(json.dumps({**config, "dilation": False}))
    assert open_checkpoint(f"hf:{path}").backbone()({"x": x}).grid == (4, 4)


def test_the_network_of_a_segmenter_too(tmp_path: Path) -> None:
    model: Any = upernet().eval()
    network = open_checkpoint(f"hf:{written(model, tmp_path)}").backbone().eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        theirs, ours = model.backbone(x).feature_maps[-1], network({"x": x})
    assert torch.allclose(ours.x, theirs.flatten(2).transpose(1, 2), atol=1e-6)


def test_boxes_are_learned_from_a_detector_and_the_model_is_opened_again(tmp_path: Path) -> None:
    start = written(rt_detr(), tmp_path / "start")
    data = rectangles.written(tmp_path / "data", {"train": 8, "valid": 4, "test": 4})
    said = {"plan.steps": 2, "plan.batch": 2, "modality.size": 32, "task.width": 8, "task.depth": 1}
    hs.finetune(data, start=str(start), out=tmp_path / "model", settings=said)
    assert Artifact.open(tmp_path / "model").config["backbone"]["config"]["model_type"] == "rt_detr_resnet"
    again = hs.load(tmp_path / "model")
    assert {"boxes", "labels", "scores"} <= again.predict([torch.zeros(32, 32, 3, dtype=torch.uint8).numpy()])[0].keys()


def test_a_missing_weight_is_named(tmp_path: Path) -> None:
    path = written(rt_detr(), tmp_path)
    weights = load_file(path / "model.safetensors")
    gone = next(name for name in weights if "stages.3" in name and name.endswith("convolution.weight"))
    save_file({n: t for n, t in weights.items() if n != gone}, path / "model.safetensors", {"format": "pt"})
    with pytest.raises(DataError, match=r"HS-D365.*stages\.3"):
        open_checkpoint(f"hf:{path}").backbone()


@pytest.mark.parametrize("spot", ["outside", "within"])
def test_code_is_refused_inside_and_out(spot: str, tmp_path: Path) -> None:
    path = written(detr(), tmp_path)
    config = json.loads((path / "config.json").read_text())
    (config if spot == "outside" else config["backbone_config"])["auto_map"] = {"AutoModel": "evil.Evil"}
    (path / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="HS-D363"):
        open_checkpoint(f"hf:{path}")


def torchvisions(kind: str) -> tuple[nn.Module, nn.Module]:
    """A model of torchvision, and the network in it."""
    if kind == "plain":
        model = torchvision.models.resnet18()
        return model, model
    if kind == "segmenter":
        model = torchvision.models.segmentation.fcn_resnet50(weights=None, weights_backbone=None)
        return model, model.backbone
    from torchvision.models.detection import FCOS, backbone_utils

    pyramid = backbone_utils.resnet_fpn_backbone(backbone_name="resnet18", weights=None)
    return FCOS(pyramid, num_classes=2), pyramid.body


@pytest.mark.parametrize(("kind", "architecture"), [
    ("detector", "resnet18"), pytest.param("segmenter", "resnet50", marks=pytest.mark.slow),
])  # fmt: skip
def test_torchvisions_files_start_as_networks_of_timm(kind: str, architecture: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, within = torchvisions(kind)
    torch.save(unlike_fresh(model).state_dict(), tmp_path / "model.pth")
    assert convert(tmp_path / "model.pth", tmp_path / "made").architecture == architecture
    network = open_checkpoint(f"timm:{tmp_path / 'made'}").backbone().eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        theirs = list(within(x).values())
        ours = network.pyramid({"x": x})
    sizes = [t.abs().max().item() for t in theirs]
    assert max(gap / size for gap, size in zip(gaps(ours, theirs), sizes, strict=True)) < 1e-5


@pytest.mark.slow
def test_a_classifier_of_torchvision_is_found(tmp_path: Path) -> None:
    model, _ = torchvisions("plain")
    torch.save(model.state_dict(), tmp_path / "resnet18.pth")
    assert convert(tmp_path / "resnet18.pth", tmp_path / "made").architecture == "resnet18"


def test_other_weights_than_torchvisions_get_no_config(tmp_path: Path) -> None:
    model, _ = torchvisions("plain")
    altered = {n: t[:-1] if n == "layer4.0.conv1.weight" else t for n, t in model.state_dict().items()}
    torch.save(altered, tmp_path / "odd.pth")
    assert convert(tmp_path / "odd.pth", tmp_path / "odd").architecture == ""
    assert not (tmp_path / "odd" / "config.json").exists()
