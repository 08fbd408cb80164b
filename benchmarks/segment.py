"""Segmentation of nuclei: networks from scratch and from a start, with few masks and with all, beside a simple model.

    python benchmarks/segment.py --data PATH/nuclei_fluorescence --out runs/nuclei
    python benchmarks/segment.py --data PATH/nuclei_fluorescence --out runs/nuclei --from runs/start --labels 20
    python benchmarks/segment.py --data PATH/nuclei_fluorescence --out runs/long --labels 0 plan.minutes=15

Rows are split as index.csv says. Prints dice, miou and ap50 on the test pictures with 95 % intervals over these, wall
and CPU minutes; draws the worst test pictures into --out. What lies there is not trained again.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from headstart.assemble import finetuning
from headstart.core.contracts import Task
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation import baselines
from headstart.evaluation.evaluate import Evaluation, evaluate, scored_rows
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.reports.draw.pictures import contact_sheet

NETWORK = {"backbone.kind": "cnn", "backbone.channels": [16, 32, 64, 128]}
USUAL = {"augment.turn": True, "plan.check": 1.0}
SCORES = ("dice", "miou", "ap50")


def laid_out(data: Path, out: Path) -> Path:
    """The zip's pictures and masks in train and test folders."""
    with (data / "index.csv").open(newline="") as file:
        parts = {row["id"]: row["split"] for row in csv.DictReader(file)}
    with zipfile.ZipFile(data / "nuclei_fluorescence.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".png"):
                place = out / parts[Path(name).stem] / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.read(name))
    return out


def trained(store: Store, said: dict[str, Any], seed: int) -> tuple[Predictor, np.ndarray, dict[str, float]]:
    """A model, the rows it learned from, and what that took."""
    parts = finetuning(override(Recipe(), {"verb": "finetune", "seed": seed, **said}), None, store=store)
    wall, busy = time.perf_counter(), time.process_time()
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    outcome = learn_task(parts, predictor)
    took = {"minutes": (time.perf_counter() - wall) / 60, "cpu minutes": (time.process_time() - busy) / 60}
    return predictor, parts.chosen, {"steps": outcome.steps, **took}


def line(name: str, scores: dict[str, float], took: dict[str, float]) -> str:
    shown = [
        f"{scores[s]:.3f} [{scores[f'{s}_low']:.3f}, {scores[f'{s}_high']:.3f}]" if f"{s}_low" in scores
        else f"{scores[s]:.3f}" for s in SCORES
    ]  # fmt: skip
    return f"| {name} | {' | '.join(shown)} | {', '.join(f'{value:.1f} {what}' for what, value in took.items())} |"


def draw(found: Evaluation, predictor: Predictor, store: Store, path: Path) -> None:
    """The six worst and the six best test pictures with their outlines."""
    worst = found.worst
    some = [*worst[:6], *(place for place in range(len(found.rows)) if place not in worst)][:12]
    x = predictor.modality.ready(predictor.modality.collate(store.take(found.rows[some])))["x"]
    pairs = zip(predictor.modality.view.render(x), some, strict=True)
    drawn = [predictor.task.answer.draw(p, found.answers[i], found.examples[i], predictor.modality) for p, i in pairs]
    contact_sheet(drawn, columns=4).save(path)


def cell(arm: str, store: Store, labels: int, seed: int, said: dict[str, Any], out: Path) -> str:
    """One line of the table; trained unless its numbers lie in `out`."""
    place = out / f"{arm} {labels or 'all'} {seed}.json".replace(" ", "_")
    if not place.exists():
        few = {"labels": labels} if labels else {}
        began = time.perf_counter()
        if arm == "logistic":
            predictor, chosen, _ = trained(store, {**NETWORK, **USUAL, **few, "plan.steps": 1}, seed)
            rows = scored_rows(Task, store, "test")
            answers = baselines.fitted(predictor.task, store, chosen, seed).predict(store.take(rows), len(rows)).answers
            scores = predictor.task.score(answers, store.examples_of(rows))
            took = {"minutes": (time.perf_counter() - began) / 60}
        else:
            predictor, chosen, took = trained(store, {**said, **few}, seed)
            found = evaluate(predictor, store, "test", learned=chosen[:2], seed=seed)
            scores = found.scores
            draw(found, predictor, store, place.with_suffix(".png"))
        place.write_text(json.dumps({"scores": scores, "took": took, "said": {**said, **few}}))
    facts = json.loads(place.read_text())
    return line(f"{arm}, {labels or 'all'} masks, seed {seed}", facts["scores"], facts["took"])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--from", dest="start", default="", help="a model to start from as well")
    options.add_argument("--labels", default="20,0", help="numbers of masks; 0: all")
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--arms", default="logistic,scratch,start")
    options.add_argument("settings", nargs="*", help="recipe fields, e.g. plan.minutes=15")
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    if not (chosen.out / "prepared").exists():
        prepare(laid_out(chosen.data, chosen.out / "folders"), chosen.out / "prepared", near="keep")
    store = Store.open(chosen.out / "prepared")
    more = {name: json.loads(value) for name, _, value in (one.partition("=") for one in chosen.settings)}
    arms = {"logistic": {}, "scratch": {**NETWORK, **USUAL, **more}}
    if chosen.start:
        arms["start"] = {"start": chosen.start, **USUAL, **more}
    print(f"\n| nuclei | {' | '.join(SCORES)} | took |\n|---|---|---|---|---|")
    for labels in map(int, chosen.labels.split(",")):
        for arm in (name for name in chosen.arms.split(",") if name in arms):
            for seed in range(chosen.seeds):
                print(cell(arm, store, labels, seed, arms[arm], chosen.out), flush=True)


if __name__ == "__main__":
    main()
