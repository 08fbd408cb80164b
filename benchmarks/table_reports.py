"""Reports of tables: how long their sections take, and whether labels that were changed are found.

    python benchmarks/table_reports.py --data CSV --target COLUMN [--rows N] [--flip 0.03] [--seed 0]

A share of the train labels is changed to another class, a model learns from them (80 % of the rows), and the section on
labels names rows in doubt. A line of JSON: seconds of the sections, and of the rows in doubt how many were changed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import headstart as hs
from headstart.evaluation.columns import contradicted
from headstart.evaluation.evaluate import evaluate
from headstart.reports import by_column


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--flip", type=float, default=0.03)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draw, place = np.random.default_rng(asked.seed), Path(tempfile.mkdtemp())
    table = pd.read_csv(asked.data).sample(frac=1, random_state=asked.seed)[: asked.rows].reset_index(drop=True)
    cut = int(0.8 * len(table))
    classes = table[asked.target].unique()
    changed = np.sort(draw.permutation(cut)[: round(asked.flip * cut)])
    for row in changed:
        others = classes[classes != table.loc[row, asked.target]]
        table.loc[row, asked.target] = draw.choice(others)
    table["split"] = np.where(np.arange(len(table)) < cut, "train", "test")
    table.to_csv(place / "t.csv", index=False)
    data = hs.prepare(place / "t.csv", target=asked.target, modality="table", out=place / "data", near="keep")
    model = hs.finetune(data, start="scratch", backbone="boosting", out=place / "model")
    scores = evaluate(model, data)
    began = time.perf_counter()
    by_column.sections(scores, model, data, learned=data.rows("train"), seed=asked.seed)
    seconds = time.perf_counter() - began
    doubts = contradicted.of_learned(model.task, data, data.rows("train"), asked.seed)
    assert doubts is not None
    named = [int(one.rpartition(":")[2]) - 2 for one in data.origins_of(np.array([one.row for one in doubts.rows]))]
    hits = np.isin(named, changed)
    told = {
        "rows": len(table), "seconds": round(seconds, 1), "asked": doubts.asked, "in doubt": len(named),
        "changed": round(len(changed) * doubts.asked / cut),
        "of these changed": int(hits.sum()), "of the first 12": int(hits[:12].sum()),
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
