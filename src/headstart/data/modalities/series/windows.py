"""Windows of series as networks read them: gaps filled from the past alone, and one scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headstart.core.errors import RecipeError
from headstart.data.modalities.series.forms import Form
from headstart.data.modalities.series.scales import Scales


def normalised(
    windows: np.ndarray, series: np.ndarray, scales: Scales, form: Form, before: int, after: int, known: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """Windows [B, L + H, C], or [B, L, C], of series with these numbers [B] -> arrays of a batch; before them stand as
    many steps as the form needs.

    x      float32 [B, 1, C, L]: what is forecast, as its form reads it, in deviations of its series; columns beside it,
           standardised; of those whose future is `known` the last L steps up to the horizon's end
    y      float32 [B, H], how far what comes is apart from the last value, in the same unit; 0 where it is not `known`,
           bool [B, H]
    shift, scale  float64 [B]: the last value, and the deviation
    """
    mean, deviation = scales.mean[series], scales.deviation[series]  # [B, C]
    reach = before + form.lead
    past = forward_filled(windows[:, :reach])
    shift, scale = past[:, -1, 0], deviation[:, 0]
    x = (past[:, form.lead :] - mean[:, None]) / deviation[:, None]
    x[..., 0] = form.read(past[..., 0]) / scale[:, None]
    for column in known:
        whole = forward_filled(windows[..., column : column + 1])[:, -before:, 0]
        x[..., column] = (whole - mean[:, None, column]) / deviation[:, None, column]
    y = np.full((len(windows), after), np.nan)
    y[:, : windows.shape[1] - reach] = form.apart(windows[:, reach:, 0], shift) / scale[:, None]
    return {
        "x": np.ascontiguousarray(x.transpose(0, 2, 1)[:, None]).astype(np.float32),
        "y": np.nan_to_num(y).astype(np.float32), "known": ~np.isnan(y), "shift": shift, "scale": scale,
    }  # fmt: skip


def forward_filled(windows: np.ndarray) -> np.ndarray:
    """Each gap of [B, L, C] with the last value before it, those at the beginning with the first one, else 0."""
    known = ~np.isnan(windows)
    if known.all():
        return windows
    places = np.where(known, np.arange(windows.shape[1])[:, None], 0)
    last = np.take_along_axis(windows, np.maximum.accumulate(places, 1), 1)
    first = np.take_along_axis(windows, known.argmax(1)[:, None], 1)  # [B, 1, C]
    return np.nan_to_num(np.where(np.isnan(last), first, last))


def known_places(known: str, beside: Sequence[str]) -> tuple[int, ...]:
    """Places of the columns whose future is known, among what is forecast and those beside it; RecipeError for one that
    is not there."""
    names = [name.strip() for name in known.split(",") if name.strip()]
    for name in names:
        if name not in beside:
            found, expected = f"'{name}'", ", ".join(beside) or "a column that is named by --input"
            raise RecipeError(521, "this column is not read", where="series.known", found=found, expected=expected)
    return tuple(1 + beside.index(name) for name in names)
