"""PretrainedEncoder in scikit-learn's own hands."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from headstart.core.errors import UsageError
from headstart.inference.predictor import load
from headstart.sklearn import PretrainedEncoder

# The conventions that hold for any estimator; the other checks transform tables of numbers, which are no images.
CONVENTIONS: tuple[Any, ...] = (
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_mixin_order,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_set_params,
    estimator_checks.check_estimators_overwrite_params,
    estimator_checks.check_dont_overwrite_parameters,
    estimator_checks.check_estimators_fit_returns_self,
)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """300 digits, uint8 [300, 8, 8], and their classes [300]."""
    from sklearn.datasets import load_digits

    flat, classes = load_digits(return_X_y=True)
    return (np.asarray(flat)[:300].reshape(-1, 8, 8) * 15.9375).astype(np.uint8), np.asarray(classes)[:300]


@pytest.fixture(scope="module")
def model(digits: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model, pretrained by principal components."""
    from headstart.commands.prepare import prepare
    from headstart.commands.pretrain import pretrain

    place = tmp_path_factory.mktemp("sklearn")
    store = prepare(digits[0], out=place / "data")
    pretrain(store, out=place / "model", objective="pca", settings={"backbone.width": 16})
    return place / "model"


@pytest.mark.parametrize("check", CONVENTIONS, ids=lambda check: check.__name__)
def test_scikit_learn_conventions_hold(check: Callable[[str, Any], None], model: Path) -> None:
    check("PretrainedEncoder", PretrainedEncoder(model))


def test_pipeline_with_logistic_regression_learns_digits(model: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, classes = digits
    pipeline = make_pipeline(PretrainedEncoder(model), LogisticRegression(max_iter=1000))
    pipeline.fit(images[:200], classes[:200])
    assert pipeline.score(images[200:], classes[200:]) > 0.8


def test_transform_equals_embed_of_the_loaded_model(model: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = digits
    encoder = PretrainedEncoder(model).fit(images)
    assert np.array_equal(encoder.transform(images), load(model).embed(images))


def test_a_row_is_encoded_alike_alone_and_in_company(model: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = digits
    encoder = PretrainedEncoder(model).fit(None)
    assert np.allclose(encoder.transform(images[5:6])[0], encoder.transform(images[:50])[5], atol=1e-5)


def test_files_arrays_and_lists_give_the_same_vectors(
    model: Path, digits: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    from PIL import Image

    images, _ = digits
    paths = [str(tmp_path / f"{i}.png") for i in range(3)]
    for path, pixels in zip(paths, images, strict=False):
        Image.fromarray(pixels).save(path)
    encoder = PretrainedEncoder(model).fit(paths)
    assert np.array_equal(encoder.transform(paths), encoder.transform(images[:3]))
    assert np.array_equal(encoder.transform(list(images[:3])), encoder.transform(images[:3]))


def test_feature_names_count_the_columns(model: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    encoder = PretrainedEncoder(model).fit(None)
    names = encoder.get_feature_names_out()
    assert len(names) == encoder.transform(digits[0][:2]).shape[1] == 16
    assert names[0] == "pretrainedencoder0"


def test_clone_is_unfitted_and_keeps_its_settings(model: Path) -> None:
    copy = clone(PretrainedEncoder(model, device="cpu").fit(None))
    assert isinstance(copy, PretrainedEncoder)
    assert copy.get_params() == {"model": model, "device": "cpu"}
    with pytest.raises(NotFittedError):
        copy.transform([])


def test_grid_search_may_choose_between_models(model: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, classes = digits
    pipeline = make_pipeline(PretrainedEncoder(model), LogisticRegression(max_iter=1000))
    search = GridSearchCV(pipeline, {"pretrainedencoder__model": [model], "logisticregression__C": [0.1, 1.0]}, cv=2)
    assert search.fit(images, classes).best_score_ > 0.7


def test_fitted_encoder_survives_a_copy_to_another_process(model: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    encoder = PretrainedEncoder(model).fit(None)
    copy = pickle.loads(pickle.dumps(encoder))
    assert np.array_equal(copy.transform(digits[0][:4]), encoder.transform(digits[0][:4]))


def test_fit_says_when_there_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such model"):
        PretrainedEncoder(tmp_path / "nothing").fit(None)


def test_methods_take_x_and_an_optional_y_by_name() -> None:
    assert list(inspect.signature(PretrainedEncoder.fit).parameters) == ["self", "X", "y"]
    assert list(inspect.signature(PretrainedEncoder.transform).parameters) == ["self", "X"]
