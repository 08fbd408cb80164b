"""Bad sequences, in tables and in FASTA and FASTQ files."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from tests.helpers.badinput.case import Case, one, put

FASTA, FASTQ, BOTH = (f"prepare {given} --out out --quiet" for given in ("t.fasta", "t.fq", "a.fa b.fa"))
CSV = "prepare t.csv --out out --quiet --modality sequence"
BASES = "ACGTTGCAAGGCTTACGATCGATTACG"


def table(*rows: str) -> str:
    return "sequence\n" + "".join(f"{row}\n" for row in (BASES, BASES[::-1], *rows))


def labelled(*rows: str) -> str:
    """A table of residues and their labels."""
    return "sequence,labels\n" + "MKVLAAGIVG,HHHHCCCEEE\n" * 19 + "".join(f"{row}\n" for row in rows)


CASES = [
    Case("folders of folders of FASTA files", put({"in/a/deep/x.fasta": f">1\n{BASES}\n", "in/b/deep/y.fasta": f">2\n{BASES}A\n"}), "prepare in --out out --quiet", "error[HS-D204]: in: cannot tell what kind of data these are. fix: put the sequence files into one folder, or name them: headstart prepare ONE.fasta OTHER.fasta", 65, "sequence folder"),
    Case("letter that is no base", one("t.csv", table(f"{BASES}F")), CSV, "error[HS-D460]: t.csv:4: a letter has no meaning in this alphabet: found 'F' at place 28, expected letters of dna, ACGTNRYSWKMBDHV*-. fix: prepare with modality.alphabet=protein if these are proteins; else correct the row, or prepare with --skip-bad", 65, "sequence csv"),
    Case("digit in a protein", one("t.csv", "sequence\nMKVLAAGIVGLLLAQWERTY\nMKVLAAGIVGLLLAQW1ERTY\nMKVLAAGIVGLLLAQWERTW\n"), CSV, "error[HS-D460]: t.csv:3: a letter has no meaning in this alphabet: found '1' at place 17, expected letters of protein, ACDEFGHIKLMNPQRSTVWYXBZJUO*-. fix: correct the row, or prepare with --skip-bad", 65, "sequence csv"),
    Case("empty sequence", one("t.csv", "id,sequence\n1,\n2,ACGT\n"), CSV, 'error[HS-D461]: t.csv:2 1: the sequence is empty. fix: correct the row, or prepare with --skip-bad', 65, "sequence csv"),
    Case("number for a sequence", one("t.jsonl", '{"sequence": 17}\n{"sequence": "ACGT"}\n{"sequence": "ACGTA"}\n'), "prepare t.jsonl --out out --quiet --modality sequence", 'error[HS-D462]: t.jsonl:1: no sequence: found int 17, expected a str of letters. fix: pass --input with the column of sequences', 65, "sequence jsonl"),
    Case("label for a letter too many", one("t.csv", labelled("MKVLA,HHHHHC")), "prepare t.csv --out out --quiet --modality sequence", 'error[HS-D467]: t.csv:21: letters and their labels differ in number: found 6 labels for 5 letters. fix: correct the row, or prepare with --skip-bad', 65, "csv sequence"),
    Case("text called FASTA", one("t.fasta", "one, two\n"), FASTA, "error[HS-D468]: t.fasta:1: this is no FASTA or FASTQ file: found 'one, two', expected a line that begins with > or @. fix: correct the file", 65, "fasta"),
    Case("empty FASTA", one("t.fasta", "\n"), FASTA, 'error[HS-D472]: t.fasta: there is no record in the file. fix: give a file with sequences', 65, "fasta"),
    Case("FASTA record without letters", one("t.fasta", f">a\n>b\n{BASES}\n"), FASTA, 'error[HS-D461]: t.fasta:1 a: the sequence is empty. fix: correct the row, or prepare with --skip-bad', 65, "fasta sequence"),
    Case("FASTA with a bad letter", one("t.fasta", f">a\n{BASES}\n{BASES}\n>b\n{BASES}\nAC5T\n"), FASTA, "error[HS-D460]: t.fasta:4 b: a letter has no meaning in this alphabet: found '5' at place 30, expected letters of dna, ACGTNRYSWKMBDHV*-. fix: correct the row, or prepare with --skip-bad", 65, "fasta sequence"),
    Case("FASTQ of too few qualities", one("t.fq", "@a\nACGT\n+\nIII\n"), FASTQ, 'error[HS-D469]: t.fq:1: the FASTQ file is broken: found 3 qualities for 4 letters of a, expected as many qualities as letters. fix: correct the file', 65, "fasta"),
    Case("FASTA files of half the same ids", put({"a.fa": f">a\n{BASES}\n>b\n{BASES}\n", "b.fa": f">a\n{BASES}\n>c\n{BASES}\n"}), BOTH, 'error[HS-D470]: a.fa, b.fa: cannot tell what these files are to each other: found 1 of the first records in both, 1 of them of one length. fix: if each file is a class: headstart prepare a.fa b.fa --target filename; if the second holds a label for each letter of the first: headstart prepare a.fa --target b.fa', 65, "fasta"),
    Case("labels of letters with an id twice", put({"a.fa": ">a\nMKVLAAGIVG\n>b\nMKVLAAGIWG\n", "b.fa": ">b\nHHHHHHHHHC\n>a\nHHHHHHHHHC\n>a\nHHHHHHHHHC\n"}), BOTH, 'error[HS-D471]: b.fa: two records have one id: found a. fix: give every record an id of its own', 65, "fasta"),
]  # fmt: skip
