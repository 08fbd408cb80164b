"""One candidate on one fold: learn from its rows, be scored on its other rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from headstart.assemble import Only, Parts, examples_of, finetuning, targets, unknown
from headstart.core.contracts import Task
from headstart.core.contracts.metric import Metric
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from headstart.evaluation import baselines
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.selection.candidates import Candidate
from headstart.selection.features import Features, reads_rows
from headstart.selection.folds import Fold
from headstart.selection.memory import Effort, Memory, Trial
from headstart.selection.question import Question
from headstart.training.loop import train
from headstart.training.plan import total_steps
from headstart.training.run.run import is_stepped

LOOKED_AT = 8  # rows on which an untrained network is scored, to learn the name of the score
TIMED = 3.0  # seconds of steps, at most, by which the length of a whole fine-tune is estimated


@dataclass(slots=True)
class Laboratory:
    """Carries out trials and remembers them; the same trial is never done twice."""

    question: Question
    metric: Metric
    memory: Memory
    features: Features = field(default_factory=Features)

    @classmethod
    def of(cls, question: Question, fold: Fold, memory: Memory) -> Laboratory:
        """The metric is the headline of the task, as any model would be scored on rows of a fold."""
        parts = _parts(question, question.bare, fold, Effort(len(fold.learn)))
        predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
        task, rows = predictor.task, fold.held[:LOOKED_AT]
        scores = task.score(predictor.answers(parts.store, rows), examples_of(task, parts.store, rows))
        return cls(question, task.answer.metric(next(iter(scores))), memory)

    def trial(self, candidate: Candidate, fold: Fold, effort: Effort) -> Trial:
        """The trial, done now or remembered. HeadstartError where the candidate turns out not to fit."""
        found = self.memory.find(candidate, fold, effort)
        if found is None:
            began = time.perf_counter()
            found = (self._reference if candidate.reference else self._learned)(candidate, fold, effort)
            found = replace(found, seconds=time.perf_counter() - began)
            self.memory.keep(candidate, found)
        return found

    def whole(self, candidate: Candidate, fold: Fold) -> tuple[bool, float, float]:
        """Can it have more or less time; and if so, how many seconds would its own plan take, with so many rows?

        What is solved cannot, and neither what steps as often as the user says. Last, the seconds that a trial takes on
        top of its steps: for answers to the fold's held rows, and for looks.
        """
        recipe = self.question.recipe_of(candidate.fields)
        parts = _parts(self.question, recipe, fold, Effort(len(fold.learn)))
        if not is_stepped(parts.trainee, parts.tuning) or "steps" in recipe.plan:
            return False, 0.0, 0.0
        predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
        few, began = fold.held[:2], time.perf_counter()
        predictor.answers(parts.store, self.question.ground(recipe).here(few))
        each = (time.perf_counter() - began) / len(few)
        aside = each * (len(fold.held) + 2 * len(parts.held))
        total = total_steps(parts.plan, parts.batches.rows, parts.batches.size)
        if total is None:
            return True, 60.0 * (parts.plan.minutes or 1.0), aside
        ticks = [time.perf_counter()]
        for _ in train(parts.trainee, parts.batches, parts.plan, parts.tuning):
            ticks.append(time.perf_counter())
            if ticks[-1] - ticks[0] > TIMED or len(ticks) > 5:
                break
        steps = np.diff(ticks)
        each_step = float(np.median(steps[1:] if len(steps) > 1 else steps))
        return True, 1.2 * total * each_step, aside  # looks take a sixth

    def _learned(self, candidate: Candidate, fold: Fold, effort: Effort) -> Trial:
        recipe = self.question.recipe_of(candidate.fields)
        parts = _parts(self.question, recipe, fold, effort)
        held = self.question.ground(recipe).here(fold.held)
        predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
        task = predictor.task
        closed = parts.tuning is not None and parts.tuning.closed_form
        if closed and parts.start is not None and not parts.trainee.backbone.regrown and reads_rows(parts):
            answers, each = self._on_features(parts, task, held)
        else:
            learn_task(parts, predictor)
            began = time.perf_counter()
            answers = predictor.answers(parts.store, held)
            each = (time.perf_counter() - began) / len(held)
        modules = (parts.trainee.backbone, parts.trainee.objective)
        size = sum(t.numel() * t.element_size() for module in modules for t in module.state_dict().values())
        licence = "" if parts.start is None else str(parts.start.facts["data"].get("licence") or "")
        facts = {"bytes": size, "licence": licence, "tuning": parts.recipe.tuning["kind"]}
        scores = self._scored(task, parts.store, held, answers)
        return Trial(
            candidate=candidate.name, fold=fold.number, effort=effort, row_scores=scores, seconds=0.0, each=each,
            facts=facts,
        )  # fmt: skip

    def _on_features(self, parts: Parts, task: Task, held: np.ndarray) -> tuple[list[dict[str, Any]], float]:
        """What the tuning would come to, from features that every fold and tuning of this start shares."""
        assert parts.tuning is not None
        store, probe = parts.store, task.linear_probe()
        learned, test = self.features.of(parts, parts.read), self.features.of(parts, held)
        known = probe.decisions(store.modality, store.take(parts.chosen), targets(task, store, parts.chosen))
        known = unknown(known, len(parts.unlabelled)) if len(parts.unlabelled) else known
        fit = parts.tuning.fit(probe, learned, known, parts.batches.seed)
        probe.load(fit)  # a head that is not linear cannot be fitted
        outputs = torch.from_numpy(test @ fit.weight + fit.bias)
        return probe.regroup(outputs, store.modality, store.take(held)), self.features.each(parts.recipe.start)

    def _reference(self, candidate: Candidate, fold: Fold, effort: Effort) -> Trial:
        question, learn = self.question, np.sort(fold.learn[: effort.labels])
        parts = _parts(question, question.bare, fold, effort)
        task = Predictor(parts.modality, parts.trainee).task
        model = baselines.fitted(task, question.store, learn, question.recipe.seed)
        answers = model.predict(question.store.take(fold.held), len(fold.held)).answers
        scores = self._scored(task, question.store, fold.held, answers)
        return Trial(candidate=candidate.name, fold=fold.number, effort=effort, row_scores=scores, seconds=0.0)

    def _scored(self, task: Task, store: Store, rows: np.ndarray, answers: Sequence[dict[str, Any]]) -> np.ndarray:
        examples = examples_of(task, store, rows)
        return task.row_scores(answers, examples).astype(np.float32)


def _parts(question: Question, recipe: Recipe, fold: Fold, effort: Effort) -> Parts:
    """The parts of a fine-tune that keeps to the first labels of a fold, and to a number of seconds."""
    ground, learn = question.ground(recipe), np.sort(fold.learn[: effort.labels])
    only = Only(np.sort(ground.here(learn)), ground.here(np.setdiff1d(question.chosen, learn)))
    if effort.seconds is not None:
        recipe = override(recipe, {"plan.minutes": effort.seconds / 60})
    return finetuning(recipe, None, device=question.device, store=ground.store, only=only)
