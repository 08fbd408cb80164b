"""Bad tables of cells, in CSV and ARFF files."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from pathlib import Path

from headstart.core.contracts.budget import Budget
from headstart.data.modalities.table.table import Table
from headstart.evaluation.cautions import unknown_labels
from tests.helpers.badinput.case import Case, nothing, one
from tests.helpers.sentences import sentences

CSV, ARFF = "prepare t.csv --out out --quiet --modality table", "prepare t.arff --out out --quiet --modality table"
HEAD = "@relation r\n@attribute age numeric\n@attribute class {a,b}\n"


def table() -> str:
    """Thirty rows: age, town and label."""
    lines = [f"{20 + n},{'ab'[n % 2]},{'xy'[n % 2]}" for n in range(30)]
    return "age,town,label\n" + "\n".join(lines) + "\n"


ROWS = "@data\n" + "".join(f"{n}.5,{'ab'[n % 2]}\n" for n in range(30))


def other_rows(place: Path) -> object:
    """Records of names, and a row of an array among them."""
    known = Table()
    known.fit([{"input": {"age": n, "town": "ab"[n % 2]}} for n in range(30)], Budget())
    return known.read({"input": {"age": 3}, "origin": "row 7"}, Budget())


def strange_labels(place: Path) -> object:
    """Labels of rows of which a model knows none."""
    return unknown_labels([">50K.", "<=50K."], ["<=50K", ">50K"])


SAME = "a,b,label\n" + "1,x,y\n" * 15 + "1,x,n\n" * 15

LETTERS = "letter,age,town,height,team\n" + "".join(
    f"{text} and so on and on,{place * 1.5},{'ab'[place % 2]},{place * 2.5},{'xy'[place % 3 == 0]}\n"
    for place, text in enumerate(sentences(40)[0])
)

ICL = "finetune t.csv --target label --modality table --from scratch --backbone tabicl --out out --quiet"

CASES = [
    Case("network of a checkpoint that is not named", one("t.csv", table()), ICL, "error[HS-C842]: backbone.checkpoint: tabicl needs a checkpoint: found none. fix: convert one that you have (headstart convert CHECKPOINT.ckpt --out DIR), and give it with backbone.checkpoint=DIR", 78, "table csv"),
    Case("checkpoint that is not there", one("t.csv", table()), f"{ICL} backbone.checkpoint=gone", "error[HS-C846]: backbone.checkpoint: no converted checkpoint of TabICL: found gone. fix: headstart convert CHECKPOINT.ckpt --out DIR, then backbone.checkpoint=DIR", 78, "table csv"),
    Case("labels that a model does not know", nothing, strange_labels, "error[HS-D771]: the model knows none of the labels: found '>50K.', '<=50K.', expected '<=50K', '>50K'. fix: write the labels as the model knows them, or name the column that holds them with --target", 65, "evaluate"),
    Case("texts beside many cells", one("t.csv", LETTERS), "prepare t.csv --target team --out out --quiet", "error[HS-D770]: t.csv: these may be texts or rows of a table: found column letter of texts, and 3 columns of numbers and names: age, town, height. fix: read all columns with --modality table, or the texts alone with --input letter", 65, "table csv"),
    Case("table of constants", one("t.csv", SAME), CSV, 'error[HS-D720]: no column of the table can be learned from: found a (constant), b (constant). fix: name columns that differ from row to row, or say what they are: modality.kinds=COLUMN:category', 65, "table csv"),
    Case("table of labels alone", one("t.csv", "label\n" + "a\nb\n" * 15), CSV, 'error[HS-D724]: t.csv: the table has no column to learn from: found columns label. fix: give a table with columns beside the label', 65, "table csv"),
    Case("kind of a column that is not there", one("t.csv", table()), f"{CSV} modality.kinds=aeg:number", "error[HS-R728]: modality.kinds: no such column: found 'aeg'. fix: did you mean 'age'?", 78, "table csv"),
    Case("unknown kind of column", one("t.csv", table()), f"{CSV} modality.kinds=age:numbr", "error[HS-R729]: modality.kinds: unknown kind of column: found 'numbr'. fix: did you mean 'number'?", 78, "table csv"),
    Case("kinds without a mark", one("t.csv", table()), f"{CSV} modality.kinds=age", "error[HS-R729]: modality.kinds: unknown kind of column: found 'age'. fix: write modality.kinds=COLUMN:KIND,COLUMN:KIND", 78, "table csv"),
    Case("rows of arrays in a table that names its cells", nothing, other_rows, 'error[HS-D721]: row 7: not a row of this table: found no cell town, expected cells town. fix: give every row as {column: value}, with None where a cell is missing', 65, "table records"),
    Case("ARFF without rows", one("t.arff", HEAD), ARFF, 'error[HS-D726]: t.arff: the ARFF file has no rows: found 2 attributes. fix: give an ARFF file with @attribute lines and rows behind @data', 65, "arff"),
    Case("text called ARFF", one("t.arff", "age,class\n1,a\n"), ARFF, 'error[HS-D725]: t.arff:1: not the head of an ARFF file: found age,class, expected @relation, @attribute or @data. fix: correct the line, or save the table as CSV', 65, "arff"),
    Case("sparse ARFF", one("t.arff", HEAD + ROWS + "{0 1, 1 a}\n"), ARFF, 'error[HS-D727]: t.arff:35: the row cannot be read: found sparse, expected cells with commas between them. fix: write all cells with commas between them, or prepare with --skip-bad', 65, "arff"),
    Case("ARFF with a cell too many", one("t.arff", HEAD + ROWS + "1,a,b\n"), ARFF, 'error[HS-D255]: t.arff:35: the row does not fit the table: found 3 cells, expected 2 as in the header. fix: quote cells that hold the delimiter, or prepare with --skip-bad', 65, "arff"),
    Case("ARFF with a quote that does not end", one("t.arff", HEAD + ROWS + "1,'a\n"), ARFF, 'error[HS-D727]: t.arff:35: the row cannot be read: found a quote that does not end, expected cells with commas between them. fix: write all cells with commas between them, or prepare with --skip-bad', 65, "arff"),
]  # fmt: skip
