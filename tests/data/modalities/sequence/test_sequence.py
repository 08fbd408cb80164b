"""Sequences: their alphabets, what is put right and told, ids of three kinds, and what comes back from ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, RecipeError
from headstart.data.alphabets import alphabet_of, counted, described, is_sequence
from headstart.data.modalities.sequence.sequence import Sequence
from headstart.data.prepare import prepare
from headstart.data.records import Words
from headstart.data.storage.gather import MemoryRows, stacked
from tests.helpers.letters import dna, drawn, opposite, proteins, residues

KINDS: list[dict[str, Any]] = [
    {"tokens": "letters"}, {"tokens": "kmers", "k": 3}, {"tokens": "kmers", "k": 3, "overlap": True},
    {"tokens": "bpe", "vocab": 100},
]  # fmt: skip


def fitted(rows: list[Any], **settings: Any) -> Sequence:
    made = Sequence(**settings)
    made.fit([{"input": one} for one in rows], Budget())
    made.fit_stored([stored(made, rows)])
    return made


def stored(modality: Sequence, rows: list[Any]) -> dict[str, np.ndarray]:
    return stacked([modality.encode(modality.read({"input": one}, Budget())) for one in rows])


def batch_of(modality: Sequence, rows: list[Any]) -> dict[str, Any]:
    encoded = [modality.encode(modality.read({"input": one}, Budget())) for one in rows]
    return modality.collate(MemoryRows(modality, encoded).feed(np.arange(len(rows))))


@pytest.mark.parametrize(
    ("rows", "alphabet"),
    [(dna(5)[0], "dna"), ([one.replace("T", "U") for one in dna(5)[0]], "rna"), (proteins(5), "protein"),
     (["acgtnnacgt"], "dna"), ([Words(tuple("ACGT"))], "dna"), ([], "protein")],
)  # fmt: skip
def test_the_alphabet_is_told_from_the_train_rows(rows: list[Any], alphabet: str) -> None:
    made = Sequence()
    made.fit([{"input": one} for one in rows], Budget())
    assert made.alphabet == alphabet


def test_what_is_not_plain_is_counted_and_told_and_kept() -> None:
    made = Sequence(alphabet="dna")
    read = made.read({"input": " acgUN-R*.T\nA ", "origin": "x", "repaired": {"odd": 1}}, Budget())
    assert read["input"].tobytes() == b"ACGTN-R*-TA"
    assert read["repaired"] == {
        "odd": 1, "spaces and line ends within sequences were left out": 1,
        "letters in lower case were read as capitals": 3, "letters U were read as T": 1, "stops (*) were kept": 1,
        "bases that are uncertain (N and other IUPAC codes) were kept": 2, "gaps (-) were kept": 2,
    }  # fmt: skip
    assert Sequence(alphabet="rna").read({"input": "ACGT"}, Budget())["input"].tobytes() == b"ACGU"
    assert Sequence(alphabet="dna", case="mask").read({"input": "ACgt"}, Budget())["input"].tobytes() == b"ACNN"
    assert Sequence(alphabet="protein", case="mask").read({"input": "MKvl"}, Budget())["input"].tobytes() == b"MKXX"
    assert "repaired" not in made.read({"input": "ACGT"}, Budget())


@pytest.mark.parametrize(
    ("alphabet", "given", "code", "found"),
    [("dna", "ACGEA", 460, "'E' at place 4"), ("protein", "MK1", 460, "'1' at place 3"), ("dna", "", 461, ""),
     ("dna", " \n", 461, ""), ("dna", 17, 462, "int 17"), ("dna", None, 461, ""), ("dna", "ACé", 460, "'?' at place 3"),
     ("protein", Words(("MK", "V")), 463, "'MK'"), ("protein", Words(()), 461, "")],
)  # fmt: skip
def test_what_is_no_sequence_is_refused_with_its_record_and_place(
    alphabet: Any, given: Any, code: int, found: str
) -> None:
    with pytest.raises(DataError) as caught:
        Sequence(alphabet=alphabet).read({"input": given, "origin": "t.fasta:3", "id": "gene 1"}, Budget())
    assert caught.value.code == f"HS-D{code}"
    assert caught.value.where == "t.fasta:3 gene 1"
    assert caught.value.found == found


@pytest.mark.parametrize("settings", KINDS)
def test_ids_hold_all_letters(settings: dict[str, Any]) -> None:
    rows = [*dna(30)[0], "AC", "ACGTNACG", "NNNNNNN", "ACG"]
    made = fitted(rows, **settings)
    vocabulary = made.vocabulary
    batch = batch_of(made, rows)
    shown = made.view.render(made.ready(batch)["x"])
    lossy = settings.get("overlap", False)  # there a k-mer with an uncertain letter is unknown
    assert all(one == row for one, row in zip(shown, rows, strict=True) if not (lossy and "N" in row))
    assert vocabulary.decode(vocabulary.encode_prompt("ACGTACGTAC")) == "ACGTACGTAC"
    assert vocabulary.encode_prompt("") == [2]
    assert (batch["x"][:, 0] == 2).all()
    assert (batch["x"].max() < vocabulary.size).all()
    assert list(vocabulary.texts(stored(made, rows))) == rows


@pytest.mark.parametrize("settings", KINDS)
def test_every_letter_of_rows_that_came_letter_by_letter_knows_its_id(settings: dict[str, Any]) -> None:
    rows = [Words(tuple(row)) for row in residues(12)[0]]
    made = fitted(rows, **settings)
    batch = batch_of(made, rows)
    names = made.vocabulary.tokens.names
    for row, ids, begins in zip(rows, batch["x"].tolist(), batch["begin"].tolist(), strict=True):
        assert [place for place in begins if place >= 0] == sorted(begins[: len(row.words)])
        for letter, place in zip(row.words, begins[: len(row.words)], strict=True):
            assert letter in names[ids[place]]
    assert [tuple(words) for words, _ in made.vocabulary.words(stored(made, rows))] == [row.words for row in rows]


def test_k_mers_behind_each_other_and_at_every_letter() -> None:
    for overlap, wanted in (
        (False, ["ACG", "TAC", "G", "T", "N", "A"]),
        (True, ["ACG", "CGT", "GTA", "TAC", "ACG", "CGT"]),
    ):
        made = fitted(["ACGTACGTN", *dna(3)[0]], tokens="kmers", k=3, overlap=overlap)
        names = made.vocabulary.tokens.names
        shown = [
            names[one] for one in batch_of(made, ["ACGTACGTNA" if not overlap else "ACGTACGT"])["x"][0].tolist()[1:-1]
        ]
        assert shown == wanted


def test_pairs_of_letters_are_learned_from_the_train_rows_alone_and_shorten_rows() -> None:
    generator = np.random.default_rng(0)
    rows = ["GATTACA".join(drawn(generator, 3, "ACGT") for _ in range(6)) for _ in range(40)]
    made = fitted(rows, tokens="bpe", vocab=64)
    assert "GATTACA" in {name for name in made.vocabulary.tokens.names if len(name) == 7}
    assert batch_of(made, rows)["x"].shape[1] < max(map(len, rows)) / 2


def test_the_length_holds_nearly_all_rows_and_longer_ones_are_cut_unless_letters_have_labels() -> None:
    rows = [drawn(np.random.default_rng(n), size, "ACGT") for n, size in enumerate([100] * 30 + [3000])]
    made = fitted(rows)
    assert made.length == 128
    assert made.ready(batch_of(made, rows))["x"].shape == (31, 128)
    whole = made.ready(batch_of(made, [Words(tuple(rows[-1]))]))
    assert whole["x"].shape == (1, 128)
    assert whole["whole"].shape == (1, 3002)
    assert fitted(rows[:3], length=50).with_settings({"length": 64}).length == 64


def test_settings_that_decide_the_storage_are_refused_later() -> None:
    made = fitted(dna(9)[0])
    with pytest.raises(RecipeError) as caught:
        made.with_settings({"tokens": "bpe"})
    assert caught.value.code == "HS-R123"


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"vocab": 3}, 462), ({"length": 1}, 463), ({"k": 1}, 464), ({"strands": "both", "alphabet": "protein"}, 465)],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], code: int) -> None:
    with pytest.raises(RecipeError) as caught:
        Sequence(**settings)
    assert caught.value.code == f"HS-R{code}"


def test_far_too_many_k_mers_are_refused_with_what_would_fit() -> None:
    with pytest.raises(RecipeError) as caught:
        fitted(proteins(3), tokens="kmers", k=6)
    assert "modality.k=3" in str(caught.value)


def test_texts_that_are_no_sequences_are_not_taken_for_some() -> None:
    assert all(map(is_sequence, [*dna(20)[0], *proteins(20), "mkv".upper() * 9 + "ACDEFGHI"]))
    words = ["CAT", "the quick brown fox", "deadbeefdeadbeefdeadbeef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0" * 40, "A" * 19,
             "INTERNATIONALIZATIONOFBUSINESSUNITS",
             "thequickbrownfoxjumpsoverthelazydog", "ABABABABABABABABABABABAB"]  # fmt: skip
    assert not any(map(is_sequence, words))


def test_an_alphabet_is_described() -> None:
    assert described(counted(["ACGTNN-acgt"])) == "dna: 4 letters, N and -"
    assert described(counted(["ACGT"])) == "dna: 4 letters"
    assert described(counted(["ACDEFGHIKLMNPQRSTVWYXBZ*"])) == "protein: 20 letters, X, B, Z and *"
    assert alphabet_of({}).kind == "protein"


def test_a_sequence_and_its_reverse_complement_are_copies_where_strands_are_equal() -> None:
    row = dna(1)[0][0]
    for strands, same in (("one", False), ("both", True)):
        made = Sequence(alphabet="dna", strands=strands)  # pyright: ignore[reportArgumentType]
        one, other = (made.read({"input": text}, Budget()) for text in (row, opposite(row)))
        marks = [made.duplicates.fingerprint(read).exact for read in (one, other)]
        assert (marks[0] == marks[1]) == same
        assert made.duplicates.alike(made.encode(one), made.encode(other)) == same


def test_a_model_knows_changed_copies_parts_and_other_strands_of_what_it_has_seen() -> None:
    generator = np.random.default_rng(0)
    rows = [drawn(generator, 200, "ACGT") for _ in range(300)]
    made = fitted(rows)
    point = f"{rows[0][:90]}{'A' if rows[0][90] != 'A' else 'C'}{rows[0][91:]}"
    asked = [point, rows[1][:120], opposite(rows[2]), drawn(generator, 200, "ACGT")]
    duplicates = made.duplicates
    pairs = duplicates.resembling(duplicates.sketches(stored(made, rows)), duplicates.sketches(stored(made, asked)))
    assert sorted(map(tuple, pairs.tolist())) == [(0, 0), (1, 1), (2, 2)]


def test_variants_of_one_protein_are_not_copies_of_each_other() -> None:
    generator = np.random.default_rng(0)
    parent = proteins(1, shortest=150, longest=150)[0]
    rows = [parent[:n] + letter + parent[n + 1 :] for n in range(100) for letter in "AW" if parent[n] != letter]
    made = fitted(rows)
    duplicates, known = made.duplicates, stored(made, rows)
    assert duplicates.fingerprint(made.read({"input": rows[0]}, Budget())).near is None
    other = parent[:120] + "W" + drawn(generator, 1, "A") + parent[122:]
    pairs = duplicates.resembling(duplicates.sketches(known), duplicates.sketches(stored(made, [other, rows[3]])))
    assert [1, 3] in pairs.tolist()
    assert not (pairs[:, 0] == 0).any()


def test_what_was_put_right_is_told_by_prepare(tmp_path: Path) -> None:
    rows = [*dna(30)[0], "acgtacgtacgtacgtacgtNACGTTTTT"]
    store = prepare(rows, tmp_path / "out")
    assert store.manifest["modality"] == "sequence"
    assert "20 letters in lower case were read as capitals, first in array#30" in store.warnings
    assert any("1 bases that are uncertain" in one for one in store.warnings)


def test_a_saved_modality_opens_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    made = fitted(dna(20)[0], tokens="bpe", vocab=64)
    made.save(tmp_path)
    assert Sequence.load(tmp_path).spec == made.spec
    text = (tmp_path / "sequence.json").read_text()
    for wrong in (text[:-5], text.replace('"pad": 0', '"pad": 900'), text.replace('"dna"', '"rne"'), "[]"):
        (tmp_path / "sequence.json").write_text(wrong)
        with pytest.raises(DataError) as caught:
            Sequence.load(tmp_path)
        assert caught.value.code == "HS-D464"


@pytest.mark.parametrize("settings", [KINDS[0], KINDS[3]])
def test_transformers_reads_the_same_ids(settings: dict[str, Any], tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    rows = dna(20)[0]
    made = fitted(rows, **settings)
    made.save(tmp_path)
    theirs = AutoTokenizer.from_pretrained(str(tmp_path))
    ours = made.ready(batch_of(made, rows))
    for row, ids, keep in zip(rows, ours["x"].tolist(), ours["keep"].sum(1).tolist(), strict=True):
        assert theirs(row)["input_ids"] == ids[:keep]
        assert theirs.decode(ids[:keep], skip_special_tokens=True) == row
