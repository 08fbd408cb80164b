"""Bombs of recordings of episodes: arrays of zeros, groups without end, facts that promise what is not there."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.helpers import recordings
from tests.helpers.bombs.arrays import RATIO, npz
from tests.helpers.bombs.bomb import Bomb, file

DRIVEN = recordings.driven(2)


def hdf5(fill: Callable[[Any], object]) -> Callable[[Path], Path]:
    """A file of HDF5 with this in it."""

    def build(place: Path) -> Path:
        import h5py

        with h5py.File(place / "in.hdf5", "w") as opened:
            fill(opened)
        return place / "in.hdf5"

    return build


def never_written(opened: Any) -> None:
    """Arrays of a terabyte, of which nothing was written."""
    for name in ("observations", "actions"):
        opened.create_dataset(name, (1 << 37,), "f8", chunks=(1 << 16,))


def zeros(opened: Any) -> None:
    """Packed zeros."""
    for name in ("observations", "actions"):
        opened.create_dataset(name, data=np.zeros((1 << 24, 2)), chunks=(1 << 16, 2), compression="gzip")


def endless(opened: Any) -> None:
    """A group that holds itself."""
    opened["a"] = opened["/"]


def promising(**facts: Any) -> Callable[[Path], Path]:
    """Facts of a LeRobot data set without the list of its episodes."""

    def build(place: Path) -> Path:
        home = recordings.lerobot_2(place, DRIVEN)
        (home / "meta/episodes.jsonl").unlink()
        template = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"
        (home / "meta/info.json").write_text(recordings.info("v2.1", template, DRIVEN, **facts))
        return home

    return build


def listed(count: int) -> Callable[[Path], Path]:
    """A step number that is far away."""

    def rows(place: Path) -> Path:
        (place / "in.csv").write_text(f"episode,step,x,action\n0,0,1,0.5\n0,1,2,0.5\n0,{count},3,0.5\n")
        return place / "in.csv"

    return rows


def acted() -> bytes:
    out = io.BytesIO()
    np.save(out, np.zeros(4))
    return out.getvalue()


# fmt: off
BOMBS = (
    Bomb("npz of observed zeros", file("in.npz", lambda: npz("observations", (300 << 20,), actions=acted())), RATIO),
    Bomb("hdf5 of a terabyte that nobody wrote", hdf5(never_written), "bytes in 0"),
    Bomb("hdf5 of packed zeros", hdf5(zeros), r"an array of [\d,]+ bytes in"),
    Bomb("hdf5 of a group in itself", hdf5(endless), "groups within one another"),
    Bomb("two thousand million episodes of LeRobot", promising(total_episodes=2_000_000_000), "rows in"),
    Bomb("a step far away", listed(10**15), "missing steps"),
)
