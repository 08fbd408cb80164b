"""The proof: the head start against every rival that could explain its gain, paired, with intervals."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from headstart.assemble import Parts, examples_of, finetuning, labels_there, open_start, targets, task_of, unknown
from headstart.core.contracts import Plain, Task
from headstart.core.contracts.baseline import Predictions
from headstart.core.contracts.metric import Metric
from headstart.core.errors import ContractError, UsageError
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.evaluation import baselines
from headstart.evaluation.arms import SIMPLE, Arm, arms_of, check_starts, drawn
from headstart.evaluation.evaluate import pick_split, scored_rows
from headstart.evaluation.intervals import FEW_GROUPS, Interval, arm_interval, gain_interval, groups_of, units
from headstart.evaluation.kept_scores import keep, kept
from headstart.evaluation.label_pool import with_pool
from headstart.evaluation.leaks import leaks
from headstart.evaluation.validation import learn_task
from headstart.evaluation.verdict import FEWEST_SEEDS, Evidence, Rival, Verdict, overall, verdict, visible_gain
from headstart.inference.predictor import Predictor
from headstart.models.remembered import of_start

_RAW_AXES = 500  # principal axes that the raw input is brought to where it is sparse, or wider than _WIDE columns
_WIDE = 4_000


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
    """The whole proof. `labelled`: train rows with a label; `groups`: of the test rows, where some share one."""

    metric: Metric
    split: str
    test_rows: int
    seeds: int
    budgets: list[Budget]
    cells: list[Cell]
    verdict: Verdict
    warnings: list[str]
    labelled: int = 0
    groups: np.ndarray | None = None


def planned_cells(
    recipe: Recipe, store: Store, *, labels: Sequence[int | None], seeds: int, device: str = "auto"
) -> list[tuple[Arm, int | None, int]]:
    """Every arm at every number of labels with every seed, on the same draws: (arm, labels, seed).

    Raises UsageError for more labels than there are, DataError without a labelled test split.
    """
    if seeds < 1:
        raise UsageError(540, "gain needs at least one seed", found=seeds, fix="gain with --seeds 5")
    task = task_of(recipe, store)
    task.check_ranked()
    if task.baseline is None:
        found, fix = task.__name__.lower(), "score the model with headstart evaluate MODEL DATA"
        raise UsageError(542, "gain needs a task with a baseline to compare with", found=found, fix=fix)
    pick_split(task, store)
    available = labels_there(task, store)
    for count in labels:
        if count is not None and count > available:
            found, fix = f"{available} labelled train {store.unit}s", f"ask for at most {available}, or for all"
            raise UsageError(541, "not enough labels", found=found, expected=count, fix=fix)
    planned = [(arm, count, seed) for count in labels for seed in range(seeds)
               for arm in arms_of(recipe, store, labels=count, seed=seed, device=device)]  # fmt: skip
    check_starts([arm for arm, _, _ in planned], store, device=device)
    return planned


def train_cells(
    planned: Sequence[tuple[Arm, int | None, int]], store: Store, *, folder: Path, device: str = "auto"
) -> Iterator[Cell]:
    """Train what was planned; yields each cell. One that lies in `folder/cells` from an earlier call is not trained.

    StorageError or ContractError where the data or a start are damaged or replaced meanwhile.
    """
    task = task_of(planned[0][0].recipe, store)
    rows = scored_rows(task, store, pick_split(task, store))
    named = {name: open_start(name) for name in dict.fromkeys(arm.recipe.start for arm, _, _ in planned)}
    starts = {name: start for name, start in named.items() if start is not None}
    used = [store.sealed, *starts.values()]
    for one in used:
        one.check(whole=True)
    for arm, count, seed in planned:
        cell, start = _remembered(folder, arm.name, count, seed), starts.get(arm.recipe.start)
        weights = None if start is None else str(start.facts["weights"])
        if cell is not None and cell.chosen.get("weights", weights) != weights:
            where, fix = arm.recipe.start, "give the model as it was, or another --out"
            raise ContractError(158, "a model of this proof is another one than before", where=where, fix=fix)
        if cell is None:
            cell = _train(finetuning(arm.recipe, None, device=device, store=store), rows, arm, count, seed)
            for one in used:  # all cells of a proof are about the same models and data
                one.check()
            cell.chosen.update({} if weights is None else {"weights": weights})
            _remember(folder, cell)
        yield cell


def outlook(planned: Sequence[tuple[Arm, int | None, int]], store: Store) -> str:
    """What can be seen with these test rows and seeds, before any time is spent."""
    looks, seeds = len({count for _, count, _ in planned}), len({seed for _, _, seed in planned})
    if seeds < FEWEST_SEEDS:
        return f"fewer than {FEWEST_SEEDS} seeds cannot decide: they do not show the luck of the draw"
    task = task_of(planned[0][0].recipe, store)
    rows = scored_rows(task, store, pick_split(task, store))
    groups = _groups(store, rows)
    count = units(len(rows), groups)
    points = 100 * visible_gain(count, seeds, looks)
    drawn = "test rows" if groups is None else "groups of test rows"
    seen = f"with {count:,} {drawn} and {seeds} seeds at {looks} number{'s' * (looks != 1)} of labels"
    return f"{seen}, a gain of about {points:.0f} points (of a score in [0, 1]) shows in four proofs of five"


def conclude(recipe: Recipe, store: Store, cells: Sequence[Cell]) -> Gain:
    """Compare the arms row by row, with a warning where the model has seen test rows."""
    task, warnings = task_of(recipe, store), list[str]()
    split = pick_split(task, store)
    rows = scored_rows(task, store, split)
    start = open_start(recipe.start)
    leaked = leaks([] if start is None else [of_start(start)], store, rows)
    metric = next((cell.metric for cell in cells if cell.metric is not None), None)
    if metric is None:  # every cell was trained by an earlier call
        parts = finetuning(drawn(recipe, cells[0].labels, 0), None, device="cpu", store=store)
        metric = Predictor(parts.modality, parts.trainee).task.answer.metric(str(cells[0].chosen["headline"]))
    groups = _groups(store, rows)
    if groups is not None and units(len(rows), groups) < FEW_GROUPS:
        few = f"the {len(rows):,} {split} rows are of {units(len(rows), groups)} groups only, fewer than {FEW_GROUPS}"
        warnings.append(f"{few}: the intervals are rough")
    available = labels_there(task, store)
    if len({cell.seed for cell in cells}) > 1 and all(cell.labels in (None, available) for cell in cells):
        same = f"every seed learns from the same {available:,} {store.unit}s, so no interval holds the luck of these"
        warnings.append(f"{same}: add --labels {max(1, available // 2)},all")
    proof = judge(cells, metric, split=split, groups=groups, labelled=available, warnings=warnings)
    if leaked.seen:
        proof.warnings.append(leaked.sentence(split, _without(proof, leaked.others)))
    return proof


def _without(proof: Gain, rows: np.ndarray) -> str:
    """What the proof says by these of its test rows alone."""
    if len(rows) < 2:
        return "; the gain may be flattered"
    cells = [replace(cell, row_scores=cell.row_scores[rows]) for cell in proof.cells]
    groups = None if proof.groups is None else proof.groups[rows]
    others = judge(cells, proof.metric, split=proof.split, groups=groups, labelled=proof.labelled)
    return f"; by the {len(rows):,} others: {others.verdict.sentence}"


def _groups(store: Store, rows: np.ndarray) -> np.ndarray | None:
    return groups_of([example.get("group") for example in store.examples_of(rows)])


def _train(parts: Parts, rows: np.ndarray, arm: Arm, count: int | None, seed: int) -> Cell:
    store, predictor = parts.store, Predictor(parts.modality, parts.trainee, device=parts.device)
    task, began = predictor.task, time.perf_counter()
    chosen: dict[str, Any]
    if arm.name == "raw":
        predictions = _on_raw_input(parts, task, rows, seed)
        answers, chosen = predictions.answers, {"tuning": parts.recipe.tuning["kind"], **predictions.chosen}
    elif arm.name in SIMPLE:
        assert task.baseline is not None
        model = baselines.fitted(task, store, parts.chosen, seed)
        predictions = (model.predict if arm.name == "baseline" else model.blind)(store.take(rows), len(rows))
        answers, chosen = predictions.answers, {"tuning": "", "model": task.baseline.name, **predictions.chosen}
    else:
        outcome = learn_task(parts, predictor)
        answers = predictor.answers(store, rows)
        chosen = {"tuning": parts.recipe.tuning["kind"], "steps": outcome.steps}
    examples = examples_of(task, store, rows)
    chosen |= {"headline": next(iter(task.score(answers, examples))), "words": arm.words, "without": arm.without}
    metric = task.answer.metric(chosen["headline"])
    scored = task.row_scores(answers, examples).astype(np.float32)
    seconds = time.perf_counter() - began
    return Cell(arm=arm.name, labels=count, seed=seed, row_scores=scored, seconds=seconds, chosen=chosen, metric=metric)


def _on_raw_input(parts: Parts, task: Task, rows: np.ndarray, seed: int) -> Predictions:
    """The tuning, with its unlabelled rows, on what a simple model sees of the rows instead of a network's vectors."""
    assert parts.tuning is not None
    probe, store = task.linear_probe(), parts.store
    learned, asked = store.take(parts.read), store.take(rows)
    features, test = _narrow(*probe.features(store.modality, learned, asked), seed)
    known = probe.decisions(store.modality, learned, targets(task, store, parts.chosen))
    fit = parts.tuning.fit(probe, features, unknown(known, len(parts.unlabelled)), seed)
    outputs = torch.from_numpy(test @ fit.weight + fit.bias)
    return Predictions(probe.regroup(outputs, store.modality, asked), fit.chosen)


