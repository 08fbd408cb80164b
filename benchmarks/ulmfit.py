"""ULMFiT taken apart (Howard and Ruder 2018): what each step gives on AG News, paired over the same draws.

    python benchmarks/ulmfit.py --data PATH --out runs/ulmfit                  # about 40 minutes on one core
    python benchmarks/ulmfit.py --data PATH --out runs/ulmfit --part table     # what is there so far

Arms: TF-IDF with logistic regression; an LSTM from scratch; ULMFiT without general text, without adaptation, without
gradual unfreezing, and whole; a probe on its language models. --data is the folder with the sets; general text are
its novels and encyclopedia articles (12 MB). Everything is small beside the paper: 2 layers of 400 and 200 units
instead of 3 of 1150, 6,000 ids instead of 238,000 words, 2.5 million tokens of general text instead of 103 million.
Also unlike the paper: a linear head, one rate for all layers while adapting, and each arm that has no general text
learns its vocabulary from AG News. Every arm of a seed learns from the same rows and answers the same test rows. A
cell that lies in --out is not trained again. Prints a Markdown table for docs/results.md. Needs pandas.
"""

from __future__ import annotations

import argparse
import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.commands.pretrain import pretrain
from headstart.core.contracts import Task
from headstart.data.prepare import prepare
from headstart.evaluation.evaluate import pick_split, scored_rows
from labels import Arm, cell, table
from text_labels import prepared

TOKENS = {"vocab": 6_000, "length": 64, "lower": True}
NETWORK = {"backbone.kind": "rnn", "backbone.width": 200, "backbone.hidden": 400, "backbone.dropout": 0.1}
MODEL = {**NETWORK, "objective.kind": "causal", "plan.check": 0.25}
DECAY = 1 / 2.6  # section 3.2
# a linear head: with a hidden layer of 50 units and rates of 2e-3 to 1e-2 no LSTM here left chance (.25 to .29)
SCRATCH = {**NETWORK, "tuning.kind": "full", "plan.lr": 5e-3}
FULL = {"tuning.kind": "full", "tuning.layer_decay": DECAY, "plan.lr": 5e-3}
GRADUAL = {"tuning.kind": "gradual", "tuning.layer_decay": DECAY, "plan.lr": 5e-3}
FEW = {100: {"plan.steps": 100, "plan.batch": 16}, 500: {"plan.steps": 100, "plan.batch": 32}}
ALL = {"plan.epochs": 3, "plan.batch": 32}
PROBE = {"tuning.kind": "probe"}  # what the features of a language model are worth by themselves
WHOLE, BARE = "ULMFiT", "scratch"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--steps", type=int, default=1200, help="updates on general text, 2,048 tokens each")
    options.add_argument("--adapt", type=int, default=250, help="updates on the texts of AG News")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--part", choices=("few", "all", "table"), default="", help="only this part of the work")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    chosen.out.mkdir(parents=True, exist_ok=True)
    store = prepared("ag_news", chosen.data, chosen.out / "data", dict(TOKENS))
    rows = scored_rows(Task, store, pick_split(Task, store))
    ways = arms(chosen.out, chosen.adapt)
    budgets = [(labels, seed) for seed in range(chosen.seeds) for labels in FEW] if chosen.part != "all" else []
    budgets += [(0, 0)] if chosen.part != "few" else []
    if chosen.part != "table":
        starts(chosen.data, chosen.out, store.directory, chosen.steps, chosen.adapt)
        for labels, seed in budgets:
            for arm in ways:
                budget: dict[str, Any] = FEW.get(labels, ALL) if "plan.lr" in arm.tune else {}
                cell(replace(arm, tune={**arm.tune, **budget}), store, rows, labels, seed, chosen.out)
    table(chosen.out, ways, [*((labels, chosen.seeds) for labels in FEW), (0, 1)], (BARE, WHOLE))


def arms(out: Path, steps: int) -> list[Arm]:
    """Every way to learn."""
    own = {**MODEL, "plan.steps": steps}
    return [
        Arm("TF-IDF + logistic"),
        Arm(BARE, tune=SCRATCH),
        Arm("without general text", pretrain=own, tune=GRADUAL),
        Arm("without adaptation", start=str(out / "general"), tune=GRADUAL),
        Arm("without general text + probe", pretrain=own, tune=PROBE),
        Arm("without adaptation + probe", start=str(out / "general"), tune=PROBE),
        Arm("general text and adaptation + probe", start=str(out / "adapted"), tune=PROBE),
        Arm("without gradual unfreezing", start=str(out / "adapted"), tune=FULL),
        Arm(WHOLE, start=str(out / "adapted"), tune=GRADUAL),
    ]


def starts(data: Path, out: Path, target: Path, general: int, adapt: int) -> None:
    """The model of general text, and the same gone on with the target's; nothing, if they are there."""
    files = [*sorted(data.glob("en_gutenberg/*.txt.gz")), *sorted(data.glob("en_wikitext2/*.txt.gz"))]
    texts = np.array([line.strip() for file in files for line in _lines(file) if line.strip()], object)
    stored = prepare(texts, out / "general text", near="keep", split="train=.98,valid=.02", settings=TOKENS)
    pretrain(stored, out=out / "general", settings={**MODEL, "plan.steps": general})
    said = {"objective.kind": "causal", "plan.steps": adapt, "plan.lr": 1e-3, "plan.check": 0.25}
    pretrain(target, out=out / "adapted", init=out / "general", settings=said)


def _lines(file: Path) -> list[str]:
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        return opened.read().splitlines()


if __name__ == "__main__":
    main()
