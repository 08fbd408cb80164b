"""Which rows of a pool to label next, and what their labels would bring, for a model and the labels that there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from headstart.assemble import Parts, examples_of, targets
from headstart.core.contracts import Task
from headstart.core.contracts.answer import Doubt
from headstart.core.contracts.metric import Metric
from headstart.core.errors import UsageError
from headstart.data.store import Store
from headstart.evaluation.shuffled_labels import EACH
from headstart.inference.blocks import ROWS
from headstart.inference.predictor import Predictor
from headstart.selection.candidates import Candidate
from headstart.selection.features import reads_rows
from headstart.selection.folds import Fold, folds_of
from headstart.selection.label_choice import Directions, Picked, pick
from headstart.selection.label_curve import Outlook, outlook, sizes
from headstart.selection.memory import Effort, Memory, Trial
from headstart.selection.question import Ground, Question
from headstart.selection.trials import Laboratory
from headstart.training.linear.permutation import p_value

SAMPLE = 2_000  # rows that say in which directions rows differ
MOST_TRIED = 3_000  # labelled rows that the curve is read from; more would take minutes, and the curve is flat there
TWICE = 150  # labels up to which the folds are made twice
CLEAR, SURE = 100, 0.05  # labels from which it tells something that a linear model is no better than with shuffled ones
MOST_SHUFFLED = 1_000  # rows of that test, which solves for as many
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
        why += [f"stands for {count:,} rows"] if count > 1 else []
        found.append("; ".join(why or ["stands for itself alone"]))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is known of more labels: `random` says in words that these labels have nothing to do with the rows."""

    outlook: Outlook
    random: str = ""


def curve(
    parts: Parts, labelled: np.ndarray, budget: int, metric: Metric, *, tell: Callable[[str], None]
) -> Curve | None:
    """What `budget` labels would bring beside those of the labelled rows, from fits to parts of them; None where there
    are too few. `parts` are those of a fine-tune that is solved: its start, its tuning, its store.

    With 14 and 30 classes and fewer than five labels a class the interval missed what was measured in half of the
    cases: most of the gain is in classes of which no row could be held out.
    """
    task, seed = parts.trainee.objective, parts.recipe.seed
    assert isinstance(task, Task)
    if len(labelled) < EACH * max(2, len(task.answer.names)):
        return None
    some = np.sort(np.random.default_rng([seed, 7]).permutation(labelled)[:MOST_TRIED])
    folds = folds_of(type(task), parts.store, some, seed)
    if len(some) <= TWICE:
        again = folds_of(type(task), parts.store, some, seed + 1)
        folds += [replace(fold, number=len(folds) + place) for place, fold in enumerate(again)]
    efforts = sizes(folds) if folds else []
    if not efforts:
        return None
    tell(f"label curve: {len(folds) * len(efforts)} fits to parts of {len(some):,} labelled rows")
    if parts.start is not None and not parts.trainee.backbone.regrown and reads_rows(parts):
        features = Predictor(parts.modality, parts.trainee, device=parts.device).features(parts.store, some)
        answers = task.linear_probe().decisions(
            parts.store.modality, parts.store.take(some), targets(task, parts.store, some)
        )
        trials, random = _on_features(parts, task, some, features, answers, folds, efforts), _random(features, answers)
    else:
        trials, random = _refitted(parts, task, some, metric, folds, efforts), ""
    found = outlook(metric, trials, len(labelled), budget, np.random.default_rng([seed, 8]))
    return Curve(outlook=found, random=random)


def _on_features(
    parts: Parts, task: Task, rows: np.ndarray, features: np.ndarray, answers: np.ndarray, folds: Sequence[Fold],
    efforts: Sequence[Effort],
) -> list[Trial]:  # fmt: skip
    """Heads fitted to features [n, F] and answers [n, ...] of rows that every fold shares."""
    assert parts.tuning is not None
    store, probe, found = parts.store, task.linear_probe(), list[Trial]()
    probe.check()
    for fold in folds:
        held, asked, examples = (
            np.searchsorted(rows, fold.held), store.take(fold.held), examples_of(task, store, fold.held)
        )  # fmt: skip
        for effort in efforts:
            learn = np.searchsorted(rows, np.sort(fold.learn[: effort.labels]))
            fit = parts.tuning.fit(probe, features[learn], answers[learn], parts.recipe.seed)
            outputs = torch.from_numpy(features[held] @ fit.weight + fit.bias)
            scores = task.row_scores(probe.regroup(outputs, store.modality, asked), examples)
            found.append(Trial(candidate="", fold=fold.number, effort=effort, row_scores=scores, seconds=0.0))
    return found


def _refitted(
    parts: Parts, task: Task, rows: np.ndarray, metric: Metric, folds: Sequence[Fold], efforts: Sequence[Effort]
) -> list[Trial]:
    """Whole models fitted, of which no features can be shared: trees, linear models of n-grams."""
    store, ground = parts.store, {parts.recipe.start: Ground(store=parts.store)}
    question = Question(
        recipe=replace(parts.recipe, labels=None), data=store, store=store, task=type(task), chosen=rows,
        device=parts.device, grounds=ground,
    )  # fmt: skip
    laboratory = Laboratory(question, metric, Memory())
    candidate = Candidate(name="next", family="", fields={"start": parts.recipe.start})
    return [laboratory.trial(candidate, fold, effort) for fold in folds for effort in efforts]


def _random(features: np.ndarray, answers: np.ndarray) -> str:
    """In words, that a linear model of the start's features is no better than with shuffled labels; "" where it is, and
    where there are too few labels to say so."""
    if len(answers) < CLEAR:
        return ""
    some = slice(None, MOST_SHUFFLED)
    known = answers[some].reshape(len(answers[some]), -1)
    known = np.eye(int(known.max()) + 1)[known[:, 0]] if known.dtype.kind == "i" else known
    found = p_value(features[some], known, np.random.default_rng(0))
    if found <= SURE:
        return ""
    return f"a linear model on {len(known):,} labelled rows is no better than with shuffled labels (p = {found:.2f})"


def headline(predictor: Predictor, store: Store, rows: np.ndarray) -> Metric:
    """The score that is asked about, as a few labelled rows show it."""
    task, few = predictor.task, rows[:8]
    scores = task.score(predictor.answers(store, few), examples_of(task, store, few))
    return task.answer.metric(next(iter(scores)))