def _narrow(learned: Plain, asked: Plain, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As they are, or in their principal axes where they are sparse or wide: distances need dense, narrow rows."""
    if isinstance(learned, np.ndarray) and isinstance(asked, np.ndarray) and learned.shape[1] <= _WIDE:
        return learned, asked
    from sklearn.decomposition import TruncatedSVD

    rows, columns = learned.shape  # pyright: ignore[reportGeneralTypeIssues] - of a sparse matrix it may be None
    axes = TruncatedSVD(min(_RAW_AXES, rows - 1, columns - 1), random_state=seed).fit(learned)
    return axes.transform(learned).astype(np.float32), axes.transform(asked).astype(np.float32)


def stacked(cells: Sequence[Cell], arm: str, labels: int | None) -> np.ndarray:
    """The row scores of every seed of an arm at one number of labels, [seeds, rows] or [seeds, rows, C]."""
    return np.stack([cell.row_scores for cell in cells if cell.arm == arm and cell.labels == labels])


def judge(
    cells: Sequence[Cell],
    metric: Metric,
    *,
    split: str,
    groups: np.ndarray | None = None,
    labelled: int = 0,
    warnings: Sequence[str] = (),
) -> Gain:
    """Intervals and verdicts from the cells of every arm, number of labels and seed. groups: of the test rows."""
    labels = list(dict.fromkeys(cell.labels for cell in cells))
    generator = np.random.default_rng(0)
    budgets = []
    scores = dict[str, dict[int | None, Interval]]()  # of each arm, by labels
    gains = dict[str, dict[int | None, Interval]]()
    for count in labels:
        mine = [cell for cell in cells if cell.labels == count]
        # [seeds, rows] or [seeds, rows, C]; an arm that only some draws have is left out
        rows = {arm: stacked(mine, arm, count) for arm in {cell.arm: None for cell in mine}}
        rows = {arm: one for arm, one in rows.items() if len(one) == len(rows["pretrained"])}
        for arm, one in rows.items():
            scores.setdefault(arm, {})[count] = arm_interval(one, generator, metric, groups=groups)
            gains.setdefault(arm, {})[count] = gain_interval(rows["pretrained"], one, generator, metric, groups=groups)
    scores, gains = ({arm: with_pool(tried, labelled) for arm, tried in each.items()} for each in (scores, gains))
    scores = {arm: {count: one.within(metric) for count, one in tried.items()} for arm, tried in scores.items()}
    for count in labels:
        own = {arm: scores[arm][count] for arm in scores if count in scores[arm]}
        told = {cell.arm: cell.chosen for cell in cells if cell.labels == count}
        rivals = [
            Rival(arm, str(told[arm]["words"]), gains[arm][count], bool(told[arm].get("without")))
            for arm in own if arm not in ("pretrained", "constant")
        ]  # fmt: skip
        evidence = Evidence(labels=count, metric=metric, score=own["pretrained"], rivals=tuple(rivals))
        budgets.append(Budget(labels=count, scores=own, evidence=evidence, verdict=verdict(evidence)))
    return Gain(
        metric=metric, split=split, test_rows=len(cells[0].row_scores), budgets=budgets, cells=list(cells),
        seeds=len({cell.seed for cell in cells}), verdict=overall([b.evidence for b in budgets]),
        warnings=list(warnings), labelled=labelled, groups=groups,
    )  # fmt: skip


def _place(folder: Path, arm: str, count: int | None, seed: int) -> Path:
    name = re.sub(r"[^\w.-]+", "_", arm)  # of another start, its path
    return folder / "cells" / f"{name}-{'all' if count is None else count}-{seed}"


def _remember(folder: Path, cell: Cell) -> None:
    """Keep a finished cell, so that an interrupted proof goes on."""
    facts = {"seconds": cell.seconds, "chosen": cell.chosen}
    keep(_place(folder, cell.arm, cell.labels, cell.seed), cell.row_scores, facts)


def _remembered(folder: Path, arm: str, count: int | None, seed: int) -> Cell | None:
    """A cell of an earlier call; None if it is not there, or damaged: then it is trained again."""
    found = kept(_place(folder, arm, count, seed))
    if found is None or "words" not in found[0]["chosen"]:
        return None  # damaged, or of a version before 0.3
    facts, scored = found
    return Cell(arm=arm, labels=count, seed=seed, row_scores=scored, seconds=facts["seconds"], chosen=facts["chosen"])
