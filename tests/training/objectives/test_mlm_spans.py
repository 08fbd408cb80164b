"""What is hidden together, against loops over single places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from headstart.core import random
from headstart.training.objectives.mlm.spans import drawn, spans_of, tokens_of, words_of

VOCAB, MARK = 12, 0
BEGINS = torch.tensor([True, *[True] * 6, *[False] * 5])  # 1 to 6 begin a word, 7 to 11 go on with it
ORDINARY = torch.arange(VOCAB) != MARK
P, LONGEST = 0.2, 10


@pytest.fixture
def rows() -> tuple[Tensor, Tensor]:
    """50 packed rows of 96 places, ids and documents: words of one to four pieces, marks at the ends of a document."""
    draws = np.random.default_rng(0)
    ids, part = [], []
    while len(ids) < 50 * 96:
        words = [[int(draws.integers(1, 7)), *draws.integers(7, 12, int(draws.integers(0, 4))).tolist()]
                 for _ in range(int(draws.integers(1, 40)))]  # fmt: skip
        document = [MARK, *[piece for word in words for piece in word], MARK]
        part += [part[-1] + 1 if part else 0] * len(document)
        ids += document
    return tuple(torch.tensor(values[: 50 * 96]).view(50, 96) for values in (ids, part))  # pyright: ignore[reportReturnType]


def slow_words(ids: list[int], part: list[int]) -> list[list[int]]:
    """Places of every word and every mark of a row, one list each."""
    found: list[list[int]] = []
    for i, one in enumerate(ids):
        new = i == 0 or one == MARK or ids[i - 1] == MARK or part[i] != part[i - 1] or bool(BEGINS[one])
        found = [*found, [i]] if new else [*found[:-1], [*found[-1], i]]
    return found


def members(units: Tensor) -> list[list[int]]:
    """Places of every unit of a row."""
    found: dict[int, list[int]] = {}
    for place, unit in enumerate(units.tolist()):
        found.setdefault(unit, []).append(place)
    return list(found.values())


def pieces(ids: Tensor, part: Tensor) -> Iterator[tuple[int, list[list[int]]]]:
    for row in range(len(ids)):
        yield row, slow_words(ids[row].tolist(), part[row].tolist())


def test_words_are_those_of_a_walk_through_the_row(rows: tuple[Tensor, Tensor]) -> None:
    ids, part = rows
    units = words_of(ids, BEGINS, ORDINARY, part)
    for row, words in pieces(ids, part):
        assert members(units[row]) == words


def test_spans_are_whole_words_of_one_document_and_marks_stand_alone(rows: tuple[Tensor, Tensor]) -> None:
    ids, part = rows
    draws = random.uniform(torch.arange(50), 96)
    units = spans_of(ids, BEGINS, ORDINARY, part, 0.3, draws)
    for row, words in pieces(ids, part):
        of = {place: number for number, word in enumerate(words) for place in word}
        for span in members(units[row]):
            touched = {of[place] for place in span}
            assert sorted(place for number in touched for place in words[number]) == span
            assert len(set(part[row, span].tolist())) == 1
            assert len(touched) <= LONGEST
            assert len(span) == 1 or MARK not in ids[row, span].tolist()


def test_lengths_of_spans_are_geometric_and_cut_at_ten() -> None:
    """In rows of one endless document of words of one piece no span is cut short but the last."""
    ids = torch.ones(400, 256, dtype=torch.int64)
    units = spans_of(ids, BEGINS, ORDINARY, None, 0.3, random.uniform(torch.arange(400), 256))
    lengths = np.array([len(span) for row in units for span in members(row)[:-1]])
    expected = P * (1 - P) ** np.arange(LONGEST)
    expected /= expected.sum()
    shares = np.bincount(lengths, minlength=LONGEST + 1)[1:] / len(lengths)
    assert len(lengths) > 20_000
    assert np.abs(shares - expected).max() < 0.01
    assert lengths.mean() == pytest.approx(3.8, abs=0.05)


@pytest.mark.parametrize("hide", [0.15, 0.5])
def test_a_short_row_is_never_cut_into_spans_longer_than_its_share(hide: float) -> None:
    ids = torch.ones(200, 8, dtype=torch.int64)
    units = spans_of(ids, BEGINS, ORDINARY, None, hide, random.uniform(torch.arange(200), 8))
    assert max(len(span) for row in units for span in members(row)) == max(1, round(8 * hide))


@pytest.mark.parametrize("kind", ["token", "word", "span"])
@pytest.mark.parametrize("share", [0.15, 0.3, 0.8])
def test_a_unit_is_drawn_wholly_or_not_at_all_until_the_share_is_reached(
    kind: str, share: float, rows: tuple[Tensor, Tensor]
) -> None:
    ids, part = rows
    key = random.keys(0, 0, torch.arange(50))
    free = ORDINARY[ids] & (random.uniform(key, 96, 77) > 0.1)  # some words were left out by the augmentation
    units = {
        "token": tokens_of(ids),
        "word": words_of(ids, BEGINS, ORDINARY, part),
        "span": spans_of(ids, BEGINS, ORDINARY, part, share, random.uniform(key, 96)),
    }[kind]
    hidden = drawn(units, free, share, key, 5)
    draws = random.uniform(key, 96, 5)
    for row in range(50):
        found = members(units[row])
        sizes = [int(free[row, unit].sum()) for unit in found]
        wanted = round(share * sum(sizes))
        chosen: list[int] = []
        for number in sorted(range(len(found)), key=lambda n: float(draws[row, n])):
            count = sum(sizes[n] for n in chosen)
            if sizes[number] and (count + sizes[number] / 2 <= wanted or not chosen):
                chosen.append(number)
            elif sizes[number]:
                break
        expected = torch.zeros(96, dtype=torch.bool)
        expected[[place for number in chosen for place in found[number]]] = True
        assert torch.equal(hidden[row], expected & free[row])
        assert abs(int(hidden[row].sum()) - wanted) <= max(1, max(sizes) / 2)
    assert float(hidden.sum() / free.sum()) == pytest.approx(share, abs=0.02)


def test_a_row_without_a_free_place_hides_nothing_and_any_other_something() -> None:
    units = torch.tensor([[0, 0, 1], [0, 0, 1], [0, 1, 2]])
    free = torch.tensor([[False] * 3, [True, True, False], [False, False, True]])
    hidden = drawn(units, free, 0.01, torch.arange(3), 0)
    assert torch.equal(hidden, free)
