"""Recordings by the names that their arrays usually have: which are observations, which actions, where episodes end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.labels.episode_steps import Steps, choices, is_picture
from headstart.data.reading.accounts import some
from headstart.data.reading.file_tree import peek

OBSERVED = ("observations", "observation", "obs", "states", "state", "qpos")
ACTED = ("actions", "action", "acts", "act")
_MANY = ("observations", "actions", "states")  # names of whole episodes, where those of one step are of one number
ENDS = ("episode_ends",)
FLAGS = ("terminals", "terminal", "timeouts", "dones", "done", "terminations", "truncations", "terminated", "truncated",
         "is_last")  # fmt: skip
EPISODE = ("episode_index", "episode_id", "episode_ids", "episode", "episodes", "traj_id", "trajectory_id", "demo")
REWARDS = ("rewards", "reward", "next.reward")
TIMES, FRAMES = ("timestamps", "timestamp", "times", "time"), ("frame_index", "step_index", "step")
RATES, PERIODS = ("fps", "rate", "hz", "control_freq"), ("dt",)
_BESIDE = (".md", ".txt", ".json", ".png", ".mp4")
_JOINTS = "._/"  # between the name of the observations and that of one of them

Unit = Mapping[str, Any]
"""A recording: arrays by name, also nested, of one episode or of several one behind the other."""


def usual(names: Iterable[str], known: Sequence[str]) -> str | None:
    """The first name of this meaning, in the order of `known`; case does not matter."""
    lower = {name.strip().lower(): name for name in names}
    return next((lower[one] for one in known if one in lower), None)


def observations(names: Iterable[str]) -> list[str]:
    """The names of observations: the usual one, and those that begin with it, as "observation.state" does; of arrays
    that say where episodes end, all that have no other meaning."""
    every = list(names)
    one = usual(every, OBSERVED)
    parts = [name for name in every if name.lower().startswith(tuple(f"{o}{j}" for o in OBSERVED for j in _JOINTS))]
    if one is not None or parts or usual(every, (*ENDS, *FLAGS, *EPISODE)) is None:
        return [one, *parts] if one is not None else parts
    acted = actions(every)
    return [name for name in every if name not in acted and name.lower() not in _READ]


def actions(names: Iterable[str]) -> list[str]:
    """The names of actions, likewise."""
    every = list(names)
    one = usual(every, ACTED)
    begins = tuple(f"{ACTED[1]}{joint}" for joint in _JOINTS)
    return [one] if one is not None else [name for name in every if name.lower().startswith(begins)]


def files_of(folder: Path, access: Access) -> list[str]:
    """The files of a folder, without what lies beside recordings; none where a link leads out, which is told by the
    source that reads the folder."""
    try:
        return [name for name in peek(folder, access) if PurePosixPath(name).suffix.lower() not in _BESIDE]
    except DataError:
        return []


def is_recording(names: Iterable[str]) -> bool:
    """Are there observations and actions among these arrays?"""
    every = list(names)
    return bool(observations(every)) and bool(actions(every))


def is_episode(value: object) -> bool:
    """Does a mapping hold a whole recording, not one step of it?"""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        return False
    if not is_recording(value):
        return False
    if usual(value, _MANY) is not None:
        return True
    first = value[observations(value)[0]]
    return isinstance(first, Mapping) or np.ndim(first) >= 2


def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """An array, or those of a mapping by their path with dots."""
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from flat(f"{name}.{key}", inner)


def unused(unit: Unit) -> list[str]:
    """What of a recording nothing reads."""
    used = {*observations(unit), *actions(unit), *(name for name in unit if name.lower() in _READ)}
    left = [f"array {path}" for name in unit if name not in used for path, _ in flat(name, unit[name])]
    return left + [f"pictures {path}" for name in observations(unit) for path, value in flat(name, unit[name])
                   if is_picture(np.shape(value), _dtype(value))]  # fmt: skip


_READ = frozenset((*ENDS, *FLAGS, *EPISODE, *REWARDS, *TIMES, *FRAMES, *RATES, *PERIODS))


def _dtype(value: Any) -> np.dtype[Any]:
    return value.dtype if isinstance(value, np.ndarray) else np.asarray(value).dtype


def discrete(every: Iterable[Steps]) -> int:
    """How many choices the actions of all episodes are of; 0 where they are quantities."""
    acted = [list(steps.acted.values()) for steps in every]
    return choices([several[0] for several in acted]) if all(len(several) == 1 for several in acted) else 0


def episodes(unit: Unit, origin: str) -> Iterator[tuple[str, Steps]]:
    """The episodes of a recording with the origin of each; DataError where it cannot be cut."""
    seen = [pair for name in observations(unit) for pair in flat(name, unit[name])]
    observed = {path.replace("/", "."): np.asarray(value)
                for path, value in seen if not is_picture(np.shape(value), _dtype(value))}  # fmt: skip
    acted = {path: np.asarray(value) for name in actions(unit) for path, value in flat(name, unit[name])}
    if not observed or not acted:
        fix = "save observations that are numbers as `observations`, and the actions as `actions`"
        names = [path for name in unit for path, _ in flat(name, unit[name])]
        pictures = ", pictures alone observed" if observations(unit) and acted else ""
        raise DataError(882, "no observations of numbers, or no actions", where=origin,
                        found=f"arrays {some(names)}{pictures}", fix=fix)  # fmt: skip
    rewards, times, frames = _one(unit, REWARDS), _one(unit, TIMES), _one(unit, FRAMES)
    rate, period = _one(unit, RATES), _one(unit, PERIODS)
    number = float(rate.flat[0]) if rate is not None and rate.size else 0.0
    if not number and period is not None and period.size and float(period.flat[0]) > 0:
        number = 1 / float(period.flat[0])
    if _stacked(observed, acted):
        for place in range(len(next(iter(acted.values())))):
            yield f"{origin}#{place}", Steps(
                observed={k: v[place] for k, v in observed.items()}, acted={k: v[place] for k, v in acted.items()},
                rate=number, rewards=_row(rewards, place), times=_row(times, place), frames=_row(frames, place),
            )  # fmt: skip
        return
    length = len(next(iter(acted.values())))
    ends = _ends(unit, length, origin)
    for place, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        stop = None if len(ends) == 1 else end
        yield origin if len(ends) == 1 else f"{origin}#{place}", Steps(
            observed={name: value[begin:stop] for name, value in observed.items()},
            acted={name: value[begin:stop] for name, value in acted.items()}, rate=number,
            rewards=_part(rewards, begin, stop), times=_part(times, begin, stop), frames=_part(frames, begin, stop),
        )  # fmt: skip


def _row(values: np.ndarray | None, place: int) -> np.ndarray | None:
    """Those of one episode, of values [E, T]; None for fewer axes."""
    return None if values is None or values.ndim < 2 else values[place]


def _part(values: np.ndarray | None, begin: int, end: int | None) -> np.ndarray | None:
    return None if values is None else values.reshape(-1)[begin:end]


def _one(unit: Unit, known: Sequence[str]) -> np.ndarray | None:
    name = usual(unit, known)
    return None if name is None or isinstance(unit[name], Mapping) else np.asarray(unit[name])


def _stacked(observed: Mapping[str, np.ndarray], acted: Mapping[str, np.ndarray]) -> bool:
    """Is the first axis that of episodes, [E, T, C], of actions also [E, T]?"""
    one, other = next(iter(observed.values())), next(iter(acted.values()))
    return one.ndim == 3 and other.ndim in (2, 3) and len(one) == len(other) and (
        other.ndim == 3 or other.shape[1] in (one.shape[1], one.shape[1] - 1)
    )  # fmt: skip


def _ends(unit: Unit, length: int, origin: str) -> list[int]:
    """Where each episode ends, exclusive; [length] where nothing says that there are several."""
    listed = _one(unit, ENDS)
    if listed is not None:
        ends = [int(one) for one in listed.reshape(-1)]
        if not ends or ends[-1] != length or any(b <= a for a, b in zip([0, *ends[:-1]], ends, strict=True)):
            raise DataError(887, "the ends of episodes do not fit the steps", where=origin, found=str(ends[-5:]),
                            expected=f"rising numbers, the last {length}",
                            fix="save the ends of episodes again")  # fmt: skip
        return ends
    ids = _one(unit, EPISODE)
    if ids is not None and ids.size == length:
        changes = np.flatnonzero(ids.reshape(-1)[1:] != ids.reshape(-1)[:-1]) + 1
        return [*(int(one) for one in changes), length]
    lower = {name.lower(): name for name in unit}
    flags = [np.asarray(unit[lower[name]]).reshape(-1) for name in FLAGS if name in lower]
    marked = np.zeros(length, bool)
    for one in flags:
        if len(one) == length and one.dtype.kind in "biuf":
            marked |= one.astype(np.float64) > 0
    ends = [int(one) + 1 for one in np.flatnonzero(marked)]
    return ends if ends and ends[-1] == length else [*ends, length]
