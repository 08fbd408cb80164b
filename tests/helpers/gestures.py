"""Small whole series of three classes with different lengths: in memory, as tables and files, and as a world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from headstart.core import random
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.signals.signals import Signals
from headstart.data.storage.gather import stacked
from tests.helpers.world import World

CLASSES = ("slow", "fast", "rising")


def gestures(count: int, channels: int = 2, seed: int = 0) -> list[np.ndarray]:
    """Series [T, channels] of 30 to 50 values; row n is of class n % 3, and its start is anywhere."""
    generator, found = np.random.default_rng(seed), []
    for row in range(count):
        length = int(generator.integers(30, 51))
        time, begin = np.arange(length), generator.uniform(0, 40)
        wave = np.sin(2 * np.pi * (time + begin) / (20 if row % 3 != 1 else 8))
        wave = wave + (np.linspace(-1.5, 1.5, length) if row % 3 == 2 else 0)
        others = generator.normal(size=(length, channels - 1))
        found.append(np.column_stack([wave + 0.3 * generator.normal(size=length), others]).round(4))
    return found


def label(row: int) -> str:
    return CLASSES[row % 3]


def long_table(count: int, seed: int = 0) -> str:
    """A row a moment, those of a series in order, with the label and a person of each."""
    lines = [
        f"g{row},{step},{values[0]},{values[1]},{label(row)},p{row % 6}"
        for row, series in enumerate(gestures(count, seed=seed))
        for step, values in enumerate(series.tolist())
    ]
    return "\n".join(["id,time,x,y,label,person", *lines]) + "\n"


def tsv(count: int, seed: int = 0) -> str:
    """As the UCR archive has them: the label first, no header, NaN behind the end of a series."""
    lines = []
    for row, series in enumerate(gestures(count, 1, seed)):
        cells = [f"{value:.4f}" for value in series[:, 0]] + ["NaN"] * (50 - len(series))
        lines.append("\t".join([str(row % 3 + 1), *cells]))
    return "\n".join(lines) + "\n"


def ts(count: int, seed: int = 0) -> str:
    """As the UEA archive has them: channels with colons between them, the label last."""
    lines = [
        ":".join([*(",".join(map(str, channel)) for channel in series.T.tolist()), label(row)])
        for row, series in enumerate(gestures(count, seed=seed))
    ]
    head = ["# made", "@problemName gestures", "@timeStamps false", f"@classLabel true {' '.join(CLASSES)}", "@data"]
    return "\n".join([*head, *lines]) + "\n"


def folder(place: Path, count: int, seed: int = 0) -> Path:
    """A table for each series, in a folder of its class."""
    for row, series in enumerate(gestures(count, seed=seed)):
        home = place / "gestures" / label(row)
        home.mkdir(parents=True, exist_ok=True)
        lines = [f"{step},{values[0]},{values[1]}" for step, values in enumerate(series.tolist())]
        (home / f"{row}.csv").write_text("\n".join(["time,x,y", *lines]) + "\n")
    return place / "gestures"


def world() -> World:
    """64 series with two channels."""
    rows = gestures(64)
    modality = Signals()
    records = [{"input": row, "origin": f"row {n}"} for n, row in enumerate(rows)]
    modality.fit(records, Budget())
    stored = stacked([modality.encode(modality.read(record, Budget())) for record in records])
    modality.fit_stored([stored])
    batch = {**modality.collate(stored), "key": random.keys(0, 0, torch.arange(64))}
    return World("signals", modality, batch, [n % 3 for n in range(64)], stored=stored)
