"""The model of letters against formulas written out, and as it is saved."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from headstart.training.tasks.transcribe.letter_model import LetterModel

TEXTS = [[1, 2, 1, 2, 3], [1, 2, 3], [3, 3, 1], [2, 1, 2, 1], [1, 2, 3]]


def learned(order: int) -> LetterModel:
    model = LetterModel(3, order, 60)
    model.learn(TEXTS)
    return model


def slow(before: tuple[int, ...], order: int) -> list[float]:
    """Interpolated Kneser-Ney from the definition, by counting every n-gram of the texts."""
    grams = Counter(
        tuple(padded[i : i + order])
        for padded in ([0] * (order - 1) + text + [0] for text in TEXTS)
        for i in range(len(padded) - order + 1)
    )
    counts = [grams]
    for _ in range(order - 1):
        left: dict[tuple[int, ...], set[tuple[int, ...]]] = defaultdict(set)
        for gram in counts[-1]:
            left[gram[1:]].add(gram)
        counts.append(Counter({gram: len(found) for gram, found in left.items()}))

    def share(context: tuple[int, ...], letter: int) -> float:
        table = counts[order - 1 - len(context)]
        lower = share(context[1:], letter) if context else 1 / 4
        once, twice = (sum(n == times for n in table.values()) for times in (1, 2))
        discount = once / (once + 2 * twice) if once and twice else 0.5
        after = {gram[-1]: n for gram, n in table.items() if gram[:-1] == context}
        if not after:
            return lower
        total = sum(after.values())
        return max(after.get(letter, 0) - discount, 0) / total + discount * len(after) / total * lower

    context = (0,) * (order - 1) + before
    return [share(context[len(context) - order + 1 :], letter) for letter in range(4)]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_shares_are_those_of_the_definition_and_sum_to_one(order: int) -> None:
    model = learned(order)
    for before in [(), (1,), (1, 2), (3, 3, 1), (2, 2, 2, 2), (1, 2, 1, 2, 3)]:
        shares = np.exp(model.log_shares(before))
        assert shares.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(shares, slow(before, order))


def test_counts_go_on_with_further_texts() -> None:
    parts = LetterModel(3, 3, 60)
    parts.learn(TEXTS[:2])
    assert parts.log_shares(()).shape == (4,)
    parts.learn(TEXTS[2:])
    np.testing.assert_allclose(parts.log_shares((1, 2)), learned(3).log_shares((1, 2)))


def test_a_saved_model_answers_as_before_and_keeps_the_most_frequent_n_grams_it_has_room_for() -> None:
    other = LetterModel(3, 3, 60)
    assert not other.learned
    assert other.log_shares((1, 2)).std() < 1e-9
    other.load_state_dict(learned(3).state_dict())
    assert other.learned
    np.testing.assert_allclose(other.log_shares((1, 2)), learned(3).log_shares((1, 2)))
    small = LetterModel(3, 3, 2)
    small.learn(TEXTS)
    kept = sorted(learned(3).counts.tolist())[-2:]
    assert sorted(small.counts.tolist()) == kept
    none = LetterModel(3, 0, 60)
    none.learn(TEXTS)
    assert not none.learned


def test_a_large_alphabet_is_looked_at_in_shorter_pieces() -> None:
    model = LetterModel(60_000, 5, 9)
    assert model.order == 3
    model.learn([[59_999, 60_000, 1]])
    assert np.exp(model.log_shares((59_999,)))[60_000] > 0.3
