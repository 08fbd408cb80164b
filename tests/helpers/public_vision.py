"""Tiny public networks for pictures with random weights, one of every family, as their own library saves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
import transformers
from PIL import Image as Picture
from timm.data.transforms_factory import create_transform
from timm.models import save_for_hf

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
WIDE = {**SMALL, "intermediate_size": 24}
PLACES = {"image_size": 32, "patch_size": 8}
STAGES = {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2]}
CONVNEXT = {"hidden_sizes": [8, 12, 16, 16], "depths": [1, 1, 2, 1], "image_size": 64}
VIT = {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2}
DINO = {"img_size": 28, "patch_size": 7, "embed_dim": 16, "depth": 2, "num_heads": 2}
SWIN = {"img_size": 32, "patch_size": 4, "window_size": 4, "embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2]}
RESNET = {"layers": [1, 1, 1, 1], "channels": [8, 8, 12, 16]}
MEAN, STD = [0.3, 0.4, 0.5], [0.2, 0.3, 0.4]


@dataclass(frozen=True, slots=True)
class Public:
    """One checkpoint: its library, what builds it there, the side of its pictures.

    grids   sides of the maps of `pyramid`, finest first
    linear  does it hold linear maps, beside which adapters stand?
    """

    library: str
    name: str
    side: int
    grids: tuple[int, ...]
    args: Mapping[str, Any] = field(default_factory=dict)
    linear: bool = True

    @property
    def kind(self) -> str:
        return f"{self.library}:{self.name}"


FIVE, FOUR = (32, 16, 8, 4, 2), (16, 8, 4, 2)
USUAL = (
    Public("timm", "resnet18", 64, FIVE, RESNET, linear=False),
    Public("timm", "convnext_atto", 64, FOUR, {"depths": [1, 1, 2, 1], "dims": [8, 8, 12, 16]}, linear=False),
    Public("timm", "efficientnet_b0", 64, FIVE, linear=False),
    Public("timm", "vit_tiny_patch16_224", 32, (4,), VIT),
    Public("timm", "vit_small_patch14_reg4_dinov2", 28, (4,), DINO),
    Public("timm", "vit_small_patch16_dinov3", 32, (4,), VIT),
    Public("timm", "swin_tiny_patch4_window7_224", 32, (8, 4), SWIN),
    Public("hf", "vit", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "dinov2_with_registers", 32, (4,), {**SMALL, **PLACES}),
    Public("hf", "vit_mae", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "beit", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "swin", 32, (8, 4), {"embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2], "window_size": 2,
                                      "image_size": 32, "patch_size": 4}),
    Public("hf", "convnextv2", 64, FOUR, CONVNEXT),
    Public("hf", "resnet", 64, FOUR, {"embedding_size": 8, "hidden_sizes": [8, 12, 16, 16], "depths": [1, 1, 1, 1],
                                      "layer_type": "basic"}, linear=False),
    Public("hf", "mobilenet_v2", 64, FIVE, {"depth_multiplier": 0.25}, linear=False),
)  # fmt: skip
RARER = (
    Public("timm", "resnet50d", 64, FIVE, RESNET, linear=False),
    Public("timm", "seresnet18", 64, FIVE, {**RESNET, "channels": [64, 8, 12, 16]}, linear=False),
    Public("timm", "regnety_002", 64, FIVE, linear=False),
    Public("timm", "densenet121", 64, FIVE, {"growth_rate": 4, "block_config": [1, 1, 1, 1]}, linear=False),
    Public("timm", "convnextv2_atto", 64, FOUR, {"depths": [1, 1, 2, 1], "dims": [8, 8, 12, 16]}, linear=False),
    Public("timm", "mobilenetv3_small_050", 64, FIVE, linear=False),
    Public("timm", "mobilenetv4_conv_small", 64, FIVE, linear=False),
    Public("timm", "mobilevit_xxs", 64, FIVE),
    Public("timm", "fastvit_t8", 64, FOUR, linear=False),
    Public("timm", "deit_tiny_distilled_patch16_224", 32, (4,), VIT),
    Public("timm", "vit_small_patch14_dinov2", 28, (4,), DINO),
    Public("timm", "vit_base_patch16_clip_224", 32, (4,), VIT),
    Public("timm", "vit_base_patch16_siglip_224", 32, (4,), VIT),
    Public("timm", "beit_base_patch16_224", 32, (4,), VIT),
    Public("timm", "eva02_tiny_patch14_224", 28, (4,), DINO),
    Public("timm", "swinv2_tiny_window8_256", 32, (8, 4), SWIN),
    Public("timm", "hiera_tiny_224", 64, FOUR, {"img_size": [64, 64], "embed_dim": 16, "stages": [1, 1, 1, 1]}),
    Public("timm", "pvt_v2_b0", 64, FOUR),
    Public("hf", "deit", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "data2vec-vision", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "vit_msn", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "ijepa", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "dinov2", 32, (4,), {**SMALL, **PLACES}),
    Public("hf", "dinov3_vit", 32, (4,), {**WIDE, **PLACES, "num_register_tokens": 4}),
    Public("hf", "dinov3_convnext", 64, FOUR, CONVNEXT),
    Public("hf", "clip_vision_model", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "siglip_vision_model", 32, (4,), {**WIDE, **PLACES}),
    Public("hf", "swinv2", 32, (8, 4), {"embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2], "window_size": 2,
                                        "image_size": 32, "patch_size": 4}),
    Public("hf", "convnext", 64, FOUR, CONVNEXT),
    Public("hf", "regnet", 64, FIVE, {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1],
                                      "groups_width": 8}, linear=False),
    Public("hf", "bit", 64, FOUR, {"embedding_size": 32, "hidden_sizes": [128] * 4, "depths": [1, 1, 1, 1]},
           linear=False),
    Public("hf", "mobilenet_v1", 64, FIVE, {"depth_multiplier": 0.25}, linear=False),
    Public("hf", "mobilevit", 64, FIVE, {"hidden_sizes": [16, 24, 32], "image_size": 64,
                                         "neck_hidden_sizes": [8, 8, 16, 16, 24, 32, 64]}),
    Public("hf", "mobilevitv2", 64, FIVE, {"image_size": 64, "width_multiplier": 0.25}, linear=False),
    Public("hf", "efficientnet", 64, FIVE, {"image_size": 64, "width_coefficient": 0.25, "depth_coefficient": 0.25,
                                            "hidden_dim": 320}, linear=False),
    Public("hf", "poolformer", 64, FOUR, {"hidden_sizes": [8, 12, 16, 16], "depths": [1, 1, 1, 1]}, linear=False),
    Public("hf", "segformer", 64, FOUR, STAGES),
    Public("hf", "pvt_v2", 64, FOUR, {**STAGES, "image_size": 64}),
    Public("hf", "hiera", 64, FOUR, {"image_size": [64, 64], "embed_dim": 8, "depths": [1, 1, 1, 1],
                                     "num_heads": [1, 1, 1, 1]}),
    Public("hf", "focalnet", 64, FOUR, {"image_size": 64, "embed_dim": 8, "depths": [1, 1, 1, 1]}),
    Public("hf", "levit", 64, (4, 2, 1), {"image_size": 64, "hidden_sizes": [8, 8, 16], "depths": [1, 1, 1],
                                          "num_attention_heads": [1, 1, 2], "key_dim": [4, 4, 4]}),
    Public("hf", "swiftformer", 64, FOUR, {"depths": [1, 1, 1, 1], "embed_dims": [8, 8, 16, 16]}),
)  # fmt: skip


def write(one: Public, path: Path) -> torch.nn.Module:
    """Save it as its library does, with its preprocessing; the library's own network."""
    torch.manual_seed(0)
    if one.library == "timm":
        model = timm.create_model(one.name, num_classes=7, **one.args)
    else:
        model = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(one.name, **one.args))
    for parameter in model.parameters():  # norms and gates begin at 1 or 0, where a mistake would hide
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    _settle(model, one.side)
    if one.library == "timm":
        about = {**model.pretrained_cfg, "input_size": (3, one.side, one.side), "mean": MEAN, "std": STD}
        model.pretrained_cfg = about
        fields = {"model_args": dict(one.args), "pretrained_cfg": {**about, "num_classes": 7}}
        save_for_hf(model, str(path), model_config=fields, safe_serialization=True)
    else:
        model.save_pretrained(path)
        size = {"height": one.side, "width": one.side}
        transformers.ViTImageProcessor(size=size, image_mean=MEAN, image_std=STD).save_pretrained(path)
    return model.eval()


