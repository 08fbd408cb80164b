"""Tables of the literature with the model that `finetune` takes: bank marketing, German credit, California, adult.

    python benchmarks/tables.py SET --data PATH [--drop COLUMN] [--labels N] [--run N] [--backbone boosting]

PATH is the CSV file with its header; of adult the folder with train.csv and test.csv. Folds are stratified, with seeds
0, 1, 2: bank 3 folds of seed 0, German credit 3 times 3 folds, California 80/20 three times, adult its own parts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, train_test_split

import headstart as hs

TARGETS = {"bank": "y", "german": "risk", "california": "median_house_value", "adult": "income"}
SCORES = {"bank": "auc", "german": "auc", "california": "rmse", "adult": "auc"}


def parts(name: str, path: Path) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Train and test rows of every run."""
    if name == "adult":
        yield pd.read_csv(path / "train.csv"), pd.read_csv(path / "test.csv")
        return
    table = pd.read_csv(path)
    for seed in range(1 if name == "bank" else 3):
        if name == "california":
            train, test = train_test_split(table, test_size=0.2, random_state=seed)
            yield train, test
            continue
        folds = StratifiedKFold(3, shuffle=True, random_state=seed)
        for train, test in folds.split(table, table[TARGETS[name]]):
            yield table.iloc[train], table.iloc[test]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(TARGETS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drop", default="")
    parser.add_argument("--labels", type=int)
    parser.add_argument("--run", type=int, help="this one alone")
    parser.add_argument("--backbone", default="boosting")
    parser.add_argument("settings", nargs="*")
    asked = parser.parse_args()
    found: list[float] = []
    for number, (train, test) in enumerate(parts(asked.name, asked.data)):
        if asked.run not in (None, number):
            continue
        given: Any = {"train": train.drop(columns=asked.drop.split(",") if asked.drop else []), "test": test}
        out, began = tempfile.mkdtemp(), time.perf_counter()
        settings = dict(one.split("=") for one in asked.settings)
        model = hs.finetune(
            given, target=TARGETS[asked.name], modality="table", backbone=asked.backbone, labels=asked.labels,
            seed=number, out=Path(out) / "model", settings=settings or None,
        )  # fmt: skip
        scores = json.loads((Path(out) / "model" / "headstart.json").read_text())["scores"]
        score = scores[SCORES[asked.name]]
        found.append(score)
        print(f"{number}: {SCORES[asked.name]} {score:.4f} in {time.perf_counter() - began:.0f} s", flush=True)
        del model
        shutil.rmtree(out)
    print(f"{asked.name}: {np.mean(found):.4f} +- {np.std(found):.4f} of {len(found)} runs")


if __name__ == "__main__":
    main()
