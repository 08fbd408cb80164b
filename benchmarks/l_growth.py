"""Row L: what growing costs: time and memory of prepare, pretrain and gain at 1, 10 and 100 times the data.

    python benchmarks/l_growth.py --data PATH                              # pictures
    python benchmarks/l_growth.py --text --base 2000 --factors 1 10        # texts: 2 minutes; 100 too: 15

Every verb at every size runs in a fresh process with one thread of torch. Texts are made up, 5 to 40 words each; they
are prepared with a search for near duplicates, masked words are guessed for one epoch, and one epoch of fine-tuning
with all labels follows, with its scores. Nothing is compared with a peer.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

import headstart as hs
from corpus import write_table
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


def prepare_texts(table: Path, out: Path) -> None:
    """A table of texts and labels -> a prepared directory; the vocabulary is fixed, so that the network is."""
    hs.prepare(table, out=out / "data", settings={"vocab": 4000, "length": 64})


def pretrain_texts(table: Path, out: Path) -> None:
    """One epoch of a small encoder that guesses masked words."""
    torch.set_num_threads(1)
    small = {"backbone.width": 64, "backbone.depth": 2, "backbone.heads": 1, "plan.precision": "float32"}
    hs.pretrain(out / "data", out=out / "model", backbone="encoder", objective="masked", epochs=1, settings=small)


def finetune_texts(table: Path, out: Path) -> None:
    """One epoch with all labels, from the pretrained encoder."""
    torch.set_num_threads(1)
    settings = {"plan.precision": "float32", "plan.min_steps": 0}
    hs.finetune(out / "data", start=out / "model", tuning="full", epochs=1, out=out / "tuned", settings=settings)


Verbs = Mapping[str, Callable[..., None]]
VERBS: Verbs = {"prepare": prepare, "pretrain": pretrain, "gain": gain}
TEXT_VERBS: Verbs = {"prepare": prepare_texts, "pretrain": pretrain_texts, "finetune": finetune_texts}


def slope(few: float, many: float, times: float) -> float:
    """The power of the number of rows by which a cost grows: 1 is linear."""
    return math.log(max(many, 1e-3) / max(few, 1e-3)) / math.log(times)


def measure(
    verbs: Verbs, write: Callable[[int, Path], tuple[Path, ...]], base: int, factors: list[int]
) -> dict[str, dict[int, Cost]]:
    """Every verb at every size, each in a fresh process. `write` puts so many rows into a folder."""
    found: dict[str, dict[int, Cost]] = {name: {} for name in verbs}
    for factor in factors:
        folder = Path(tempfile.mkdtemp())
        given = write(base * factor, folder)
        for name, verb in verbs.items():
            found[name][factor] = measured(verb, *given, folder)
    return found


def pictures_of(data: Path | None, most: int) -> Callable[[int, Path], tuple[Path, ...]]:
    """A writer of the first rows of `most` pictures and their labels."""
    images, labels = load(data, most)

    def write(rows: int, folder: Path) -> tuple[Path, ...]:
        np.save(folder / "x.npy", images[:rows])
        np.save(folder / "y.npy", labels[:rows])
        return folder / "x.npy", folder / "y.npy"

    return write


def write_texts(rows: int, folder: Path) -> tuple[Path, ...]:
    """A table of so many texts."""
    write_table(rows, folder / "texts.csv")
    return (folder / "texts.csv",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with the Fashion-MNIST IDX files")
    parser.add_argument("--base", type=int, default=600, help="rows at 1x")
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--text", action="store_true", help="texts instead of pictures")
    parser.add_argument("--quick", action="store_true", help="200 and 800 rows: does everything run?")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    if given.quick:
        given.base, given.factors = 200, [1, 4]
    verbs = TEXT_VERBS if given.text else VERBS
    write = write_texts if given.text else pictures_of(given.data, given.base * max(given.factors))
    found = measure(verbs, write, given.base, given.factors)
    few, many = given.factors[-2:]
    slopes = {name: slope(costs[few].processor, costs[many].processor, many / few) for name, costs in found.items()}
    if given.json:
        table = {name: {factor: asdict(cost) for factor, cost in costs.items()} for name, costs in found.items()}
        print(
            json.dumps(
                {"row": "L growth", "text": given.text, "rows": given.base, "costs": table, "slopes": slopes}, indent=1
            )
        )
        return
    kind = "texts" if given.text else "pictures"
    print(f"L growth, {given.base:,} {kind} at 1x; slope of the last step, 1 is linear, goal <= 1.1")
    print(f"{'verb':<10}{'rows':>10}{'wall s':>10}{'processor s':>14}{'memory MiB':>14}{'slope':>8}")
    for name, costs in found.items():
        for factor, cost in costs.items():
            line = (
                f"{name:<10}{given.base * factor:>10,}{cost.wall:>10.2f}{cost.processor:>14.2f}{cost.mebibytes:>14,.0f}"
            )
            print(line + (f"{slopes[name]:>8.2f}" if factor == many else ""))


if __name__ == "__main__":
    main()
