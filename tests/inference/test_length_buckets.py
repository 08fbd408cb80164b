"""Which rows are answered together, and that no answer depends on it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.inference import blocks, predictor
from headstart.inference.predictor import Predictor, budgeted
from tests.helpers.sentences import sentences

TEXTS, TOPICS = sentences(90, topics=2)


@pytest.mark.parametrize("places", [1, 100, 4096])
@pytest.mark.parametrize("count", [1, 2, 57, 300])
def test_every_row_comes_once_and_no_batch_overflows(count: int, places: int) -> None:
    lengths = np.random.default_rng(0).integers(1, 120, count)
    batches = list(budgeted(lengths, count, 64, places))
    assert sorted(np.concatenate(batches).tolist()) == list(range(count))
    for batch in batches:
        assert len(batch) <= 64
        assert len(batch) == 1 or len(batch) * lengths[batch].max() <= places
    ordered = lengths[np.concatenate(batches)]
    assert (np.diff(ordered) >= 0).all()


def test_a_batch_is_as_large_as_the_budget_allows() -> None:
    lengths = np.random.default_rng(0).integers(1, 120, 300)
    batches = list(budgeted(lengths, 300, 64, 1000))
    for batch, following in pairwise(batches):
        assert len(batch) == 64 or (len(batch) + 1) * lengths[following[0]] > 1000


def test_rows_longer_than_the_budget_come_alone() -> None:
    batches = list(budgeted(np.array([3000, 5, 2000, 4]), 4, 64, 1000))
    assert [batch.tolist() for batch in batches] == [[3, 1], [2], [0]]


def test_rows_of_one_shape_come_in_their_order() -> None:
    assert [batch.tolist() for batch in budgeted(None, 5, 2)] == [[0, 1], [2, 3], [4]]
    assert list(budgeted(None, 0, 2)) == []
    assert list(budgeted(np.empty(0, np.int64), 0, 2)) == []


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    given = {"train": (np.array(TEXTS[:60], object), np.array(TOPICS[:60])),
             "test": (np.array(TEXTS[60:], object), np.array(TOPICS[60:]))}  # fmt: skip
    path = tmp_path_factory.mktemp("texts") / "data"
    return prepare(given, path, modality="text", near="keep", settings={"vocab": 400, "length": 64})


@pytest.fixture(scope="module", params=["encoder", "decoder", "rnn"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store: Store) -> Predictor:
    """Trained with dropout, which may not show in answers."""
    out = tmp_path_factory.mktemp("models") / request.param
    small = {"backbone.width": 32, "backbone.depth": 1, "backbone.dropout": 0.3, "plan.batch": 16, "plan.lr": 3e-3}
    return hs.finetune(store, start="scratch", backbone=request.param, steps=20, out=out, settings=small)


def said(answers: list[dict]) -> np.ndarray:
    """The probabilities of answers, [n, 2]."""
    return np.array([list(answer["probabilities"].values()) for answer in answers])


def test_a_text_gets_the_same_answer_in_any_company(model: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    long = [*TEXTS, " ".join(TEXTS[:8])]  # one is cut
    together, vectors = said(model.predict(long)), model.embed(long)
    alone = said([model.predict([text])[0] for text in long[::9]])
    np.testing.assert_allclose(alone, together[::9], atol=1e-5)
    np.testing.assert_allclose(said(model.predict(long[::-1]))[::-1], together, atol=1e-5)
    monkeypatch.setattr(predictor, "CHUNK", 7)
    np.testing.assert_allclose(said(model.predict(long)), together, atol=1e-5)
    np.testing.assert_allclose(model.embed(long), vectors, atol=1e-4)
    monkeypatch.setattr(predictor, "budgeted", partial(budgeted, places=64))
    monkeypatch.setattr(blocks, "ROWS", 10)
    np.testing.assert_allclose(said(model.predict(long)), together, atol=1e-5)


def test_answers_keep_the_order_of_the_rows(model: Predictor, store: Store) -> None:
    rows = store.rows("train")
    shuffled = np.random.default_rng(0).permutation(rows)
    in_order = said(model.answers(store, rows))
    np.testing.assert_allclose(said(model.answers(store, shuffled)), in_order[np.argsort(rows)[shuffled]], atol=1e-5)
    backbone, modality = model.trainee.backbone.eval(), model.modality
    with torch.no_grad():
        slow = [backbone.summary(backbone(modality.collate(store.feed(rows[n : n + 1])))) for n in range(len(rows))]
    np.testing.assert_allclose(model.features(store, rows), torch.cat(slow).numpy(), atol=1e-5)
    assert [origin for origin, _ in model.answer_each(store)] == store.origins("train") + store.origins("test")


def test_one_row_and_no_row_are_answered(model: Predictor, store: Store) -> None:
    assert len(model.predict([TEXTS[0]])) == 1
    assert model.embed([TEXTS[0]]).shape == (1, model.embed(TEXTS[:2]).shape[1])
    none = np.empty(0, np.int64)
    assert model.answers(store, none) == []
    assert len(model.features(store, none)) == 0


def test_data_prepared_with_another_tokenizer_get_the_models_own_ids(
    model: Predictor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("other") / "data"
    given = {"test": (np.array(TEXTS[60:], object), np.array(TOPICS[60:])),
             "train": (np.array(TEXTS[:30], object), np.array(TOPICS[:30]))}  # fmt: skip
    other = prepare(given, path, modality="text", near="keep", settings={"vocab": 330, "lower": True})
    expected = dict(zip(TEXTS, said(model.predict(TEXTS)), strict=True))
    texts = [text for split in other.splits for text in (TEXTS[:30] if split == "train" else TEXTS[60:])]
    found = said(model.predict(other))
    np.testing.assert_allclose(found, [expected[text] for text in texts], atol=1e-5)
