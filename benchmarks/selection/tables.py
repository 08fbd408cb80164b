"""One regret table: every candidate of `rank` on one data set, as the trials on train rows measure it, and in truth.

    python benchmarks/selection/tables.py sst2 --data PATH --labels 100 --models hf:PATH --minutes 2 --out runs/tables

The truth is the score on test rows (1,000 at most) of the whole fine-tune with all labels; what is stepped gets as much
time as its own plan, or --most seconds. Writes SET-LABELS-SEED.json: for each candidate its truth, and mean and
covariance of the logarithms of the losses that `rank` measured, without a prior. `portfolio.py` reads these files.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import few_labels
import text_labels
import word_labels
from headstart.assemble import examples_of, finetuning
from headstart.commands.common.ranking import judged
from headstart.core.errors import HeadstartError
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from headstart.evaluation import baselines
from headstart.evaluation.evaluate import pick_split, scored_rows
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.selection import candidates, prior, ranking
from headstart.selection.clock import Clock
from headstart.selection.curves import loss_of
from headstart.selection.leaderboard import Standing
from headstart.selection.question import Question, asked

PICTURES = ("fashion_mnist", "mnist", "cifar10_jpeg", "sign_digits")
WORDS = {"wnut17": "ner_wnut17", "propbank": "srl_propbank_frames", "up_ewt": "srl_up_english_ewt"}
MOST_TEST = 1_000


def opened(name: str, data: Path, out: Path) -> Store:
    """A set of the benchmarks, prepared once in the form of its modality."""
    place = out / "stores" / name
    if (place / "manifest.json").is_file():
        return Store.open(place)
    if name in PICTURES:
        return few_labels.opened(name, data / name, out)
    if name in WORDS:
        return word_labels.prepared(name, data / WORDS[name], place)
    return text_labels.prepared(name, data, place, {})


def tested(question: Question, store: Store) -> np.ndarray:
    rows = scored_rows(question.task, store, pick_split(question.task, store))
    return np.sort(np.random.default_rng(0).permutation(rows)[:MOST_TEST])


def truth(question: Question, one: Standing, most: float) -> tuple[float, float]:
    """Loss on test rows of a whole fine-tune, and its seconds; of the simple model where it has no recipe."""
    began = time.perf_counter()
    if one.place is None:
        store = question.store
        parts = finetuning(question.bare, None, device="cpu", store=store)
        task, rows = Predictor(parts.modality, parts.trainee).task, tested(question, store)
        answers = baselines.fitted(task, store, question.chosen, 0).predict(store.take(rows), len(rows)).answers
    else:
        recipe = question.recipe_of(one.fields)
        store = question.ground(recipe).store
        parts = finetuning(recipe, None, device="cpu", store=store)
        if one.minutes * 60 > most and parts.tuning is not None and not parts.tuning.closed_form:
            recipe = override(recipe, {"plan.minutes": most / 60})
            parts = finetuning(recipe, None, device="cpu", store=store)
        predictor, rows = Predictor(parts.modality, parts.trainee), tested(question, store)
        learn_task(parts, predictor)
        task, answers = predictor.task, predictor.answers(store, rows)
    examples = examples_of(task, store, rows)
    metric = task.answer.metric(next(iter(task.score(answers, examples))))
    return float(loss_of(metric, task.row_scores(answers, examples).mean(0))), time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labels", type=int, default=0, help="0 is all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--classics", action="store_true", help="with every classical model of the task")
    parser.add_argument("--most", type=float, default=60.0)
    chosen = parser.parse_args()
    store = opened(chosen.name, chosen.data, chosen.out)
    fields: dict[str, Any] = {"verb": "rank", "seed": chosen.seed, "labels": chosen.labels or None}
    fields |= {"task.unknown": "oos"} if chosen.name == "clinc150" else {}
    recipe = override(Recipe(), {name: value for name, value in fields.items() if value is not None})
    question = asked(recipe, store, "cpu")
    losses: list[np.ndarray] = []
    unknown = prior.Prior()
    sound = ranking.draws_of

    def kept(*words: Any) -> np.ndarray:
        losses.append(sound(*words))
        return losses[-1]

    ranking.draws_of = kept
    ranking.Prior.of = classmethod(lambda cls, *words: unknown)  # the tables must not depend on earlier ones
    if not chosen.classics:  # the reference stands for the linear model: it is fitted to the same features
        candidates.SOURCES = tuple(source for source in candidates.SOURCES if source is not candidates.classical)
    folder = chosen.out / f"{chosen.name}-{chosen.labels or 'all'}-{chosen.seed}"
    tried: list[list[str]] = []
    lines = ranking.standings
    ranking.standings = lambda metric, entrants, *a, **k: (
        tried.append([e.candidate.name for e in entrants]) or lines(metric, entrants, *a, **k)
    )
    found = judged(question, chosen.models, folder, Clock(60 * chosen.minutes), most=chosen.most, quiet=False)
    if not losses:
        raise SystemExit("nothing could be tried in these minutes: give more")
    logs = prior.logs_of(losses[0])
    kind = f"{question.recipe.task['kind']} {store.manifest['modality']}"
    written = chosen.out / f"{chosen.name}-{chosen.labels or 'all'}-{chosen.seed}.json"
    table: dict[str, Any] = {
        "set": chosen.name, "kind": kind, "labels": found.labels, "asked": chosen.labels, "seed": chosen.seed,
        "metric": found.metric, "minutes": chosen.minutes, "names": tried[0],
        "log_loss": logs.mean(0).round(4).tolist(),
        "covariance": np.cov(logs, rowvar=False).reshape(logs.shape[1], -1).round(5).tolist(), "candidates": [],
        "excluded": {one.name: one.why for one in found.excluded},
    }  # fmt: skip
    earlier = json.loads(written.read_text()) if written.is_file() else {"candidates": []}
    known = {row["name"]: (row["truth"], row["seconds"]) for row in earlier["candidates"]}
    for one in found.standings:
        try:
            loss, seconds = known[one.name] if one.name in known else truth(question, one, chosen.most)
        except HeadstartError as unfit:
            table["excluded"][one.name] = unfit.what
            continue
        row = {"name": one.name, "family": one.family, "truth": loss, "seconds": seconds}
        row |= {"expected": one.score, "low": one.low, "high": one.high, "folds": one.folds, "labels": one.labels}
        row |= {"reference": one.place is None, "stepped": one.stepped}
        table["candidates"].append(row)
        interval = f"{one.score:.3f} [{one.low:.3f}, {one.high:.3f}]"
        print(f"{one.name:40} expected {interval} true loss {loss:.3f} {seconds:.0f} s")
    written.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
