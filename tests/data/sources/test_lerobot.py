"""LeRobot data sets: both layouts say the same, names, rates and tasks are read, nothing outside is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import GAPS, TWICE
from headstart.data.reading.readers import reader_of
from headstart.data.records import Episode
from headstart.data.sources.lerobot import Lerobot
from tests.helpers import recordings

EPISODES = recordings.driven(5)
OUTSIDE = ("../{episode_index}.parquet", "/etc/{episode_index}", "data/{episode_index.__class__}",
           "..\\{episode_index}.parquet", "C:/{episode_index}", "data/{secret}.parquet")  # fmt: skip
LAYOUTS = (recordings.lerobot_2, recordings.lerobot_3)


def read(home: Path) -> list[dict[str, Any]]:
    return list(Lerobot(home, Access()).examples())


@pytest.mark.parametrize("make", LAYOUTS)
def test_every_episode_is_read_with_its_names_rate_times_and_task(make: Callable[..., Path], tmp_path: Path) -> None:
    home = make(tmp_path, EPISODES)
    assert reader_of(home, Access()) is Lerobot
    found = read(home)
    assert [one["origin"] for one in found] == [f"episode {n}" for n in range(5)]
    for one, wanted in zip(found, EPISODES, strict=True):
        episode = one["input"]
        assert isinstance(episode, Episode)
        assert np.allclose(episode.observed, wanted["observations"])
        assert np.allclose(episode.acted, wanted["actions"])
        assert episode.observes == ("observation.state.x", "observation.state.v")
        assert episode.acts == ("action.force",)
        assert (episode.rate, episode.task, episode.discrete) == (10.0, "Drive to 0.", 0)
        assert episode.times is not None
        assert np.allclose(np.diff(episode.times), 0.1, atol=1e-6)
        assert not one.get("repaired")


@pytest.mark.parametrize("make", LAYOUTS)
def test_videos_are_left_out_and_said_so(make: Callable[..., Path], tmp_path: Path) -> None:
    assert "videos observation.images.front" in Lerobot(make(tmp_path, EPISODES), Access()).account().unused


def test_data_in_one_file_beside_meta_are_read(tmp_path: Path) -> None:
    home = recordings.lerobot_2(tmp_path, EPISODES)
    for path in (home / "data").rglob("*.parquet"):
        path.unlink()
    pq.write_table(recordings.frames(EPISODES), home / "all.parquet")
    assert [len(one["input"].acted) for one in read(home)] == [len(one["actions"]) for one in EPISODES]


@pytest.mark.parametrize("template", OUTSIDE)
def test_a_template_that_leads_out_is_refused(template: str, tmp_path: Path) -> None:
    home = recordings.lerobot_2(tmp_path, EPISODES)
    (home / "meta/info.json").write_text(recordings.info("v2.1", template, EPISODES))
    with pytest.raises(DataError, match="HS-D881"):
        Lerobot(home, Access())


def test_a_link_that_leads_out_is_refused_unless_it_may(tmp_path: Path) -> None:
    home = recordings.lerobot_2(tmp_path, EPISODES)
    data = home / "data"
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="HS-D881"):
        Lerobot(home, Access())
    assert all(isinstance(one["input"], Episode) for one in Lerobot(home, Access(follow=True)).examples())


def test_missing_and_doubled_frames_are_told_and_left_open(tmp_path: Path) -> None:
    home = recordings.lerobot_2(tmp_path, EPISODES)
    path = home / "data/chunk-000/episode_000001.parquet"
    rows = pq.read_table(path)
    length = rows.num_rows
    kept = pa.concat_tables([rows.slice(0, 4), rows.slice(6), rows.slice(length - 1)])  # two missing, the last twice
    pq.write_table(kept, path)
    facts = [json.loads(line) for line in (home / "meta/episodes.jsonl").read_text().splitlines()]
    facts[1]["length"] = kept.num_rows
    (home / "meta/episodes.jsonl").write_text("\n".join(map(json.dumps, facts)))
    one = read(home)[1]
    assert one["repaired"] == {GAPS: 2, TWICE: 1}
    assert np.isnan(one["input"].observed[4:6]).all()
    assert len(one["input"].observed) == length
    assert np.allclose(one["input"].times, np.arange(length) / 10, atol=1e-6)


def test_an_episode_that_is_not_there_or_too_short_is_an_error_of_its_own(tmp_path: Path) -> None:
    home = recordings.lerobot_2(tmp_path, EPISODES)
    (home / "data/chunk-000/episode_000002.parquet").unlink()
    short = home / "data/chunk-000/episode_000003.parquet"
    pq.write_table(pq.read_table(short).slice(0, 3), short)
    found = [one["input"] for one in read(home)]
    assert [type(one) for one in found] == [Episode, Episode, DataError, DataError, Episode]
    assert "HS-D202" in found[2].line()
    assert "3 steps" in found[3].line()


def test_whole_numbers_in_one_column_are_choices(tmp_path: Path) -> None:
    episodes = [{**one, "actions": (one["actions"] > 0).astype(np.int64)} for one in EPISODES]
    home = recordings.lerobot_2(tmp_path, episodes)
    facts = json.loads((home / "meta/info.json").read_text())
    facts["features"]["action"] |= {"dtype": "int64", "names": None}
    (home / "meta/info.json").write_text(json.dumps(facts))
    assert {one["input"].discrete for one in read(home)} == {2}
    assert read(home)[0]["input"].acts == ("action",)


def test_parts_of_info_are_parts(tmp_path: Path) -> None:
    home = recordings.lerobot_3(tmp_path, EPISODES)
    facts = json.loads((home / "meta/info.json").read_text())
    (home / "meta/info.json").write_text(json.dumps(facts | {"splits": {"train": "0:3", "val": "3:4", "test": "4:5"}}))
    assert [one.get("split") for one in read(home)] == ["train", "train", "train", "valid", "test"]
