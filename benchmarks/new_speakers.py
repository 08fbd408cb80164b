"""Accuracy on speakers whom a model has never heard: each speaker of the Free Spoken Digit Dataset is left out once.

    python benchmarks/new_speakers.py --data fsdd/ --out runs/speakers [--speakers lucas,george] [--seed 0] \\
        [modality.mels=40 plan.epochs=30 ...]

Settings are those of `finetune`, and of the modality for `prepare`; with `--pretrain kmeans` the start is a dictionary
of patches of the train rows (settings that begin with objective. or backbone. are its own), else it is scratch.
Finished models in --out are not made again. Prints a line a speaker, and the mean with the standard error over
speakers. With `--beside SPEAKER` that speaker is left out of everything too: to choose settings by other speakers than
the one in question.
"""

from __future__ import annotations

import argparse
import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

import headstart as hs
from headstart.assemble import pretraining
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.training.linear.solve import fit_classes
from headstart.training.run.run import Run

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with metadata.csv and recordings.zip")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--speakers", default=",".join(SPEAKERS))
    parser.add_argument("--beside", default="", help="a speaker who is left out of everything")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backbone", default="cnn", help="from scratch")
    parser.add_argument("--pretrain", default="", help="objective of a start made from the train rows")
    parser.add_argument("settings", nargs="*", help="key=value")
    asked = parser.parse_args()
    settings = {name: value_of(text) for name, _, text in (one.partition("=") for one in asked.settings)}
    asked.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, float] = {}
    for speaker in asked.speakers.split(","):
        table = written(asked.data, asked.out, speaker, asked.beside)
        found[speaker] = accuracy(table, asked.out / speaker, asked, settings)
        print(f"{speaker:10} {found[speaker]:.3f}", flush=True)
    values = np.array(list(found.values()))
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    print(f"{'mean':10} {values.mean():.3f} +- {error:.3f}")


def value_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def written(data: Path, out: Path, speaker: str, beside: str) -> Path:
    """A table of the recordings, those of the speaker as test rows; the recordings lie beside it."""
    if not (out / "recordings").is_dir():
        with zipfile.ZipFile(data / "recordings.zip") as archive:
            archive.extractall(out / "recordings")
    with (data / "metadata.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["speaker"] != beside]
    place = out / f"{speaker}.csv"
    with place.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "speaker", "split"])
        for row in rows:
            split = "test" if row["speaker"] == speaker else "train"
            table.writerow([f"recordings/{row['file']}", row["label"], row["speaker"], split])
    return place


def accuracy(table: Path, out: Path, asked: argparse.Namespace, settings: dict[str, Any]) -> float:
    """Of a model on the test rows."""
    if not (out / "headstart.json").is_file():
        parts = {name: part_of(settings, name) for name in ("modality", "objective", "backbone")}
        store = hs.prepare(table, settings=parts["modality"])
        rest = {name: value for name, value in settings.items() if not any(name in part for part in parts.values())}
        if asked.pretrain:
            return probed(store, {**parts["objective"], **parts["backbone"]}, rest, asked)
        rest |= parts["backbone"]
        hs.finetune(store, start="scratch", backbone=asked.backbone, settings=rest, seed=asked.seed, out=out,
                    overwrite=True)  # fmt: skip
    facts = json.loads((out / "headstart.json").read_text())
    return float(facts["scores"]["accuracy"])


def probed(store: Store, own: dict[str, Any], rest: dict[str, Any], asked: argparse.Namespace) -> float:
    """Of a probe on features solved from the train rows: what `pretrain` and `finetune` do, without reports."""
    parts = pretraining(override(Recipe(seed=asked.seed), {"objective.kind": asked.pretrain, **own}), store)
    for _ in Run(parts.trainee, parts.batches, parts.plan, parts.tuning):
        pass
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    rows = {split: store.rows(split) for split in ("train", "test")}
    features = {split: predictor.features(store, found) for split, found in rows.items()}
    classes, labels = np.unique(store.labels_of(rows["train"]), return_inverse=True)
    solver = str(rest.get("tuning.solver", "auto"))
    fit = fit_classes(features["train"], labels, len(classes), solver=solver, seed=asked.seed)
    answers = classes[(features["test"] @ fit.weight + fit.bias).argmax(1)]
    return float((answers == np.array(store.labels_of(rows["test"]))).mean())


def part_of(settings: dict[str, Any], part: str) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name.startswith(f"{part}.")}


if __name__ == "__main__":
    main()
