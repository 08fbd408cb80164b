"""Nearest vectors against a full sort, and nearest rows of a corpus through a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import UsageError
from headstart.inference import blocks
from headstart.inference.neighbours import Nearest
from headstart.inference.predictor import Predictor
from tests.helpers.sentences import sentences

TEXTS, _ = sentences(90)


def nearest(queries: np.ndarray, corpus: np.ndarray, k: int, chunk: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Numbers [q, k] of the nearest vectors of a corpus that is added in chunks, and their cosines [q, k]."""
    best = Nearest(queries, k=k)
    for start in range(0, len(corpus), chunk):
        best.add(corpus[start : start + chunk])
    return best.numbers, best.cosines


@pytest.mark.parametrize("chunk", [1, 7, 64, 10_000])
@pytest.mark.parametrize("k", [1, 5, 300])
def test_the_nearest_are_the_first_of_a_full_sort(chunk: int, k: int) -> None:
    generator = np.random.default_rng(0)
    queries, corpus = generator.normal(size=(9, 6)), generator.normal(size=(200, 6))
    cosine = (queries / np.linalg.norm(queries, axis=1)[:, None]) @ (corpus / np.linalg.norm(corpus, axis=1)[:, None]).T
    order = np.argsort(-cosine, axis=1)[:, :k]
    numbers, found = nearest(queries, corpus, k, chunk)
    assert (numbers == order).all()
    np.testing.assert_allclose(found, np.take_along_axis(cosine, order, 1), atol=1e-6)


def test_of_equal_vectors_the_earlier_comes_first_and_zeros_are_like_nothing() -> None:
    one, other = np.eye(2, 4)
    found = Nearest(np.stack([one, np.zeros(4)]), k=4)
    for vectors in ([other, one], [3 * one], [np.zeros(4), one, other]):
        found.add(np.stack(vectors))
    assert found.numbers[0].tolist() == [1, 2, 4, 0]
    assert found.cosines[0].tolist() == [1, 1, 1, 0]
    assert found.numbers[1].tolist() == [0, 1, 2, 3]
    assert not found.cosines[1].any()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    place = tmp_path_factory.mktemp("nearest")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        settings = {"backbone.width": 32}
        return hs.pretrain(TEXTS, backbone="bag", objective="lsa", out=place / "model", settings=settings)


def test_rows_of_a_corpus_come_with_origin_and_text_whatever_its_form(
    model: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "ROWS", 16)
    (tmp_path / "lines.txt").write_text("\n".join(TEXTS))
    queries, vectors = TEXTS[3:60:20], model.embed(TEXTS)
    numbers, cosines = nearest(model.embed(queries), vectors, 4)
    asked = model.nearest(queries, TEXTS, 4)
    for row, best, cosine in zip(asked, numbers, cosines, strict=True):
        assert [one["text"] for one in row] == [TEXTS[number] for number in best]
        assert [one["origin"] for one in row] == [f"row {number}" for number in best]
        np.testing.assert_allclose([one["similarity"] for one in row], cosine, atol=1e-6)
    assert [row[0]["text"] for row in asked] == queries
    prepared = hs.prepare(tmp_path / "lines.txt", out=tmp_path / "data", near="keep")
    for corpus in (tmp_path / "lines.txt", prepared):
        again = model.nearest(queries, corpus, 4)
        for row, same in zip(again, asked, strict=True):
            np.testing.assert_allclose(
                [one["similarity"] for one in row], [one["similarity"] for one in same], atol=1e-6
            )
            assert row[0]["text"] == same[0]["text"]
            assert row[0]["origin"].startswith("lines.txt:")
    with pytest.raises(UsageError, match="HS-U534"):
        model.nearest(queries, TEXTS, 0)
    assert model.nearest([], TEXTS) == []
