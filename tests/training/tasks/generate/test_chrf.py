"""chrF against numbers worked out by hand, and what sacreBLEU 2.5 gives (its `sentence_chrf`, divided by 100)."""

from __future__ import annotations

import pytest

from headstart.training.tasks.generate.chrf import sentence_chrf


def test_a_score_by_hand() -> None:
    # "abcd" for "abce": of the 4, 3, 2 and 1 n-grams of one to four letters 3, 2, 1 and 0 are shared
    mean = (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4
    assert sentence_chrf("abcd", "abce") == pytest.approx(mean)  # as many said as true: precision is recall
    # "ab" for "abcd": orders 1 and 2; precision 1 and 1, recall 2/4 and 1/3
    precision, recall = 1.0, (2 / 4 + 1 / 3) / 2
    assert sentence_chrf("ab", "abcd") == pytest.approx(5 * precision * recall / (4 * precision + recall))


def test_letters_that_occur_twice_are_counted_twice() -> None:
    # "aa" for "a": one order; of two letters said one is true
    assert sentence_chrf("aa", "a") == pytest.approx(5 * 0.5 * 1.0 / (4 * 0.5 + 1.0))
    assert sentence_chrf("a", "aa") == pytest.approx(5 * 1.0 * 0.5 / (4 * 1.0 + 0.5))


def test_white_space_does_not_count_and_capitals_do() -> None:
    assert sentence_chrf(" a b\n", "ab") == 1.0
    assert sentence_chrf("AB", "ab") == 0.0
    assert sentence_chrf("", " ") == 1.0
    assert sentence_chrf("", "a") == sentence_chrf("a", "") == 0.0


def test_recall_counts_more_than_precision() -> None:
    assert sentence_chrf("the ship", "the") > sentence_chrf("the", "the ship")


def test_equal_texts_score_one_and_the_score_lies_between_zero_and_one() -> None:
    texts = ["ship", "the ship finds the wave", "冬雪", "x"]
    for one in texts:
        assert [sentence_chrf(one, other) == 1.0 for other in texts] == [one == other for other in texts]
        assert all(0.0 <= sentence_chrf(one, other) <= 1.0 for other in texts)
