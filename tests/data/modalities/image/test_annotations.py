"""Labels that lie in a picture."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.annotations import mask_of, packed
from headstart.data.modalities.image.image import Image

MASK = np.arange(12, dtype=np.int32).reshape(3, 4)


@pytest.mark.parametrize("most", [1, 255, 256, 60_000])
def test_numbers_survive_being_packed(most: int) -> None:
    mask = MASK * (most // 11)
    assert (mask_of({"mask": packed(mask)}, "a", Budget()) == mask).all()


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ({"mask": "no base 64!"}, "HS-D126"),
        ({"mask": base64.b64encode(b"\x89PNG nothing").decode()}, "HS-D126"),
        ({"mask": packed(np.zeros((3, 5), np.int32))}, "HS-D125"),
        ({"size": [3, 5], "boxes": [], "labels": []}, "HS-D125"),
        ({"size": [3, 4], "boxes": [[0, 0, 1, 1]], "labels": []}, "HS-D126"),
        ({"size": [3, 4], "boxes": [[0, 0, float("nan"), 1]], "labels": ["a"]}, "HS-D126"),
        ({"size": [3, 4], "boxes": [[0, 0, 1]], "labels": ["a"]}, "HS-D126"),
    ],
)
def test_what_does_not_belong_to_the_picture_is_refused(label: dict[str, Any], code: str) -> None:
    with pytest.raises(DataError) as caught:
        Image().read({"input": np.zeros((3, 4), np.uint8), "label": label, "origin": "a.png"}, Budget())
    assert caught.value.code == code
    assert "a.png" in str(caught.value)


def test_pictures_with_labels_in_them_are_kept_whole() -> None:
    label = {"size": [480, 640], "boxes": [[0, 0, 640, 480]], "labels": ["all"]}
    examples = [{"input": np.zeros((480, 640, 3), np.uint8), "label": label, "origin": "a"}]
    modality = Image()
    modality.fit(examples, Budget())
    assert modality.spec.sizes == {"channels": 3, "height": 240, "width": 320}
    assert modality.placement.of((480, 640)).part == (0, 0, 640, 480)
    stored = modality.encode(modality.read(examples[0], Budget()))
    assert stored["size"].tolist() == [480, 640]
    assert modality.spec.key == {"channels": 3, "size": (240, 320), "fit": "stretch"}
    other = Image(**modality.spec.key)
    other.fit(examples, Budget())
    assert other.spec.key == modality.spec.key


def test_a_modality_can_lay_pictures_as_another_does_and_keep_its_own_statistics() -> None:
    covering, stretching = Image(size=8), Image(size=8, fit="stretch", scale="unit")
    for made, value in ((covering, 10), (stretching, 200)):
        made.fit([{"input": np.zeros((16, 32), np.uint8)}], Budget())
        made.fit_stored([{"x": np.full((1, 1, 8, 8), value, np.uint8)}])
    found = covering.placement.like(stretching)
    assert found.spec.key == stretching.spec.key != covering.spec.key
    assert found.placement.of((16, 32)) == stretching.placement.of((16, 32)) != covering.placement.of((16, 32))
    assert (found.mean, found.scale) == (covering.mean, "standard")
    assert found.placement.like(covering).spec.key == covering.spec.key
