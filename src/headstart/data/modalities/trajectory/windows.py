"""Windows of episodes as networks read them, and what is done in the steps to come."""

from __future__ import annotations

import numpy as np

from headstart.data.modalities.trajectory.layout import Layout
from headstart.data.modalities.trajectory.scales import Scales


def cut(
    values: np.ndarray, places: np.ndarray, layout: Layout, scales: Scales, *, window: int, before: int, after: int,
    actions: bool, changes: bool,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Steps [B, before + n, S + A], the last `n` from now on (1 where the rest is not known), numbers of the steps now
    [B] -> arrays of a batch.

    x      float32 [B, 1, C, window]: observed columns in deviations, 0 where nothing is known, the last step now; as
           `changes` all steps but the last hold the change from then to now, in deviations of such changes. With
           `actions` behind them the actions of one step before each, a column for each choice of discrete ones
    y      float32 [B, H, A]: what is done now and in the steps to come, in deviations, discrete ones as numbers
    known  bool [B, H]: whether all of it is known; y is 0 where it is not
    base   float32 [B, A]: what is observed now says of the action, in deviations; 0 where no action follows a column
    """
    width, rows = len(layout.observes), np.arange(len(values))[:, None]
    seen = np.arange(before + 1 - window, before + 1)
    first = np.minimum(np.maximum(before - places, 0), before)[:, None]  # where the episode begins
    x = scales.scaled(values[rows, np.maximum(seen, first), :width])  # [B, W, S]
    if changes:
        moved = (x[:, -1:] - x[:, :-1]) * (scales.deviation[:width] / scales.change).astype(np.float32)
        x = np.concatenate([moved, x[:, -1:]], 1)
    if actions:
        done = scales.scaled(values[:, seen - 1, width:], width)  # [B, W, A]
        x = np.concatenate([x, choices_of(done, layout.discrete) if layout.discrete else done], 2)
    y = np.full((len(values), after, len(layout.acts)), np.nan, np.float32)
    y[:, : values.shape[1] - before] = scales.scaled(values[:, before : before + after, width:], width)
    known = np.asarray(np.isfinite(y).all(2))
    return {
        "x": np.ascontiguousarray(np.nan_to_num(x, copy=False).transpose(0, 2, 1)[:, None]),
        "y": np.where(known[:, :, None], y, np.float32(0)), "known": known,
        "base": scales.base(values[:, before, :width]),
    }  # fmt: skip


def choices_of(done: np.ndarray, choices: int) -> np.ndarray:
    """Numbers of choices [B, W, 1] -> 1 in the column of the choice, 0 where none is known, float32 [B, W, K]."""
    return (done == np.arange(choices)).astype(np.float32)
