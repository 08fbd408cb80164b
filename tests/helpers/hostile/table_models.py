"""Our own models of tables, spoiled: trees that lead nowhere, and columns that no preparation writes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.hostile.case import Spoil, case
from tests.helpers.hostile.configs import written


def trees(name: str, value: float, *, place: tuple[int, ...] = (0, 0)) -> Spoil:
    """One number of the trees replaced, by the name of its tensor."""

    def spoil(path: Path) -> None:
        from safetensors.torch import load_file, save_file

        tensors = load_file(path / "model.safetensors")
        tensors[f"sums.{name}"][place] = value
        save_file(tensors, path / "model.safetensors", {"format": "pt"})

    return spoil


def table(change: Callable[[dict[str, Any]], object]) -> Spoil:
    """What is said of the columns changed."""

    def spoil(path: Path) -> None:
        fields = json.loads((path / "table.json").read_text("utf-8"))
        change(fields)
        (path / "table.json").write_text(json.dumps(fields), "utf-8")

    return spoil


def facts(**sizes: int) -> Spoil:
    """Sizes that the columns do not have."""

    def spoil(path: Path) -> None:
        config = json.loads((path / "config.json").read_text("utf-8"))
        config["headstart"]["facts"] |= sizes
        (path / "config.json").write_text(json.dumps(config), "utf-8")

    return spoil


TREES: dict[str, Spoil] = {
    "a column beyond the last": trees("feature", 10**6),
    "a column before the first": trees("feature", -1),
    "a child beyond the last node": trees("left", 32_000),
    "a child before the first node": trees("right", -5),
    "a cycle": trees("left", 0, place=(0, 1)),
    "a threshold of NaN": trees("threshold", float("nan")),
    "a value of infinity": trees("value", float("inf")),
    "an output beyond the last": trees("output", 99, place=(0,)),
    "more trees than there are": trees("extent", 10**12, place=(0,)),
    "levels without end": trees("extent", 2**62, place=(1,)),
    "fewer than no trees": trees("extent", -1, place=(0,)),
    "a first sum of NaN": trees("offset", float("nan"), place=(0,)),
}
TABLES: dict[str, Spoil] = {
    "no list": written("table.json", b"[]"),
    "levels": written("table.json", b"[" * 100_000),
    "100 MB": lambda path: os.truncate(path / "table.json", 100_000_000),
    "columns of an unknown kind": table(lambda t: t["columns"][0].update(kind="os:system")),
    "columns that are a number": table(lambda t: t.update(columns=7)),
    "a column twice": table(lambda t: t["columns"].append(t["columns"][-1])),
    "a column less": table(lambda t: t["columns"].pop()),
    "categories behind numbers": table(lambda t: t["columns"].reverse()),
    "10^9 codes": table(lambda t: t["plain"].update(codes=[10**9])),
    "codes below 0": table(lambda t: t["plain"].update(codes=[-5])),
    "codes without names": table(lambda t: t["plain"].update(codes=[50])),
    "10^5 categories": table(lambda t: t["columns"][0].update(words=[str(n) for n in range(10**5)])),
    "a deviation of 0": table(lambda t: t["plain"]["std"].__setitem__(0, 0.0)),
    "a mean of NaN": table(lambda t: t["plain"]["mean"].__setitem__(0, float("nan"))),
    "a median of infinity": table(lambda t: t["plain"]["fill"].__setitem__(0, float("inf"))),
    "a gap beyond the last number": table(lambda t: t["plain"].update(gaps=[10**6])),
    "the same gap 10^6 times": table(lambda t: t["plain"].update(gaps=[0] * 10**6)),
    "a form of numbers that is a sentence": table(
        lambda t: t["columns"][-1].update(kind="number", form=["a sentence", "(", "["])),
    "a way of dates that is none": table(lambda t: t["columns"][-2].update(kind="date", way="%" * 10**4)),
    "nothing learned": table(lambda t: t.update(plain=None)),
}  # fmt: skip
FACTS: dict[str, Spoil] = {
    "cells that are not there": facts(cells=10**6),
    "columns that are not there": facts(columns=10**6),
    "categories that are not there": facts(categories=50),
}

for name, spoil in TREES.items():
    case("table", f"trees with {name}", "no training makes", spoil)
for name, spoil in TABLES.items():
    case("table", f"table.json with {name}", "columns|not as it was written", spoil)
for name, spoil in FACTS.items():
    case("table", f"facts with {name}", "not those of the network", spoil)
