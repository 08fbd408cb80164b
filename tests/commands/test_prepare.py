"""prepare from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import headstart as hs

Headstart = Callable[..., Any]


def test_prepare_counts_rows_and_prints_the_promised_keys(headstart: Headstart, photos: Path, tmp_path: Path) -> None:
    words = ["prepare", photos, "--out", tmp_path / "data", "--near", "keep", "--split", "train=.5,test=.5"]
    told = headstart(*words, "--json", "modality.channels=3")
    assert told.code == 0
    assert told.json["kept"] == sum(told.json["splits"].values()) == 12
    assert told.json["rejected"] == {}
    assert hs.prepare(tmp_path / "data").modality.spec.sizes["channels"] == 3
    assert headstart(*words, "modality.channels=3").code == 0  # the same again
    assert headstart(*words).code == 2
    assert headstart("verify", tmp_path / "data").code == 0
