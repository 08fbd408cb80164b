"""What the rows of a modality look like to the parts that are built for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Layout = Literal["grid", "ids", "steps", "cells"]
"""Ready rows and their sizes.

grid   pictures [C, H, W]: channels, height, width
ids    token ids [T]: vocab, length, and mask where there is one
steps  numbers over time [T, C]: channels, length
cells  columns of a table, or vectors [F]: columns; of a table also cells, categories (the first cells) and codes that
       a category has at most
"""


@dataclass(frozen=True, slots=True)
class Spec:
    """The layout of a row, its sizes, and the form in which it is stored.

    layout     which networks can read it
    sizes      what a network is built from: {"channels": 3, "height": 32, "width": 32}, {"vocab": 8000, "length": 128}
    key        what decides the stored form: equal keys mean that rows of one modality fit the other
    empty      an empty stored row, as `encode` and `derive` give it, for parts that take their sizes from a batch
    length_of  the stored column whose length is the length of the row
    rate       places of a ready row a second, along the width of a grid or along steps; 0 where rows do not run over
               time, or nobody knows how fast
    """

    layout: Layout
    sizes: Mapping[str, int]
    key: Mapping[str, Any] = field(default_factory=dict)
    empty: dict[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)
    length_of: str = "x"
    rate: float = 0.0
