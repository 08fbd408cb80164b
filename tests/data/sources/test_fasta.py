"""FASTA and FASTQ: records as they are written, what headers say, and what several files are to each other."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.prepare import prepare, taken
from headstart.data.reading.fasta_records import Record, records
from headstart.data.reading.open_raw import open_raw
from headstart.data.reading.roles import Ask
from headstart.data.records import Words
from headstart.data.sources.fasta import Fasta
from tests.helpers.letters import dna, proteins, residues


def fasta(place: Path, rows: list[tuple[str, str]]) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("".join(f">{header}\n{letters}\n" for header, letters in rows))
    return place


def read(path: Path) -> list[Record]:
    return list(records(path, Budget()))


def test_records_of_many_lines_line_ends_comments_and_none_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "t.fa").write_bytes(b";note\r\n>one a > b\r\nACG\r\n\r\n TTG \r\n; more\r\n>two\r\n>three\r\nAC")
    assert read(tmp_path / "t.fa") == [Record(2, "one a > b", "ACGTTG"), Record(7, "two", ""), Record(8, "three", "AC")]
    (tmp_path / "t.fa.gz").write_bytes(gzip.compress((tmp_path / "t.fa").read_bytes()))
    assert read(tmp_path / "t.fa.gz") == read(tmp_path / "t.fa")
    (tmp_path / "e.fa").write_text("\n\n")
    assert read(tmp_path / "e.fa") == []


def test_what_a_header_says() -> None:
    plain = Record(1, "1es5-A SET=train VALIDATION=False", "")
    assert (plain.id, plain.fields) == ("1es5-A", {"SET": "train", "VALIDATION": "False"})
    assert Record(1, "sp|P1|A B kinase OS=Homo sapiens OX=9606 GN=A", "").fields == {
        "OS": "Homo sapiens", "OX": "9606", "GN": "A"
    }  # fmt: skip
    assert Record(1, "x [gene=ab c] [product=d]", "").fields == {"gene": "ab c", "product": "d"}
    assert Record(1, "sulfate transporter  [AB003590 ]", "").fields == {}
    assert Record(1, "", "").id == ""


def test_fastq_in_one_line_and_in_several_with_qualities_that_look_like_headers(tmp_path: Path) -> None:
    (tmp_path / "t.fq").write_text("@a x=1\nACGT\n+\n@III\n@b\nAC\nGT\n+b\n+I\n@I\n")
    assert read(tmp_path / "t.fq") == [Record(1, "a x=1", "ACGT"), Record(5, "b", "ACGT")]
    source = Fasta(tmp_path / "t.fq", Access())
    assert source.account().notes == ("qualities of t.fq are not used",)


@pytest.mark.parametrize("text", ["@a\nACGT\n+\nIII\n", "@a\nACGT\n", "@a\nAC\n+\nIII\n", "@a\nAC\n+\nII\nACGT\n"])
def test_fastq_of_wrong_lengths_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.fq").write_text(text)
    with pytest.raises(DataError) as caught:
        read(tmp_path / "t.fq")
    assert caught.value.code == "HS-D469"


def test_keys_of_headers_are_columns(tmp_path: Path) -> None:
    rows = [(f"p{n} TARGET={n}.5 SET={'train' if n < 40 else 'test'} VALIDATION={n < 10} family={n % 7}", one)
            for n, one in enumerate(proteins(50))]  # fmt: skip
    path = fasta(tmp_path / "t.fasta", rows)
    store = prepare(path, tmp_path / "out")
    assert store.manifest["splits"] == {"train": 30, "valid": 10, "test": 10}
    assert store.manifest["modality"] == "sequence"
    assert store.labels_of(store.rows("test"))[0] == 40.5
    assert prepare(path, tmp_path / "o2", target="family").manifest["classes"]["train"]["3"] > 0
    grouped = prepare(fasta(tmp_path / "g.fa", [(one[0].replace("SET", "XET"), one[1]) for one in rows]),
                      tmp_path / "o3", group="family")  # fmt: skip
    assert grouped.manifest["parts"] == "made"
    kept = [*open_raw(path, modality="auto", input=None, target=None, ask=Ask(keep="id")).examples()]
    assert kept[3]["kept"] == {"id": "p3"}
    with pytest.raises(DataError) as caught:
        prepare(path, tmp_path / "o4", target="famly")
    assert "did you mean 'family'?" in str(caught.value)


def paired(place: Path, *, turned: bool = False, skipped: int = 0) -> list[Path]:
    """Sequences, the labels of their letters, and a mask; the labels turned around or without the first ones."""
    rows, tags = residues(30)
    order = range(29, skipped - 1, -1) if turned else range(skipped, 30)
    return [
        fasta(place / "seqs.fasta", [(f"p{n}", one) for n, one in enumerate(rows)]),
        fasta(place / "states.fasta", [(f"p{n} SET={'test' if n > 25 else 'train'}", tags[n]) for n in order]),
        fasta(place / "known.fasta", [(f"p{n}", "0" + "1" * (len(one) - 1)) for n, one in enumerate(rows)]),
    ]


@pytest.mark.parametrize(("turned", "skipped"), [(False, 0), (True, 0), (True, 2)])
def test_a_second_file_of_the_same_ids_holds_labels_of_letters_and_a_third_their_mask(
    turned: bool, skipped: int, tmp_path: Path
) -> None:
    files = paired(tmp_path, turned=turned, skipped=skipped)
    rows, tags = residues(30)
    for given in (files, files[::-1], [str(one) for one in files]):
        source = Fasta(given, Access())
        found = list(source.examples())
        assert [one["input"] for one in found] == [Words(tuple(row)) for row in rows]
        assert [one.get("label") for one in found[skipped:]] == [[None, *row[1:]] for row in tags[skipped:]]
        assert not any("label" in one for one in found[:skipped])
        assert {one.get("split") for one in found[skipped:]} == {"train", "test"}
    notes = source.account().notes
    assert notes == (("2 ids are not in states.fasta: p0, p1",) if skipped else ())
    assert "label of each letter" in [one.role for one in source.account().used]


def test_the_file_of_labels_can_be_named(tmp_path: Path) -> None:
    seqs, states, _ = paired(tmp_path)
    store = prepare(seqs, tmp_path / "out", target=str(states))
    assert store.manifest["splits"] == {"train": 26, "test": 4}
    assert isinstance(store.labels_of(store.rows("test"))[0], list)


def test_labels_that_are_too_short_make_their_row_unreadable(tmp_path: Path) -> None:
    seqs, states, known = paired(tmp_path)
    states.write_text(states.read_text().replace("\n", "H\n", 4).replace("SET=trainH", "SET=train"))
    with pytest.raises(DataError) as caught:
        prepare([seqs, states, known], tmp_path / "out")
    assert caught.value.code == "HS-D467"
    assert prepare([seqs, states, known], tmp_path / "out", skip_bad=True, max_bad=0.5).manifest["kept"] > 20


def test_folders_of_sequence_files_are_classes(tmp_path: Path) -> None:
    rows, _ = dna(9)
    names = ("virus/one.fa", "virus/two.fa", "host/one.fa", "unlabelled/x.fa")
    for number, name in enumerate(names):
        fasta(
            tmp_path / "in" / name, [(f"s{2 * number}", rows[2 * number]), (f"s{2 * number + 1}", rows[2 * number + 1])]
        )
    (tmp_path / "in" / "README.md").write_text("notes")
    raw = open_raw(tmp_path / "in", modality="sequence", input=None, target=None)
    found = {(example["origin"], example.get("label")) for example in raw.examples()}
    assert found == {("host/one.fa:1", "host"), ("host/one.fa:3", "host"), ("unlabelled/x.fa:1", None),
                     ("unlabelled/x.fa:3", None), ("virus/one.fa:1", "virus"), ("virus/one.fa:3", "virus"),
                     ("virus/two.fa:1", "virus"), ("virus/two.fa:3", "virus")}  # fmt: skip
    assert "the folder of a file is the label of its records" in str(raw.account())


@pytest.mark.parametrize("more", ["host/deep/x.fa", "host/other.csv", "other.csv", "train/x.fa"])
def test_folders_with_more_than_sequence_files_are_not_read_as_classes(more: str, tmp_path: Path) -> None:
    for name in ("virus/one.fa", "host/one.fa", more):
        fasta(tmp_path / name, [("s", "ACGTTGCAAC")])
    assert not Fasta.accepts(tmp_path, Access())


def test_names_of_files_beside_each_other_are_classes(tmp_path: Path) -> None:
    halves = dna(60)[0]
    one = fasta(tmp_path / "in" / "Ecoli_prom.fasta", [(f"a{n}", row) for n, row in enumerate(halves[:30])])
    two = fasta(tmp_path / "in" / "Ecoli_non_prom.fasta", [(f"b{n}", row) for n, row in enumerate(halves[30:])])
    fasta(tmp_path / "in" / "unlabelled_all.fa", [(f"c{n}", row) for n, row in enumerate(dna(20, seed=9)[0])])
    (tmp_path / "in" / "README.md").write_text("notes")
    account = taken([one, two])
    assert "the name of a file is the label of its records" in account.used[0].why
    for given, labels in (([one, two], {"prom", "non_prom"}), (tmp_path / "in", {"prom", "non_prom", None})):
        raw = open_raw(given, modality="auto", input=None, target=None)
        assert {example.get("label") for example in raw.examples()} == labels


@pytest.mark.parametrize("names", [("reads_1.fa", "reads_2.fa"), ("a.fa", "b.fa")])
def test_pieces_and_files_with_labels_in_their_headers_are_no_classes(names: tuple[str, str], tmp_path: Path) -> None:
    said = "" if names[0].startswith("reads") else " TARGET=1.5"
    halves = dna(60)[0]
    files = [fasta(tmp_path / name, [(f"{name}{n}{said}", row) for n, row in enumerate(halves[30 * k : 30 * k + 30])])
             for k, name in enumerate(names)]  # fmt: skip
    labels = {example.get("label") for example in Fasta(files, Access()).examples()}
    assert labels == ({"1.5"} if said else {None})
    if not said:
        assert {one["label"] for one in Fasta(files, Access(), target="filename").examples()} == {"1", "2"}


def doubtful(kind: str, place: Path) -> list[Path]:
    rows, others = dna(30)[0], proteins(30)
    both = [(f"p{n}", row) for n, row in enumerate(rows)]
    second: dict[str, Any] = {
        "half of the ids": [(f"p{2 * n}", row) for n, row in enumerate(rows)],
        "same letters": [(f"p{n}", row[::-1]) for n, row in enumerate(rows)],
        "other alphabet": [(f"q{n}", row) for n, row in enumerate(others)],
        "one record": [("q", rows[0])],
        "a mask": [(f"p{n}", "1" * len(row)) for n, row in enumerate(rows)],
    }
    return [fasta(place / "one.fa", both), fasta(place / "two.fa", second[kind])]


@pytest.mark.parametrize("kind", ["half of the ids", "same letters", "other alphabet", "one record", "a mask"])
def test_files_that_may_be_this_or_that_are_refused_with_both_commands(kind: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        Fasta(doubtful(kind, tmp_path), Access())
    assert caught.value.code == "HS-D470"
    assert "headstart prepare one.fa two.fa --target filename" in caught.value.line()
    assert "headstart prepare one.fa --target two.fa" in caught.value.line()


def test_ids_that_come_twice_cannot_be_paired(tmp_path: Path) -> None:
    seqs, states, _ = paired(tmp_path, turned=True)
    states.write_text(states.read_text() + ">p1\nHHH\n")
    with pytest.raises(DataError) as caught:
        Fasta([seqs, states], Access())
    assert (caught.value.code, caught.value.found) == ("HS-D471", "p1")


def test_parts_by_the_names_of_files(tmp_path: Path) -> None:
    for n, part in enumerate(("train", "test")):
        rows = [(f"{part}{k} TARGET={'ab'[k % 2]}", row) for k, row in enumerate(dna(30, seed=n)[0])]
        fasta(tmp_path / "in" / f"{part}.fasta", rows)
    store = prepare(tmp_path / "in", tmp_path / "out")
    assert store.manifest["splits"] == {"train": 30, "test": 30}


@pytest.mark.shared
def test_residues_of_the_shared_set_are_paired(shared_data: Path) -> None:
    place = shared_data / "bio_flip_secstruct"
    source = Fasta([place / f"{name}.fasta.gz" for name in ("mask", "sampled", "sequences")], Access())
    first = next(source.examples())
    assert len(first["input"].words) == len(first["label"]) == 262
    assert first["label"][:3] == [None, None, "C"]
