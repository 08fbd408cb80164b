"""Small reports the tests of this wing share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from headstart.core.contracts.look import Look, Piece
from headstart.reports import blocks


@pytest.fixture
def square() -> Image.Image:
    """A grey picture of 8 x 8 pixels."""
    return Image.fromarray(np.full((8, 8), 128, np.uint8))


@pytest.fixture
def report_of() -> Callable[..., blocks.Report]:
    """Blocks -> a report of one section."""

    def build(
        *content: blocks.Block,
        title: str = "Digits",
        created: str = "2026-05-14T09:32:00",
        verdict: blocks.Verdict | None = None,
    ) -> blocks.Report:
        front = blocks.Front(verdict or blocks.Verdict("done", "Said."))
        return blocks.Report(title, "What was done.", "evaluate", created, front, [blocks.Section("One", content)])

    return build


@pytest.fixture
def every_block(square: Image.Image) -> Callable[[str], list[blocks.Block]]:
    """A text -> one block of each kind in which every text a user may give is that text."""

    def build(name: str) -> list[blocks.Block]:
        return [
            blocks.Verdict("worth it", name),
            blocks.Paragraph(f"{name}\n\n{name}"),
            blocks.KeyNumbers([blocks.Number(name, 0.5, 0.4, 0.6, note=name)]),
            blocks.Facts([(name, name)]),
            blocks.Table([name, "n"], [[name, 1], [name, float("nan")]], caption=name),
            blocks.Chart(name, name, name, [blocks.Series(name, [1, 2], [1, 2])]),
            blocks.Pictures(name, [(name, [square])]),
            blocks.Sheet(name, [square]),
            blocks.Scatter(name, [1, 2], [3, 4], [name, "other"]),
            blocks.Matrix(name, [name, "other"], [[3, 1], [0, 4]]),
            blocks.Matrix(name, [f"{name}{k}" for k in range(25)], np.ones((25, 25), int)),
            blocks.Bars(name, [(name, 3), ("other", 1)]),
            blocks.Intervals(name, [(name, 0.5, 0.4, 0.6), ("other", 0.3, None, None)]),
            blocks.Gallery(
                name, [Look(square, (), name, name), Look(None, [[Piece(name), Piece(name, name, "wrong")]])]
            ),
            blocks.Warnings([name]),
            blocks.Lineage([blocks.Parent(name, name, name, name)]),
        ]

    return build
