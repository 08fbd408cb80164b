"""Are the inner layers of a network for one kind of data a start for another kind? By `gain`, with a control.

    python benchmarks/across.py text_dna series_audio dna_dna --data PATH --out runs/across

A small encoder learns without labels from one kind of data; its inner layers begin an encoder for another kind
(`core:MODEL`), all of whose weights then learn. Rivals are those of `gain` (the same network from scratch, the usual
network from scratch, the simple model), and the inner layers of a control that learned as long from the same rows
without their order: words, letters and hours are drawn from all rows at random. `dna_dna` stays within one kind, as a
pair that might gain. Needs pandas and soundfile.
"""

from __future__ import annotations

import argparse
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import carried
import headstart as hs

SMALL = {"backbone.width": 64, "backbone.depth": 3, "plan.batch": 32}
Source = Callable[[Path, bool], tuple[Any, dict[str, Any]]]


def mixed(rows: list[str], between: str) -> list[str]:
    """Rows as long as before, of pieces of all rows drawn at random without putting back."""
    pieces = [row.split(between) if between else list(row) for row in rows]
    drawn = np.random.default_rng(0).permutation([one for row in pieces for one in row]).tolist()
    return [between.join(drawn.pop() for _ in row) for row in pieces]


def texts(data: Path, shuffled: bool) -> tuple[Any, dict[str, Any]]:
    rows = carried.sentences("ag_news")(data)[0]
    return pd.DataFrame({"text": mixed(rows, " ") if shuffled else rows}), {
        "modality": "text", "settings": {"vocab": 1_000, "length": 64},
    }  # fmt: skip


def plants(data: Path, shuffled: bool) -> tuple[Any, dict[str, Any]]:
    rows = carried.PLANT(data)[0]
    return pd.DataFrame({"sequence": mixed(rows, "") if shuffled else rows}), {"modality": "sequence"}


def temperatures(data: Path, shuffled: bool) -> tuple[Any, dict[str, Any]]:
    frame = pd.read_csv(next((data / "ts_etth1").glob("*.csv.gz")))
    if shuffled:
        order = np.random.default_rng(0).permutation(len(frame))
        frame = frame.iloc[order].assign(date=frame.date.to_numpy())
    return frame, {"time": "date", "target": "OT", "modality": "series"}


def promoters(data: Path, place: Path) -> Any:
    rows = carried.ECOLI(data)
    table = carried.part(rows, np.random.default_rng(0).permutation(len(rows[1])), "sequence")
    return hs.prepare(table, out=place, target="label", modality="sequence", split="train=.7,test=.3")


def digits(data: Path, place: Path) -> Any:
    files = place.with_name("recordings")
    if not files.exists():
        zipfile.ZipFile(data / "fsdd" / "recordings.zip").extractall(files)
    told = pd.read_csv(data / "fsdd" / "metadata.csv")[["file", "label", "split"]]
    told.to_csv(files / "told.csv", index=False)
    return hs.prepare(files / "told.csv", out=place, input="file", target="label", modality="audio")


PAIRS: dict[str, tuple[Source, Callable[[Path, Path], Any], str]] = {
    "text_dna": (texts, promoters, "AG News -> promoters of E. coli"),
    "series_audio": (temperatures, digits, "transformer temperatures -> spoken digits"),
    "dna_dna": (plants, promoters, "promoters of Arabidopsis -> of E. coli"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", choices=list(PAIRS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--before", type=int, default=500, help="steps of pretraining")
    parser.add_argument("--steps", type=int, default=60, help="steps on the labels")
    given = parser.parse_args()
    for name in given.pairs:
        source, target, words = PAIRS[name]
        place, starts, began = given.out / name, [], time.process_time()
        for shuffled in (False, True):
            start = place / ("control" if shuffled else "start")
            rows, said = source(given.data, shuffled)
            store = hs.prepare(rows, out=place / f"rows of {start.name}", **said)
            learned = hs.pretrain(store, out=start, backbone="encoder", objective="masked", steps=given.before,
                                  settings=SMALL, quiet=True)  # fmt: skip
            starts.append(f"core:{start}")
            print(f"  {start.name}: loss {learned.scores['loss']:.3f}, {time.process_time() - began:.0f} s", flush=True)
        plan = {"plan.batch": 32, "plan.steps": given.steps}
        proof = hs.gain(target(given.data, place / "target"), start=starts[0], against=starts[1:], tuning="full",
                        labels=[given.labels], seeds=given.seeds, out=place / "gain", settings=plan)  # fmt: skip
        print(f"{words}, {time.process_time() - began:.0f} s: {proof.verdict}: {proof.sentence}")
        for one in proof.result.budgets[0].evidence.rivals:
            print(f"  {100 * one.gain.value:+.1f} [{100 * one.gain.low:.1f}, {100 * one.gain.high:.1f}] {one.words}")
        for arm, score in proof.result.budgets[0].scores.items():
            print(f"  {arm} {score.value:.3f} [{score.low:.3f}, {score.high:.3f}]", flush=True)


if __name__ == "__main__":
    main()