def _settle(model: torch.nn.Module, side: int) -> None:
    """Statistics of the batch norms as training leaves them; else what deep networks say would fade away."""
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = None  # the plain mean of all batches
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _ in range(4 if norms else 0):
            model.train()(torch.randn(8, 3, side, side, generator=generator))
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


def pictures(side: int, count: int = 3) -> list[Picture.Image]:
    """Colour pictures of the network's own size, so that nothing is resampled."""
    generator = np.random.default_rng(0)
    return [Picture.fromarray(generator.integers(0, 256, (side, side, 3), np.uint8)) for _ in range(count)]


def pixels(one: Public, path: Path, images: list[Picture.Image]) -> torch.Tensor:
    """What the library's own preprocessing makes of pictures, [B, 3, H, W]."""
    if one.library == "hf":
        return transformers.AutoImageProcessor.from_pretrained(path)(images, return_tensors="pt")["pixel_values"]
    change: Any = create_transform((3, one.side, one.side), mean=MEAN, std=STD, crop_pct=1.0, is_training=False)
    return torch.stack([change(image) for image in images])


def features(one: Public, model: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The library's own last features [B, N, D] or maps, and what it pools of them (None where it does not say)."""
    if one.library == "timm":
        last = model.forward_features(x)
        return last, model.forward_head(last, pre_logits=True)
    hiding = {}
    if one.name == "vit_mae":  # nothing hidden, and in order
        model.config.mask_ratio = 0.0
        hiding = {"noise": torch.arange(16.0).expand(len(x), 16)}
    out = model(pixel_values=x, **hiding)
    pooled = out.get("pooler_output")
    return out.last_hidden_state, None if pooled is None else pooled.flatten(1)


def scales(one: Public, model: Any, x: torch.Tensor) -> list[torch.Tensor]:
    """The maps [B, D, H, W] that the library itself hands to detectors, finest first."""
    if one.library == "timm":
        theirs = timm.create_model(one.name, features_only=True, **one.args).eval()
        names = {name: name for name in theirs.state_dict()}
        names |= {name.replace("stages_", "stages.").replace("layers_", "layers."): name for name in names}
        names |= {name.replace("stem_", "stem."): own for name, own in names.items()}
        theirs.load_state_dict({names[n]: t for n, t in model.state_dict().items() if n in names}, strict=True)
        return [maps.permute(0, 3, 1, 2) if "swin" in one.name else maps for maps in theirs(x)]
    if one.name == "swin":
        out = model(pixel_values=x, output_hidden_states=True, output_hidden_states_before_downsampling=True)
        return list(out.reshaped_hidden_states[1:])
    hidden = {maps.shape[2]: maps for maps in model(pixel_values=x, output_hidden_states=True).hidden_states}
    return [hidden[side] for side in one.grids if side in hidden]
