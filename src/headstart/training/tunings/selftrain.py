"""Self-training: a network learns from its own sure answers to rows without labels, and must beat a probe."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch, Group, Objective, Plain, Step, Task, Tuning
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.models.nn.norms import batch_norms, rest
from headstart.training.linear.solve import fit_classes, stratified_folds
from headstart.training.linear.solved_head import fitted_head

UNLIKE = 0.1
"""How far above one half an AUC says that unlabelled rows are of another kind than the labelled ones, if it is two
standard errors as well. AG News, 40 labels, 5 draws: rows of the same set .45 to .54, of which 81 % are of one class
.61 to .72, of shuffled words .90, of other topics above .99."""

SAMPLED, FOLDS = 500, 5


class Selftrain(Tuning):
    """Train the whole network on labelled rows and on its own sure answers to rows without labels.

    A row without a label is answered as it is, and learned changed (by augmentation and dropout) where the answer is
    sure. Sure means: as sure as `threshold` times the mean over labelled rows, so that it fits a network that hardly
    knows anything as well as one that is nearly done. Answers are moved towards the shares that classes have among
    labelled rows, else the easiest class takes all. AdaMatch (Berthelot et al., ICLR 2022), without its interpolation
    of logits between two domains.

    One labelled row of five is hidden. In the end the network and a probe on the features that it began with, fitted to
    the other four, are asked for the hidden ones; where the network gets fewer of them right, the probe answers, fitted
    to all labels, with the weights that the network began with. So it does where a linear model tells labelled rows
    from the others: from rows of other classes or of noise nothing can be learned, and few hidden labels cannot say so.

    For one class a row, on any kind of data.

    rows       unlabelled train rows at most, drawn at random
    threshold  share of the sureness on labelled rows from which an answer is learned (1 and more: hardly any)
    align      move answers to the class shares of labelled rows
    norms      batch norms "learn" the statistics of the batches, or "rest" with those that they have
    """

    solves_head: ClassVar[Literal["never", "first", "last"]] = "last"
    rows_independent: ClassVar[bool] = False
    beside: ClassVar[int] = 3
    hides: ClassVar[int] = 5
    advice: ClassVar[Mapping[str, Any]] = {
        "plan.steps": 400, "plan.batch": 32, "plan.lr": 3e-3, "plan.beta2": 0.98, "plan.schedule": "linear",
        "plan.warmup": 0.1, "plan.ema": 0.99, "augment.drop": 0.1,
    }  # fmt: skip

    def __init__(
        self, *, rows: int = 20_000, threshold: float = 0.9, align: bool = True,
        norms: Literal["learn", "rest"] = "learn",
    ) -> None:  # fmt: skip
        self.unlabelled, self.threshold, self.align, self.norms = rows, threshold, align, norms
        self._resting: list[nn.Module] = []
        self._begun: dict[str, Tensor] = {}
        self._pace = 0.0

    def begin(self, backbone: Backbone) -> None:
        self._begun = _copied(backbone)

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        self._resting = batch_norms(backbone) if self.norms == "rest" else []
        layers = [Group(f"layer {i}", list(layer.parameters())) for i, layer in enumerate(backbone.layers())]
        return [*layers, Group("head", list(task.parameters()))]

    def at(self, done: float) -> None:
        """Its own answers count little at first, and fully from half of the run on (the warm-up of AdaMatch)."""
        self._pace = 0.5 - 0.5 * math.cos(min(math.pi, 2 * math.pi * done))
        rest(self._resting)

    def step(self, task: Objective, backbone: Backbone, batch: Batch) -> Step:
        learner = task.as_task
        assert learner is not None
        known = (batch["y"] >= 0) & ~batch["hidden"]
        answers = _answers(learner, backbone, batch)  # [B, K]
        sure, guessed = self._guesses(answers, batch["y"], known)
        learned = {**batch, "y": torch.where(known, batch["y"], guessed)}
        features, targets = learner.examine(backbone, learned)
        step = learner.judge(features[known], targets[known])
        share = sure[~known].float().mean()
        loss = step.loss
        if sure.any():
            loss = loss + self._pace * share * learner.judge(features[sure], targets[sure]).loss
        return Step(loss, {**step.logs, "sure": share})

    def _guesses(self, answers: Tensor, y: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Which rows without a label have a sure answer, bool [B], and what the answers are [B]."""
        least = self.threshold * answers[known].amax(1).mean()
        others = answers[~known]
        if self.align and len(others):
            shares = torch.bincount(y[known], minlength=answers.shape[1]) / known.sum()
            others = others * shares / others.mean(0).clamp_min(1e-6)
            answers = answers.masked_scatter(~known[:, None], others / others.sum(1, keepdim=True).clamp_min(1e-12))
        best, guessed = answers.max(1)
        return ~known & (best >= least), guessed

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        """Keep the network, or go back to a probe on the weights that it began with."""
        every = list(batches)
        labelled = [_of(batch, batch["y"] >= 0) for batch in every if (batch["y"] >= 0).any()]
        shown = [_of(batch, ~batch["hidden"]) for batch in labelled if not batch["hidden"].all()]
        hidden = [_of(batch, batch["hidden"]) for batch in labelled if batch["hidden"].any()]
        own, moved = _right(task, backbone, hidden), (_copied(backbone), _copied(task))
        backbone.load_state_dict(self._begun)
        sides = _features(task, backbone, every)
        told_apart = _told_apart(*sides, seed)
        unlike = told_apart >= 0.5 + max(UNLIKE, 2 * _standard_error(*map(len, sides)))
        fitted_head(backbone, task, shown, self.fit, seed=seed)
        probe, count = _right(task, backbone, hidden), sum(len(batch["key"]) for batch in hidden)
        kept = own >= probe and not unlike
        logs = {"held_out_selftrain": own / count, "held_out_probe": probe / count, "told_apart": told_apart}
        found = {name: torch.tensor(value) for name, value in {**logs, "selftrain": float(kept)}.items()}
        hits = f"self-training got {own} of {count} hidden labels right, a probe {probe}"
        if unlike:
            hits = f"unlabelled rows are unlike the labelled ones (told apart with an AUC of {told_apart:.2f}); {hits}"
        self.told = (f"{hits}: the {'network' if kept else 'probe'} answers",)
        if not kept:
            step = fitted_head(backbone, task, labelled, self.fit, seed=seed)
            return Step(step.loss, {**step.logs, **found})
        backbone.load_state_dict(moved[0])
        task.load_state_dict(moved[1])
        losses = [task(backbone, batch).loss * len(batch["key"]) for batch in labelled]
        return Step(torch.stack(losses).sum() / sum(len(batch["key"]) for batch in labelled), found)

    def fit(self, probe: LinearProbe, features: Plain, targets: np.ndarray, seed: int) -> LinearFit:
        return probe.fit(features, targets, solver="auto", seed=seed)

    def end(self, backbone: Backbone) -> None:
        self._begun = {}


