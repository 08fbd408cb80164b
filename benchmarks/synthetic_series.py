"""Series that nobody measured, to pretrain on: sums and products of smooth curves, seasons, trends, jumps and spikes.

    python benchmarks/synthetic_series.py --out DIR [--count 1000] [--steps 1400] [--window 512] [--horizon 96]
    headstart finetune DIR --task forecast --from scratch --backbone encoder --minutes 10 --out runs/synthetic

Smooth curves are draws of Gaussian processes by random Fourier features (Rahimi and Recht 2007), joined as KernelSynth
joins kernels (Ansari et al. 2024, Chronos, section 4.2). Every series has mean 0 and deviation 1.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import headstart as hs

PERIODS = (4, 5, 7, 12, 24, 24, 24, 30, 48, 52, 60, 96, 144, 168, 365)
FEATURES = 64  # of a Gaussian process


def smooth(draw: np.random.Generator, time: np.ndarray) -> np.ndarray:
    """A process with a Gaussian kernel, its length between 5 steps and all of them."""
    length = np.exp(draw.uniform(np.log(5), np.log(len(time))))
    rates, shifts = draw.normal(size=FEATURES) / length, draw.uniform(0, 2 * np.pi, FEATURES)
    return np.sqrt(2 / FEATURES) * np.cos(time[:, None] * rates + shifts).sum(1)


def season(draw: np.random.Generator, time: np.ndarray) -> np.ndarray:
    """A periodic curve of a few harmonics, its strength changing slowly in half of the cases."""
    period, falls = draw.choice(PERIODS), draw.uniform(0.5, 2)
    waves = [draw.normal() / k**falls * np.sin(2 * np.pi * (k * time / period + draw.random())) for k in range(1, 7)]
    strength = 1 + 0.5 * smooth(draw, time) if draw.random() < 0.5 else 1.0
    return strength * np.sum(waves, 0)


def trend(draw: np.random.Generator, time: np.ndarray) -> np.ndarray:
    return draw.normal() * time / len(time) + draw.normal() * (time / len(time)) ** 2


def wander(draw: np.random.Generator, time: np.ndarray) -> np.ndarray:
    """A process that remembers its last value, up to a random walk."""
    memory, noise = draw.choice([0.5, 0.8, 0.95, 0.99, 1.0]), draw.normal(size=len(time))
    kept = np.empty(len(time))
    value = 0.0
    for step, new in enumerate(noise):
        value = memory * value + new
        kept[step] = value
    return kept / max(kept.std(), 1e-9)


def jumps(draw: np.random.Generator, time: np.ndarray) -> np.ndarray:
    """A level that changes a few times."""
    there = draw.random(len(time)) < draw.uniform(1, 8) / len(time)
    return np.cumsum(there * draw.normal(size=len(time)))


def spikes(draw: np.random.Generator, time: np.ndarray) -> np.ndarray:
    """Mostly nothing, as of demand that is intermittent."""
    return (draw.random(len(time)) < draw.uniform(0.01, 0.2)) * draw.lognormal(size=len(time))


def drawn(draw: np.random.Generator, steps: int) -> np.ndarray:
    """One series [steps]."""
    time, kinds = np.arange(steps, dtype=float), (smooth, season, season, season, trend, wander, wander, jumps, spikes)
    whole = season(draw, time) if draw.random() < 0.7 else wander(draw, time)
    for _ in range(int(draw.integers(1, 5))):
        kind = kinds[int(draw.integers(len(kinds)))]
        part = draw.uniform(0.2, 1.0) * kind(draw, time)
        whole = whole * (1 + part) if draw.random() < 0.2 else whole + part
    whole = whole + draw.choice([0.05, 0.1, 0.3]) * whole.std() * draw.normal(size=steps)
    return (whole - whole.mean()) / max(whole.std(), 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    for name, usual in (("count", 1000), ("steps", 1400), ("window", 512), ("horizon", 96), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    draw = np.random.default_rng(asked.seed)
    made = [drawn(draw, asked.steps) for _ in range(asked.count)]
    hs.prepare(
        made, out=asked.out, modality="series",
        settings={"modality.window": asked.window, "modality.horizon": asked.horizon, "modality.period": 1},
    )  # fmt: skip


if __name__ == "__main__":
    main()
