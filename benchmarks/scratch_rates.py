"""Would training from scratch score higher if it chose its learning rate, as a probe chooses its penalty?

    python benchmarks/scratch_rates.py digits fashion_mnist ag_news --data PATH --out runs/rates --labels 100,1000

For every set, number of labels and seed the usual network learns from scratch at a third of its rate, at it and at
three times of it, once from all the labels and once from three quarters of them. "chosen" is the network of the rate
whose run on three quarters answers the last quarter best. Prints a Markdown table: accuracy on test rows, and the gain
of choosing.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

import few_labels
import text_labels
from headstart.assemble import finetuning
from headstart.core.contracts import Task
from headstart.core.recipe import Recipe, override
from headstart.data.cache import open_data
from headstart.data.store import Store
from headstart.evaluation.evaluate import pick_split, scored_rows
from headstart.evaluation.intervals import arm_interval, gain_interval
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.training.tasks.classify.answer import METRICS

FACTORS = (1 / 3, 1.0, 3.0)
IMAGES = ("fashion_mnist", "mnist", "cifar10_jpeg", "sign_digits")


def opened(name: str, data: Path, out: Path) -> Store:
    """The set, prepared."""
    if name == "digits":
        return open_data("digits")
    if name in IMAGES:
        return few_labels.opened(name, data / name, out)
    return text_labels.prepared(name, data, out / name / "data", {})


def answered(store: Store, labels: int, seed: int, factor: float, more: dict[str, Any]) -> tuple[Predictor, np.ndarray]:
    """A network from scratch at this share of the rate that it would take, and the rows that it learned from."""
    said = {"start": "scratch", "seed": seed, "labels": labels, **more}
    rate = finetuning(override(Recipe(), said), None, store=store).plan.lr
    parts = finetuning(override(Recipe(), {**said, "plan.lr": factor * rate}), None, store=store)
    predictor = Predictor(parts.modality, parts.trainee)
    learn_task(parts, predictor)
    return predictor, np.concatenate([parts.chosen, parts.held])


def hits(predictor: Predictor, store: Store, rows: np.ndarray) -> np.ndarray:
    """1 for every row that is answered right."""
    return predictor.task.row_scores(predictor.answers(store, rows), store.examples_of(rows))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("names", nargs="+", choices=("digits", *IMAGES, *text_labels.SETS))
    options.add_argument("--data", type=Path, default=Path("."))
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--labels", default="100")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--test", type=int, default=1000)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    print("| set | labels | at a third | as it is | three times | chosen | gain of choosing |")
    print("|---|---|---|---|---|---|---|")
    for name in chosen.names:
        store, more = opened(name, chosen.data, chosen.out), text_labels.UNKNOWN.get(name, {})
        rows = scored_rows(Task, store, pick_split(Task, store))
        rows = np.sort(np.random.default_rng(0).permutation(rows)[: chosen.test])
        for labels in (int(one) for one in chosen.labels.split(",")):
            table, picked = [], []
            for seed in range(chosen.seeds):
                found, inner = [], []
                for factor in FACTORS:
                    predictor, learned = answered(store, labels, seed, factor, more)
                    found.append(hits(predictor, store, rows))
                    small, some = answered(store, labels * 3 // 4, seed, factor, more)
                    inner.append(hits(small, store, np.setdiff1d(learned, some)).mean())
                table.append(found)
                picked.append(int(np.argmax(np.array(inner) - 1e-6 * np.abs(np.arange(3) - 1))))  # a tie: as it is
            arms = [np.stack([found[i] for found in table]) for i in range(3)]
            best = np.stack([found[i] for found, i in zip(table, picked, strict=True)])
            told = [str(arm_interval(arm, generator, METRICS[0])) for arm in (*arms, best)]
            print(f"| {name} | {labels} | {' | '.join(told)} | {gain_interval(best, arms[1], generator, METRICS[0])} |",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
