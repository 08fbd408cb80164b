"""One path to answers: the same for files, arrays and prepared rows, alone or in any company."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import headstart as hs
from headstart.core.errors import ContractError, DataError
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.inference import predictor as module
from headstart.inference.predictor import Predictor


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    generator = np.random.default_rng(0)
    classes = np.arange(60) % 2
    return (generator.integers(0, 100, (60, 8, 8)) + 120 * classes[:, None, None]).astype(np.uint8)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, pictures: np.ndarray) -> Store:
    given = {"train": (pictures[:40], np.arange(40) % 2), "test": (pictures[40:], np.arange(40, 60) % 2)}
    return prepare(given, tmp_path_factory.mktemp("inference") / "data", near="keep")


@pytest.fixture(scope="module", params=["mlp", "cnn"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store: Store) -> Predictor:
    """Trained with dropout, augmentation and (cnn) batch norm, none of which may show in answers."""
    out = tmp_path_factory.mktemp("models") / request.param
    settings = {"backbone.dropout": 0.5, "augment.flip": True, "augment.erase": 0.5, "plan.batch": 16}
    return hs.finetune(store, start="scratch", backbone=request.param, steps=20, out=out, settings=settings)


def test_answers_do_not_change_from_call_to_call(model: Predictor, pictures: np.ndarray) -> None:
    assert model.predict(pictures) == model.predict(pictures)
    torch.manual_seed(123)
    assert model.predict(pictures) == model.predict(pictures)


def test_a_row_gets_the_same_answer_alone_and_in_any_company(
    model: Predictor, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = [answer["probabilities"] for answer in model.predict(pictures)]
    alone = [model.predict(pictures[i : i + 1])[0]["probabilities"] for i in range(0, 60, 7)]
    monkeypatch.setattr(module, "CHUNK", 13)
    chunked = [answer["probabilities"] for answer in model.predict(pictures)]
    for one, other in zip(alone, together[::7], strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    for one, other in zip(chunked, together, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_a_loaded_model_answers_as_the_one_that_was_saved(model: Predictor, pictures: np.ndarray) -> None:
    assert model.path is not None
    assert hs.load(model.path).predict(pictures) == model.predict(pictures)


def test_prepared_rows_and_raw_arrays_get_the_same_answers(
    model: Predictor, store: Store, pictures: np.ndarray
) -> None:
    raw = [answer["probabilities"] for answer in model.predict(pictures)]
    stored = [answer["probabilities"] for answer in model.predict(store)]
    by_row = [answer["probabilities"] for answer in model.answers(store, store.rows("test"))]
    assert len(raw) == len(stored) == 60
    for one, other in zip(stored, raw, strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    assert by_row == stored[40:]


def test_every_form_of_a_picture_gets_the_same_answer(model: Predictor, pictures: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "grün 1.png"
    Image.fromarray(pictures[0]).save(path)
    forms = [[pictures[0]], [Image.open(path)], [path.read_bytes()], [path], path, str(path)]
    answers = [model.predict(form)[0]["probabilities"] for form in forms]
    for answer in answers[1:]:
        assert answer == pytest.approx(answers[0], abs=1e-6)


def test_vectors_are_the_backbones_summaries(model: Predictor, store: Store, pictures: np.ndarray) -> None:
    vectors = model.embed(pictures)
    backbone = model.trainee.backbone.eval()
    with torch.no_grad():
        ready = model.modality.ready({"x": torch.from_numpy(pictures[:, None].copy())})
        slow = backbone.summary(backbone(ready)).numpy()
    np.testing.assert_allclose(vectors, slow, atol=1e-5)
    np.testing.assert_allclose(model.features(store, store.rows("train")), slow[:40], atol=1e-5)
    assert vectors.dtype == np.float32


def test_answering_leaves_the_modes_of_a_model_in_training_alone(model: Predictor, pictures: np.ndarray) -> None:
    model.trainee.backbone.train()
    statistics = {name: t.clone() for name, t in model.trainee.backbone.state_dict().items()}
    model.predict(pictures[:8])
    assert model.trainee.backbone.training
    assert all(torch.equal(statistics[name], t) for name, t in model.trainee.backbone.state_dict().items())
    model.trainee.backbone.eval()


def test_answers_come_one_by_one_with_their_origins(model: Predictor, store: Store) -> None:
    origins = [origin for origin, _ in model.answer_each(store)]
    assert origins == store.origins("train") + store.origins("test")


def test_an_array_without_rows_gets_no_answers(model: Predictor) -> None:
    assert model.predict(np.empty((0, 8, 8), np.uint8)) == []


def test_no_rows_get_no_answers_and_an_empty_folder_is_refused(model: Predictor, tmp_path: Path) -> None:
    assert model.predict([]) == []
    assert model.embed([]).shape[0] == 0
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no data files"):
        model.predict(tmp_path / "empty")


def test_data_of_another_size_are_refused_if_prepared_and_resized_if_raw(model: Predictor, tmp_path: Path) -> None:
    large = np.random.default_rng(0).integers(0, 255, (10, 16, 16), dtype=np.uint8)
    assert len(model.predict(large)) == 10
    other = prepare(large, tmp_path / "large", near="keep")
    for ask in (model.predict, model.embed):
        with pytest.raises(ContractError, match="another form"):
            ask(other)
