"""Settled columns: token ids of the train split's own tokenizer, made anew for a model that has another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.files import changed_files
from headstart.data.cache import refitted
from headstart.data.modalities.text.text import Text
from headstart.data.prepare import prepare
from headstart.data.preparing.derived_columns import rederived
from headstart.data.store import Store
from tests.helpers.sentences import sentences

WORD = "zyzzogeton"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """60 sentences to learn from, and 20 with a word that stands in none of them."""
    texts, topics = sentences(80)
    given = {
        "train": (np.array(texts[:60], object), np.array(topics[:60])),
        "test": (np.array([f"{text} A {WORD} {WORD}." for text in texts[60:]], object), np.array(topics[60:])),
    }
    path = tmp_path_factory.mktemp("settling") / "data"
    return prepare(given, path, modality="text", near="keep", settings={"vocab": 600, "length": 32})


@pytest.fixture(scope="module")
def own() -> Text:
    """A tokenizer that learned from other texts."""
    made = Text(vocab=350, length=48, lower=True)
    other = [f"My grandmother {verb} nine {noun}." for verb in ("keeps", "feeds") for noun in ("cats", "dogs", "hens")]
    rows = [made.encode(made.read({"input": text}, Budget())) for text in other]
    offsets = np.cumsum([0, *(len(row["text"]) for row in rows)])
    made.fit_stored([{"text": np.concatenate([row["text"] for row in rows]), "text.offsets": offsets}])
    return made


def test_stored_ids_are_those_of_the_stored_texts(store: Store) -> None:
    everything = np.arange(80)
    columns = store.take(everything)
    made = store.modality.derive({name: columns[name] for name in ("text", "text.offsets")})
    assert np.array_equal(columns["x"], made["x"])
    assert np.array_equal(columns["x.offsets"], made["x.offsets"])
    assert set(store.feed(everything)) == {"x", "x.offsets", "begin", "mark"}


def test_the_tokenizer_learned_from_the_train_split_only(store: Store) -> None:
    modality = store.modality
    assert isinstance(modality, Text)
    assert modality._tokenizer is not None
    tokens = modality._tokenizer.get_vocab()
    assert any(token.strip("Ġ") == "harbour" for token in tokens)
    assert not any("zyz" in token or "zog" in token or "yzz" in token for token in tokens)


def test_a_resettled_store_has_the_models_own_ids_and_the_same_rows(store: Store, own: Text, tmp_path: Path) -> None:
    made = rederived(store, own, tmp_path / "again")
    everything = np.arange(80)
    columns, before = made.take(everything), store.take(everything)
    wanted = own.derive({name: before[name] for name in ("text", "text.offsets")})
    assert np.array_equal(columns["x"], wanted["x"])
    assert np.array_equal(columns["text"], before["text"])
    assert len(columns["x"]) != len(before["x"])
    assert made.modality.spec.key == own.spec.key != store.modality.spec.key
    assert made.splits == store.splits
    for split in store.splits:
        assert made.rows(split).tolist() == store.rows(split).tolist()
        assert made.labels(split) == store.labels(split)
        assert made.hashes_of(made.rows(split)) == store.hashes_of(store.rows(split))
        assert made.origins(split) == store.origins(split)
    assert changed_files(tmp_path / "again")[1] == []


def test_resettling_again_takes_what_is_there(store: Store, own: Text, tmp_path: Path) -> None:
    first = rederived(store, own, tmp_path / "again")
    times = {path: path.stat().st_mtime_ns for path in first.directory.iterdir()}
    assert rederived(store, own, tmp_path / "again").hash == first.hash
    assert {path: path.stat().st_mtime_ns for path in first.directory.iterdir()} == times
    assert [path.name for path in tmp_path.iterdir()] == ["again"]


def test_the_cache_keeps_one_form_for_every_tokenizer(store: Store, own: Text) -> None:
    one = refitted(store, own)
    assert one.directory == refitted(store, own).directory
    assert one.directory != refitted(store, store.modality).directory
    assert refitted(store, store.modality).take(np.arange(80))["x"].tolist() == store.take(np.arange(80))["x"].tolist()
