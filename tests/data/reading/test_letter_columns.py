"""Tables of sequences: which column holds them, labels of their letters, and parts as FLIP writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.reading.letter_rows import of_letters
from headstart.data.records import Words
from tests.helpers.letters import dna, proteins, residues


def table(place: Path, header: str, rows: list[list[str]]) -> Path:
    place.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n")
    return place


@pytest.mark.parametrize("name", ["sequence", "seq", "Sequence", "mutated_sequence", "antigen"])
def test_a_column_of_sequences_is_found_by_its_name_or_its_values(name: str, tmp_path: Path) -> None:
    rows = [[f"P{n}", f"kinase of yeast {n}", text, str(n % 2)] for n, text in enumerate(proteins(30))]
    header = f"id,{'note' if name == 'antigen' else 'description'},{name},label"
    if name == "antigen":
        rows = [[row[0], "x", *row[2:]] for row in rows]
    used = taken(table(tmp_path / "t.csv", header, rows)).used
    assert (used[0].what, used[0].role) == (f"column {name}", "sequence")


def test_a_column_called_sequence_that_holds_numbers_is_none(tmp_path: Path) -> None:
    rows = [[str(n), f"a review of {n} words", "ab"[n % 2]] for n in range(30)]
    used = taken(table(tmp_path / "t.csv", "sequence,comment,label", rows)).used
    assert used[0].what == "column comment"


def test_short_peptides_in_a_column_called_so_are_read_with_the_modality(tmp_path: Path) -> None:
    rows = [[one[:9], str(n % 2)] for n, one in enumerate(proteins(30))]
    store = prepare(table(tmp_path / "t.csv", "peptide,label", rows), tmp_path / "out", modality="sequence")
    assert store.manifest["kept"] == 30


def test_set_and_validation_are_parts(tmp_path: Path) -> None:
    parts = [("train", ""), ("train", "True"), ("test", ""), ("train", "False"), ("test", "True")]
    rows = [[text, f"{n}.5", *parts[n % 5]] for n, text in enumerate(proteins(50))]
    store = prepare(table(tmp_path / "t.csv", "sequence,target,set,validation", rows), tmp_path / "out")
    assert store.manifest["splits"] == {"train": 20, "valid": 10, "test": 20}
    assert store.manifest["parts"] == "given"


def test_a_column_set_of_other_words_is_no_part(tmp_path: Path) -> None:
    rows = [[text, str(n % 2), "abc"[n % 3]] for n, text in enumerate(dna(30)[0])]
    assert "column set" in taken(table(tmp_path / "t.csv", "sequence,label,set", rows)).unused


@pytest.mark.parametrize("named", [{}, {"input": "sequence", "target": "labels"}])
def test_labels_as_long_as_their_sequences_are_labels_of_letters(named: dict[str, Any], tmp_path: Path) -> None:
    rows = [[text, tags, "0" + "1" * (len(tags) - 1)] for text, tags in zip(*residues(30), strict=True)]
    path = table(tmp_path / "t.csv", "sequence,labels,resolved", rows)
    roles = [(one.what, one.role) for one in taken(path, **named).used]
    assert roles[1:] == [("column labels", "label of each letter"), ("column resolved", "mask of the labels")]
    store = prepare(path, tmp_path / "out", **named)
    label = store.labels_of(store.rows("train"))[0]
    assert label[0] is None
    assert set(label[1:]) <= set("HEC")
    assert store.modality.vocabulary.has_words(store.feed(store.rows("train")))  # pyright: ignore[reportOptionalMemberAccess]


def test_classes_are_no_labels_of_letters(tmp_path: Path) -> None:
    rows = [[text, "enzyme" if n % 2 else "other"] for n, text in enumerate(proteins(30))]
    assert taken(table(tmp_path / "t.csv", "sequence,label", rows)).used[1].role == "label"


def test_letters_and_labels_of_other_lengths_are_refused() -> None:
    assert of_letters("MK V", "HHC", "011", "x") == {"input": Words(("M", "K", "V")), "label": [None, "H", "C"]}
    assert of_letters("MKV", "HHC", "000", "x") == {"input": Words(("M", "K", "V"))}
    assert of_letters("MKV", None, None, "x") == {"input": Words(("M", "K", "V"))}
    for label, mask in (("HH", None), ("HHH", "01")):
        with pytest.raises(DataError) as caught:
            of_letters("MKV", label, mask, "x")
        assert caught.value.code == "HS-D467"


@pytest.mark.parametrize("name", ["promoters.csv", "promoters.data"])
def test_a_table_of_sequences_without_a_header_loses_no_row(name: str, tmp_path: Path) -> None:
    rows = ["".join(np.random.default_rng(n).choice(list("acgt"), 40)) for n in range(30)]
    lines = "".join(f"{'+-'[n % 2]},N{n},\t{row}\n" for n, row in enumerate(rows))
    (tmp_path / name).write_text(lines)
    store = prepare(tmp_path / name, tmp_path / "out")
    assert sum(store.splits.values()) == 30
    assert store.manifest["modality"] == "sequence"
    assert set(store.labels_of(store.rows("train"))) == {"+", "-"}
