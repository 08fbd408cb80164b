"""Batches of pretraining that suit a modality where nobody names one."""

from __future__ import annotations

import pytest

from headstart.core.contracts.choice import Circumstances
from headstart.data.modalities.image.defaults import PictureDefaults
from headstart.data.modalities.text.defaults import TextDefaults
from tests.helpers.specs import picture_spec, text_spec


@pytest.mark.parametrize(
    ("rows", "side", "device", "size"),
    [
        (60_000, 32, "cpu", 256),
        (1_400, 32, "cpu", 256),
        (208, 32, "cpu", 32),
        (60_000, 128, "cpu", 64),
        (60_000, 512, "cpu", 16),
        (60_000, 512, "cuda", 256),
        (208, 512, "cuda", 32),
        (10, 32, "cpu", 16),
    ],
)
def test_few_or_large_pictures_make_small_batches(rows: int, side: int, device: str, size: int) -> None:
    assert PictureDefaults().batch(256, Circumstances(picture_spec(3, side, side), rows, device)) == size


def test_texts_keep_their_batches_and_small_advice_is_kept() -> None:
    assert TextDefaults().batch(256, Circumstances(text_spec(100), 40, "cpu")) == 256
    assert PictureDefaults().batch(8, Circumstances(picture_spec(3, 32, 32), 60_000, "cpu")) == 8
