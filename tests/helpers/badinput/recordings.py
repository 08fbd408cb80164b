"""Bad recordings of episodes: arrays that do not fit, files that are damaged or lead out, tables without actions."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import headstart as hs
from headstart.data.records import Episode
from tests.helpers import recordings
from tests.helpers.badinput.case import Build, Case, nothing, one

DRIVEN = recordings.driven(6)
NPZ, H5, CART, CSV = (f"prepare {name} --out out --quiet" for name in ("t.npz", "t.hdf5", "cart", "t.csv"))


def arrays(**values: Any) -> Build:
    return lambda place: np.savez(place / "t.npz", **values)


def hdf5(change: Callable[[Any], object]) -> Build:
    """A file of robomimic with something changed in it."""

    def build(place: Path) -> None:
        import h5py

        with h5py.File(recordings.hdf5(place / "t.hdf5", DRIVEN), "a") as file:
            change(file)

    return build


def lerobot(**facts: Any) -> Build:
    """A data set with other facts in `meta/info.json`, those that are None left out."""

    def build(place: Path) -> None:
        info = recordings.lerobot_2(place, DRIVEN) / "meta/info.json"
        known = {name: one for name, one in (json.loads(info.read_text()) | facts).items() if one is not None}
        info.write_text(json.dumps(known))

    return build


def without(name: str) -> Build:
    """A data set without one of its files."""
    return lambda place: (recordings.lerobot_2(place, DRIVEN) / name).unlink()


def renamed(file: Any) -> None:
    for group in file["data"].values():
        group.move("actions", "moves")


def linked(file: Any) -> None:
    import h5py

    del file["data/demo_3/actions"]
    file["data/demo_3/actions"] = h5py.ExternalLink("other.hdf5", "actions")


def shortened(file: Any) -> None:
    del file["data/demo_3/actions"]
    file["data/demo_3/actions"] = np.zeros((2, 1))


def worded() -> str:
    lines = recordings.table(DRIVEN).splitlines()
    lines[3] = lines[3].rpartition(",")[0] + ",left"
    return "\n".join(lines) + "\n"


def jumped() -> str:
    rows = [f"0,{step},{step / 7:.3f},{step % 3 - 1}.5" for step in (0, 1, 2, 9000)]
    return "\n".join(["episode,step,x,action", *rows]) + "\n"


STATES, FORCES = DRIVEN[0]["observations"], DRIVEN[0]["actions"]


def episodes(rate: float = 10.0, discrete: int = 0) -> list[Episode]:
    """Six sound ones in memory."""
    rng = np.random.default_rng(0)
    acted = rng.integers(0, 3, (6, 20, 1)).astype(float) if discrete else rng.normal(size=(6, 20, 1))
    return [Episode(rng.normal(size=(20, 2)), one, ("x", "v"), ("force",), rate=rate, discrete=discrete)
            for one in acted]  # fmt: skip


def fourth(change: Callable[[Episode], Episode], *, discrete: int = 0) -> Callable[[Path], object]:
    """Prepares these with the fourth changed."""

    def call(place: Path) -> object:
        every = episodes(discrete=discrete)
        return hs.prepare([*every[:3], change(every[3]), *every[4:]], out=place / "out")

    return call


WRONG = (
    ("an episode whose arrays do not fit", lambda one: replace(one, acted=one.acted[:7]), 870, "the arrays of an episode do not fit each other: found observed [20, 2], acted [7, 1], expected [T, 2] and [T, 1], T at least 1"),
    ("an episode with another column", lambda one: replace(one, observes=("x", "speed")), 871, "an episode with other columns: found 2 observed columns, not in both: speed, v, expected 2, as most episodes have"),
    ("an episode whose times fall", lambda one: replace(one, times=np.arange(20.0)[::-1]), 873, "times of an episode do not ascend: found 19 and 18 at steps 0 and 1"),
    ("an episode without observed values", lambda one: replace(one, observed=np.full((20, 2), np.nan)), 874, "an episode without one observed value"),
    ("an episode without actions", lambda one: replace(one, acted=np.full((20, 1), np.nan)), 875, "an episode without one whole action"),
)  # fmt: skip

CASES = (
    *(
        Case(
            name,
            nothing,
            fourth(change),
            f"error[HS-D{code}]: array#3: {what}. fix: correct the episode, or prepare with --skip-bad",
            65,
            "trajectory",
        )
        for name, change, code, what in WRONG
    ),
    Case(
        "an episode at another rate",
        nothing,
        fourth(lambda one: replace(one, rate=20.0)),
        "error[HS-D872]: array#3: an episode at another rate: found 20 steps a second, expected 10. fix: bring all episodes to one rate, or prepare with --skip-bad",
        65,
        "trajectory",
    ),
    Case(
        "an action between two choices",
        nothing,
        fourth(lambda one: replace(one, acted=one.acted + 0.5), discrete=3),
        "error[HS-D876]: array#3: an action that is no choice: found 2.5, expected one of the whole numbers 0 to 2. fix: correct the episode, or prepare with --skip-bad",
        65,
        "trajectory",
    ),
    Case(
        "rows that see those before them, not in order of time",
        one(
            "t.csv",
            "t,a,b,y\n"
            + "".join(
                f"2026-01-0{day},{day}.5,{9 - day}.25,{'yes' if day % 2 else 'no'}\n"
                for day in (1, 3, 2, 4, 5, 6, 7, 8)
            ),
        ),
        f"{CSV} --time t --target y --modality table modality.window=2",
        "error[HS-D896]: t.csv:4: the rows are not in order of time, and each sees those before it. fix: sort the rows by their times",
        65,
        "csv table",
    ),
    Case(
        "observations and actions of other lengths",
        arrays(observations=STATES, actions=FORCES[:4]),
        NPZ,
        "error[HS-D883]: t.npz: the parts of an episode differ in length: found 14 observations and 4 actions, expected as many as actions, or one more at the end. fix: write the episode again, or prepare with --skip-bad",
        65,
        "episodes trajectory",
    ),
    Case(
        "ends of episodes that do not fit",
        arrays(observations=STATES, actions=FORCES, episode_ends=[3, 2]),
        NPZ,
        "error[HS-D887]: t.npz: the ends of episodes do not fit the steps: found [3, 2], expected rising numbers, the last 14. fix: save the ends of episodes again",
        65,
        "episodes trajectory",
    ),
    Case(
        "actions of words",
        arrays(observations=STATES, actions=np.array(["left"] * len(STATES))),
        NPZ,
        "error[HS-D886]: t.npz, actions: these are no numbers of steps: found <U4 [14], expected numbers [T] or [T, C]. fix: save plain numbers, or prepare with --skip-bad",
        65,
        "episodes trajectory",
    ),
    Case(
        "observations that are pictures alone",
        arrays(observations=np.zeros((9, 4, 4, 3), np.uint8), actions=np.zeros((9, 2))),
        NPZ,
        "error[HS-D882]: t.npz: no observations of numbers, or no actions: found arrays observations, actions, pictures alone observed. fix: save observations that are numbers as `observations`, and the actions as `actions`",
        65,
        "episodes trajectory",
    ),
    Case(
        "a recording that is cut off",
        lambda place: (
            (place / "in").mkdir()
            or [(place / "in" / f"{n}.npz").write_bytes(recordings.npz(DRIVEN)[: -400 * n or None]) for n in range(2)]
        ),
        "prepare in --out out --quiet",
        "error[HS-D880]: 1.npz: the recording cannot be read: found File is not a zip file. fix: save it again with numpy.savez, or prepare with --skip-bad",
        65,
        "episodes trajectory",
    ),
    Case(
        "episodes of other lengths in memory",
        nothing,
        lambda place: hs.prepare([{"observations": STATES, "actions": FORCES[:2]}] * 3, out=place / "out"),
        "error[HS-D883]: episode 0: the parts of an episode differ in length: found 14 observations and 2 actions, expected as many as actions, or one more at the end. fix: write the episode again, or prepare with --skip-bad",
        65,
        "episodes trajectory",
    ),
    Case(
        "an HDF5 file without actions",
        hdf5(renamed),
        H5,
        "error[HS-D882]: t.hdf5: no observations of numbers, or no actions: found arrays data.demo_0.moves, data.demo_0.obs.camera, data.demo_0.obs.cart, data.demo_1.moves and 14 more. fix: call them `observations` and `actions`",
        65,
        "hdf5 trajectory",
    ),
    Case(
        "an HDF5 file with a link to another",
        hdf5(linked),
        H5,
        "error[HS-D881]: t.hdf5/data/demo_3, actions: the recording leads out of itself: found a link to another file, expected arrays of this file. fix: write the arrays into one file",
        65,
        "hdf5 trajectory",
    ),
    Case(
        "a demonstration of another length",
        hdf5(shortened),
        H5,
        "error[HS-D883]: t.hdf5/data/demo_3: the parts of an episode differ in length: found 18 observations and 2 actions, expected as many as actions, or one more at the end. fix: write the episode again, or prepare with --skip-bad",
        65,
        "hdf5 trajectory",
    ),
    Case(
        "an HDF5 file that is none",
        one("t.hdf5", "no recording"),
        H5,
        "error[HS-D880]: t.hdf5: the recording cannot be read: found Unable to synchronously open file (file signature not found). fix: write or fetch the file again",
        65,
        "hdf5 trajectory",
    ),
    Case(
        "a template that leads out",
        lerobot(data_path="../../{episode_index}.parquet"),
        CART,
        "error[HS-D881]: meta/info.json: the recording leads out of itself: found data_path ../../{episode_index}.parquet, expected a file below the folder, such as data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet. fix: correct data_path in meta/info.json",
        65,
        "lerobot trajectory",
    ),
    Case(
        "facts without features",
        lerobot(features=None),
        CART,
        "error[HS-D880]: meta/info.json: the recording cannot be read: found no features. fix: fetch the data set again",
        65,
        "lerobot trajectory",
    ),
    Case(
        "a robot without actions",
        lerobot(features={"observation.state": {"dtype": "float32", "shape": [2]}}),
        CART,
        "error[HS-D882]: cart: no observations of numbers, or no actions: found features observation.state. fix: record the state beside the pictures: they are not read",
        65,
        "lerobot trajectory",
    ),
    Case(
        "a data set of LeRobot without an episode",
        without("data/chunk-000/episode_000002.parquet"),
        CART,
        "error[HS-D202]: data/chunk-000/episode_000002.parquet, episode 2: no such file. fix: fetch the data set again, or prepare with --skip-bad",
        65,
        "lerobot trajectory",
    ),
    Case(
        "facts of another length",
        lerobot(fps="fast"),
        CART,
        "error[HS-D880]: meta/info.json: the recording cannot be read: found ValueError: could not convert string to float: 'fast'. fix: fetch the data set again",
        65,
        "lerobot trajectory",
    ),
    Case(
        "a step that is a word",
        one("t.csv", worded()),
        CSV,
        "error[HS-D521]: t.csv:4, column action_force: not a number: found 'left'. fix: correct the cell or prepare with --skip-bad",
        65,
        "trajectory csv",
    ),
    Case(
        "more steps missing than there are",
        one("t.csv", jumped()),
        CSV,
        "error[HS-D885]: t.csv, episode 0: more steps are missing than there are: found 8,997 missing steps in an episode of 4. fix: give the parts as episodes of their own, or prepare with --skip-bad",
        65,
        "trajectory csv",
    ),
    Case(
        "a table without actions",
        one("t.csv", "episode,x,y\n1,2,3\n1,3,4\n"),
        "prepare t.csv --modality trajectory --out out --quiet",
        "error[HS-D882]: t.csv: no observations of numbers, or no actions: found columns episode, x, y. fix: name the actions with --target a,b, and what is observed with --input c,d",
        65,
        "trajectory csv",
    ),
)
