"""A header of safetensors is judged before any library sees the file: every odd one is refused, a sound one is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headstart.core.errors import DataError
from headstart.models.trust.weights import inspect
from tests.helpers.hostile.headers import HEADERS, header, tensor


@pytest.mark.parametrize("name", HEADERS)
def test_an_odd_header_is_refused(name: str, tmp_path: Path) -> None:
    HEADERS[name](tmp_path)
    with pytest.raises(DataError, match=r"HS-D3(61|71|73)"):
        inspect(tmp_path / "model.safetensors")


def test_a_sound_header_is_not(tmp_path: Path) -> None:
    header(tmp_path, {"a": tensor([2], 0, 8), "b": tensor([1], 8, 12)}, bytes(12))
    assert inspect(tmp_path / "model.safetensors").shapes == {"a": (2,), "b": (1,)}


def test_a_sound_header_of_26_megabytes_is_refused(tmp_path: Path) -> None:
    header(tmp_path, json.dumps({"a": tensor([1])}).encode() + b" " * 26_000_000, bytes(4))
    with pytest.raises(DataError, match="a header of 26,0"):
        inspect(tmp_path / "model.safetensors")


def test_tensors_are_counted_however_their_keys_are_spelled(tmp_path: Path) -> None:
    entries = {f"t{number}": tensor([0], 0, 0) for number in range(50_001)}
    header(tmp_path, json.dumps(entries).replace("data_offsets", "data\\u005foffsets").encode())
    with pytest.raises(DataError, match="50,001 tensors"):
        inspect(tmp_path / "model.safetensors")
