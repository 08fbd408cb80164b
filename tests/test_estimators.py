"""Estimators that choose their model, in scikit-learn's own hands."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from headstart.inference.predictor import load
from headstart.sklearn import HeadstartClassifier, HeadstartRegressor
from tests.helpers.sentences import sentences

MINUTES = 0.05
WORDS = np.array(["sport", "trade", "weather", "war"])


@pytest.fixture(scope="module")
def texts() -> tuple[list[str], np.ndarray]:
    rows, topics = sentences(120)
    return rows, WORDS[topics]


@pytest.fixture(scope="module")
def topics(texts: tuple[list[str], np.ndarray]) -> HeadstartClassifier:
    return HeadstartClassifier(minutes=MINUTES).fit(texts[0][:90], texts[1][:90])


def test_texts_are_classified_by_the_names_that_were_given(
    topics: HeadstartClassifier, texts: tuple[list[str], np.ndarray]
) -> None:
    held_out = texts[0][90:]
    assert topics.classes_.tolist() == sorted(WORDS)
    assert topics.score(held_out, texts[1][90:]) > 0.8
    shares = topics.predict_proba(held_out)
    assert shares.shape == (30, 4)
    assert np.allclose(shares.sum(1), 1)
    assert (topics.classes_[shares.argmax(1)] == topics.predict(held_out)).all()


def test_a_pickle_and_a_saved_directory_answer_alike(
    topics: HeadstartClassifier, texts: tuple[list[str], np.ndarray], tmp_path: Path
) -> None:
    held_out = texts[0][90:95]
    copy = pickle.loads(pickle.dumps(topics))
    assert np.array_equal(copy.predict_proba(held_out), topics.predict_proba(held_out))
    topics.save(tmp_path / "model")
    assert [answer["label"] for answer in load(tmp_path / "model").predict(held_out)] == list(topics.predict(held_out))
    assert not [file for file in (tmp_path / "model").rglob("*") if file.suffix in (".pkl", ".pickle", ".joblib")]
    assert topics.report.is_file()


def test_a_clone_is_not_fitted(topics: HeadstartClassifier, texts: tuple[list[str], np.ndarray]) -> None:
    copy = clone(topics)
    assert copy.get_params() == topics.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(texts[0])


def test_pictures_are_rows_too() -> None:
    flat, classes = load_digits(return_X_y=True)
    pictures = (np.asarray(flat)[:300].reshape(-1, 8, 8) * 15.9375).astype(np.uint8)
    model = HeadstartClassifier(minutes=MINUTES).fit(list(pictures[:240]), classes[:240])
    assert model.classes_.dtype == classes.dtype
    assert model.score(list(pictures[240:]), classes[240:300]) > 0.8


def test_numbers_are_predicted() -> None:
    rows = [" ".join(["long"] * (n % 7) + ["word"] * 3) for n in range(120)]
    lengths = np.array([n % 7 for n in range(120)], float)
    assert HeadstartRegressor(minutes=MINUTES).fit(rows, lengths).score(rows, lengths) > 0.8


@pytest.mark.parametrize(
    ("rows", "labels", "said"),
    [
        (["a b", "c d"], ["x"], "inconsistent numbers of samples"), (["a b", "c d"], None, "requires y"),
        (["a b", "c d"], ["x", "x"], "only one class"), (["a b"] * 3, [1.5, 2.25, 3.125], "Unknown label type"),
        (["", "", "c d", "d e"], ["x", "y", "x", "y"], "HS-D"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_is_a_value_error(rows: list[str], labels: list[object] | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        HeadstartClassifier(minutes=MINUTES).fit(rows, labels)


@pytest.mark.slow
@parametrize_with_checks([HeadstartClassifier(minutes=0.01), HeadstartRegressor(minutes=0.01)])
def test_the_conventions_of_scikit_learn(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)


@pytest.mark.slow
def test_a_search_and_a_column_transformer_take_it() -> None:
    rows = np.random.default_rng(0).normal(size=(90, 3))
    frame = pd.DataFrame(rows, columns=["a", "b", "c"]).assign(city=["x", "y", "z"] * 30)
    labels = np.where(rows[:, 0] + (frame["city"] == "x") > 0.3, "in", "out")
    search = GridSearchCV(HeadstartClassifier(minutes=0.02), {"random_state": [0, 1]}, cv=2).fit(frame, labels)
    assert search.best_score_ > 0.7
    columns = ColumnTransformer([("numbers", StandardScaler(), ["a", "b", "c"])], remainder="passthrough")
    pipeline = make_pipeline(columns.set_output(transform="pandas"), HeadstartClassifier(minutes=0.02))
    assert pipeline.fit(frame, labels).score(frame, labels) > 0.7


def test_rows_of_a_table_are_asked_by_name() -> None:
    rows = np.random.default_rng(0).normal(size=(80, 2))
    frame = pd.DataFrame(rows, columns=["a", "target"]).assign(city=["x", None, "y", "x"] * 20)
    model = HeadstartRegressor(minutes=MINUTES).fit(frame, 3 * rows[:, 0])
    assert model.feature_names_in_.tolist() == ["a", "target", "city"]
    assert model.score(frame, 3 * rows[:, 0]) > 0.8
    new = pd.DataFrame({"a": [1.0, np.nan], "target": [0.0, 0.0], "city": ["never seen", "x"]}, index=[7, 9])
    assert np.isfinite(model.predict(new)).all()
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(new.rename(columns={"a": "b"}))
