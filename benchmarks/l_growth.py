"""Row L: what growing costs: time and memory of prepare, pretrain and gain at 1, 10 and 100 times the data."""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

import headstart as hs
from fresh import Cost, measured
from pictures import load


def prepare(images: Path, labels: Path, out: Path) -> None:
    """Pixels and labels in memory -> a prepared directory."""
    hs.prepare((np.load(images), np.load(labels)), out=out / "data", near="keep")


def pretrain(images: Path, labels: Path, out: Path) -> None:
    """One epoch of the small autoencoder, with its looks at held-out rows, its checkpoints and its report."""
    torch.set_num_threads(1)
    hs.pretrain(out / "data", out=out / "model", backbone="mlp", objective="autoencoder", epochs=1)


def gain(images: Path, labels: Path, out: Path) -> None:
    """The proof at 100 labels with one seed; what grows are the rows it tests on."""
    torch.set_num_threads(1)
    hs.gain(out / "data", start=out / "model", labels=[100], seeds=1, out=out / "gain")


VERBS = {"prepare": prepare, "pretrain": pretrain, "gain": gain}


def slope(few: float, many: float, times: float) -> float:
    """The power of the number of rows by which a cost grows: 1 is linear."""
    return math.log(max(many, 1e-3) / max(few, 1e-3)) / math.log(times)


def measure(data: Path | None, base: int, factors: list[int]) -> dict[str, dict[int, Cost]]:
    """Every verb at every size, each in a fresh process."""
    images, labels = load(data, base * max(factors))
    found: dict[str, dict[int, Cost]] = {name: {} for name in VERBS}
    for factor in factors:
        folder = Path(tempfile.mkdtemp())
        given = (folder / "x.npy", folder / "y.npy", folder)
        np.save(given[0], images[: base * factor])
        np.save(given[1], labels[: base * factor])
        for name, verb in VERBS.items():
            found[name][factor] = measured(verb, *given)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the Fashion-MNIST IDX files")
    parser.add_argument("--base", type=int, default=600, help="rows at 1x")
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    found = measure(given.data, given.base, given.factors)
    few, many = given.factors[-2:]
    slopes = {name: slope(costs[few].processor, costs[many].processor, many / few) for name, costs in found.items()}
    if given.json:
        table = {name: {factor: asdict(cost) for factor, cost in costs.items()} for name, costs in found.items()}
        print(json.dumps({"row": "L growth", "rows": given.base, "costs": table, "slopes": slopes}, indent=1))
        return
    print(f"L growth, {given.base:,} rows at 1x; slope of the last step, 1 is linear, goal <= 1.1")
    print(f"{'verb':<10}{'rows':>10}{'wall s':>10}{'processor s':>14}{'memory MiB':>14}{'slope':>8}")
    for name, costs in found.items():
        for factor, cost in costs.items():
            line = (
                f"{name:<10}{given.base * factor:>10,}{cost.wall:>10.2f}{cost.processor:>14.2f}{cost.mebibytes:>14,.0f}"
            )
            print(line + (f"{slopes[name]:>8.2f}" if factor == many else ""))


if __name__ == "__main__":
    main()
