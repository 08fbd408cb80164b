"""Recordings in .npz, .npy and HDF5 files and in memory: cut into episodes, with what they are called and left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import LAST
from headstart.data.reading.readers import reader_of
from headstart.data.records import Episode
from headstart.data.sources.episodes import Episodes
from headstart.data.sources.hdf5 import Hdf5
from tests.helpers import recordings

DRIVEN = recordings.driven(4)
LENGTHS = [len(one["actions"]) for one in DRIVEN]
JOINED = {name: np.concatenate([one[name] for one in DRIVEN]) for name in DRIVEN[0]}
LAST_STEP = np.concatenate([np.arange(length) == length - 1 for length in LENGTHS])
MARKS = {
    "terminals": LAST_STEP, "dones": LAST_STEP.astype(float), "episode_ends": np.cumsum(LENGTHS),
    "episode_index": np.repeat(np.arange(4), LENGTHS), "timeouts": LAST_STEP[:, None],
}  # fmt: skip


def read(given: Any) -> list[dict[str, Any]]:
    reader = reader_of(given, Access())
    assert reader in (Episodes, Hdf5)
    return list(reader(given, Access()).examples())  # pyright: ignore[reportCallIssue]


def lengths(given: Any) -> list[int]:
    return [len(one["input"].acted) for one in read(given)]


@pytest.mark.parametrize("mark", MARKS)
def test_steps_one_behind_the_other_are_cut_where_an_array_says_so(mark: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", **JOINED, **{mark: MARKS[mark]})
    assert lengths(tmp_path / "all.npz") == LENGTHS
    np.savez_compressed(tmp_path / "all.npz", **JOINED, **{mark: MARKS[mark]})
    assert lengths(tmp_path / "all.npz") == LENGTHS


def test_files_and_mappings_of_an_episode_each_and_an_axis_of_episodes_say_the_same(tmp_path: Path) -> None:
    same = recordings.driven(3, steps=9)
    stacked = {name: np.stack([one[name] for one in same]) for name in same[0]}
    np.savez(tmp_path / "axis.npz", **stacked)
    given = [recordings.files(tmp_path, same), same, tmp_path / "axis.npz", [stacked]]
    for found in map(read, given):
        for one, wanted in zip(found, same, strict=True):
            assert np.array_equal(one["input"].observed, wanted["observations"])
            assert np.array_equal(one["input"].acted, wanted["actions"])


def test_a_folder_of_arrays_is_a_recording(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name, values in {**JOINED, "terminals": LAST_STEP}.items():
        np.save(tmp_path / "run" / f"{name}.npy", values)
    assert lengths(tmp_path / "run") == LENGTHS


def test_the_observation_behind_the_last_action_is_left_out_and_told() -> None:
    longer = [{**one, "observations": np.vstack([one["observations"], [[9, 9]]])} for one in DRIVEN]
    found = read(longer)
    assert [len(one["input"].observed) for one in found] == LENGTHS
    assert all(one["repaired"] == {LAST: 1} for one in found)
    assert all((one["input"].observed < 9).all() for one in found)


def test_named_observations_keep_their_names() -> None:
    named = [{"place": one["observations"][:, 0], "more": {"v": one["observations"][:, 1:]}} for one in DRIVEN]
    given = [{"obs": obs, "act": one["actions"]} for obs, one in zip(named, DRIVEN, strict=True)]
    assert read(given)[0]["input"].observes == ("obs.place", "obs.more.v")


def test_beside_ends_of_episodes_arrays_of_other_names_are_observed(tmp_path: Path) -> None:
    named = {"place": JOINED["observations"], "actions": JOINED["actions"], "episode_ends": np.cumsum(LENGTHS)}
    np.savez(tmp_path / "named.npz", **named, rewards=np.zeros(sum(LENGTHS)))
    found = read(tmp_path / "named.npz")[0]["input"]
    assert np.array_equal(found.observed, DRIVEN[0]["observations"])
    assert all(name.startswith("place.") for name in found.observes)


def test_slashes_in_names_are_dots(tmp_path: Path) -> None:
    np.savez(tmp_path / "paths.npz", **{"obs/place": DRIVEN[0]["observations"][:, 0], "actions": DRIVEN[0]["actions"]})
    assert read(tmp_path / "paths.npz")[0]["input"].observes == ("obs.place",)


def test_whole_numbers_are_choices_of_all_episodes() -> None:
    given = [{**one, "actions": np.full(len(one["actions"]), number)} for number, one in enumerate(DRIVEN)]
    assert {one["input"].discrete for one in read(given)} == {4}
    floats = [{**one, "actions": one["actions"].astype(float)} for one in given]
    assert {one["input"].discrete for one in read(floats)} == {0}


def test_rates_and_rewards_are_read() -> None:
    one = read([{**DRIVEN[0], "dt": 0.05, "rewards": np.arange(LENGTHS[0])}])[0]["input"]
    assert one.rate == 20
    assert one.rewards is not None
    assert one.rewards[-1] == LENGTHS[0] - 1


def test_parts_that_do_not_fit_are_an_error_of_their_episode() -> None:
    found = read([DRIVEN[0], {**DRIVEN[1], "actions": DRIVEN[1]["actions"][:3]}])
    assert isinstance(found[0]["input"], Episode)
    assert isinstance(found[1]["input"], DataError)
    assert "HS-D883" in found[1]["input"].line()


def test_steps_in_a_list_are_no_episodes() -> None:
    steps = [{"observation": [0.0, 1.0, 2.0], "action": [0.5, 0.1], "done": False}] * 3
    assert not Episodes.accepts(steps, Access())


def test_robomimic_demonstrations_come_in_the_order_of_their_numbers_with_parts_and_rate(tmp_path: Path) -> None:
    path = recordings.hdf5(tmp_path / "demo.hdf5", recordings.driven(12))
    with h5py.File(path, "a") as file:
        file["mask/train"] = np.array([b"demo_0", b"demo_10"])
        file["mask/valid"] = np.array([b"demo_2"])
    found = read(path)
    assert [one["origin"] for one in found] == [f"demo.hdf5/data/demo_{n}" for n in range(12)]
    assert [found[n].get("split") for n in (0, 1, 2, 10)] == ["train", None, "valid", "train"]
    assert found[0]["input"].rate == 10
    assert found[0]["input"].observes == ("obs.cart.0", "obs.cart.1")
    assert "pictures obs.camera" in Hdf5(path, Access()).account().unused


def test_minari_d4rl_and_a_file_an_episode_are_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "main_data.hdf5", "w") as file:
        for number, one in enumerate(DRIVEN):
            group = file.create_group(f"episode_{number}")
            group["observations"] = np.vstack([one["observations"], [[0, 0]]])
            group["actions"] = one["actions"]
            group["terminations"] = np.zeros(len(one["actions"]), bool)
    assert lengths(tmp_path / "main_data.hdf5") == LENGTHS
    with h5py.File(tmp_path / "d4rl.hdf5", "w") as file:
        for name, values in {**JOINED, "timeouts": LAST_STEP}.items():
            file[name] = values
    assert lengths(tmp_path / "d4rl.hdf5") == LENGTHS
    (tmp_path / "aloha").mkdir()
    for number, one in enumerate(DRIVEN):
        with h5py.File(tmp_path / "aloha" / f"episode_{number}.hdf5", "w") as file:
            file["observations/qpos"], file["action"] = one["observations"], one["actions"]
            file["observations/images/top"] = np.zeros((len(one["actions"]), 4, 4, 3), np.uint8)
    assert lengths(tmp_path / "aloha") == LENGTHS


def test_values_and_links_outside_of_the_file_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(bytes(800))
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_dataset("observations", (10, 2), "f8", external=[(str(secret), 0, 160)])
        file["actions"] = np.zeros((10, 1))
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        file["observations"], file["actions"] = np.zeros((10, 2)), h5py.ExternalLink("a.hdf5", "actions")
    with h5py.File(tmp_path / "c.hdf5", "w") as file:
        layout = h5py.VirtualLayout((10, 2), "f8")
        layout[:] = h5py.VirtualSource("a.hdf5", "observations", (10, 2))
        file.create_virtual_dataset("observations", layout)
        file["actions"] = np.zeros((10, 1))
    for name in "abc":
        [one] = read(tmp_path / f"{name}.hdf5")
        assert isinstance(one["input"], DataError)
        assert "HS-D881" in one["input"].line()


def test_groups_that_lead_back_to_themselves_end(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_group("a")["b"] = file["/"]
    [one] = read(tmp_path / "a.hdf5")
    assert "HS-D274" in one["input"].line()
