"""Numbers over time in stretches or whole channels, which are hidden."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from headstart.core.contracts.look import Look
from headstart.core.contracts.parts import Divides, Parts, Where

if TYPE_CHECKING:
    from headstart.core.contracts.types import Columns, Row

STRETCHES, CHANNELS = "stretches", "channels"


class TimeParts(Parts):
    """Stretches of channels of a stored row x [T, C], of its first columns and up to step `last`.

    A stretch is hidden by a straight line from the value before it to the value behind it; a channel that is hidden
    wholly is `usual` [channels], its mean over train rows.
    """

    spread = 1

    def __init__(self, row: Row, names: Sequence[str], usual: np.ndarray, *, last: int, each: int) -> None:
        self._row, self._usual, self._last = row, usual, last
        self._ends = np.linspace(0, last, each + 1).round().astype(int)
        self.shape = (len(names), each) if each > 1 else ()
        spans = list(zip(self._ends[:-1].tolist(), self._ends[1:].tolist(), strict=True))
        self.where = [Where(begin, end) for _ in names for begin, end in spans]
        told = [f" {begin}-{end}" for begin, end in spans] if each > 1 else [""]
        self.names = [f"{name or 'steps'}{span}" for name in names for span in told]
        self.hidden = "a straight line between its ends" if each > 1 else "the mean of the train rows"

    def rows(self, keep: np.ndarray) -> list[Columns]:
        return [{**self._row, "x": self._hidden(one.reshape(len(self._usual), -1))} for one in keep]

    def _hidden(self, keep: np.ndarray) -> np.ndarray:
        x, steps = self._row["x"].copy(), np.arange(self._last)
        for channel, kept in enumerate(keep):
            if kept.all():
                continue
            here = np.repeat(kept, np.diff(self._ends))
            values = x[: self._last, channel]
            known = here & np.isfinite(values)
            if known.any():
                filled = np.interp(steps[~here], steps[known], values[known])
            else:
                filled = np.full((~here).sum(), self._usual[channel])
            values[~here] = filled.astype(x.dtype)
        return x

    def look(self, weights: np.ndarray) -> Look:
        values = self._row["x"][: self._last, : len(self._usual)].astype(np.float64)
        each = weights.reshape(len(self._usual), -1)
        most = np.argsort(-np.abs(each).max(1), kind="stable")[:_SHOWN]
        spread = np.repeat(each, np.diff(self._ends), 1)
        return Look(picture=painted(values[:, most].T, spread[most]))


@dataclass(frozen=True, slots=True)
class Timed:
    """What of stored rows x [T, C] is read: the names of its first channels, their means in train rows, and up to which
    step, None: all."""

    names: Sequence[str]
    usual: np.ndarray
    steps: int | None = None


class OverTime(Divides):
    """How rows of numbers over time are cut; a modality's own says by `timed` which channels and steps are read."""

    units: Sequence[str] = (STRETCHES, CHANNELS)

    @abstractmethod
    def timed(self, modality: Any, row: Row) -> Timed: ...

    def cut(self, modality: Any, row: Row, unit: str, most: int) -> TimeParts:
        timed = self.timed(modality, row)
        steps = len(row["x"]) if timed.steps is None else min(timed.steps, len(row["x"]))
        several = len(timed.names) > 1
        each = 1 if unit == CHANNELS and several else max(2, min(steps, most // len(timed.names), _STRETCHES))
        return TimeParts(row, timed.names, timed.usual, last=steps, each=each)


_SHOWN = 6  # channels of a picture
_STRETCHES = 48
_WIDE, _HIGH = 480, 60  # pixels of a channel


def painted(values: np.ndarray, weights: np.ndarray) -> Picture.Image:
    """Channels [C, T] below each other; the ground is orange where weights [C, T] speak for the answer, blue where
    against it."""
    picture = Picture.new("RGB", (_WIDE, _HIGH * len(values)), (255, 255, 255))
    canvas = ImageDraw.Draw(picture)
    for number, (line, strength) in enumerate(zip(values, weights, strict=True)):
        at = np.arange(len(line))
        left = (at * _WIDE / len(line)).astype(int)
        right = ((at + 1) * _WIDE / len(line)).astype(int)
        for x0, x1, one in zip(left, right, strength, strict=True):
            colour = np.array([230, 97, 1] if one > 0 else [44, 123, 182])
            ground = tuple((255 - (255 - colour) * abs(float(one)) * 0.8).astype(int).tolist())
            canvas.rectangle([int(x0), number * _HIGH, int(x1), (number + 1) * _HIGH - 2], fill=ground)
        seen = line[np.isfinite(line)]
        if len(seen) < 2:
            continue
        low, high = float(seen.min()), float(seen.max())
        down = number * _HIGH + 4 + (_HIGH - 10) * (1 - (line - low) / max(high - low, 1e-12))
        points = [(float(x), float(y)) for x, y in zip((left + right) / 2, down, strict=True) if np.isfinite(y)]
        canvas.line(points, fill=(40, 60, 90), width=1)
    return picture
