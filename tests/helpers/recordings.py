"""Small recordings of a cart that is driven to a place, in every layout that is read."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

STATE, ACTION = ("x", "v"), ("force",)
RATE = 10.0


def driven(count: int, seed: int = 0, steps: int = 0) -> list[dict[str, np.ndarray]]:
    """Episodes of 12 to 20 steps, or of so many: observations [T, 2], actions [T, 1] that drive x to 0."""
    generator, found = np.random.default_rng(seed), []
    for _ in range(count):
        state, rows, acts = generator.normal(size=2), [], []
        for _ in range(steps or int(generator.integers(12, 21))):
            act = -1.5 * state[0] - 1.2 * state[1] + 0.1 * generator.normal()
            rows.append(state)
            acts.append([act])
            state = state + 0.1 * np.array([state[1], act])
        found.append({"observations": np.array(rows).round(5), "actions": np.array(acts).round(5)})
    return found


def npz(episodes: Sequence[dict[str, np.ndarray]]) -> bytes:
    """One behind the other, the last step of each marked as D4RL does."""
    file = io.BytesIO()
    ends = [np.arange(len(one["actions"])) == len(one["actions"]) - 1 for one in episodes]
    joined = {name: np.concatenate([one[name] for one in episodes]) for name in episodes[0]}
    np.savez(file, **joined, terminals=np.concatenate(ends))
    return file.getvalue()


def files(place: Path, episodes: Sequence[dict[str, np.ndarray]]) -> Path:
    """One .npz an episode."""
    (place / "recorded").mkdir()
    for number, one in enumerate(episodes):
        np.savez(place / "recorded" / f"{number:02}.npz", **one)
    return place / "recorded"


def table(episodes: Sequence[dict[str, np.ndarray]]) -> str:
    """A row a step."""
    lines = [
        f"{number},{step / RATE},{x},{v},{act[0]}"
        for number, one in enumerate(episodes)
        for step, ((x, v), act) in enumerate(zip(one["observations"].tolist(), one["actions"].tolist(), strict=True))
    ]
    return "\n".join(["episode,time,x,v,action_force", *lines]) + "\n"


def hdf5(path: Path, episodes: Sequence[dict[str, np.ndarray]]) -> Path:
    """As robomimic writes them, with a picture a step."""
    import h5py

    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        data.attrs["env_args"] = json.dumps({"env_name": "Cart", "env_kwargs": {"control_freq": RATE}})
        for number, one in enumerate(episodes):
            group = data.create_group(f"demo_{number}")
            group["actions"], group["obs/cart"] = one["actions"], one["observations"]
            group["obs/camera"] = np.zeros((len(one["actions"]), 4, 4, 3), np.uint8)
    return path


def hdf5_bytes(episodes: Sequence[dict[str, np.ndarray]]) -> bytes:
    """The same as bytes."""
    with TemporaryDirectory() as place:
        return hdf5(Path(place) / "t.hdf5", episodes).read_bytes()


def info(version: str, template: str, episodes: Sequence[dict[str, np.ndarray]], **more: Any) -> str:
    """`meta/info.json`."""
    video = {"dtype": "video", "shape": [4, 4, 3], "names": ["height", "width", "channel"]}
    features = {
        "observation.state": {"dtype": "float32", "shape": [2], "names": [list(STATE)]},
        "action": {"dtype": "float32", "shape": [1], "names": {"motors": list(ACTION)}},
        "observation.images.front": video,
    }
    steps = sum(len(one["actions"]) for one in episodes)
    facts = {"codebase_version": version, "fps": int(RATE), "total_episodes": len(episodes), "total_frames": steps,
             "chunks_size": 1000, "data_path": template, "features": features}  # fmt: skip
    return json.dumps(facts | more)


def frames(episodes: Sequence[dict[str, np.ndarray]], first: int = 0) -> Any:
    """Rows of `data/` as an Arrow table."""
    import pyarrow as pa

    lengths = [len(one["actions"]) for one in episodes]
    steps = np.concatenate([np.arange(length) for length in lengths])
    return pa.table({
        "observation.state": [row for one in episodes for row in one["observations"].tolist()],
        "action": [row for one in episodes for row in one["actions"].tolist()],
        "timestamp": (steps / RATE).astype(np.float32), "frame_index": steps,
        "episode_index": np.repeat(np.arange(first, first + len(lengths)), lengths), "task_index": np.zeros_like(steps),
    })  # fmt: skip


def lerobot_2(place: Path, episodes: Sequence[dict[str, np.ndarray]]) -> Path:
    """Version 2.1: a file an episode."""
    import pyarrow.parquet as pq

    home = place / "cart"
    (home / "meta").mkdir(parents=True)
    template = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"
    (home / "meta/info.json").write_text(info("v2.1", template, episodes))
    (home / "meta/tasks.jsonl").write_text('{"task_index": 0, "task": "Drive to 0."}\n')
    listed = [{"episode_index": n, "tasks": ["Drive to 0."], "length": len(one["actions"])}
              for n, one in enumerate(episodes)]  # fmt: skip
    (home / "meta/episodes.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in listed))
    (home / "data/chunk-000").mkdir(parents=True)
    for number, one in enumerate(episodes):
        pq.write_table(frames([one], number), home / f"data/chunk-000/episode_{number:06d}.parquet")
    return home


def lerobot_3(place: Path, episodes: Sequence[dict[str, np.ndarray]]) -> Path:
    """Version 3.0: several episodes a file, here in two of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    home = place / "cart"
    for folder in ("meta/episodes/chunk-000", "data/chunk-000"):
        (home / folder).mkdir(parents=True)
    template = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
    (home / "meta/info.json").write_text(info("v3.0", template, episodes))
    pq.write_table(pa.table({"task_index": [0], "task": ["Drive to 0."]}), home / "meta/tasks.parquet")
    half = len(episodes) // 2
    lengths = [len(one["actions"]) for one in episodes]
    ends = np.cumsum(lengths)
    rows = {
        "episode_index": list(range(len(episodes))), "tasks": [["Drive to 0."]] * len(episodes), "length": lengths,
        "data/chunk_index": [0] * len(episodes), "data/file_index": [int(n >= half) for n in range(len(episodes))],
        "dataset_from_index": (ends - lengths).tolist(), "dataset_to_index": ends.tolist(),
        "stats/action/mean": [[0.0]] * len(episodes),
    }  # fmt: skip
    pq.write_table(pa.table(rows), home / "meta/episodes/chunk-000/file-000.parquet")
    pq.write_table(frames(episodes[:half]), home / "data/chunk-000/file-000.parquet")
    pq.write_table(frames(episodes[half:], half), home / "data/chunk-000/file-001.parquet")
    return home
