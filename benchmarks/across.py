"""Are the inner layers of a network for one kind of data a start for another kind? Under the arms of `gain`.

    python benchmarks/across.py text_dna dna_text series_audio --data PATH --out runs/across --seeds 5

A small encoder learns without labels from one kind of data; its inner layers begin an encoder for another kind
(`core:MODEL`), all of whose weights then learn. The rival is the same network from scratch with the same tuning, plan
and labelled rows; the simple model and the same number of steps are told too. Needs pandas and soundfile.
"""

from __future__ import annotations

import argparse
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import carried
import headstart as hs
from headstart.assemble import open_store
from headstart.core.recipe import Recipe, override
from headstart.evaluation.gain import conclude, planned_cells, train_cells

SMALL = {"backbone.width": 64, "backbone.depth": 3}
KEPT = ("pretrained", "scratch", "baseline", "constant")


def table(rows: carried.Rows, form: str, most: int) -> Any:
    return carried.part(rows, np.random.default_rng(0).permutation(len(rows[1]))[:most], form)


def texts(data: Path, place: Path) -> Any:
    return hs.prepare(table(carried.sentences("ag_news")(data), "text", 6000), out=place, target="label")


def promoters(data: Path, place: Path) -> Any:
    return hs.prepare(table(carried.ECOLI(data), "sequence", 3000), out=place, target="label", modality="sequence")


def opinions(data: Path, place: Path) -> Any:
    return hs.prepare(table(carried.sentences("sst2")(data), "text", 3000), out=place, target="label")


def genes(data: Path, place: Path) -> Any:
    return hs.prepare(table(carried.PLANT(data), "sequence", 4000), out=place, target="label", modality="sequence")


def temperatures(data: Path, place: Path) -> Any:
    frame = pd.read_csv(next((data / "ts_etth1").glob("*.csv.gz")))
    return hs.prepare(frame, out=place, time="date", target="OT", modality="series")


def digits(data: Path, place: Path) -> Any:
    files = place.with_name("recordings")
    if not files.exists():
        zipfile.ZipFile(data / "fsdd" / "recordings.zip").extractall(files)
    told = pd.read_csv(data / "fsdd" / "metadata.csv")[["file", "label", "split"]]
    told.to_csv(files / "told.csv", index=False)
    return hs.prepare(files / "told.csv", out=place, input="file", target="label", modality="audio")


PAIRS: dict[str, tuple[Callable[[Path, Path], Any], Callable[[Path, Path], Any], str]] = {
    "text_dna": (texts, promoters, "AG News -> promoters of E. coli"),
    "dna_text": (genes, opinions, "promoters of Arabidopsis -> SST-2"),
    "series_audio": (temperatures, digits, "transformer temperatures -> spoken digits"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", choices=list(PAIRS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--before", type=int, default=300, help="steps of pretraining")
    parser.add_argument("--steps", type=int, default=80, help="steps on the labels")
    given = parser.parse_args()
    for name in given.pairs:
        before, after, words = PAIRS[name]
        place = given.out / name
        source, target = before(given.data, place / "source"), after(given.data, place / "target")
        own = {**SMALL, "plan.batch": 32, "plan.steps": given.before}
        hs.pretrain(source, out=place / "start", backbone="encoder", objective="masked", settings=own, quiet=True)
        said: dict[str, Any] = {"start": f"core:{place / 'start'}", "tuning.kind": "full", "plan.batch": 32,
                                "plan.steps": given.steps}  # fmt: skip
        recipe, store = open_store(override(Recipe(verb="gain"), said), target)
        planned = planned_cells(recipe, store, labels=[given.labels], seeds=given.seeds)
        cells = list(train_cells([one for one in planned if one[0].name in KEPT], store, folder=place / "gain"))
        proof = conclude(recipe, store, cells)
        print(f"{words}: {proof.verdict.verdict}: {proof.verdict.sentence}", flush=True)


if __name__ == "__main__":
    main()
