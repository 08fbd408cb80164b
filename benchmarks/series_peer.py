"""What statsforecast makes of series, in an environment of its own.

`python series_peer.py SERIES.npy FORECASTS.npy AHEAD SEASON` prints seconds by the wall clock and of processor
time, without imports and without compiling.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from statsforecast import StatsForecast  # pyright: ignore[reportMissingImports]
from statsforecast.models import AutoETS  # pyright: ignore[reportMissingImports]


def frame(series: np.ndarray) -> pd.DataFrame:
    """A long table of hourly values [n, T]."""
    count, steps = series.shape
    moments = pd.date_range("2024-01-01", periods=steps, freq="h")
    return pd.DataFrame({
        "unique_id": np.repeat(np.arange(count), steps), "ds": np.tile(moments, count), "y": series.ravel(),
    })  # fmt: skip


def main() -> None:
    read, written, ahead, season = sys.argv[1:]
    series = np.load(read)
    made = StatsForecast(models=[AutoETS(season_length=int(season))], freq="h", n_jobs=1)
    made.forecast(df=frame(series[:1]), h=int(ahead))  # compiles
    began, worked = time.perf_counter(), time.process_time()
    found = made.forecast(df=frame(series), h=int(ahead), level=[90])
    print(time.perf_counter() - began, time.process_time() - worked)
    np.save(written, found["AutoETS"].to_numpy().reshape(len(series), int(ahead)))


if __name__ == "__main__":
    main()
