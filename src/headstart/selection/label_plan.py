"""Which rows of a pool to label next, and what their labels would bring, for a model and the labels that there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headstart.assemble import Parts, examples_of, targets
from headstart.core.contracts import Task
from headstart.core.contracts.answer import Doubt
from headstart.core.contracts.metric import Metric
from headstart.core.errors import UsageError
from headstart.data.store import Store
from headstart.evaluation.verdict import SMALLEST_GAIN
from headstart.inference.blocks import ROWS
from headstart.inference.predictor import Predictor
from headstart.selection.candidates import Candidate
from headstart.selection.folds import folds_of
from headstart.selection.label_choice import Directions, Picked, pick
from headstart.selection.label_curve import Outlook, outlook, sizes
from headstart.selection.memory import Memory
from headstart.selection.question import Ground, Question
from headstart.selection.trials import Laboratory
from headstart.training.linear.permutation import p_value

SAMPLE = 2_000  # rows that say in which directions rows differ
MOST_TRIED = 3_000  # labelled rows that the curve is read from; more would take minutes, and the curve is flat there
TWICE = 150  # labels up to which the folds are made twice
CLEAR, SURE = 100, 0.05  # labels from which it tells something that a linear model is no better than with shuffled ones
UNSURE = 0.5  # doubt from which it is the reason why a row was chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Chosen rows of a store, the most useful first: their numbers, the answer to each, why it was chosen, and how
    unsure the answers are; `wrong` are the answers among them that the model expects to be wrong."""

    rows: np.ndarray
    answers: Sequence[dict[str, object]]
    doubts: Sequence[Doubt | None]
    whys: Sequence[str]
    wrong: float | None


def check_decides(task: Task, where: object) -> None:
    """UsageError for a task that does not make one decision a row."""
    if task.probe is None or task.local or task.linear_probe().form is None:
        found, expected = type(task).__name__.lower(), "one decision a row, as classify and regress make"
        fix = "name a model that was fine-tuned for one, or a pretrained one"
        raise UsageError(903, "this model does not answer whole rows", where=where, found=found,
                         expected=expected, fix=fix)  # fmt: skip


def choose(
    predictor: Predictor, store: Store, pool: np.ndarray, labelled: tuple[Store, np.ndarray] | None, budget: int,
    seed: int, *, answering: bool, tell: Callable[[int], None] = lambda done: None,
) -> Choice:  # fmt: skip
    """The rows of a pool to label. `labelled` are the rows that are, in their store; not `answering`: the model has no
    answers yet, and rows are chosen by what they are alone. `tell` hears how many rows were read."""
    generator = np.random.default_rng([seed, 9])
    some = np.sort(generator.permutation(pool)[:SAMPLE])
    known = None if labelled is None else predictor.features(labelled[0], labelled[1][:SAMPLE])
    features = predictor.features(store, some)
    directions = Directions.of(features if known is None else np.concatenate([features, known]))
    points, shares, wrong = list[np.ndarray](), list[float](), list[float]()
    for start in range(0, len(pool), ROWS):
        rows = pool[start : start + ROWS]
        points.append(directions.place(predictor.features(store, rows)))
        told = _doubts(predictor, store, rows) if answering else [None] * len(rows)
        shares += [1.0 if one is None else one.share for one in told]
        wrong += [0.0 if one is None else one.wrong for one in told]
        tell(start + len(rows))
    near = np.empty((0, points[0].shape[1]), np.float32) if known is None else directions.place(known)
    picked = pick(np.concatenate(points), np.array(shares), near, budget, generator)
    rows = pool[picked.places]
    answers = predictor.answers(store, rows) if answering else [{}] * len(rows)
    doubts = [predictor.task.answer.doubt(answer) if answering else None for answer in answers]
    expected = float(np.array(wrong)[picked.places].sum()) if answering and None not in doubts else None
    return Choice(rows=rows, answers=answers, doubts=doubts, whys=_whys(picked, doubts), wrong=expected)


