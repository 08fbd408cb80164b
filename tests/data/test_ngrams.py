"""Hashed n-grams of texts."""

from __future__ import annotations

import numpy as np

from headstart.data.ngrams import BLOCK, ngrams, rarity, unspaced_share, weighed


def test_words_and_characters_are_counted_apart_and_rows_have_length_one() -> None:
    rows = ngrams(["a good film", "a bad film film"])
    assert rows.dtype == np.float32
    assert rows.shape == (2, 2 * BLOCK)
    words = rows[:, :BLOCK]
    assert words.getnnz(1).tolist() == [5, 6]  # a, good, film, two pairs; a, bad, film, three pairs
    assert np.isclose(words[1].max(), 1 + np.log(2))
    found = weighed(rows, rarity(rows), 2)
    assert np.allclose(found.power(2).sum(1), 1)
    assert np.allclose(found[:, :BLOCK].power(2).sum(1), 0.5)


def test_what_no_learned_row_has_weighs_nothing_and_rare_features_weigh_more() -> None:
    learned, asked = ngrams(["a good film", "a bad film"]), ngrams(["a good day", "xyzzy qwerty"])
    weights = rarity(learned)
    word = {one: weights[ngrams([one])[:, :BLOCK].indices][0] for one in ("good", "film")}
    assert word["good"] > word["film"] > 0
    found = weighed(asked, weights, 2)
    assert np.isclose(found[0].power(2).sum(), 1)
    assert found[1].power(2).sum() < 1 + 1e-6


def test_characters_stand_for_words_where_words_are_not_apart() -> None:
    texts = ["房间很大", "早餐太差"]
    assert unspaced_share(texts) == 1
    assert unspaced_share(["words apart"]) == 0
    assert ngrams(texts).getnnz(1).tolist() == [10, 10]  # four characters, three pairs, and the pairs again


def test_texts_without_words_are_counted_by_characters() -> None:
    assert ngrams(["!!"])[:, BLOCK:].nnz > 0


def test_the_same_text_gives_the_same_row_among_any_others() -> None:
    alone, among = ngrams(["a good film"]), ngrams(["房间很大", "a good film", "other"])
    assert (alone != among[1]).nnz == 0
