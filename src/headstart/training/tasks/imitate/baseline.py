"""The models without a network that imitation has to beat: a linear map of the window, and of past actions too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from headstart.core.contracts import Columns
from headstart.core.contracts.baseline import Baseline, Predictions
from headstart.core.contracts.probe import LinearFit
from headstart.training.tasks.imitate.episodes import Targets, lines_of
from headstart.training.tasks.imitate.logistic import fit_choices
from headstart.training.tasks.imitate.ridge import fit_actions


@dataclass(frozen=True, eq=False)
class WindowRidge(Baseline):
    """A linear map from the values that the model reads; blindly, the mean action, or the most frequent one."""

    name: ClassVar[str] = "ridge or logistic regression on the window"
    blindly: ClassVar[str] = "the mean action"

    def features(self, columns: Columns) -> np.ndarray:
        """[n, F]."""
        return self.modality.collate(columns)["x"].flatten(1).numpy()

    def predict(self, asked: Columns, rows: int) -> Predictions:
        task: Any = self.task
        form = task.episodes.form
        told = Targets.of(lines_of(self.modality.collate(self.learned)).numpy(), len(form.acts))
        learned, features = self.features(self.learned), self.features(asked)
        if form.discrete:
            fit = fit_choices(learned, told.done[..., 0], told.episode, form.discrete)
        else:
            fit = fit_actions(learned, told.done.reshape(len(learned), -1), told.episode)
        return Predictions(task.decode(task.whole(_said(fit, features))), fit.chosen)

    def blind(self, asked: Columns, rows: int) -> Predictions:
        task: Any = self.task
        return Predictions(task.decode(task.simple("mean", self.modality.collate(asked))), {})


@dataclass(frozen=True, eq=False)
class OtherRidge(WindowRidge):
    """The same with the actions of the steps before, where the model does not read them, and without, where it does."""

    name: ClassVar[str] = "the same with the actions before, or without them"

    def features(self, columns: Columns) -> np.ndarray:
        task: Any = self.task
        episodes = task.episodes
        form, scales = episodes.form, episodes.scales
        observed = self.modality.collate(columns)["x"][:, 0, : len(form.observes)].flatten(1).numpy()
        if episodes.actions:
            return observed
        done = scales.scaled(columns["x"][:, : episodes.before, len(form.observes) :], len(form.observes))  # [n, W, A]
        if form.discrete:
            done = (done == np.arange(form.discrete)).astype(np.float32)
        return np.concatenate([observed, np.nan_to_num(done).reshape(len(done), -1)], 1)

    def remark(self, headline: str, own: float, other: float) -> str:
        """The copycat gap."""
        task: Any = self.task
        without, with_ = (own, other) if task.episodes.actions else (other, own)
        told = f"{without:.3f} without the actions before, {with_:.3f} with them"
        return f"copycat gap: a linear model of the window scores {headline} {told}; what they add does not help to act"


def _said(fit: LinearFit, features: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(features @ fit.weight + fit.bias)
