"""Tiny pictures, their modality and a backbone for the objectives' own tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import random
from headstart.core.contracts import Batch
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.modalities.image.image import Image


@pytest.fixture
def pictures() -> Batch:
    """96 smooth grey pictures 12 x 12 with their keys."""
    coarse = torch.rand(96, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    x = torch.nn.functional.interpolate(coarse, size=(12, 12), mode="bicubic").clamp(0, 1).mul(255).to(torch.uint8)
    return {"x": x, "key": random.keys(0, 0, torch.arange(96))}


@pytest.fixture
def augment(pictures: Batch) -> Callable[..., Augment]:
    def build(scale: str = "standard", **settings: Any) -> Augment:
        modality = Image(scale=scale)  # pyright: ignore[reportArgumentType]
        modality.fit([{"input": np.zeros((12, 12), np.uint8)}], Budget())
        modality.fit_stored([{"x": pictures["x"].numpy()}])
        return Augment(modality, **settings)

    return build


@pytest.fixture(autouse=True)
def _same_start() -> None:
    torch.manual_seed(0)
