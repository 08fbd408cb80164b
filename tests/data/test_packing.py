"""Packed rows: every token of an epoch once, in an order that is a pure function of seed and step."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from headstart.core.errors import DataError
from headstart.data.packing import Packed
from headstart.data.prepare import prepare
from headstart.data.store import Store
from tests.helpers.sentences import sentences

LENGTH = 32


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """80 sentences of differing length."""
    given = {"train": np.array(sentences(80)[0], object)}
    path = tmp_path_factory.mktemp("packed") / "data"
    return prepare(given, path, modality="text", near="keep", settings={"vocab": 400, "length": LENGTH})


def packed(store: Store, batch: int = 4, seed: int = 0) -> Packed:
    vocabulary = store.modality.vocabulary
    assert vocabulary is not None
    return Packed(store, store.rows("train"), vocabulary, batch=batch, seed=seed)


def whole_rows(store: Store) -> list[tuple[int, ...]]:
    """Every sequence with its marks."""
    vocabulary, rows = store.modality.vocabulary, store.rows("train")
    assert vocabulary is not None
    found = vocabulary.joined(store.feed(rows))
    return [tuple(found["x"][found["document"] == number].tolist()) for number in range(len(rows))]


def epoch_of(feed: Packed, epoch: int) -> torch.Tensor:
    """All rows of one epoch, [rows, length], at one row a batch."""
    assert feed.size == 1
    return torch.cat([feed.at(epoch * feed.rows + row)["x"] for row in range(feed.rows)])


def test_every_token_of_an_epoch_comes_once_but_for_the_remainder(store: Store) -> None:
    feed, rows = packed(store, batch=1), whole_rows(store)
    total = sum(map(len, rows))
    assert feed.rows == total // LENGTH
    for epoch in range(2):
        line = epoch_of(feed, epoch).flatten().tolist()
        left = list(rows)
        while line:
            fits = next((row for row in left if tuple(line[: len(row)]) == row), None)
            if fits is None:
                break
            left.remove(fits)
            line = line[len(fits) :]
        assert len(line) < max(map(len, rows))
        assert not line or any(row[: len(line)] == tuple(line) for row in left)
        assert sum(map(len, left)) - len(line) == total - feed.rows * LENGTH


def test_a_row_is_alike_at_any_size_of_a_batch(store: Store) -> None:
    one = packed(store, batch=1)
    for size in (3, 4, 7):
        many = packed(store, batch=size)
        line = {name: torch.cat([many.at(step)[name] for step in range(9)]) for name in ("x", "key", "keep")}
        for row in range(9 * size):
            alone = one.at(row)
            assert all(torch.equal(line[name][row], alone[name][0]) for name in line)


def test_parts_begin_where_documents_begin(store: Store) -> None:
    batch = packed(store).at(0)
    assert batch["x"].shape == batch["document"].shape == (4, LENGTH)
    assert bool(batch["keep"].all())
    begins = batch["x"] == 2
    for ids, part in zip(begins, batch["document"], strict=True):
        changed = torch.cat([torch.tensor([False]), part[1:] != part[:-1]])
        assert torch.equal(changed[1:], ids[1:])
    assert len(batch["document"][0].unique()) > 1


def test_a_stream_from_any_step_goes_on_as_if_never_cut(store: Store) -> None:
    whole = list(islice(packed(store).stream(0), 25))
    for start in (0, 1, 7, 20):
        for one, other in zip(whole[start:], packed(store).stream(start), strict=False):
            assert one.keys() == other.keys()
            assert all(torch.equal(one[name], other[name]) for name in one)
    feed = packed(store)
    backwards = {step: feed.at(step)["x"] for step in (24, 3, 11)}
    assert all(torch.equal(whole[step]["x"], x) for step, x in backwards.items())


def test_epochs_and_seeds_differ(store: Store) -> None:
    feed, other = packed(store, batch=1), packed(store, batch=1, seed=1)
    first, second = epoch_of(feed, 0), epoch_of(feed, 1)
    assert not torch.equal(first, second)
    assert not torch.equal(first, epoch_of(other, 0))
    keys = [feed.at(0)["key"], feed.at(feed.rows)["key"], other.at(0)["key"]]
    assert len({int(key) for key in keys}) == 3


def test_once_gives_the_first_epoch_with_a_short_end(store: Store) -> None:
    feed = packed(store, batch=1)
    parts = list(packed(store).once(5))
    assert {len(part["x"]) for part in parts[:-1]} == {5}
    assert sum(len(part["x"]) for part in parts) == feed.rows
    assert torch.equal(torch.cat([part["x"] for part in parts]), epoch_of(feed, 0))


def test_sequences_that_happen_to_be_of_one_length_are_packed_as_well(store: Store) -> None:
    vocabulary = store.modality.vocabulary
    assert vocabulary is not None
    lengths = store.lengths(store.rows("train"), "x")
    assert lengths is not None
    common = np.bincount(lengths).argmax()
    feed = Packed(store, store.rows("train")[lengths == common], vocabulary, batch=1)
    assert feed.at(0)["x"].shape == (1, feed.length)


def test_nothing_to_pack_is_bad_data(store: Store) -> None:
    vocabulary = store.modality.vocabulary
    assert vocabulary is not None
    with pytest.raises(DataError, match="no data to learn from"):
        Packed(store, store.rows("train")[:0], vocabulary)
