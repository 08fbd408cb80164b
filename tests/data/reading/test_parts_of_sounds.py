"""Columns that say which part of a recording a row is of are told as such."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from headstart.data.prepare import taken
from tests.helpers.sounds import encoded, sound


def test_start_and_end_are_used_where_rows_are_parts_of_sounds(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(encoded(sound(4000)))
    rows = pd.DataFrame({"file": ["a.wav"] * 2, "start": [0, 0.1], "end": [0.1, 0.2], "label": ["x", "y"], "by": "me"})
    rows.to_csv(tmp_path / "in.csv", index=False)
    account = taken(tmp_path / "in.csv")
    roles = {one.what: one.role for one in account.used}
    assert roles["column start"] == roles["column end"] == "part of the recording"
    assert account.unused == ("column by",)


def test_elsewhere_they_are_columns_like_any_other(tmp_path: Path) -> None:
    rows = pd.DataFrame({"text": ["one thing", "another thing"], "start": [1, 2], "label": ["x", "y"]})
    rows.to_csv(tmp_path / "in.csv", index=False)
    assert taken(tmp_path / "in.csv").unused == ("column start",)
