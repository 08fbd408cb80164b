"""Named entities and semantic roles: every way to learn from few and from all labelled sentences, paired.

    python benchmarks/word_labels.py wnut17 --data PATH --general runs/general --out runs/words

Sets: wnut17 (emerging entities), propbank (roles as spans), up_ewt (roles at head words; its dev part trains, its test
part tests). Arms: a linear model on word shapes; for entities a linear-chain CRF on the same shapes (sklearn-crfsuite);
an encoder from scratch; the same pretrained by hidden words on other text (--general, made by `headstart pretrain`).
--data is the folder with the sets. Every arm of a seed learns from the same sentences and answers the same test
sentences. A cell that lies in --out is not trained again. Prints a Markdown table for docs/results.md.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.core.contracts import Task
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.data.word_features import described
from headstart.evaluation.evaluate import scored_rows
from headstart.training.words.tag_schemes import METRICS
from headstart.training.words.word_states import check_worded
from labels import Arm, cell, table

FOLDERS = {"wnut17": "ner_wnut17", "propbank": "srl_propbank_frames", "up_ewt": "srl_up_english_ewt"}
FULL = {"tuning.kind": "full", "plan.schedule": "linear", "plan.warmup": 0.1, "augment.drop": 0.1, "plan.batch": 16}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=FOLDERS)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--general", default="", help="a model that was pretrained on other text")
    options.add_argument("--arms", default="", help="comma-separated names of arms; default: all of them")
    options.add_argument("--labels", type=int, default=500, help="sentences of the few-label rows")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--steps", type=int, default=300, help="updates with few labels")
    options.add_argument("--epochs", type=float, default=5, help="passes over all labels")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--part", choices=("few", "all", "table"), default="", help="only this part of the work")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    folder = chosen.out / chosen.name
    store = prepared(chosen.name, chosen.data / FOLDERS[chosen.name], folder / "data")
    rows = scored_rows(Task, store, "test")
    wanted = [name.strip() for name in chosen.arms.split(",") if name.strip()]
    budgets = [(chosen.labels, seed) for seed in range(chosen.seeds)] if chosen.part != "all" else []
    budgets += [(0, 0)] if chosen.part != "few" else []
    ways = {labels: arms(chosen, labels) for labels in (chosen.labels, 0)}
    for place, arm in enumerate(ways[0]):
        for labels, seed in budgets:
            if chosen.part != "table" and (not wanted or arm.name in wanted):
                cell(ways[labels][place], store, rows, labels, seed, folder)
    table(folder, ways[0], [(chosen.labels, chosen.seeds), (0, 1)], ("scratch", "linear on word shapes"), METRICS[0])


def arms(chosen: argparse.Namespace, labels: int) -> list[Arm]:
    """Every way to learn from so many sentences, 0 for all."""
    budget = {"plan.steps": chosen.steps} if labels else {"plan.epochs": chosen.epochs}
    found = [Arm("linear on word shapes", solver="auto")]
    found += [Arm("CRF on word shapes", outside=chain)] if chosen.name == "wnut17" else []
    found.append(Arm("scratch", tune={"backbone.kind": "encoder", **FULL, **budget, "plan.lr": 1e-3}))
    if chosen.general:
        found += [
            Arm("other text + probe", start=chosen.general, tune={"tuning.kind": "probe"}),
            Arm("other text + full", start=chosen.general, tune={**FULL, **budget, "plan.lr": 5e-4}),
        ]
    return found


def chain(task: Task, store: Store, learned: np.ndarray, asked: np.ndarray) -> list[dict[str, Any]]:
    """A linear-chain CRF, its penalties those of its own tutorial."""
    from sklearn_crfsuite import CRF

    def seen(rows: np.ndarray) -> list[list[list[str]]]:
        return [list(described(words)) for words, _ in check_worded(store.modality).words(store.take(rows))]

    model = CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100, all_possible_transitions=True)
    model.fit(seen(learned), store.labels_of(learned))
    return [task._answer(list(tags), None) for tags in model.predict(seen(asked))]  # pyright: ignore[reportAttributeAccessIssue]


def prepared(name: str, source: Path, out: Path) -> Store:
    """The set in a store; of PropBank one of its two forms."""
    if name == "up_ewt":
        given: Any = {"train": source / "en_ewt-up-dev.conllu.gz", "test": source / "en_ewt-up-test.conllu.gz"}
        return prepare(given, out)
    if name == "propbank":
        alone = out.parent / "conll"
        alone.mkdir(parents=True, exist_ok=True)
        for file in source.glob("*.conll.gz"):
            shutil.copyfile(file, alone / file.name)
        return prepare(alone, out)
    return prepare(source, out)


if __name__ == "__main__":
    main()
