"""Masks on the pictures they were answered for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from headstart.core.contracts import Modality
from headstart.core.placement import Placed
from headstart.data.modalities.image.annotations import mask_of

LEGEND = "outlines of the answer in red, of the truth in green, of both in yellow"


def with_outlines(picture: Image.Image, answer: Mapping[str, Any], label: Any, modality: Modality) -> Image.Image:
    """A stored picture with the outlines of the answered mask and, where there is one, of the true mask."""
    assert isinstance(modality, Placed)
    pixels = np.array(picture.convert("RGB"))
    lines = [_outline(_stored(answer, modality))]
    lines.append(_outline(_stored(label, modality)) if label is not None else np.zeros_like(lines[0]))
    either = lines[0] | lines[1]
    pixels[either] = 0
    for channel, line in enumerate(lines):
        pixels[line, channel] = 255
    return Image.fromarray(pixels)


def shares_told(side: Mapping[str, Any]) -> str:
    """A line about an answer with a mask, or about the truth."""
    if "classes" in side:
        counted = [f"{side['objects']:,} objects"] if "objects" in side else []
        return ", ".join([f"{name} {share:.1%}" for name, share in side["classes"].items()] + counted)
    values, counts = np.unique(mask_of(side["label"], str(side.get("origin", ""))), return_counts=True)
    shares = [f"{value}: {share:.1%}" for value, share in zip(values, counts / counts.sum(), strict=True)]
    return ", ".join(shares) if len(shares) < 10 else f"{1 - counts[0] / counts.sum():.1%}, {len(values) - 1} objects"


def _stored(side: Mapping[str, Any], modality: Placed) -> np.ndarray:
    mask = mask_of(side, "a mask of the report")
    return modality.placement((mask.shape[0], mask.shape[1])).inward_mask(mask)


def _outline(mask: np.ndarray) -> np.ndarray:
    """Pixels above 0 that touch another number, bool [h, w]."""
    line = np.zeros(mask.shape, bool)
    down, across = mask[1:] != mask[:-1], mask[:, 1:] != mask[:, :-1]
    line[1:] |= down
    line[:-1] |= down
    line[:, 1:] |= across
    line[:, :-1] |= across
    return line & (mask > 0)
