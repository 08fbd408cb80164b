"""The proof: pretrained against the same network from scratch and against a simple baseline, paired, with intervals."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from headstart.assemble import Parts, examples_of, finetuning, open_start, task_of, usable
from headstart.core import catalog
from headstart.core.contracts import Tuning
from headstart.core.contracts.metric import Metric
from headstart.core.contracts.spec import Spec
from headstart.core.errors import UsageError
from headstart.core.files import write_json, write_whole
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from headstart.evaluation import baselines
from headstart.evaluation.evaluate import pick_split, scored_rows, seen_rows
from headstart.evaluation.intervals import Interval, arm_interval, gain_interval
from headstart.evaluation.validation import learn_task
from headstart.evaluation.verdict import Evidence, Verdict, overall, verdict
from headstart.inference.predictor import Predictor
from headstart.models.resizing import settings_at

SIMPLE = ("baseline", "constant")  # the simple model, and the same that never looks at a row
ARMS = ("pretrained", "scratch", *SIMPLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One trained model: which arm, how many labels, which seed, what it scored on every test row.

    `metric` is that of the scores; None where the cell is of an earlier call.
    """

    arm: str
    labels: int | None
    seed: int
    row_scores: np.ndarray
    seconds: float
    chosen: dict[str, Any] = field(default_factory=dict)
    metric: Metric | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Everything known at one number of labels."""

    labels: int | None
    scores: dict[str, Interval]
    evidence: Evidence
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """The whole proof."""

    metric: Metric
    split: str
    test_rows: int
    seeds: int
    budgets: list[Budget]
    cells: list[Cell]
    verdict: Verdict
    warnings: list[str]


def train_cells(
    recipe: Recipe, store: Store, *, labels: Sequence[int | None], seeds: int, folder: Path, device: str = "auto"
) -> Iterator[Cell]:
    """Train every arm at every number of labels with every seed, on the same draws; yields each cell.

    A cell that lies in `folder/cells` from an earlier, interrupted call is not trained again. Raises UsageError for
    more labels than there are, DataError without a labelled test split.
    """
    if seeds < 1:
        raise UsageError(540, "gain needs at least one seed", found=seeds, fix="gain with --seeds 5")
    task = task_of(recipe, store)
    if task.baseline is None:
        found, fix = task.__name__.lower(), "score the model with headstart evaluate MODEL DATA"
        raise UsageError(542, "gain needs a task with a baseline to compare with", found=found, fix=fix)
    rows = scored_rows(task, store, pick_split(task, store))
    available = len(usable(task, store, store.rows("train")))
    for count in labels:
        if count is not None and count > available:
            found, fix = f"{available} labelled train rows", f"ask for at most {available}, or leave it out for all"
            raise UsageError(541, "not enough labels", found=found, expected=count, fix=fix)
    for count in labels:
        for seed in range(seeds):
            for arm in ARMS:
                cell = _remembered(folder, arm, count, seed)
                if cell is None:
                    cell = _train(_parts(recipe, store, arm, count, seed, device), rows, arm, count, seed)
                _remember(folder, cell)
                yield cell


def conclude(recipe: Recipe, store: Store, cells: Sequence[Cell]) -> Gain:
    """Compare the arms row by row, with a warning where the model has seen test rows."""
    task, warnings = task_of(recipe, store), list[str]()
    split = pick_split(task, store)
    rows = scored_rows(task, store, split)
    leaked = seen_rows(open_start(recipe.start), store, rows)
    if leaked:
        share = f"{leaked:,} of {len(rows):,} {split} rows"
        warnings.append(f"{share} were seen in pretraining, so the gain may be flattered")
    metric = next((cell.metric for cell in cells if cell.metric is not None), None)
    if metric is None:  # every cell was trained by an earlier call
        parts = _parts(recipe, store, ARMS[0], cells[0].labels, 0, "cpu")
        metric = Predictor(parts.modality, parts.trainee).task.answer.metric(str(cells[0].chosen["headline"]))
    return judge(cells, metric, split=split, warnings=warnings)


def _parts(recipe: Recipe, store: Store, arm: str, count: int | None, seed: int, device: str) -> Parts:
    """What one cell is trained from. Every arm of a (labels, seed) pair learns from the same labelled rows."""
    drawn = override(recipe, {"seed": seed} if count is None else {"seed": seed, "labels": count})
    twin = scratch_twin(drawn, store.modality.spec) if arm == "scratch" else drawn
    return finetuning(twin, None, device=device, store=store)


def _train(parts: Parts, rows: np.ndarray, arm: str, count: int | None, seed: int) -> Cell:
    store, predictor = parts.store, Predictor(parts.modality, parts.trainee, device=parts.device)
    task, began = predictor.task, time.perf_counter()
    chosen: dict[str, Any]
    if arm in SIMPLE:
        assert task.baseline is not None
        model = baselines.fitted(task, store, parts.chosen, seed)
        predictions = (model.predict if arm == "baseline" else model.blind)(store.take(rows), len(rows))
        answers, chosen = predictions.answers, {"tuning": "", "model": task.baseline.name, **predictions.chosen}
    else:
        outcome = learn_task(parts, predictor)
        answers = predictor.answers(store, rows)
        chosen = {"tuning": parts.recipe.tuning["kind"], "steps": outcome.steps}
    examples = examples_of(task, store, rows)
    chosen["headline"] = next(iter(task.score(answers, examples)))
    metric = task.answer.metric(chosen["headline"])
    scored = task.row_scores(answers, examples).astype(np.float32)
    seconds = time.perf_counter() - began
    return Cell(arm=arm, labels=count, seed=seed, row_scores=scored, seconds=seconds, chosen=chosen, metric=metric)


def scratch_twin(recipe: Recipe, spec: Spec) -> Recipe:
    """The same network with fresh weights, all of which learn: what a user would do without a pretrained model.

    spec: that of the data, whose pictures may have another size than those of the start.
    """
    start = open_start(recipe.start)
    assert start is not None
    kind = recipe.tuning.get("kind", "auto")
    tuning_class: type[Tuning] | None = None if kind == "auto" else catalog.load("tunings", kind)
    moves = tuning_class is not None and not tuning_class.closed_form and not tuning_class.needs_pretrained
    tuning = recipe.tuning if moves else {}  # what suits fresh weights
    backbone = {"kind": start.config["backbone"]["kind"], **settings_at(start, spec)}
    modality = {**start.config["modality"], **recipe.modality}
    return replace(recipe, start="scratch", start_weights=None, backbone=backbone, tuning=tuning, modality=modality)


def judge(cells: Sequence[Cell], metric: Metric, *, split: str, warnings: Sequence[str] = ()) -> Gain:
    """Intervals and verdicts from the cells of every arm, number of labels and seed."""
    labels = list(dict.fromkeys(cell.labels for cell in cells))
    rival = next(str(cell.chosen["model"]) for cell in cells if cell.arm in SIMPLE)
    generator = np.random.default_rng(0)
    budgets = []
    for count in labels:
        rows = {  # [seeds, rows] or [seeds, rows, C]
            arm: np.stack([cell.row_scores for cell in cells if cell.arm == arm and cell.labels == count])
            for arm in ARMS
        }
        scores = {arm: arm_interval(rows[arm], generator, metric) for arm in ARMS}
        evidence = Evidence(
            labels=count, metric=metric, score=scores["pretrained"], baseline=rival,
            over_scratch=gain_interval(rows["pretrained"], rows["scratch"], generator, metric),
            over_baseline=gain_interval(rows["pretrained"], rows["baseline"], generator, metric),
        )  # fmt: skip
        budgets.append(Budget(labels=count, scores=scores, evidence=evidence, verdict=verdict(evidence)))
    return Gain(
        metric=metric, split=split, test_rows=len(cells[0].row_scores), budgets=budgets, cells=list(cells),
        seeds=len({cell.seed for cell in cells}), verdict=overall([b.evidence for b in budgets]),
        warnings=list(warnings),
    )  # fmt: skip


def _place(folder: Path, arm: str, count: int | None, seed: int) -> Path:
    return folder / "cells" / f"{arm}-{'all' if count is None else count}-{seed}"


def _remember(folder: Path, cell: Cell) -> None:
    """Keep a finished cell, so that an interrupted proof goes on; the JSON is written last and makes it valid."""
    place = _place(folder, cell.arm, cell.labels, cell.seed)
    place.parent.mkdir(parents=True, exist_ok=True)
    content = cell.row_scores.astype(np.float32).tobytes()
    write_whole(place.with_suffix(".f32"), content)
    digest, counts = hashlib.sha256(content).hexdigest(), list(cell.row_scores.shape[1:])
    facts = {"seconds": cell.seconds, "chosen": cell.chosen, "scores": digest, "counts": counts}
    write_json(place.with_suffix(".json"), facts)


def _remembered(folder: Path, arm: str, count: int | None, seed: int) -> Cell | None:
    """A cell of an earlier call; None if it is not there, or damaged: then it is trained again."""
    place = _place(folder, arm, count, seed)
    try:
        facts = json.loads(place.with_suffix(".json").read_text("utf-8"))
        content = place.with_suffix(".f32").read_bytes()
    except (OSError, ValueError):
        return None
    if hashlib.sha256(content).hexdigest() != facts["scores"]:
        return None
    scored = np.frombuffer(content, np.float32).reshape(-1, *facts.get("counts", []))
    return Cell(arm=arm, labels=count, seed=seed, row_scores=scored, seconds=facts["seconds"], chosen=facts["chosen"])
