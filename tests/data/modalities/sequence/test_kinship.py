"""Families of sequences: relatives are found, on either strand, and what chance explains relates nobody."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.data.alphabets import ALPHABETS
from headstart.data.modalities.sequence import kinship
from headstart.data.modalities.sequence.kinship import SequenceKinship
from headstart.data.modalities.sequence.substitutions import scores_of
from tests.helpers.letters import AMINO, BASES, drawn, mutated, opposite


def families(rows: list[str], alphabet: str = "protein") -> np.ndarray:
    letters = [np.frombuffer(row.encode(), np.uint8) for row in rows]
    columns = {"letters": np.concatenate(letters), "letters.offsets": np.cumsum([0, *map(len, letters)])}
    return SequenceKinship(ALPHABETS[alphabet]).families(columns)


@pytest.mark.parametrize(
    ("alphabet", "identity", "least"),
    [("protein", 0.9, 1.0), ("protein", 0.7, 0.98), ("protein", 0.5, 0.7), ("dna", 0.9, 1.0), ("dna", 0.8, 0.9)],
)
def test_planted_relatives_are_found_and_others_are_not(alphabet: str, identity: float, least: float) -> None:
    generator = np.random.default_rng(0)
    letters = AMINO if alphabet == "protein" else BASES
    parents = [drawn(generator, 250, letters) for _ in range(120)]
    children = [mutated(one, identity, generator, letters) for one in parents[:60]]
    if alphabet == "dna":
        children = [opposite(one) if n % 2 else one for n, one in enumerate(children)]
    found = families(parents + children, alphabet)
    assert np.mean(found[:60] == found[120:]) >= least
    assert len(np.unique(found[:120])) == 120
    assert found.dtype == np.int64


def test_relatives_of_relatives_are_one_family_and_equal_rows_too() -> None:
    generator = np.random.default_rng(1)
    one, two, three = (drawn(generator, 120, AMINO) for _ in range(3))
    found = families([one, one[60:] + two[:60], two[60:] + three[:10], two, three, "MKV", "MKV", "AAA"])
    assert len({found[0], found[1], found[2], found[3]}) == 1
    assert len(set(found.tolist())) == 4  # three of its own, two equal short ones, one other
    assert found[5] == found[6]


def test_repeats_and_tags_relate_nobody() -> None:
    generator = np.random.default_rng(2)
    tag = "MGSSHHHHHHSSGLVPRGSH"
    rows = [tag + drawn(generator, 150, AMINO) for _ in range(30)]
    rows += [drawn(generator, 80, AMINO) + "Q" * 60 + drawn(generator, 80, AMINO) for _ in range(30)]
    assert len(np.unique(families(rows))) == 60
    dna = [drawn(generator, 100, BASES) + "AT" * 40 + "A" * 40 + drawn(generator, 100, BASES) for _ in range(30)]
    assert len(np.unique(families(dna, "dna"))) == 30


def test_variants_of_one_protein_are_one_family() -> None:
    parent = drawn(np.random.default_rng(3), 265, AMINO)
    rows = [parent[:n] + letter + parent[n + 1 :] for n in range(38, 54) for letter in AMINO]
    assert len(np.unique(families(rows))) == 1


def test_portions_and_chunks_come_to_the_same_families(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(4)
    parents = [drawn(generator, int(generator.integers(50, 300)), BASES) for _ in range(40)]
    rows = parents + [mutated(one, 0.95, generator, BASES) for one in parents[:20]]
    whole = families(rows, "dna")
    monkeypatch.setattr(kinship, "_SORTED", 2000)
    monkeypatch.setattr(kinship, "_CHUNK", 1000)
    assert (families(rows, "dna") == whole).all()
    assert (families([one.replace("T", "U") for one in rows], "rna") == whole).all()


def test_letters_that_are_uncertain_are_no_matches() -> None:
    assert len(np.unique(families(["X" * 100, "X" * 99, "NACGT" * 2, "N" * 50]))) == 4
    assert len(np.unique(families(["N" * 100, "N" * 99], "dna"))) == 2


def test_substitutions_score_alike_in_both_directions() -> None:
    scores = scores_of(ALPHABETS["protein"])
    assert (scores == scores.T).all()
    assert scores[AMINO.index("W"), AMINO.index("W")] == 11
    assert scores[AMINO.index("I"), AMINO.index("V")] == 3
    assert scores_of(ALPHABETS["dna"]).tolist()[0] == [1, -1, -1, -1, -1]
