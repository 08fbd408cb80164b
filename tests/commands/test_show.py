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


def test_show_raw_data(headstart: Headstart, photos: Path, tmp_path: Path) -> None:
    shown = headstart("show", photos, "--json").json
    assert (sum(shown["splits"].values()), shown["modality"]) == (12, "image")
    table = tmp_path / "t.csv"
    table.write_text("asked,mark\n" + "".join(f"number {n} of the texts,{'ab'[n % 2]}\n" for n in range(40)))
    shown = headstart("show", table, "--input", "asked", "--target", "mark", "--json").json
    assert [one.partition(" (")[0] for one in shown["used"]] == ["column asked as text", "column mark as label"]
    assert headstart("show", "digits", "--json").json["splits"]["test"] == 194
    (tmp_path / "empty").mkdir()
    assert "an empty folder" in headstart("show", tmp_path / "empty").err
