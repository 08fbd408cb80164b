"""The steps of one episode, as a source has them, in order and without holes in their numbering."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.core.errors import DataError
from headstart.data.records import Episode

LAST = "observations behind the last action, left out"
TWICE, GAPS = "steps given twice, of which the first is kept", "numbers of steps missing between others, left open"
ORDER = "episodes whose steps were not in order, sorted"
MOST_CHOICES = 256  # whole numbers from 0 on in one column up to this many are choices, more are quantities
_UNIT = re.compile(r"\[([^\[\]]{1,20})\]\s*$|\(([^()]{1,20})\)\s*$")
_ROOM = 100  # steps that may be missing in any episode; else as many as are there


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """One episode as its source has it: arrays by name, first axis the step; observations may be one more than actions.

    names   of the columns of an array, where the source has them
    frames  the number of each step, where the source counts them
    """

    observed: Mapping[str, np.ndarray]
    acted: Mapping[str, np.ndarray]
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    frames: np.ndarray | None = None
    times: np.ndarray | None = None
    rewards: np.ndarray | None = None
    rate: float = 0.0
    discrete: int = 0
    task: str = ""


def is_picture(shape: Sequence[int], dtype: np.dtype[Any]) -> bool:
    """Is it a picture a step, [T, H, W, C] of anything or [T, H, W] of bytes?"""
    return len(shape) >= 4 or (len(shape) == 3 and dtype == np.uint8)


def choices(actions: Sequence[np.ndarray]) -> int:
    """How many choices whole numbers [T] or [T, 1] of all episodes name; 0 where they are quantities."""
    found = [one for one in actions if one.size]
    if not found or not all(one.dtype.kind in "iub" and one.size == len(one) for one in found):
        return 0
    low, high = min(int(one.min()) for one in found), max(int(one.max()) for one in found)
    return high + 1 if low >= 0 and high < MOST_CHOICES else 0


def columns_of(name: str, width: int, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the columns of an array: "action.0", "action.left_elbow", or "action" where it is one number."""
    if len(names) == width and len(set(names)) == width:
        return tuple(f"{name}.{one}" for one in names)
    return (name,) if width == 1 else tuple(f"{name}.{number}" for number in range(width))


def unit_of(name: str) -> str:
    """The unit that a name ends with, "speed [m/s]" or "angle (rad)"; "" without one."""
    found = _UNIT.search(name)
    return (found[1] or found[2]).strip() if found else ""


def episode(steps: Steps, origin: str) -> dict[str, Any]:
    """The episode as an example, with what was put right. DataError where lengths differ or more is missing than
    there."""
    observed, observes = _joined(steps.observed, steps, origin)
    acted, acts = _joined(steps.acted, steps, origin)
    length, repaired = len(acted), {LAST: int(len(observed) == len(acted) + 1)}
    others = {"rewards": steps.rewards, "times": steps.times, "frame numbers": steps.frames}
    for what, values in {"observations": observed, **others}.items():
        if values is not None and len(values) - length not in (0, 1):
            found = f"{len(values):,} {what} and {length:,} actions"
            raise DataError(883, "the parts of an episode differ in length", where=origin, found=found,
                            expected="as many as actions, or one more at the end",
                            fix="write the episode again, or prepare with --skip-bad")  # fmt: skip
    observed = observed[:length]
    rewards, times, frames = (None if one is None else _numbers(one, what, origin)[:length].reshape(-1)
                              for what, one in others.items())  # fmt: skip
    by = frames if frames is not None and np.isfinite(frames).all() and (frames == np.round(frames)).all() else times
    if by is not None and np.isfinite(by).all():
        kept, told = _in_order(by)
        places, missing = _places(by[kept], origin) if by is frames else (np.arange(len(kept)), 0)
        repaired |= {**told, GAPS: missing}
        observed, acted = _laid(observed, places, kept), _laid(acted, places, kept)
        rewards = None if rewards is None else _laid(rewards, places, kept)
        times = None if times is None else np.interp(np.arange(len(acted)), places, times[kept])
    units = tuple(unit_of(name) for name in (*observes, *acts))
    made = Episode(observed, acted, observes, acts, units if any(units) else (), steps.rate, times, rewards,
                   steps.discrete, steps.task)  # fmt: skip
    return {"input": made, "origin": origin, "repaired": {what: count for what, count in repaired.items() if count}}


def _joined(parts: Mapping[str, np.ndarray], steps: Steps, origin: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Arrays side by side as float64 [T, C], and the names of the columns."""
    made = [_numbers(values, name, origin) for name, values in parts.items()]
    if len({len(one) for one in made}) > 1:
        found = ", ".join(f"{len(one):,} of {name}" for name, one in zip(parts, made, strict=True))
        raise DataError(883, "the parts of an episode differ in length", where=origin, found=found,
                        fix="write the episode again, or prepare with --skip-bad")  # fmt: skip
    names = [columns_of(name, one.shape[1], steps.names.get(name, ())) for name, one in zip(parts, made, strict=True)]
    return np.concatenate(made, 1), tuple(name for several in names for name in several)


def _numbers(values: np.ndarray, name: str, origin: str) -> np.ndarray:
    """float64 [T, C], NaN for what is not finite; DataError for anything but numbers of at least one step."""
    if values.dtype.kind not in "biuf" or not values.ndim or not values.size:
        raise DataError(886, "these are no numbers of steps", where=f"{origin}, {name}",
                        found=f"{values.dtype} {list(values.shape)}", expected="numbers [T] or [T, C]",
                        fix="save plain numbers, or prepare with --skip-bad")  # fmt: skip
    found = values.astype(np.float64).reshape(len(values), -1)
    return np.where(np.isfinite(found), found, np.nan)


def _in_order(by: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """The rows in this order, the first of each step, and what was put right."""
    order = np.argsort(by, kind="stable")
    first = np.concatenate([[True], np.diff(by[order]) > 0])
    return order[first], {TWICE: int((~first).sum()), ORDER: int((np.diff(order) < 0).any())}


def _places(frames: np.ndarray, origin: str) -> tuple[np.ndarray, int]:
    """The place of each step by its number, counted from 0, and how many are missing."""
    places = np.round(frames - frames[0])
    missing = int(places[-1]) + 1 - len(frames)
    if not 0 <= missing <= len(frames) + _ROOM:
        found = f"{missing:,} missing steps in an episode of {len(frames):,}"
        raise DataError(885, "more steps are missing than there are", where=origin, found=found,
                        fix="give the parts as episodes of their own, or prepare with --skip-bad")  # fmt: skip
    return places.astype(np.int64), missing


def _laid(values: np.ndarray, places: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Rows at their places, NaN where nothing was recorded."""
    made = np.full((int(places[-1]) + 1, *values.shape[1:]), np.nan)
    made[places] = values[kept]
    return made
