"""Bad measured series: times, values, columns, settings."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

import headstart as hs
from tests.helpers.badinput.case import Build, Case, nothing, one
from tests.helpers.waves import table

PREPARE = "prepare t.csv --modality series --time date --out out --quiet"


def made(change: Callable[[list[str]], list[str]]) -> Build:
    """A table of two series by the hour, changed."""
    return one("t.csv", "\n".join(change(table(60).splitlines())) + "\n")


def cell(row: int, place: int, value: str) -> Build:
    """The same with another value in a cell."""

    def change(lines: list[str]) -> list[str]:
        cells = lines[row].split(",")
        cells[place] = value
        return [*lines[:row], ",".join(cells), *lines[row + 1 :]]

    return made(change)


def of(value: np.ndarray) -> Callable[[Path], object]:
    return lambda place: hs.prepare([value], out=place / "out", modality="series")


def another(place: Path) -> None:
    """A model of two series, and another table of one, prepared."""
    made(list)(place)
    settings = {"modality.window": 12, "modality.horizon": 2}
    hs.finetune(place / "t.csv", out=place / "m", start="scratch", task="forecast", time="date", settings=settings)
    hs.prepare(place / "t.csv", out=place / "out", modality="series", time="date", target="b",
               settings={"window": 12, "horizon": 2})  # fmt: skip


CASES = (
    Case("a value that is a word", cell(7, 1, "high"), PREPARE, "error[HS-D521]: t.csv:8, column a: not a number: found 'high'. fix: correct the cell or prepare with --skip-bad", 65, "series csv"),
    Case("a moment that is none", cell(7, 0, "yesterday"), PREPARE, 'error[HS-D344]: t.csv:8, column date: this is no time that can be read: found \'yesterday\'. fix: correct the row, or say how all are written: prepare --time-format "%d.%m.%Y %H:%M"', 65, "series csv"),
    Case("a moment that is missing", cell(7, 0, ""), PREPARE, 'error[HS-D341]: t.csv:8, column date: a row has no time. fix: fill it in or remove the row', 65, "series csv"),
    Case("no column of numbers", one("t.csv", "date,name\n2024-01-01,a\n2024-01-02,b\n"), PREPARE, 'error[HS-D520]: t.csv: no column has numbers over time: found columns date, name. fix: name the column of numbers with --target', 65, "series csv"),
    Case("a column to forecast that is not there", made(list), f"{PREPARE} --target load", "error[HS-D212]: t.csv: no column 'load': found columns date, a, b. fix: for --target: choose one of a, b, date", 65, "series csv"),
    Case("a column of moments that is not there", made(list), "prepare t.csv --modality series --time when --out out --quiet", "error[HS-D212]: t.csv: no column 'when': found columns date, a, b. fix: for --time: choose one of a, b, date", 65, "series csv"),
    Case("series by group", made(list), "prepare t.csv --modality series --group a --out out --quiet", "error[HS-U613]: measured series are split by time, never by group: found 'a'. fix: leave the group out", 2, "series csv"),
    Case("a window of no steps", made(list), f"{PREPARE} modality.window=0", 'error[HS-R520]: series.window: so many steps cannot be: found 0, expected 1 to 65,536', 78, "series csv"),
    Case("a patch longer than a window", made(list), "finetune t.csv --time date --task forecast --from scratch --backbone encoder --out out --quiet backbone.patch=50", 'error[HS-C800]: backbone.patch: a patch is longer than a row: found 50, expected 1 to 15 steps. fix: set backbone.patch=auto', 78, "series csv"),
    Case("a known column that is not read", made(list), f"{PREPARE} modality.known=price", "error[HS-R521]: series.known: this column is not read: found 'price', expected a column that is named by --input", 78, "series csv"),
    Case("letters as a series", nothing, of(np.array(["a", "b"])), 'error[HS-D522]: array#0: this is no series: found <U1 [], expected numbers [T] or [T, C]', 65, "series array"),
    Case("series that were prepared for another model", another, "evaluate m out --quiet", "error[HS-C820]: out: the data were prepared for another model: found records with names and scales of their own. fix: give the raw data instead", 78, "series csv"),
    Case("returns of a value that is 0", cell(7, 1, "0"), f"{PREPARE} --target a modality.returns=true", "error[HS-D821]: t.csv a: returns need values above 0: found 0 at 2024-01-01 06:00:00. fix: empty the cell if it is a gap, or pass modality.returns=false", 65, "series csv"),
    Case("a mean return of values that are none", made(list), "finetune t.csv --time date --task forecast --from scratch --out out --quiet task.answers=drift modality.window=12", "error[HS-C822]: task.answers: values that are no returns have no mean return. fix: pass modality.returns=true, or another answer", 78, "series csv"),
    Case("positions in values that are no returns", made(list), "finetune t.csv --time date --task forecast --from scratch --out out --quiet task.positions=long-flat modality.window=12", "error[HS-C823]: task.positions: positions are taken in prices, by their returns. fix: pass modality.returns=true", 78, "series csv"),
    Case("a cost of no positions", made(list), "finetune t.csv --time date --task forecast --from scratch --out out --quiet task.cost=10 modality.window=12", "error[HS-C824]: task.cost: a cost of positions that nobody takes: found 10.0. fix: pass task.positions=long-flat or task.positions=long-short", 78, "series csv"),
    Case("too many categories of series", one("t.csv", "item_id,timestamp,target,shop\n" + "".join(f"s{n},{t},{n + t % 5},shop{n}\n" for n in range(20) for t in range(30))), "prepare t.csv --modality series --input shop --out out --quiet", "error[HS-D825]: column shop: too many categories of series: found 20, expected 16. fix: leave it out of --input, or write fewer kinds", 65, "series csv"),
    Case("a series of gaps", made(lambda lines: [lines[0], *(f"{line.split(',')[0]},,1" for line in lines[1:])]), f"{PREPARE} --target a", 'error[HS-D524]: t.csv a: a series without a value: found gaps only. fix: remove it, or fill it in', 65, "series csv"),
    Case("a label of a moment that is neither 0 nor 1", made(lambda lines: [f"{lines[0]},odd", *(f"{line},{2 * (row == 6)}" for row, line in enumerate(lines[1:]))]), f"{PREPARE} --marks odd", "error[HS-D854]: t.csv:8: the label of a moment is neither 0 nor 1: found '2'. fix: write 1 for an anomaly and 0 for none", 65, "series csv"),
    Case("labels of moments that are not there", made(list), "finetune t.csv --time date --target a --task anomalies --from scratch --out out --quiet task.labels=odd", "error[HS-D212]: t.csv: no column 'odd': found columns date, a, b. fix: for --marks: choose one of a, b, date", 65, "series csv"),
    Case("a network that says no forecast", made(list), "finetune t.csv --time date --target a --task forecast --from scratch --out out --quiet task.answers=network", "error[HS-C852]: task.answers: this network says no forecast of such values by itself: found linear. fix: set task.answers=auto, or begin with a Chronos-Bolt", 78, "series csv"),
    Case("one stretch as long as a window", made(list), "pretrain t.csv --time date --modality series --objective causal --backbone decoder --out out --quiet backbone.patch=15", "error[HS-C853]: objective: the places are not stretches of time: found a grid (1, 1). fix: use backbone decoder or rnn, with a patch of half a row at most", 78, "series csv"),
)  # fmt: skip
