"""Bad series with labels: labels that change, values, channels, files of the archives."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

import headstart as hs
from tests.helpers import gestures
from tests.helpers.badinput.case import Build, Case, nothing, one

PREPARE = "prepare t.csv --modality signals --out out --quiet"


def changed(row: int, old: str, new: str) -> Build:
    """A long table of six series with another text in a row."""
    lines = gestures.long_table(6).splitlines()
    lines[row] = lines[row].replace(old, new)
    return one("t.csv", "\n".join(lines) + "\n")


def table_of(text: str) -> Build:
    """Folders of classes, one of whose tables is this."""

    def build(place: Path) -> None:
        home = gestures.folder(place, 6)
        (home / "fast" / "1.csv").write_text(text)

    return build


def of(*values: object) -> Callable[[Path], object]:
    return lambda place: hs.prepare(list(values), out=place / "out", modality="signals")


def worded() -> str:
    """Series as the UCR archive has them, a word among the values of the last one."""
    *lines, last = gestures.tsv(60).splitlines()
    return "\n".join([*lines, last.replace("\t", "\thigh", 1)]) + "\n"


CASES = (
    Case("a series with two labels", changed(3, "slow", "fast"), PREPARE, "error[HS-D790]: t.csv g0: a series has two labels: found 'slow' and 'fast', expected one label each. fix: name the column that tells series apart with --id, or give every part with one label an id of its own", 65, "signals csv"),
    Case("a length that no row has", one("t.csv", gestures.long_table(6)), f"{PREPARE} modality.length=0", "error[HS-R790]: modality.length: rows of such a length cannot be: found 0, expected 1 to 65,536. fix: leave it out", 78, "signals csv"),
    Case("letters as a series with a label", nothing, of(np.array(["a", "b"])), 'error[HS-D791]: array#0: this is no series: found str, expected numbers [T] or [T, C]. fix: give every row as numbers over time', 65, "signals array"),
    Case("series with other channels", nothing, of(np.zeros((9, 2)) + np.arange(9)[:, None], np.zeros((9, 3))), 'error[HS-D792]: array#1: a series with other channels: found 3 channels, expected 2. fix: give every row the same channels', 65, "signals array"),
    Case("a series with a label and gaps only", nothing, of(np.arange(9.0), np.full(9, np.nan)), 'error[HS-D793]: array#1: a series without a value: found gaps only. fix: remove it', 65, "signals array"),
    Case("times at every value of a .ts", one("t.ts", gestures.ts(6).replace("@timeStamps false", "@timeStamps true")), "prepare t.ts --out out --quiet", 'error[HS-D796]: t.ts: series with a time at every value are not read: found @timeStamps true. fix: save the values alone, with `@timeStamps false`', 65, "signals ucr"),
    Case("a .ts without its data", one("t.ts", "1,2,3:a\n"), "prepare t.ts --out out --quiet", 'error[HS-D797]: t.ts: this is no .ts file: found no line @data, expected lines of @, then @data. fix: save the series as a .tsv, label first', 65, "signals ucr"),
    Case("a word in a .tsv", one("t.tsv", worded()), "prepare t.tsv --out out --quiet", "error[HS-D521]: t.tsv:60, column values: not a number: found 'high-0.5636'. fix: correct the cell or prepare with --skip-bad", 65, "signals ucr"),
    Case("a table of a class without numbers", table_of("time,name\n1,a\n2,b\n"), "prepare gestures --out out --quiet", 'error[HS-D798]: fast/1.csv: the table has no column of numbers: found columns time, name. fix: put a column of numbers into every table', 65, "signals series_folder"),
    Case("a table of a class with a row too short", table_of("time,x,y\n1,2,3\n2,3\n"), "prepare gestures --out out --quiet", 'error[HS-D255]: fast/1.csv, row 2: the row does not fit the table: found 2 cells, expected 3 as in the first line. fix: correct the row, or prepare with --skip-bad', 65, "signals series_folder"),
    Case("a table of a class with a word", table_of("time,x,y\n" + "1,2,3\n" * 20 + "2,high,4\n"), "prepare gestures --out out --quiet", "error[HS-D521]: fast/1.csv, column x: not a number: found 'high'. fix: correct the cell or prepare with --skip-bad", 65, "signals series_folder"),
)  # fmt: skip
