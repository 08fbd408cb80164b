"""show: a model, a data set, a kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Headstart = Callable[..., Any]


def test_show_a_model_a_data_set_and_a_kind(headstart: Headstart, tuned: Path, cache: Path) -> None:
    shown = headstart("show", tuned, "--json").json
    assert shown["lineage"][0]["verb"] == "pretrain"
    assert "accuracy" in shown["scores"]
    data = next(p for p in cache.iterdir() if p.name.startswith("digits"))
    assert headstart("show", data, "--json").json["splits"]["test"] == 194
    kind = headstart("show", "objective", "masked", "--json")
    assert kind.json["settings"]["hide"] == "auto"
    assert "objective.hide = 'auto'" in kind.out
    assert headstart("show", "objectives", "masked").code == 0
    assert headstart("show", "modality", "image").code == 0
