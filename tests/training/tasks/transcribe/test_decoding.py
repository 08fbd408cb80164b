"""Decoding against every path there is."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest

from headstart.training.tasks.transcribe.decoding import Guide, beam, best_path, said_at
from headstart.training.tasks.transcribe.letter_model import LetterModel

LETTERS = 3  # the blank and two letters


def drawn(moments: int, seed: int) -> np.ndarray:
    raw = np.random.default_rng(seed).normal(0, 1.5, (moments, LETTERS))
    return raw - np.log(np.exp(raw).sum(1, keepdims=True))


def text_of(path: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(letter for letter, _ in groupby(path) if letter)


def every_text(scores: np.ndarray) -> dict[tuple[int, ...], float]:
    """The share of each text: the sum over all of its paths."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(LETTERS), repeat=len(scores)):
        found[text_of(path)] += float(np.exp(scores[np.arange(len(scores)), path].sum()))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_the_likeliest_text_of_all(seed: int) -> None:
    scores = drawn(6, seed)
    shares = every_text(scores)
    assert tuple(beam(scores, 200)) == max(shares, key=lambda text: shares[text])


@pytest.mark.parametrize("seed", range(4))
def test_a_guided_beam_weighs_the_model_of_letters(seed: int) -> None:
    model = LetterModel(LETTERS - 1, 3, 50)
    model.learn([[1, 2, 1], [1, 2], [2, 2]])
    scores = drawn(5, seed)

    def worth(text: tuple[int, ...], share: float) -> float:
        spelled = [model.log_shares(text[:n])[letter] for n, letter in enumerate((*text, 0))]
        return float(np.log(share) + 0.7 * sum(spelled) + 0.3 * len(text))

    shares = every_text(scores)
    best = max(shares, key=lambda text: worth(text, shares[text]))
    assert tuple(beam(scores, 200, Guide(model, 0.7, 0.3))) == best


def test_the_best_path_is_read_without_blanks_and_repeats_up_to_the_end_of_its_row() -> None:
    path = np.array([[0, 1, 1, 0, 1, 2, 2, 2], [2, 2, 0, 1, 1, 1, 1, 1]])
    scores = np.log(np.eye(LETTERS)[path] * 0.97 + 0.01)
    assert best_path(scores, [8, 3]) == [[1, 1, 2], [2]]
    assert best_path(scores, [0, 8]) == [[], [2, 1]]


def test_letters_are_said_where_the_likeliest_path_that_spells_them_has_them() -> None:
    for seed in range(6):
        scores, text = drawn(6, seed), (1, 1, 2)
        paths = [path for path in product(range(LETTERS), repeat=6) if text_of(path) == text]
        best = max(paths, key=lambda path: scores[np.arange(6), path].sum())
        runs, place = [], 0
        for letter, run in groupby(best):
            size = len(list(run))
            runs += [[place, place + size]] if letter else []
            place += size
        padded = np.stack([np.concatenate([scores, drawn(3, 9)]), drawn(9, 8)])
        spans = said_at(padded, [6, 9], [text, ()])
        assert spans[0].tolist() == runs
        assert spans[1].shape == (0, 2)