def _answers(task: Task, backbone: Backbone, batch: Batch) -> Tensor:
    """Probabilities of the classes [B, K] for rows as they are, without dropout."""
    modules = [module for part in (backbone, task) for module in part.modules() if module.training]
    for module in modules:
        module.training = False
    with torch.no_grad():
        found = task.outputs(backbone, batch)
    for module in modules:
        module.training = True
    assert found is not None, "a task with one class a row says probabilities"
    return found


def _right(task: Task, backbone: Backbone, batches: Iterable[Batch]) -> int:
    """How many rows are answered with their class."""
    return sum(int((_answers(task, backbone, batch).argmax(1) == batch["y"]).sum()) for batch in batches)


def _features(task: Task, backbone: Backbone, batches: list[Batch]) -> tuple[np.ndarray, np.ndarray]:
    """What the head reads of labelled rows [n, F], and of others, spread evenly over all of them [m, F]."""
    known, others = list[Tensor](), list[Tensor]()
    each = max(1, sum(int((batch["y"] < 0).sum()) for batch in batches) // SAMPLED)
    for batch in batches:
        x, y = task.examine(backbone, batch)
        known.append(x[y >= 0].float().cpu())
        others.append(x[y < 0][::each].float().cpu())
    return torch.cat(known).numpy(), torch.cat(others).numpy()


def _told_apart(known: np.ndarray, others: np.ndarray, seed: int) -> float:
    """How well a linear model tells labelled rows from others that it has not seen, as the mean AUC of five folds: 0.5
    where they are of one kind. 0 where there are too few to say."""
    rows, labelled = np.concatenate([known, others]), np.arange(len(known) + len(others)) < len(known)
    fold_of, areas = stratified_folds(labelled, FOLDS, np.random.default_rng(seed)), list[float]()
    for fold in range(FOLDS):
        held = fold_of == fold
        if not (labelled & held).any() or not (~labelled & held).any():
            return 0.0
        fit = fit_classes(rows[~held], labelled[~held].astype(np.int64), 2, solver="ridge", seed=seed)
        score = (rows[held] @ fit.weight + fit.bias) @ np.array([-1.0, 1.0])
        areas.append(float((score[labelled[held]][:, None] > score[~labelled[held]]).mean()))
    return float(np.mean(areas))


def _standard_error(known: int, others: int) -> float:
    """Of an AUC of so many rows where nothing tells them apart (Mann and Whitney 1947)."""
    return math.sqrt((known + others + 1) / (12 * known * others))


def _of(batch: Batch, rows: Tensor) -> Batch:
    return {name: values[rows] for name, values in batch.items()}


def _copied(part: nn.Module) -> dict[str, Tensor]:
    return {name: values.detach().clone() for name, values in part.state_dict().items()}
