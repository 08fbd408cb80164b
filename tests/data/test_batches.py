"""Data order: a pure function of seed and step, every row once an epoch, whatever lies between disk and device."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from headstart.core import random
from headstart.data import batches as module
from headstart.data.batches import Batches, Beside
from headstart.data.line import POOL, permutation
from headstart.data.prepare import prepare
from headstart.data.store import Store
from tests.helpers.tiny_store import tiny_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("store") / "prepared")


def made(store: Store, rows: int = 50, batch: int = 8, seed: int = 0) -> Batches:
    chosen = store.rows("train")[10 : 10 + rows]
    return Batches(store, chosen, store.modality, labels={"y": np.arange(rows)}, batch=batch, seed=seed)


@pytest.mark.parametrize(("rows", "batch"), [(50, 8), (48, 8), (7, 7), (5, 64), (1, 4), (9, 1)])
def test_every_row_comes_once_an_epoch_also_across_batches(store: Store, rows: int, batch: int) -> None:
    found = made(store, rows, batch)
    epochs = 3
    steps = -(-epochs * rows // found.size)
    line = torch.cat([one["y"] for one in islice(found.stream(0), steps)])
    for epoch in range(epochs):
        assert sorted(line[epoch * rows : (epoch + 1) * rows].tolist()) == list(range(rows))


def test_no_batch_is_ragged_and_the_order_changes_from_epoch_to_epoch(store: Store) -> None:
    found = made(store)
    stream = list(islice(found.stream(0), 14))
    assert {len(one["x"]) for one in stream} == {8}
    line = torch.cat([one["y"] for one in stream])
    assert line[:50].tolist() != line[50:100].tolist()


def test_a_batch_by_number_equals_the_batch_of_the_stream(store: Store) -> None:
    found, other = made(store), made(store)
    for step, batch in enumerate(islice(found.stream(0), 20)):
        again = other.at(step)
        assert batch.keys() == again.keys()
        assert all(torch.equal(batch[name], again[name]) for name in batch)
    backwards = [made(store).at(step)["y"] for step in (19, 3, 11)]
    assert all(torch.equal(found.at(step)["y"], y) for step, y in zip((19, 3, 11), backwards, strict=True))


def test_a_stream_from_the_middle_goes_on_as_if_never_cut(store: Store) -> None:
    whole = [one["y"] for one in islice(made(store).stream(0), 20)]
    tail = [one["y"] for one in islice(made(store).stream(13), 7)]
    assert all(torch.equal(a, b) for a, b in zip(whole[13:], tail, strict=True))


def test_rows_from_disk_equal_rows_held_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = list(islice(made(store).stream(2), 15))
    monkeypatch.setattr(module, "RESIDENT_BYTES", 0)
    streamed = made(store)
    for one, other in zip(resident, islice(streamed.stream(2), 15), strict=True):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
    for one, other in zip(made(store).once(16), streamed.once(16), strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_pictures_labels_and_keys_belong_to_the_same_row(store: Store) -> None:
    found = made(store)
    batch = found.at(8)  # places 64 to 71: the second epoch
    places = batch["y"]
    pictures = store.take(store.rows("train")[10:60][places.numpy()])["x"]
    assert np.array_equal(batch["x"].numpy(), pictures)
    assert torch.equal(batch["key"], random.keys(0, 1, places))


def test_the_seed_changes_order_and_keys(store: Store) -> None:
    one, other = made(store, seed=0).at(0), made(store, seed=1).at(0)
    assert one["y"].tolist() != other["y"].tolist()
    assert not set(one["key"].tolist()) & set(other["key"].tolist())


def test_once_gives_every_row_in_order_with_a_short_end(store: Store) -> None:
    parts = list(made(store).once(16))
    assert [len(part["x"]) for part in parts] == [16, 16, 16, 2]
    assert torch.cat([part["y"] for part in parts]).tolist() == list(range(50))


def test_permutations_differ_by_seed_and_epoch_and_hold_every_row() -> None:
    orders = {tuple(permutation(seed, epoch, 30)) for seed in (0, 1, 2**63 - 1) for epoch in range(5)}
    assert len(orders) == 15
    assert all(sorted(order) == list(range(30)) for order in orders)


@pytest.fixture(scope="module")
def sentences_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """500 texts of 1 to 60 words; few are of one length."""
    generator = np.random.default_rng(0)
    words = np.array(["tide", "moon", "goal", "oven", "comet", "flour", "anchor", "trophy"])
    texts = [" ".join(generator.choice(words, generator.integers(1, 61))) for _ in range(500)]
    given = {"train": np.array(texts, object)}
    path = tmp_path_factory.mktemp("lengths") / "data"
    return prepare(given, path, modality="text", near="keep", settings={"vocab": 320, "length": 256})


def by_length(store: Store, batch: int = 8, seed: int = 0) -> Batches:
    rows = store.rows("train")
    return Batches(store, rows, store.modality, labels={"y": np.arange(len(rows))}, batch=batch, seed=seed)


def test_a_pool_of_differing_lengths_holds_exactly_its_rows_of_the_endless_line(sentences_store: Store) -> None:
    found = by_length(sentences_store)
    count = min(POOL, found.rows // found.size)
    line = np.concatenate([permutation(0, epoch, found.rows) for epoch in range(4)])
    for pool in range(4):
        rows = torch.cat([found.at(pool * count + step)["y"] for step in range(count)]).tolist()
        assert sorted(rows) == sorted(line[pool * count * 8 : (pool + 1) * count * 8].tolist())


def test_little_of_a_batch_is_padding_and_pools_come_in_random_order(sentences_store: Store) -> None:
    found = by_length(sentences_store)
    batches = [found.at(step) for step in range(50)]
    kept, places = (sum(int(one) for one in counts) for counts in (
        [batch["keep"].sum() for batch in batches], [batch["keep"].numel() for batch in batches]))  # fmt: skip
    assert 1 - kept / places < 0.05
    lengths = [batch["x"].shape[1] for batch in batches]
    assert lengths != sorted(lengths)
    assert lengths != sorted(lengths, reverse=True)


def test_batches_by_length_are_a_function_of_seed_and_step(sentences_store: Store) -> None:
    whole = list(islice(by_length(sentences_store).stream(0), 130))
    for step in (129, 3, 70):
        again = by_length(sentences_store).at(step)
        assert all(torch.equal(whole[step][name], again[name]) for name in again)
    tail = list(islice(by_length(sentences_store).stream(60), 70))
    assert all(torch.equal(one["y"], other["y"]) for one, other in zip(whole[60:], tail, strict=True))
    assert not torch.equal(whole[0]["y"].sort()[0], by_length(sentences_store, seed=1).at(0)["y"].sort()[0])


def test_labels_and_keys_stay_with_their_texts(sentences_store: Store) -> None:
    found, modality = by_length(sentences_store), sentences_store.modality
    for step in (0, 17, 61):
        batch = found.at(step)
        alone = modality.collate(sentences_store.feed(sentences_store.rows("train")[batch["y"].numpy()]))
        assert torch.equal(batch["x"], alone["x"])
        assert torch.equal(batch["keep"], alone["keep"])
    first = found.at(0)
    assert torch.equal(first["key"], random.keys(0, 0, first["y"]))


def test_once_gives_texts_the_shortest_first(sentences_store: Store) -> None:
    found = by_length(sentences_store)
    parts = list(found.once(64))
    assert sorted(torch.cat([part["y"] for part in parts]).tolist()) == list(range(found.rows))
    lengths = torch.cat([part["keep"].sum(1) for part in parts]).tolist()
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("each", [1, 3])
def test_a_batch_has_so_many_rows_beside_each_of_the_others_whatever_their_lengths(
    sentences_store: Store, each: int
) -> None:
    rows = sentences_store.rows("train")
    beside = Beside(np.arange(len(rows)) >= 20, each)
    found = Batches(
        sentences_store, rows, sentences_store.modality, labels={"y": np.arange(len(rows))}, beside=beside, batch=8
    )
    first = 8
    assert found.size == first + first * each
    batches = [found.at(step)["y"].tolist() for step in range(20)]
    assert all(max(batch[:first]) < 20 <= min(batch[first:]) for batch in batches)
    seen = [row for batch in batches for row in batch[:first]]
    assert all(seen.count(row) in (20 * first // 20 - 1, 20 * first // 20, 20 * first // 20 + 1) for row in range(20))
    assert [found.at(step)["y"].tolist() for step in (7, 3)] == [batches[7], batches[3]]