def _doubts(predictor: Predictor, store: Store, rows: np.ndarray) -> list[Doubt | None]:
    return [predictor.task.answer.doubt(answer) for answer in predictor.answers(store, rows)]


def _whys(picked: Picked, doubts: Sequence[Doubt | None]) -> list[str]:
    """Why each row was chosen, in words."""
    found = []
    for count, far, doubt in zip(picked.stands_for.tolist(), picked.unlike.tolist(), doubts, strict=True):
        why = [doubt.words] if doubt is not None and doubt.share >= UNSURE else []
        why += ["unlike anything labelled"] if far else []
        found.append("; ".join([*why, f"stands for {count:,} rows"] if count > 1 or not why else why))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is known of more labels: `random` says in words that these labels have nothing to do with the rows."""

    outlook: Outlook
    random: str = ""


def curve(
    parts: Parts, labelled: np.ndarray, count: int, budget: int, metric: Metric, *, tell: Callable[[str], None]
) -> Curve | None:
    """What `budget` labels would bring beside `count`, from fits to parts of the labelled rows; None where there are
    too few to hold any out. `parts` are those of a fine-tune that is solved: its start, its tuning, its store."""
    task, store, seed = type(parts.trainee.objective), parts.store, parts.recipe.seed
    assert issubclass(task, Task)
    some = np.sort(np.random.default_rng([seed, 7]).permutation(labelled)[:MOST_TRIED])
    folds = folds_of(task, store, some, seed)
    if len(some) <= TWICE:
        again = folds_of(task, store, some, seed + 1)
        folds += [replace(fold, number=len(folds) + place) for place, fold in enumerate(again)]
    efforts = sizes(folds) if folds else []
    if not efforts:
        return None
    ground = {parts.recipe.start: Ground(store=store)}
    recipe = replace(parts.recipe, labels=None)
    question = Question(
        recipe=recipe, data=store, store=store, task=task, chosen=some, device=parts.device, grounds=ground
    )
    laboratory = Laboratory(question, metric, Memory())
    candidate, trials = Candidate(name="next", family="", fields={"start": parts.recipe.start}), []
    for place, fold in enumerate(folds):
        trials += [laboratory.trial(candidate, fold, effort) for effort in efforts]
        tell(f"label curve: fold {place + 1} of {len(folds)}")
    found = outlook(metric, trials, count, budget, np.random.default_rng([seed, 8]))
    return Curve(outlook=found, random=_random(parts, laboratory, some))


def _random(parts: Parts, laboratory: Laboratory, rows: np.ndarray) -> str:
    """In words, that a linear model of the start's features is no better than with shuffled labels; "" where it is, and
    where there are too few labels to say so."""
    known = laboratory.features.starts.get(parts.recipe.start)
    task = parts.trainee.objective.as_task
    if known is None or task is None or len(rows) < CLEAR:
        return ""
    answers = targets(task, parts.store, rows)["y"]
    answers = np.eye(int(answers.max()) + 1)[answers] if answers.dtype.kind == "i" else answers.reshape(len(rows), -1)
    found = p_value(known.of(rows), answers, np.random.default_rng(parts.recipe.seed))
    if found <= SURE:
        return ""
    return f"a linear model on the {len(rows):,} labelled rows is no better than with shuffled labels (p = {found:.2f})"


def least_gain(metric: Metric, score: float) -> float:
    """The smallest gain that is worth labels: a point, or 1 % of a score that is no fraction, as for `gain`."""
    return SMALLEST_GAIN if metric.fraction else SMALLEST_GAIN * abs(score)


def headline(predictor: Predictor, store: Store, rows: np.ndarray) -> Metric:
    """The score that is asked about, as a few labelled rows show it."""
    task, few = predictor.task, rows[:8]
    scores = task.score(predictor.answers(store, few), examples_of(task, store, few))
    return task.answer.metric(next(iter(scores)))
