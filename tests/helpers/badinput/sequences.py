"""Bad sequences, in tables and in FASTA and FASTQ files."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from tests.helpers.badinput.case import Case, one

CSV = "prepare t.csv --out out --quiet --modality sequence"
BASES = "ACGTTGCAAGGCTTACGATCGATTACG"


def table(*rows: str) -> str:
    return "sequence\n" + "".join(f"{row}\n" for row in (BASES, BASES[::-1], *rows))


def labelled(*rows: str) -> str:
    """A table of residues and their labels."""
    return "sequence,labels\n" + "MKVLAAGIVG,HHHHCCCEEE\n" * 19 + "".join(f"{row}\n" for row in rows)


CASES = [
    Case("letter that is no base", one("t.csv", table(f"{BASES}F")), CSV, "error[HS-D460]: t.csv:4: a letter has no meaning in this alphabet: found 'F' at place 28, expected letters of dna, ACGTNRYSWKMBDHV*-. fix: prepare with modality.alphabet=protein if these are proteins; else correct the row, or prepare with --skip-bad", 65, "sequence csv"),
    Case("digit in a protein", one("t.csv", "sequence\nMKVLAAGIVGLLLAQWERTY\nMKVLAAGIVGLLLAQW1ERTY\nMKVLAAGIVGLLLAQWERTW\n"), CSV, "error[HS-D460]: t.csv:3: a letter has no meaning in this alphabet: found '1' at place 17, expected letters of protein, ACDEFGHIKLMNPQRSTVWYXBZJUO*-. fix: correct the row, or prepare with --skip-bad", 65, "sequence csv"),
    Case("empty sequence", one("t.csv", "id,sequence\n1,\n2,ACGT\n"), CSV, 'error[HS-D461]: t.csv:2 1: the sequence is empty. fix: correct the row, or prepare with --skip-bad', 65, "sequence csv"),
    Case("number for a sequence", one("t.jsonl", '{"sequence": 17}\n{"sequence": "ACGT"}\n{"sequence": "ACGTA"}\n'), "prepare t.jsonl --out out --quiet --modality sequence", 'error[HS-D462]: t.jsonl:1: no sequence: found int 17, expected a str of letters. fix: pass --input with the column of sequences', 65, "sequence jsonl"),
    Case("label for a letter too many", one("t.csv", labelled("MKVLA,HHHHHC")), "prepare t.csv --out out --quiet --modality sequence", 'error[HS-D467]: t.csv:21: letters and their labels differ in number: found 6 labels for 5 letters. fix: correct the row, or prepare with --skip-bad', 65, "csv sequence"),
]  # fmt: skip
