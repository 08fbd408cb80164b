"""Networks and augmentations of pictures that are not of three colours."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from headstart.core import catalog
from headstart.data.modalities.image.image import Image
from tests.helpers.specs import picture_spec

SPEC = picture_spec(5, 32, 32)
VIT = {"model_type": "vit", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32,
       "intermediate_size": 16, "patch_size": 8}  # fmt: skip
NETWORKS: dict[str, dict[str, Any]] = {
    "dictionary": {}, "linear": {}, "mlp": {}, "cnn": {}, "resnet": {}, "vit": {"width": 16, "depth": 1, "heads": 2},
    "timm": {"architecture": "resnet18", "model_args": {"layers": [1, 1, 1, 1], "channels": [8, 8, 8, 8]}},
    "hf": {"config": VIT},
}  # fmt: skip


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_network_for_pictures_reads_each_of_five_channels(kind: str) -> None:
    torch.manual_seed(0)
    network = catalog.load("backbones", kind)(SPEC, **NETWORKS[kind]).eval()
    x = torch.rand(2, 5, 32, 32)
    before = network.summary(network({"x": x}))
    for channel in range(5):
        changed = x.clone()
        changed[:, channel] = changed[:, channel].flip(1)
        assert not torch.allclose(network.summary(network({"x": changed})), before, atol=1e-7)


def test_saturation_and_gray_leave_other_channels_as_they_are_and_contrast_keeps_their_means() -> None:
    modality = Image.of((8, 8), 5, [0.0] * 5, [1.0] * 5)
    batch = {"x": torch.randint(60, 200, (4, 5, 8, 8), dtype=torch.uint8), "key": torch.arange(4)}
    augment = modality.augment
    colours = augment(modality, shift=0, jitter=(0.0, 0.0, 0.8), gray=1.0).train()
    torch.testing.assert_close(colours(batch)["x"], modality.ready(batch)["x"])
    contrast = augment(modality, shift=0, jitter=(0.0, 0.3, 0.0)).train()(batch)["x"]
    torch.testing.assert_close(contrast.mean((2, 3)), modality.ready(batch)["x"].mean((2, 3)))
    assert not torch.allclose(contrast, modality.ready(batch)["x"])
