"""What linear models see of sequences."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from math import log
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from headstart.core.contracts import Columns
from headstart.data.alphabets import ALPHABETS
from headstart.data.modalities.sequence import grams
from headstart.data.modalities.sequence.grams import LetterGrams, SequenceGrams, SiteFinder, Sites
from headstart.data.prepare import prepare
from headstart.data.store import Store

DNA, PROTEIN = ALPHABETS["dna"], ALPHABETS["protein"]


def stored(*rows: str) -> Columns:
    offsets = np.cumsum([0, *map(len, rows)])
    return {"letters": np.frombuffer("".join(rows).encode(), np.uint8), "letters.offsets": offsets}


def same(one: csr_matrix, other: csr_matrix) -> bool:
    return bool((one.toarray() == other.toarray()).all())


def test_kmers_of_plain_letters_are_counted_and_stay_within_their_row(monkeypatch: pytest.MonkeyPatch) -> None:
    found, rows = SequenceGrams(DNA), ("ACGTACGTAC", "ACNGT", "A", "")
    made = found.of(stored(*rows))
    assert made.shape == (4, found.width)
    assert made.dtype == np.float32
    for row, counted in zip(rows, made.toarray(), strict=True):
        windows = [row[n : n + size] for size in (3, 4, 5, 6) for n in range(len(row) - size + 1)]
        counts = Counter(one for one in windows if "N" not in one)
        assert sorted(counted[counted > 0].tolist()) == pytest.approx(
            sorted(1 + log(count) for count in counts.values())
        )
    monkeypatch.setattr(grams, "_TOGETHER", 6)
    assert same(found.of(stored(*rows)), made)  # a piece at a time


def test_amino_acids_are_counted_alone_in_threes_and_in_pairs_with_gaps() -> None:
    found = SequenceGrams(PROTEIN)
    assert found.blocks == 5
    each = found.width // found.blocks
    pairs = found.of(stored("MKVAW", "MKXAW"))[:, 4 * each :].toarray()  # three places apart: M and A, K and W
    assert pairs.sum(1).tolist() == [2, 2]
    middle = found.of(stored("MKVAW", "MKXAW"))[:, 3 * each : 4 * each].toarray()
    assert middle.sum(1).tolist() == [3, 1]  # pairs with an uncertain letter are left out


def test_both_strands_are_seen_alike_where_they_mean_the_same() -> None:
    row, across = "AACGTTGCATTC", "GAATGCAACGTT"
    one, other = (SequenceGrams(DNA, Sites(12), both=True).of(stored(text)) for text in (row, across))
    assert same(one, other)
    one, other = (SequenceGrams(DNA).of(stored(text)) for text in (row, across))
    assert not same(one, other)


def test_places_count_where_all_rows_have_one_length() -> None:
    found = SequenceGrams(DNA, Sites(8))
    assert found.blocks == 5
    one, other = (found.of(stored(text)).toarray()[0] for text in ("ACACACAC", "CACACACA"))
    each = found.width // found.blocks
    assert (one[each : 2 * each] > 0).sum() == 8
    assert not (one[each : 2 * each] * other[each : 2 * each]).any()  # other letters at every place
    assert found.of(stored("ACACACACTTTTTT")).toarray()[0, each : each + 32].sum() == 8  # and none beyond them


def test_few_places_that_vary_are_seen_with_all_their_pairs() -> None:
    finder = SiteFinder()
    chunks = [stored("MKVAWGGLMC", "MAVAWGGLMC"), stored("MKVAWGGLMC", "MKVTWGGLMR")]
    assert len(list(finder.passing(chunks))) == 2
    assert finder.found == Sites(10, (1, 3, 9))
    found = SequenceGrams(PROTEIN, finder.found)
    made = found.of(stored("MKVAWGGLMC", "MKVAWGGLMR", "MKVXWGGLMC"))
    assert made.getnnz(1).tolist() == [3 + 3, 3 + 3, 2 + 1]
    shared = (made[0].toarray() > 0) & (made[1].toarray() > 0)
    assert shared.sum() == 2 + len(list(combinations(range(2), 2)))  # two places, and their pair


def test_places_say_nothing_where_lengths_differ_or_rows_are_long() -> None:
    for chunk in (stored("ACGT", "ACG"), stored("A" * 2000, "C" * 2000)):
        finder = SiteFinder()
        assert list(finder.passing([chunk])) == [chunk]
        assert finder.found == Sites()
    assert SiteFinder().found == Sites()


def test_letters_of_a_window_are_told_apart_by_their_distance() -> None:
    found = LetterGrams(PROTEIN)
    features = found.of(list("MKVAW"))
    assert features.shape == (5, 17)
    assert features.max() < found.width
    assert features[1, 8] != features[0, 8]
    assert features[0, 9] != features[1, 8]  # K ahead is not K here


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Three places of a protein, of which the last two work together."""
    generator = np.random.default_rng(0)
    parent, letters, rows = "MQYKLILNGKTLKGETTTEAVDAATAEKVFKQ", "AFWKDE", []
    for _ in range(300):
        some = generator.choice(list(letters), 3)
        text = f"{parent[:4]}{some[0]}{parent[5:10]}{some[1]}{parent[11:20]}{some[2]}{parent[21:]}"
        effect = letters.index(some[0]) / 2 + 4 * (some[1] == "W") * (some[2] == "W") - 2 * (some[1] == some[2] == "D")
        rows.append({"input": text, "label": float(np.exp(effect))})
    return prepare(rows, tmp_path_factory.mktemp("mutants") / "store", near="keep", modality="sequence")


def test_a_linear_model_learns_which_places_work_together(mutants: Store, tmp_path: Path) -> None:
    from headstart.assemble import finetuning
    from headstart.core.recipe import Recipe, override
    from headstart.data.modalities.sequence.sequence import Sequence
    from headstart.evaluation.validation import learn_task
    from headstart.inference.predictor import Predictor

    parts = finetuning(
        override(Recipe(), {"verb": "finetune", "backbone.kind": "linear"}), None, store=mutants, device="cpu"
    )
    assert parts.recipe.task["headline"] == "spearman"
    predictor = Predictor(parts.modality, parts.trainee)
    learn_task(parts, predictor)
    rows = mutants.rows("test")
    scores = predictor.task.score(predictor.answers(mutants, rows), mutants.examples_of(rows))
    assert next(iter(scores)) == "spearman"
    assert scores["spearman"] > 0.97
    modality = mutants.modality
    assert isinstance(modality, Sequence)
    assert modality.sites == Sites(32, (4, 10, 20))
    modality.save(tmp_path)
    assert Sequence.load(tmp_path).sites == modality.sites
