"""Many rows of a table from a CSV file to a scored model: seconds and memory beside scikit-learn and CatBoost.

    python benchmarks/table_rows.py ROWS [--columns 20] [--ways headstart,scikit-learn,catboost]

Every way is a process of its own on one file, made here (12 numbers, 6 categories of 8 names, a date, a category of
300 names; a rule of products and categories, with noise): read it, hold a tenth out, train, score the AUC. CatBoost
runs where it is installed, with its defaults. `--columns` of more than 20 adds numbers that mean nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("headstart", "scikit-learn", "catboost")
_BLOCK = 20_000


def written(path: Path, rows: int, columns: int) -> Path:
    draws = np.random.default_rng(0)
    more = max(0, columns - 20)
    with path.open("w") as file:
        names = [f"n{i}" for i in range(12 + more)] + [f"c{i}" for i in range(6)] + ["since", "city", "y"]
        file.write(",".join(names) + "\n")
        for start in range(0, rows, _BLOCK):
            count = min(_BLOCK, rows - start)
            x, c = draws.normal(size=(count, 12 + more)).round(4), draws.integers(0, 8, (count, 6))
            town, day = draws.integers(0, 300, count), draws.integers(0, 4000, count)
            days = (np.datetime64("2012-01-01") + day).astype(str)
            score = x[:, 0] * x[:, 1] + x[:, 2] + (c[:, 0] == 3) + (town % 7 == 0) + 0.3 * draws.normal(size=count)
            for i in range(count):
                cells = [*map(str, x[i]), *(f"k{code}" for code in c[i]), days[i], f"town{town[i]}"]
                file.write(",".join(cells) + (",yes\n" if score[i] > 0.5 else ",no\n"))
    return path


def headstart(path: Path, out: Path) -> float:
    import headstart as hs

    store = hs.prepare(path, out=out / "data", target="y", split="train=.9,test=.1")
    hs.finetune(store, start="scratch", backbone="boosting", out=out / "run")
    return json.loads((out / "run" / "headstart.json").read_text())["scores"]["auc"]


def frame(path: Path) -> tuple[Any, Any, Any, Any, list[str]]:
    """Train and test columns, train and test classes, and the columns that are categories."""
    import pandas as pd

    table = pd.read_csv(path, parse_dates=["since"])
    table["since"] = table["since"].astype("int64") // 86_400_000_000_000
    y = (table.pop("y") == "yes").to_numpy()
    categories = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    train = np.random.default_rng(0).random(len(table)) < 0.9
    return table[train], table[~train], y[train], y[~train], categories


def scikit_learn(path: Path, out: Path) -> float:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    x, asked, y, truth, names = frame(path)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=254)
    # early stopping as ours: on by default from 10,000 rows on, here always
    trees = HistGradientBoostingClassifier(
        max_iter=1000, learning_rate=0.06, early_stopping=True, n_iter_no_change=50,
        categorical_features=list(range(len(names))),
    )  # fmt: skip
    model = make_pipeline(make_column_transformer((codes, names), remainder="passthrough"), trees).fit(x, y)
    return float(roc_auc_score(truth, model.predict_proba(asked)[:, 1]))


def catboost(path: Path, out: Path) -> float:
    from catboost import CatBoostClassifier  # pyright: ignore[reportMissingImports]
    from sklearn.metrics import roc_auc_score

    x, asked, y, truth, names = frame(path)
    model = CatBoostClassifier(cat_features=names, verbose=False, train_dir=str(out), thread_count=1, random_seed=0)
    return float(roc_auc_score(truth, model.fit(x, y).predict_proba(asked)[:, 1]))


def once(name: str, path: Path) -> None:
    """One way in this process; its figures on the last line."""
    import resource

    with tempfile.TemporaryDirectory() as out:
        wall, score = time.perf_counter(), {"headstart": headstart, "scikit-learn": scikit_learn, "catboost": catboost}
        auc = score[name](path, Path(out))
        found = {"way": name, "auc": round(auc, 4), "seconds": round(time.perf_counter() - wall, 1)}
        found |= {"processor": round(time.process_time(), 1)}
        print(json.dumps({**found, "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--ways", default=",".join(NAMES))
    parser.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once is not None:
        once(asked.ways, asked.once)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder) / "table.csv", asked.rows, asked.columns)
        print(f"{asked.rows:,} rows, {asked.columns} columns, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        for name in asked.ways.split(","):
            command = [sys.executable, __file__, str(asked.rows), "--ways", name, "--once", str(path)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            print(done.stdout.splitlines()[-1] if done.returncode == 0 else f"{name}: failed", flush=True)


if __name__ == "__main__":
    main()
