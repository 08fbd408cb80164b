"""Tables that begin with a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.core.contracts.access import Access
from headstart.data.reading.headerless import is_like_rows
from headstart.data.sources.csv import Csv

ADULT = [["50", " Private", "13", " <=50K"], ["38", " State-gov", "9", " >50K"], ["53", " Private", "", " <=50K"]]
NUMBERS = [["1", "2", "3"], ["4", "5", "6"]]


@pytest.mark.parametrize(
    ("first", "rows", "row"),
    [
        (["39", " State-gov", "7", " <=50K"], ADULT, True), (["5.1", "3.5", "1.4"], NUMBERS, True),
        (["1", "7", "1"], NUMBERS, True), (["age", "work", "years", "income"], ADULT, False),
        (["0", "1", "2"], NUMBERS, False), (["2019", "2020", "2021"], NUMBERS, False),  # places and years name columns
        (["name", "2019", "2020"], [["a", "1", "2"], ["b", "3", "4"]], False),
        (["39", " Never", "7", " New"], ADULT, False), (["text", "1"], [["one thing", "x"], ["two", "y"]], False),
        (["1", "2", "3"], [], False), (["7"], [["1"]], False),
    ],
)  # fmt: skip
def test_a_first_line_is_a_row_where_it_is_like_those_below(first: list[str], rows: list[list[str]], row: bool) -> None:
    assert is_like_rows(first, rows) == row


def test_the_row_is_kept_and_told(tmp_path: Path) -> None:
    lines = [["39", " State-gov", "7", " <=50K"], *ADULT * 5]
    (tmp_path / "t.data").write_text("\n".join(map(",".join, lines)))
    source = Csv(tmp_path / "t.data", Access(), target="4")
    assert len(list(source.examples())) == len(lines)
    assert "read as a row" in source.account().notes[-1]
    assert len(list(source.labels())) == len(lines)
