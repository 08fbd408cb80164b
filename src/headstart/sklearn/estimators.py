"""Estimators that choose their model as the verb `auto` does, for tables, texts, pictures and other rows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from headstart.core.errors import HeadstartError
from headstart.sklearn import rows
from headstart.sklearn.kept import Kept

VALID = 0.2  # share of the rows by which models are compared


class _Chosen(BaseEstimator):
    """What both estimators do: prepare the rows, let `auto` choose and fit, answer with the model that it made."""

    _task = ""
    model_: Kept

    def __init__(
        self,
        *,
        minutes: float = 1.0,
        modality: str = "auto",
        models: Sequence[str | Path] = (),
        random_state: int | None = 0,
        device: str = "auto",
    ) -> None:
        self.minutes = minutes
        self.modality = modality
        self.models = models
        self.random_state = random_state
        self.device = device

    def _fit(self, X: Any, labels: Sequence[Any]) -> None:
        from headstart.commands.auto import auto
        from headstart.commands.prepare import prepare

        given = rows.learned(self, X, labels)
        seed = self.random_state
        seed = int(check_random_state(seed).randint(1 << 30)) if not isinstance(seed, int | np.integer) else int(seed)
        try:
            with tempfile.TemporaryDirectory(prefix="headstart-") as room:
                store = prepare(
                    given.data, out=Path(room) / "data", modality=given.modality, target=given.target,
                    split={"train": 1 - VALID, "valid": VALID}, group="none", near="keep",
                )  # fmt: skip
                made = auto(
                    store, out=Path(room) / "model", minutes=self.minutes, models=self.models, task=self._task,
                    seed=seed, device=self.device,
                )  # fmt: skip
                self.model_ = Kept(Path(room) / "model", made.device)
        except HeadstartError as wrong:
            raise ValueError(str(wrong)) from wrong

    def _answers(self, X: Any) -> list[dict[str, Any]]:
        check_is_fitted(self)
        return self.model_.predictor.predict(rows.asked(self, X))

    def save(self, out: str | Path) -> None:
        """Write the model directory, which every verb of headstart reads; nothing in it is pickled."""
        check_is_fitted(self)
        self.model_.save(out)

    @property
    def report(self) -> Path:
        """The page that tells what was tried and what was taken."""
        check_is_fitted(self)
        return self.model_.path / "report.html"

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


class HeadstartClassifier(ClassifierMixin, _Chosen):
    """A classifier that tries what suits the rows, and keeps what answers best on held-out ones.

    minutes       how long `fit` may take
    modality      kind of data; "auto" looks at the rows: a DataFrame or an array [n, F] is a table
    models        pretrained models and public checkpoints that take part
    random_state  seed of everything random
    device        "auto", "cpu", "cuda" or "mps"

    X is a DataFrame, an array [n, F] of numbers with NaN where one is missing, a list of texts, of paths (`Path`), of
    pictures or of arrays. y are class labels [n]. A fifth of the rows compares the models.
    """

    _task = "classify"
    classes_: np.ndarray

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from rows and their classes. Raises ValueError if they do not fit together or cannot be learned."""
        y = rows.targets(self, X, y)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("Classifier can't train when only one class is present.")
        names = self._names()
        self._fit(X, [names[number] for number in numbers])
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities [n, classes], in the order of `classes_`."""
        answers, names = self._answers(X), self._names()
        return np.array([[answer["probabilities"].get(name, 0.0) for name in names] for answer in answers], np.float64)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each row [n]."""
        likeliest = self.predict_proba(X).argmax(1)
        return self.classes_[likeliest]

    def _names(self) -> list[str]:
        """What the classes are called in the model: as they are written, if that tells them apart."""
        names = [str(one) for one in self.classes_]
        plain = all(name.strip() == name and name and not set(name) & set(",;|[") for name in names)
        return names if plain and len(set(names)) == len(names) else [f"class {n}" for n in range(len(names))]


class HeadstartRegressor(RegressorMixin, _Chosen):
    """A regressor that tries what suits the rows, and keeps what answers best on held-out ones.

    The settings and X are those of `HeadstartClassifier`; y are numbers [n].
    """

    _task = "regress"

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from rows and their numbers. Raises ValueError if they do not fit together or cannot be learned."""
        self._fit(X, [float(one) for one in rows.targets(self, X, y, numeric=True)])
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The number of each row [n]."""
        return np.array([answer["value"] for answer in self._answers(X)], np.float64)
