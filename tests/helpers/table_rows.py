"""Tiny tables with every kind of column."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from headstart.core import random
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.table.table import Table
from headstart.data.storage.gather import stacked
from tests.helpers.world import World

TOWNS = ("Oslo", "Bergen", "Hamar")


def table_rows(count: int, *, classes: int = 2, seed: int = 0) -> tuple[list[dict[str, Any]], list[int]]:
    """Rows of two numbers, a category, a date and a text, some of them missing; what they are follows from the first
    number and the category."""
    generator = np.random.default_rng(seed)
    rows, known = list[dict[str, Any]](), list[int]()
    for _ in range(count):
        age, town = float(generator.integers(18, 80)), int(generator.integers(len(TOWNS)))
        income = round(float(generator.normal(50, 9)), 2) if generator.random() > 0.2 else None
        words = " ".join(generator.choice(["calls", "often", "late", "pays", "new", "card"], 6))
        date = f"20{generator.integers(10, 24)}-0{generator.integers(1, 10)}-1{generator.integers(10)}"
        rows.append({"age": age, "income": income, "town": TOWNS[town], "since": date, "note": words})
        known.append(int(age > 49) if classes == 2 else (int(age > 49) + town) % classes)
    return rows, known


def table() -> World:
    """Rows of two classes."""
    rows, known = table_rows(64)
    modality = Table()
    records = [{"input": row, "origin": f"row {number}"} for number, row in enumerate(rows)]
    modality.fit(records, Budget())
    encoded = stacked([modality.encode(modality.read(record, Budget())) for record in records])
    modality.fit_stored([encoded])
    batch = {**modality.collate(encoded), "key": random.keys(0, 0, torch.arange(64))}
    return World("table", modality, batch, known, stored=encoded)
