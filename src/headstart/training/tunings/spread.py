"""The probe that also learns from rows without labels: classes spread from the labelled ones to their neighbours."""

from collections.abc import Iterable
from typing import ClassVar, Literal

import numpy as np
import torch

from headstart.core.contracts import Backbone, Batch, Group, Objective, Plain, Step, Task, Tuning
from headstart.core.contracts.choice import Adaptation, Suits
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.errors import ContractError
from headstart.training.linear.label_spreading import Crowd, crowd, spread
from headstart.training.linear.solve import stratified_folds

_FOLDS = 5
_UP_TO, _FROM = 50, 10  # labels a class up to which, and rows without for each with one from which, they are spread


class Spread(Tuning):
    """Fit a probe, let its answers run to the unlabelled train rows they lie among, and fit a linear head to all.

    The backbone does not move. Labelled rows are held out in turn; where spreading gets fewer of them right than the
    probe does, the probe is kept. For one class a row and few labels. Zhou et al. (NeurIPS 2003), Iscen et al. (CVPR
    2019), with a linear head in the place of a network.

    rows    unlabelled train rows at most, drawn at random: 20,000 of 6,400 features take 0.5 GB and half a minute
    solver  of the probe, see there
    """

    closed_form: ClassVar[bool] = True

    @classmethod
    def suits(cls, about: Adaptation) -> Suits | None:
        """Few labels of one class a row, many rows without, and features that were solved: a dictionary, topics.

        At 10 labels a class it adds 2 to 6 points on Fashion-MNIST, CIFAR-10, MNIST, AG News and DBpedia, nothing on
        SST-2 and hotel reviews (where it keeps the probe by itself), and costs one on the 150 intents of CLINC150.
        """
        if not about.solved or not about.linear or not about.one_class:
            return None
        if about.per_class > _UP_TO or about.unlabelled < _FROM * about.rows:
            return None
        return Suits(2, f"{about.labels}, and {about.unlabelled:,} rows without: labels are propagated to them")

    def __init__(self, *, rows: int = 20_000, solver: Literal["auto", "logistic", "ridge", "svm"] = "auto") -> None:
        self.unlabelled, self.solver = rows, solver

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        return [Group("head", list(task.parameters()))]

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        if task.sparse is not None:
            raise ContractError(320, "label propagation needs vectors of a network", fix="use --tuning probe")
        seen: list[tuple[torch.Tensor, torch.Tensor]] = []
        for batch in batches:
            x, y = task.examine(backbone, batch)
            if y.ndim != 1 or y.is_floating_point() or len(y) != len(batch["key"]):
                raise ContractError(290, "label propagation needs one class per row", fix="use --tuning probe")
            seen.append((x.float().cpu(), y.cpu()))
        features, targets = torch.cat([x for x, _ in seen]).numpy(), torch.cat([y for _, y in seen]).numpy()
        del seen
        head = task.linear_probe()
        fit = self.fit(head, features, targets, seed)
        head.load(fit)
        device, known = next(task.parameters()).device, targets >= 0
        x, y = (torch.from_numpy(rows[known]).to(device) for rows in (features, targets))
        return Step(task.judge(x, y).loss, {name: torch.tensor(value) for name, value in fit.chosen.items()})

    def fit(self, probe: LinearProbe, features: Plain, targets: np.ndarray, seed: int) -> LinearFit:
        assert isinstance(features, np.ndarray)
        known = np.flatnonzero(targets >= 0)
        fit = probe.fit(features[known], targets[known], solver=self.solver, seed=seed)
        if len(known) < len(features):
            fit = self._spread(probe, features, known, targets[known], fit, seed)
        return fit

    def _spread(
        self, head: LinearProbe, features: np.ndarray, known: np.ndarray, y: np.ndarray, probe: LinearFit, seed: int
    ) -> LinearFit:
        """A linear model that has learned from all rows, or the probe where held-out rows say so."""
        among = crowd(features, seed)
        looks = self._looks(head, features, among, known, y, seed)
        chosen = {"unlabelled": float(len(features) - len(known))}
        if looks is not None:
            chosen |= {"held_out_probe": looks[0], "held_out_spread": looks[1]}
            if looks[1] < looks[0]:
                self.told = (
                    f"spreading labels got {looks[1]:.0%} of hidden labels right, a probe {looks[0]:.0%}: the probe answers",
                )
                return LinearFit(probe.weight, probe.bias, {**probe.chosen, **chosen, "spread": 0.0})
        shares = spread(among.near, features @ probe.weight + probe.bias, known, y)
        guessed = shares.argmax(1)
        guessed[known] = y
        fit = head.fit(among.rows, guessed, solver="auto", seed=seed)
        factor = _sobered(among.rows @ fit.weight + fit.bias, looks[1]) if looks is not None else 1.0
        weight, bias = among.space.leave(factor * fit.weight, factor * fit.bias)
        return LinearFit(weight, bias, {**fit.chosen, **chosen, "spread": 1.0})

    def _looks(
        self, head: LinearProbe, features: np.ndarray, among: Crowd, known: np.ndarray, y: np.ndarray, seed: int
    ) -> tuple[float, float] | None:
        """Shares of labelled rows that the probe and spreading get right while their labels are hidden, each in turn;
        None if none can be hidden."""
        fold_of = stratified_folds(y, _FOLDS, np.random.default_rng(seed))
        hits, asked = np.zeros(2), 0
        for fold in np.unique(fold_of[fold_of >= 0]):
            kept, held = fold_of != fold, fold_of == fold
            fit = head.fit(features[known[kept]], y[kept], solver=self.solver, seed=seed)
            logits = features @ fit.weight + fit.bias
            shares = spread(among.near, logits, known[kept], y[kept])
            hits += [np.sum(answers[known[held]].argmax(1) == y[held]) for answers in (logits, shares)]
            asked += int(held.sum())
        return (float(hits[0] / asked), float(hits[1] / asked)) if asked else None


def _sobered(logits: np.ndarray, right: float) -> float:
    """The factor with which a model is as sure of its rows, in the mean, as it is right on held-out ones.

    Its own rows cannot tell: it was fitted to guesses that it nearly all repeats.
    """
    factors = [2.0 ** (step / 4) for step in range(-20, 9)]
    sure = [_sureness(factor * logits) for factor in factors]
    return factors[int(np.argmin(np.abs(np.array(sure) - right)))]


def _sureness(logits: np.ndarray) -> float:
    logits = logits - logits.max(1, keepdims=True)
    return float((1 / np.exp(logits).sum(1)).mean())
