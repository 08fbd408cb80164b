"""The probe: a linear model on features that stay as they are."""

from collections.abc import Iterable
from typing import ClassVar, Literal

import numpy as np

from headstart.core.contracts import Backbone, Batch, Group, Objective, Plain, Step, Task, Tuning
from headstart.core.contracts.choice import Adaptation, Suits
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.training.context.kept_head import kept_head
from headstart.training.linear.solved_head import fitted_head
from headstart.training.trees.grown_head import grown_head

_FEW = 500  # labels a class


class Probe(Tuning):
    """Compute the features once and fit a linear head to them; the backbone does not move, unless it has trees to grow
    or rows to keep.

    solver  for classes: "auto" is ridge where features by far outnumber rows, else "logistic"; or "svm". Targets that
            are numbers always use ridge
    """

    closed_form: ClassVar[bool] = True

    @classmethod
    def suits(cls, about: Adaptation) -> Suits | None:
        """Where features were solved, or labels are few.

        A dictionary of Fashion-MNIST at 100 labels a class: probe .863; all weights moved gently from there .862, at a
        learning rate of 1e-3 .820.
        """
        if not about.pretrained or not about.linear:
            return None
        if about.solved:
            return Suits(1, "the start was solved in closed form, and its features are kept")
        if about.per_class > _FEW:
            return None
        return Suits(1, f"{about.labels}: a linear model on fixed features is the most stable")

    def __init__(self, *, solver: Literal["auto", "logistic", "ridge", "svm"] = "auto") -> None:
        self.solver = solver

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        return [Group("head", list(task.parameters()))]

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        if backbone.grown is not None:
            return grown_head(backbone.grown, task, batches, self.fit, seed=seed)
        if backbone.in_context is not None:
            return kept_head(backbone, backbone.in_context, task, batches, seed=seed)
        return fitted_head(backbone, task, batches, self.fit, seed=seed)

    def fit(self, probe: LinearProbe, features: Plain, targets: np.ndarray, seed: int) -> LinearFit:
        return probe.fit(features, targets, solver=self.solver, seed=seed)
