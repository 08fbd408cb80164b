"""Bombs of texts and tables: compressed lines, JSON of nothing, XML and YAML of strangers, rows without end."""

# ruff: noqa: E501 (a bomb stays on one line)

from __future__ import annotations

import bz2
import gzip
import lzma

import pyarrow as pa
import pyarrow.parquet as pq

from tests.helpers.bombs.bomb import Bomb, file, folder, picture, squeezed
from tests.helpers.sheets import of_xml, sheet_xml

MIB = 1 << 20
RATIO, OBJECTS, ROWS = "100 times its size|sentence is too long", "objects in", "rows in"


def zstandard(data: bytes) -> bytes:
    return pa.compress(data, "zstd", asbytes=True)


def coco(objects: bytes) -> bytes:
    return b'{"images": [' + objects + b'], "annotations": [], "categories": []}'


def xml(root: str, inside: bytes, size: int = 15 * MIB) -> bytes:
    return f"<{root}>".encode() + inside * (size // len(inside)) + f"</{root}>".encode()


def parquet(table: pa.Table, **options: object) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(table, out, **options)
    return out.getvalue().to_pybytes()


def cells(value: pa.Array, count: int) -> pa.Array:
    """One value that is stored once and stands in every row."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), value)


def lists_of_nothing() -> bytes:
    """A row whose list has fifty million places, all empty."""
    empty = pa.nulls(50_000_000, pa.int32())
    column = pa.ListArray.from_arrays(pa.array([0, len(empty)], pa.int32()), empty)
    return parquet(pa.table({"text": ["a"], "tags": column}), compression="zstd", data_page_size=1 << 30)


def one_page(codec: str) -> bytes:
    table = pa.table({"text": pa.array([b"a" * (200 * MIB), b"b"], pa.large_binary())})
    return parquet(table, compression=codec, use_dictionary=False)


def many_nulls() -> bytes:
    return parquet(pa.table({"text": pa.nulls(300_000_000, pa.null())}), compression="zstd")


def annotated(name: str, data: bytes) -> dict[str, bytes]:
    return {"a.png": picture(), name: data}


LAUGHS = (
    "a: &a [x, x]\n"
    + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghijklmnopqrst", "bcdefghijklmnopqrstu", strict=True)
    )
    + "names: [*u]\n"
)

LAUGHING = (
    b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %c "%s">' % (b, b"&%c;" % a * 10)
        for a, b in zip(b"abcdefghijklmnopqrs", b"bcdefghijklmnopqrst", strict=True)
    )
    + b"]>"
)

# fmt: off
BOMBS = (
    *(Bomb(f"gzip of {name}", file(f"t.{name}.gz", lambda unit=unit: squeezed(unit, 100 * MIB)), RATIO) for name, unit in (
        ("txt", b"\0"), ("csv", b"text,label\n"), ("tsv", b"text\tlabel\n"), ("jsonl", b'{"a":1}\n'), ("json", b"{},"), ("conll", b"a\tB\n"), ("fasta", b">a\nACGT\n"), ("fq", b"@a\nA\n+\nI\n"),
        ("conllu", b"1\ta\n"), ("ndjson", b" "), ("arff", b"@attribute a real\n"),
    )),
    *(Bomb(f"Zstandard of {name}", file(f"t.{name}.zst", lambda unit=unit: squeezed(unit, 100 * MIB, zstandard)), RATIO) for name, unit in (
        ("txt", b"a"), ("csv", b"text,label\n"), ("jsonl", b"[]\n"), ("conll", b"a\tB\n"),
    )),
    Bomb("bzip2 called .txt", file("t.txt", lambda: squeezed(b"a", 200 * MIB, bz2.compress)), RATIO),
    Bomb("xz called .csv", file("t.csv", lambda: squeezed(b"text,label\n", 200 * MIB, lzma.compress)), RATIO),
    Bomb("gzip within a folder", folder(lambda: {"a/1.txt.gz": squeezed(b"a", 100 * MIB), "b/2.txt": b"b"}), RATIO),
    Bomb("gzip in gzip", file("t.txt.gz", lambda: gzip.compress(squeezed(b"\0", 1000 * MIB))), "zero|binary|UTF-8"),
    Bomb("JSON of empty objects", file("t.json", lambda: b"[" + b"{}," * (10 * MIB) + b"{}]"), OBJECTS),
    Bomb("JSON of empty lists, packed", file("t.json.gz", lambda: squeezed(b"[],", 60 * MIB)), f"{OBJECTS}|{RATIO}"),
    Bomb("a line of empty lists", file("t.jsonl", lambda: b'{"text": [' + b"[]," * (10 * MIB) + b"[]]}\n"), OBJECTS),
    Bomb("JSON of a million levels", file("t.json", lambda: b"[" * MIB), "deep|objects"),
    Bomb("COCO of empty pictures", file("t.json", lambda: coco(b"{}," * (10 * MIB) + b"{}")), OBJECTS),
    Bomb("CreateML of empty boxes", file("t.json", lambda: b'[{"image": "a.png", "annotations": [{"coordinates": {}},' + b"{}," * (10 * MIB) + b"{}]}]"), OBJECTS),
    Bomb("Label Studio of empty results", file("t.json", lambda: b'[{"annotations": [{"result": [' + b"{}," * (10 * MIB) + b"{}]}]}]"), OBJECTS),
    Bomb("LabelMe of empty shapes", folder(lambda: annotated("a.json", b'{"shapes": [' + b"{}," * (10 * MIB) + b"{}]}")), OBJECTS),
    Bomb("a header of ten million columns", file("t.csv", lambda: b"text" + b"," * (10 * MIB) + b"\na\n"), "cells"),
    Bomb("a row of ten million cells", file("t.csv", lambda: b"text,label\na,b\n" + b"," * (10 * MIB) + b"\n"), "cells"),
    Bomb("VOC of empty elements", folder(lambda: annotated("a.xml", xml("annotation", b"<a/>"))), OBJECTS),
    Bomb("VOC of short elements", folder(lambda: annotated("a.xml", xml("annotation", b"<a>1</a>"))), OBJECTS),
    Bomb("CVAT of empty elements", file("t.xml", lambda: xml("annotations", b"<a/>", 60 * MIB)), OBJECTS),
    Bomb("CVAT of a million levels", file("t.xml", lambda: b"<annotations>" + b"<a>" * MIB), "deep|objects"),
    Bomb("VOC of laughs", folder(lambda: annotated("a.xml", b'<!DOCTYPE a [<!ENTITY a "aaaa">]><annotation>&a;</annotation>')), "document type"),
    Bomb("YOLO names of laughs", folder(lambda: {"a.png": picture(), "a.txt": b"0 .5 .5 .1 .1", "data.yaml": LAUGHS.encode()}), "a reference"),
    Bomb("YOLO names of many levels", folder(lambda: {"a.png": picture(), "a.txt": b"0 .5 .5 .1 .1", "data.yaml": b"names: " + b"[" * (2 * MIB)}), "more than 262,144 bytes"),
    Bomb("Parquet of one long cell, Zstandard", file("t.parquet", lambda: one_page("zstd")), "page|many times"),
    Bomb("Parquet of one long cell, gzip", file("t.parquet", lambda: one_page("gzip")), "page|many times"),
    Bomb("Parquet of one long cell, Brotli", file("t.parquet", lambda: one_page("brotli")), "page|many times"),
    Bomb("Parquet of equal cells", file("t.parquet", lambda: parquet(pa.table({"text": cells(pa.array(["a" * (8 * MIB)]), 20_000)}), compression="zstd")), "cells of|page"),
    Bomb("Parquet of equal cells in two columns", file("t.parquet", lambda: parquet(pa.table({"text": cells(pa.array(["a" * (4 * MIB)]), 20_000), "label": cells(pa.array(["b" * (4 * MIB)]), 20_000)}))), "cells of|page"),
    Bomb("Excel of empty rows", file("t.xlsx", lambda: of_xml(sheet_xml(b"<row/>" * (50 * MIB)), squeezed=True)), "many times|100 times"),
    Bomb("Excel of cells far out", file("t.xlsx", lambda: of_xml(sheet_xml(b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(1, 200_000))))), "hold something"),
    Bomb("Excel of laughs", file("t.xlsx", lambda: of_xml(sheet_xml(b'<row r="1"><c r="A1" t="inlineStr"><is><t>&t;</t></is></c></row>', LAUGHING))), "workbook"),
    Bomb("Parquet of many nulls", file("t.parquet", many_nulls), ROWS),
    Bomb("Parquet of a list of nulls", file("t.parquet", lists_of_nothing), "page"),
)
# fmt: on
