"""Specs of data by their sizes alone, for networks that are built without a modality."""

from __future__ import annotations

from headstart.core.contracts.spec import Spec


def picture_spec(channels: int, height: int, width: int) -> Spec:
    """Pictures of one size."""
    return Spec("grid", {"channels": channels, "height": height, "width": width}, {}, {})


def text_spec(vocab: int, length: int = 64) -> Spec:
    """Token ids."""
    return Spec("ids", {"vocab": vocab, "length": length}, {}, {})


def sound_spec(length: int) -> Spec:
    """Samples of sound."""
    return Spec("steps", {"channels": 1, "length": length}, {}, {})
