"""Small measured series with a period, as arrays, as tables, and as a world of the kits."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import torch

from headstart.core import random
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.series.series import Series
from headstart.data.storage.gather import stacked
from tests.helpers.world import World

BEGIN = datetime(2024, 1, 1)


def waves(count: int, length: int = 60, seed: int = 0) -> list[np.ndarray]:
    """Series [length] that repeat every 12 steps, with a slope and a little noise."""
    generator = np.random.default_rng(seed)
    time = np.arange(length)
    made = [
        generator.uniform(1, 3) * np.sin(2 * np.pi * (time / 12 + generator.random())) + 0.02 * row * time
        for row in range(count)
    ]
    return [wave + 0.1 * generator.normal(size=length) + 10 for wave in made]


def table(length: int = 300, *, columns: int = 2, seed: int = 0) -> str:
    """A wide table of hourly values."""
    values = np.stack(waves(columns, length, seed), 1)
    head = "date," + ",".join("abcdefgh"[:columns])
    lines = [
        f"{BEGIN + timedelta(hours=hour)},{','.join(f'{one:.4f}' for one in row)}" for hour, row in enumerate(values)
    ]
    return "\n".join([head, *lines]) + "\n"


def long_table(length: int = 120, *, series: int = 3, seed: int = 0) -> str:
    """The same as a long table with the usual names, daily."""
    lines = [
        f"s{number},{(BEGIN + timedelta(days=day)).date()},{value:.4f}"
        for number, wave in enumerate(waves(series, length, seed))
        for day, value in enumerate(wave)
    ]
    return "\n".join(["unique_id,ds,y", *lines]) + "\n"


def world() -> World:
    """Windows of 24 steps with the 6 that came after them."""
    rows = waves(64, 50)
    modality = Series(window=24, horizon=6)
    records = [{"input": wave[:40], "origin": f"row {n}"} for n, wave in enumerate(rows)]
    modality.fit(records, Budget())
    encoded = [modality.encode(modality.read(record, Budget())) for record in records]
    modality.fit_stored([stacked(encoded)])
    for columns, wave in zip(encoded, rows, strict=True):
        columns["x"] = np.concatenate([columns["x"], wave[40:46, None]])
    stored = stacked(encoded)
    batch = {**modality.collate(stored), "key": random.keys(0, 0, torch.arange(64))}
    classes = [n % 4 for n in range(64)]
    return World(
        "series", modality, batch, classes, stored=stored, labels={"forecast": [None] * 64, "anomalies": [None] * 64}
    )
