import numpy as np
import pytest
from scipy.sparse import csr_matrix

from headstart.training.linear.words import best_lowering, fit_words


def tagged(words: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features [n, 8] that tell tags 1 and 2 poorly from tag 0, which nine words of ten have."""
    chance = np.random.default_rng(seed)
    y = np.where(chance.random(words) < 0.1, chance.integers(1, 3, words), 0)
    features = chance.normal(size=(words, 8))
    features[np.arange(words), y] += np.where(y > 0, 1.5, 0.0)
    return features.astype(np.float32), y


def f1(features: np.ndarray, y: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> float:
    said = (features @ weight + bias).argmax(1)
    return float(2 * ((said == y) & (y > 0)).sum() / max(1, (said > 0).sum() + (y > 0).sum()))


@pytest.mark.parametrize("form", [np.asarray, csr_matrix])
def test_a_lowered_outside_finds_more_of_the_other_tags(form: type) -> None:
    features, y = tagged(3_000, 0)
    fresh = tagged(3_000, 1)
    plain = fit_words(form(features), y, 3, solver="logistic", seed=0)
    lowered = fit_words(form(features), y, 3, solver="logistic", seed=0, outside=0)
    assert np.array_equal(plain.weight, lowered.weight)
    assert lowered.chosen["outside_lowered"] > 0.5
    assert f1(*fresh, lowered.weight, lowered.bias) > f1(*fresh, plain.weight, plain.bias) + 0.1


def test_the_best_lowering_is_that_of_all_tried() -> None:
    features, y = tagged(500, 2)
    lowered, score = best_lowering(features, y, 0)
    tried = [f1(features, y, np.eye(8)[:, :8], np.array([-cut, *[0.0] * 7])) for cut in np.arange(-1, 4.05, 0.1)]
    assert score == pytest.approx(tried[round((lowered + 1) / 0.1)])
    assert score > max(tried) - 0.05


def test_nothing_is_lowered_where_every_word_has_one_tag() -> None:
    found = fit_words(np.ones((20, 2), np.float32), np.zeros(20, np.int64), 3, solver="auto", seed=0, outside=0)
    assert found.bias.argmax() == 0
    assert "outside_lowered" not in found.chosen
