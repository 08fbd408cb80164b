"""The network of prior_tables.py, logistic regression and boosted trees as `finetune` gives them, with few labels.

    python benchmarks/prior_tables_measured.py --data DATA --out runs/prior \\
        --weights runs/prior/prior_network.safetensors

DATA holds tab_adult, tab_bank_marketing, tab_german_credit and tab_california_housing as the tests for shared data read
them. Every arm of a draw learns from the same rows, with at least three of each class, and answers the same 2,000 test
rows (German credit: 400). The duration of calls is left out of bank, California asks whether a value is above the
median. A draw that lies in --out is not made again. Prints AUC with paired intervals over the draws (Student's t).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import t as student
from sklearn.metrics import log_loss, roc_auc_score

from headstart.assemble import Only, finetuning
from headstart.core.recipe import Recipe
from headstart.data.cache import open_data
from headstart.data.store import Store
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor

SETS = ("adult", "bank", "german", "california")
ARMS, TARGET, TESTED = ("linear", "boosting"), "label_", 2000


def table_of(name: str, data: Path) -> pd.DataFrame:
    """All rows with their class, "a" or "b", in the column TARGET."""
    if name == "adult":
        found = pd.read_csv(data / "tab_adult/adult-train.csv.gz", header=None, skipinitialspace=True, na_values="?")
        found.columns = [f"c{number}" for number in range(15)]
        one, yes = "c14", found["c14"].str.contains(">50K")
    elif name == "bank":
        found = pd.read_csv(data / "tab_bank_marketing/bank-full.csv.gz", sep=None, engine="python").drop(
            columns="duration"
        )
        one, yes = "y", found["y"] == "yes"
    elif name == "german":
        found = pd.read_csv(data / "tab_german_credit/german.csv", header=None)
        found.columns = [f"c{number}" for number in range(21)]
        one, yes = "c20", found["c20"] == 2
    else:
        found = pd.read_csv(data / "tab_california_housing/housing.csv.gz")
        one = "median_house_value"
        yes = found[one] > found[one].median()
    return found.drop(columns=one).assign(**{TARGET: np.where(yes, "b", "a")}).reset_index(drop=True)


def drawn(y: np.ndarray, pool: np.ndarray, labels: int, seed: int) -> np.ndarray:
    """Rows of the pool, at least three of each class."""
    generator = np.random.default_rng([seed, labels])
    while True:
        rows = generator.permutation(pool)[:labels]
        if 3 <= y[rows].sum() <= labels - 3:
            return np.sort(rows)


def answered(store: Store, kind: str, rows: np.ndarray, hidden: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    """The probability of "b" that a fine-tuned model gives to rows."""
    recipe = Recipe(verb="finetune", start="scratch", seed=seed, backbone={"kind": kind})
    parts = finetuning(recipe, None, device="cpu", store=store, only=Only(rows, hidden))
    predictor = Predictor(parts.modality, parts.trainee, device="cpu")
    learn_task(parts, predictor)
    return np.array([one["probabilities"]["b"] for one in predictor.answers(store, asked)])


def cells_of(store: Store, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Cells [n, C] and which columns are categories [C]."""
    batch = store.modality.ready(store.modality.collate(store.take(rows)))
    count = store.modality.spec.sizes.get("categories", 0)
    return batch["cells"], torch.arange(batch["cells"].shape[1]) < count


def interval(differences: Sequence[float]) -> tuple[float, float, float]:
    values = np.asarray(differences)
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def _odds(shares: np.ndarray) -> np.ndarray:
    shares = np.clip(shares, 1e-6, 1 - 1e-6)
    return np.log(shares / (1 - shares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--labels", default="50,200")
    parser.add_argument("--draws", type=int, default=10)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    network: Any = None
    if asked.weights is not None:
        import prior_tables

        network = prior_tables.loaded(asked.weights)
    for name in asked.sets.split(","):
        table = table_of(name, asked.data)
        order = np.random.default_rng(0).permutation(len(table))
        count = min(TESTED, int(0.4 * len(table)))
        test, train = table.iloc[order[:count]], table.iloc[order[count:][:20_000]]
        store = open_data({"train": train, "test": test}, target=TARGET, modality="table")
        pool, tested = store.rows("train"), store.rows("test")
        y = np.zeros(1 + max(pool.max(), tested.max()), np.int64)
        for rows in (pool, tested):
            y[rows] = [label == "b" for label in store.labels_of(rows)]
        for labels in map(int, asked.labels.split(",")):
            scores: dict[str, list[tuple[float, float]]] = {}
            for seed in range(asked.draws):
                rows = drawn(y, pool, labels, seed)
                for arm in (*ARMS, *(["prior"] if network is not None else [])):
                    file = asked.out / f"{name}-{labels}-{seed}-{arm}.npy"
                    if not file.exists():
                        if arm == "prior":
                            cells, kinds = cells_of(store, np.concatenate([rows, tested]))
                            found = prior_tables.answer(network, cells, kinds, torch.from_numpy(y[rows]).float())
                        else:
                            found = answered(store, arm, rows, np.setdiff1d(pool, rows), tested, seed)
                        file.parent.mkdir(parents=True, exist_ok=True)
                        np.save(file, found)
                    found = np.load(file)
                    if arm == "prior":  # half is the linear model's
                        alone, beside = (
                            _odds(one) for one in (found, np.load(asked.out / f"{name}-{labels}-{seed}-linear.npy"))
                        )
                        scores.setdefault("alone", []).append(
                            (roc_auc_score(y[tested], found), log_loss(y[tested], found))
                        )
                        found = 1 / (1 + np.exp(-(alone + beside) / 2))
                    scores.setdefault(arm, []).append((roc_auc_score(y[tested], found), log_loss(y[tested], found)))
            auc = {arm: np.array(values)[:, 0] for arm, values in scores.items()}
            line: dict[str, Any] = {"set": name, "labels": labels}
            line |= {arm: round(float(values.mean()), 4) for arm, values in auc.items()}
            line |= {f"{arm} log loss": round(float(np.mean(values, 0)[1]), 4) for arm, values in scores.items()}
            if network is not None:
                best = max(ARMS, key=lambda arm: auc[arm].mean())
                line |= {"over": best, "gain": [round(one, 4) for one in interval(auc["prior"] - auc[best])]}
                line["gain alone"] = [round(one, 4) for one in interval(auc["alone"] - auc[best])]
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
