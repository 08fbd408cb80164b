"""Word counts for the simple model."""

from __future__ import annotations

import numpy as np

from headstart.data.modalities.text.tfidf import tfidf, unspaced_share


def test_rows_have_length_one_and_words_are_known_from_the_learned_rows_alone() -> None:
    learned, asked = tfidf(["a good film", "a bad film"], ["a good day", "unknown words"])
    assert learned.dtype == np.float32
    assert learned.shape == (2, 8)  # a, good, bad, film; a good, good film, a bad, bad film
    assert np.allclose(learned.power(2).sum(1), 1)
    assert np.allclose(asked.power(2).sum(1).A1, [1, 0])


def test_characters_are_counted_where_words_are_not_apart() -> None:
    texts = ["房间很大", "早餐太差"]
    assert unspaced_share(texts) == 1
    assert unspaced_share(["words apart"]) == 0
    learned, asked = tfidf(texts, ["房间太差"])
    assert learned.shape[1] == 18
    assert asked.nnz > 5


def test_texts_without_words_are_counted_by_characters() -> None:
    learned, asked = tfidf(["!!", "??"], ["!?"])
    assert learned.nnz == 4
    assert asked.nnz == 2


def test_a_thousand_texts_that_share_no_word_are_still_rows() -> None:
    learned, _ = tfidf([f"w{number}" for number in range(1000)], ["w1"])
    assert learned.shape == (1000, 1000)
