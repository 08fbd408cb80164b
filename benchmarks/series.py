"""Row T: forecasts of many series, from a table in memory to the next day, against AutoETS of statsforecast.

    python benchmarks/series.py --peer VENV/bin/python [--series 1000] [--steps 1000] [--peer-series 100] [--json]

The series are synthetic, hourly, with a daily season that drifts, a trend, and noise that remembers. headstart's time
is that of everything: reading the table, parts, learning, bands, the scores on test rows, and predicting. The
environment of the peer (`pip install statsforecast`) is not headstart's. Where the peer sees fewer series, its time is
scaled up, and both errors are those of the series that both forecast.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import headstart as hs

AHEAD, SEASON = 24, 24


def drawn(count: int, steps: int, seed: int = 0) -> np.ndarray:
    """Series [count, steps]."""
    generator = np.random.default_rng(seed)
    hours = np.arange(steps)
    made = np.empty((count, steps))
    for row in made:
        waves = [
            generator.normal() / k * np.sin(2 * np.pi * (k * hours / SEASON + generator.random())) for k in (1, 2, 3)
        ]
        strength = 1 + np.cumsum(0.02 * generator.normal(size=steps))
        noise = generator.normal(size=steps)
        for step in range(1, steps):
            noise[step] += 0.7 * noise[step - 1]
        row[:] = 10 + 2 * strength * np.sum(waves, 0) + generator.normal() * hours / steps + 0.5 * noise
    return made


def mase(said: np.ndarray, came: np.ndarray, past: np.ndarray) -> float:
    """Mean absolute error in errors of repeating the last day within the past."""
    naive = np.abs(past[:, SEASON:] - past[:, :-SEASON]).mean(1)
    return float((np.abs(said - came).mean(1) / naive).mean())


def ours(past: np.ndarray, folder: Path) -> tuple[np.ndarray, float, float]:
    """Forecasts [n, AHEAD], and seconds by the wall clock and of processor time."""
    count, steps = past.shape
    moments = pd.date_range("2024-01-01", periods=steps, freq="h")
    table = pd.DataFrame({
        "unique_id": np.repeat(np.arange(count), steps), "ds": np.tile(moments, count), "y": past.ravel(),
    })  # fmt: skip
    began, worked = time.perf_counter(), time.process_time()
    model = hs.finetune(table, task="forecast", start="scratch", out=folder / "run", settings={"task.horizon": AHEAD})
    lines = model.predict(table)  # one a step
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    found = pd.DataFrame(lines).astype({"unique_id": int}).groupby("unique_id")["forecast"]
    return np.stack([values.to_numpy() for _, values in found]), seconds, processor


def theirs(past: np.ndarray, folder: Path, peer: str) -> tuple[np.ndarray, float, float]:
    """The same of AutoETS."""
    read, written = folder / "past.npy", folder / "said.npy"
    np.save(read, past)
    script = Path(__file__).with_name("series_peer.py")
    ran = subprocess.run(
        [peer, script, read, written, str(AHEAD), str(SEASON)], check=True, capture_output=True, text=True
    )
    seconds, processor = map(float, ran.stdout.split()[-2:])
    return np.load(written), seconds, processor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--peer-series", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    values = drawn(asked.series, asked.steps + AHEAD)
    past, came = values[:, : asked.steps], values[:, asked.steps :]
    few = min(asked.peer_series, asked.series)
    with tempfile.TemporaryDirectory() as folder:
        said, seconds, processor = ours(past, Path(folder))
        rival, took, worked = theirs(past[:few], Path(folder), asked.peer)
    whole, work = (time * asked.series / few for time in (took, worked))
    day = past[:few, -SEASON:]
    found = {
        "headstart_seconds": seconds, "autoets_seconds": whole, "autoets_series": few, "ratio": whole / seconds,
        "headstart_processor_seconds": processor, "autoets_processor_seconds": work,
        "processor_ratio": work / processor,
        "headstart_mase": mase(said[:few], came[:few], past[:few]), "autoets_mase": mase(rival, came[:few], past[:few]),
        "last_day_mase": mase(day, came[:few], past[:few]), "headstart_mase_all": mase(said, came, past),
    }  # fmt: skip
    print(json.dumps(found) if asked.json else "\n".join(f"{name} {value:.4g}" for name, value in found.items()))


if __name__ == "__main__":
    main()
