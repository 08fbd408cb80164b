"""Tables whose rows are steps of episodes: which columns they are, and the episodes that come of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import ORDER
from headstart.data.reading.open_raw import open_raw
from headstart.data.reading.roles import Ask
from headstart.data.records import Episode
from tests.helpers import recordings

DRIVEN = recordings.driven(3)


def read(given: Any, modality: str = "auto", **asked: Any) -> list[dict[str, Any]]:
    names = {name: asked.pop(name, None) for name in ("input", "target")}
    raw = open_raw(given, modality=modality, **names, ask=Ask(**asked))
    assert raw.modality == "trajectory"
    return [dict(one) for one in raw.examples()]


def same(found: list[dict[str, Any]], wanted: Any = DRIVEN) -> bool:
    pairs = zip(found, wanted, strict=True)
    return all(
        np.allclose(one["input"].observed, each["observations"]) and np.allclose(one["input"].acted, each["actions"])
        for one, each in pairs
    )


def steps(**more: Any) -> list[dict[str, Any]]:
    """A row a step, observations as lists, with a mark at the last one of an episode."""
    return [
        {"observation": row.tolist(), "action": act.tolist(), "terminated": step == len(one["actions"]) - 1, **more}
        for one in DRIVEN
        for step, (row, act) in enumerate(zip(one["observations"], one["actions"], strict=True))
    ]


def test_a_table_with_usual_names_is_read_as_episodes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(recordings.table(DRIVEN))
    found = read(tmp_path / "t.csv")
    assert same(found)
    assert [one["origin"] for one in found] == [f"t.csv, episode {n}" for n in range(3)]
    assert found[0]["input"].observes == ("x", "v")
    assert found[0]["input"].acts == ("action_force",)


def test_columns_with_other_names_are_named(tmp_path: Path) -> None:
    text = recordings.table(DRIVEN).replace("episode,time,x,v,action_force", "drive,clock,x,v,push", 1)
    (tmp_path / "t.csv").write_text(text)
    found = read(tmp_path / "t.csv", "trajectory", target="push", id="drive", time="clock")
    assert same(found)
    assert read(tmp_path / "t.csv", "trajectory", target="push", id="drive", input="x,clock")[0]["input"].observes == (
        "x", "clock",
    )  # fmt: skip


def test_lists_in_cells_and_marks_of_ends_are_read_from_frames_parquet_and_lists(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame(steps())
    frame.to_parquet(tmp_path / "t.parquet")
    for given in (frame, tmp_path / "t.parquet", steps()):
        found = read(given)
        assert same(found)
        assert found[0]["input"].observes == ("observation.0", "observation.1")


def test_files_without_a_column_of_episodes_are_an_episode_each(tmp_path: Path) -> None:
    for number, one in enumerate(DRIVEN):
        lines = recordings.table([one]).splitlines()
        (tmp_path / f"{number}.csv").write_text("\n".join(line.partition(",")[2] for line in lines) + "\n")
    assert same(read([tmp_path / f"{n}.csv" for n in range(3)], "trajectory"))


def test_steps_out_of_order_are_sorted_and_told(tmp_path: Path) -> None:
    head, *lines = recordings.table(DRIVEN).splitlines()
    (tmp_path / "t.csv").write_text("\n".join([head, *reversed(lines)]) + "\n")
    found = read(tmp_path / "t.csv")
    assert same(found[::-1])
    assert all(one["repaired"] == {ORDER: 1} for one in found)


def test_whole_numbers_are_choices_and_numbers_with_a_point_are_not(tmp_path: Path) -> None:
    rows = "".join(f"{n // 5},{n % 5},0.{n},{n % 3}\n" for n in range(20))
    (tmp_path / "t.csv").write_text("episode,step,place,action\n" + rows)
    assert {one["input"].discrete for one in read(tmp_path / "t.csv")} == {3}
    (tmp_path / "t.csv").write_text("episode,step,place,action\n" + rows.replace("\n", ".0\n"))
    assert {one["input"].discrete for one in read(tmp_path / "t.csv")} == {0}


def test_a_cell_that_is_no_number_is_an_error_of_its_episode(tmp_path: Path) -> None:
    lines = recordings.table(DRIVEN).splitlines()
    lines[3] = lines[3].rpartition(",")[0] + ",left"
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    found = [one["input"] for one in read(tmp_path / "t.csv")]
    assert [type(one) for one in found] == [DataError, Episode, Episode]


@pytest.mark.parametrize("text", ["episode,action,text\n1,run,a b c\n2,hide,d e f\n", "x,y,label\n1,2,a\n2,3,b\n"])
def test_other_tables_are_not_taken_for_episodes(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text * 1)
    assert open_raw(tmp_path / "t.csv", modality="auto", input=None, target=None).modality != "trajectory"
