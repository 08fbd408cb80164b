"""Accuracy of every way to learn from 100 labels and from all of them, on one text set, paired over the same draws.

    python benchmarks/text_labels.py ag_news --data PATH --general runs/general --out runs/texts

Arms: n-grams with logistic regression and a linear SVM, and the same as a model (linear); an encoder from scratch; the
topics of the set's own train rows (lsa) with a probe; word vectors from scratch (bag); the encoder pretrained by hidden
words on those rows; and one that was pretrained on other text (--general, a model made by `headstart pretrain`). The
folder with the sets is --data. Every arm of a seed learns from the same rows and answers the same test rows. A cell
that lies in --out is not trained again. Prints a Markdown table for docs/results.md. Needs pandas.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from headstart.core.contracts import Task
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.evaluate import pick_split, scored_rows
from labels import Arm, cell, table

SETS = ("ag_news", "sst2", "dbpedia", "zh_hotel", "clinc150", "pros_cons")
UNKNOWN = {"clinc150": {"task.unknown": "oos"}}  # the label of questions outside of all intents
FULL = {"backbone.kind": "encoder", "tuning.kind": "full", "plan.schedule": "linear", "plan.warmup": 0.1,
        "augment.drop": 0.1, "task.smoothing": 0.05}  # fmt: skip
TOPICS = {"objective.kind": "lsa", "backbone.kind": "bag"}
BAG = {"backbone.kind": "bag", "tuning.kind": "full", "augment.drop": 0.5, "task.smoothing": 0.1}
SCRATCH, TUNED = {"plan.lr": 1e-3}, {"plan.lr": 5e-4}


def arms(general: str, steps: int) -> list[Arm]:
    """Every way to learn; `general` is the start that saw other text, "" without."""
    own = {"objective.kind": "masked", "backbone.kind": "encoder", "plan.steps": steps}
    tuned = {**FULL, **TUNED}
    found = [
        Arm("n-grams + logistic"),
        Arm("n-grams + SVM", solver="svm"),
        Arm("linear", tune={"backbone.kind": "linear", "tuning.kind": "probe"}),
        Arm("scratch", tune={**FULL, **SCRATCH}),
        Arm("topics + probe", pretrain=TOPICS, tune={"tuning.kind": "probe"}),
        Arm("topics + spread", pretrain=TOPICS, tune={"tuning.kind": "spread"}),
        Arm("bag from scratch", tune=BAG),
        Arm("own text + probe", pretrain=own, tune={"tuning.kind": "probe"}),
        Arm("own text + full", pretrain=own, tune=tuned),
    ]
    if general:
        found += [
            Arm("other text + probe", start=general, tune={"tuning.kind": "probe"}),
            Arm("other text + full", start=general, tune=tuned),
        ]
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=SETS)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--general", default="", help="a model that was pretrained on other text")
    options.add_argument("--arms", default="", help="comma-separated names of arms; default: all of them")
    options.add_argument("--labels", type=int, default=100)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--steps", type=int, default=300, help="updates of pretraining on the set's own text")
    options.add_argument("--epochs", type=float, default=5, help="passes over all labels")
    options.add_argument("--words", action="store_true", help="16,000 ids and no capitals: nearly one id a word")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--part", choices=("few", "all", "table"), default="", help="only this part of the work")
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    folder = chosen.out / (f"{chosen.name} words" if chosen.words else chosen.name)
    tokens: dict[str, Any] = {"vocab": 16_000, "lower": True} if chosen.words else {}
    store = prepared(chosen.name, chosen.data, folder / "data", tokens)
    rows = scored_rows(Task, store, pick_split(Task, store))
    wanted = [name.strip() for name in chosen.arms.split(",") if name.strip()]
    ways = arms(chosen.general, chosen.steps)
    budgets = [(chosen.labels, seed) for seed in range(chosen.seeds)] if chosen.part != "all" else []
    budgets += [(0, 0)] if chosen.part != "few" else []
    for arm in ways:
        for labels, seed in budgets:
            if (
                chosen.part == "table"
                or (wanted and arm.name not in wanted)
                or (not labels and arm.name.endswith(("text + probe", "spread")))
            ):
                continue
            budget: dict[str, Any] = {"plan.steps": 150, "plan.batch": 32} if labels else {"plan.epochs": chosen.epochs}
            stepped = budget if "full" in arm.name or arm.name == "scratch" else {}
            tune = {**arm.tune, **stepped} if arm.tune else {}
            cell(replace(arm, tune=tune), store, rows, labels, seed, folder, UNKNOWN.get(chosen.name, {}))
    table(folder, ways, [(chosen.labels, chosen.seeds), (0, 1)], ("scratch", "n-grams + SVM"))


def prepared(name: str, data: Path, out: Path, tokens: dict[str, Any]) -> Store:
    """The set in a store, with the test rows its publisher or its licence note names, else 20 % by content hash."""
    if name == "ag_news":
        parts = {part: pd.read_csv(data / "cls_ag_news" / f"{part}.csv.gz") for part in ("train", "test")}
        given: Any = {part: _pair(rows.title + "\n" + rows.description, rows.label) for part, rows in parts.items()}
        return prepare(given, out, input="text", target="label", settings=tokens)
    if name == "sst2":
        read = {"sep": "\t", "header": None, "names": ["text", "label"], "quoting": 3}
        parts = {part: pd.read_csv(data / "sent_sst2" / f"{part}.tsv.gz", **read) for part in ("train", "dev", "test")}
        return prepare(parts, out, input="text", target="label", settings=tokens)
    if name == "dbpedia":
        rows = pd.read_csv(data / "cls_dbpedia14" / "dbpedia_14k.csv.gz")
        return prepare(rows, out, input="text", target="label", split="train=.8,test=.2", settings=tokens)
    if name == "clinc150":
        told = json.loads(gzip.decompress((data / "cls_clinc150" / "data_full.json.gz").read_bytes()))
        parts = {part: told[given] + told[f"oos_{given}"] for part, given in (("train", "train"), ("valid", "val"))}
        parts["test"] = told["test"] + told["oos_test"]
        frames = {part: pd.DataFrame(rows, columns=["text", "label"]) for part, rows in parts.items()}
        return prepare(frames, out, input="text", target="label", settings=tokens)
    if name == "pros_cons":
        lines = []
        for label, file in (("pro", "IntegratedPros.txt.gz"), ("con", "IntegratedCons.txt.gz")):
            text = gzip.decompress((data / "sent_pros_cons" / file).read_bytes()).decode("latin-1")
            lines += [(re.sub("</?(Pros|Cons)>", "", line).strip(), label) for line in text.splitlines()]
        rows = pd.DataFrame([line for line in lines if line[0]], columns=["text", "label"])
        return prepare(rows, out, input="text", target="label", split="train=.8,test=.2", settings=tokens)
    rows = pd.read_csv(data / "sent_zh_hotel" / "ChnSentiCorp_htl_all.csv.gz").dropna()
    return prepare(rows, out, input="review", target="label", split="train=.8,test=.2", settings=tokens)


def _pair(texts: pd.Series, labels: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"text": texts, "label": labels})


if __name__ == "__main__":
    main()
