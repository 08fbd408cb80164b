"""Related sequences are one family; unrelated ones, repeats and tails are not."""

from __future__ import annotations

import csv
import gzip
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from headstart.data.alphabets import ALPHABETS
from headstart.data.modalities.sequence import kinship
from headstart.data.modalities.sequence.kinship import SequenceKinship
from headstart.data.prepare import prepare

LETTERS = {"protein": "ACDEFGHIKLMNPQRSTVWY", "dna": "ACGT"}


def families(rows: list[str], kind: str) -> np.ndarray:
    letters = [np.frombuffer(row.encode(), np.uint8) for row in rows]
    offsets = np.cumsum([0, *map(len, letters)]).astype(np.int64)
    return SequenceKinship(ALPHABETS[kind]).families({"letters": np.concatenate(letters), "letters.offsets": offsets})


def drawn(count: int, length: int, kind: str, seed: int = 0) -> list[str]:
    generator = np.random.default_rng(seed)
    return ["".join(generator.choice(list(LETTERS[kind]), length)) for _ in range(count)]


def changed(rows: list[str], identity: float, kind: str) -> list[str]:
    """The same with other letters drawn at so many places."""
    generator, found = np.random.default_rng(1), []
    for row in rows:
        letters = np.array(list(row))
        places = generator.random(len(row)) > identity
        letters[places] = generator.choice(list(LETTERS[kind]), int(places.sum()))
        found.append("".join(letters))
    return found


@pytest.mark.parametrize(
    ("kind", "length", "identity", "least"),
    [("protein", 300, 0.9, 1.0), ("protein", 300, 0.7, 0.99), ("protein", 300, 0.5, 0.75), ("protein", 100, 0.7, 0.9),
     ("dna", 251, 0.9, 0.99), ("dna", 1000, 0.8, 0.99)],
)  # fmt: skip
def test_planted_relatives_are_found_and_no_others(kind: str, length: int, identity: float, least: float) -> None:
    base = drawn(1000, length, kind)
    found = families([*base, *changed(base[:100], identity, kind)], kind)
    assert (found[:100] == found[1000:]).mean() >= least
    assert max(Counter(found.tolist()).values()) <= 2


def test_the_other_strand_of_dna_is_a_relative_and_that_of_a_protein_is_none() -> None:
    base = drawn(200, 251, "dna")
    turned = [row[::-1].translate(str.maketrans("ACGT", "TGCA")) for row in base[:50]]
    found = families([*base, *turned], "dna")
    assert (found[:50] == found[200:]).all()
    proteins = drawn(200, 251, "protein")
    assert len(set(families([*proteins, *(row[::-1] for row in proteins[:50])], "protein").tolist())) == 250


def test_relatives_of_relatives_are_one_family() -> None:
    whole = drawn(1, 600, "protein")[0]
    parts = [whole[:250], whole[150:450], whole[350:]]
    found = families([*drawn(300, 250, "protein", 3), *parts], "protein")
    assert len(set(found[300:].tolist())) == 1


@pytest.mark.parametrize("tail", ["HHHHHHHHHHHHHH", "QAQAQAQAQAQAQAQA", "GGGGSGGGGS"])
def test_tails_and_repeats_make_no_relatives(tail: str) -> None:
    found = families([f"{row}{tail}" for row in drawn(300, 200, "protein")], "protein")
    assert max(Counter(found.tolist()).values()) <= 2


def test_variants_of_one_sequence_are_one_family_however_many() -> None:
    base = drawn(1, 200, "protein")
    assert len(set(families(changed(base * 2000, 0.98, "protein"), "protein").tolist())) == 1


@pytest.mark.parametrize("rows", [["ACDEF"], ["A", "C", "D"], ["XXXXXXXXXXXX", "XXXXXXXXXXXX"], ["ACDEFGHIKL", ""]])
def test_sequences_without_pieces_are_families_of_their_own(rows: list[str]) -> None:
    assert sorted(families(rows, "protein").tolist()) == list(range(len(rows)))


def test_more_pieces_than_are_compared_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinship, "PIECES", 100_000)
    base = drawn(1000, 300, "protein")
    found = families([*base, *changed(base[:100], 0.9, "protein")], "protein")
    assert (found[:100] == found[1000:]).mean() > 0.99
    assert max(Counter(found.tolist()).values()) <= 2


def test_prepare_tells_planted_relatives_and_keeps_them_together(tmp_path: Path) -> None:
    base = drawn(150, 120, "protein")
    rows = [*base, *changed(base, 0.8, "protein")]
    lines = "".join(f"{row},{number % 2}\n" for number, row in enumerate(rows))
    (tmp_path / "t.csv").write_text(f"sequence,label\n{lines}")
    store = prepare(tmp_path / "t.csv", tmp_path / "a", split="train=.5,test=.5")
    assert any("are related to train rows" in one for one in store.warnings)
    store = prepare(tmp_path / "t.csv", tmp_path / "b", split="train=.5,test=.5", group="similarity")
    assert not any("are related" in one for one in store.warnings)
    parts: dict[str, set[str]] = {}
    for part in store.splits:
        for example in store.examples(part):
            parts.setdefault(str(example["group"]), set()).add(part)
    assert all(len(one) == 1 for one in parts.values())
    assert 140 <= len(parts) <= 170


@pytest.mark.slow
def test_a_hundred_thousand_sequences_take_seconds() -> None:
    rows = [
        "".join(one) for one in np.split(np.random.default_rng(0).choice(list(LETTERS["protein"]), 30_000_000), 100_000)
    ]
    begin = time.process_time()
    assert len(set(families(rows, "protein").tolist())) > 99_900
    assert time.process_time() - begin < 60


@pytest.mark.shared
def test_families_of_real_proteins_have_one_fold(shared_data: Path) -> None:
    with gzip.open(shared_data / "bio_protein_remote_homology" / "train.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))[:4000]
    found, folds = families([row["seq"] for row in rows], "protein"), [row["label"] for row in rows]
    by_family: dict[int, Counter[str]] = {}
    for family, fold in zip(found.tolist(), folds, strict=True):
        by_family.setdefault(family, Counter())[fold] += 1
    several = [one for one in by_family.values() if one.total() > 1]
    assert sum(one.total() for one in several) > 1000
    assert sum(max(one.values()) for one in several) / sum(one.total() for one in several) > 0.98
