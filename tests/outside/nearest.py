"""A backbone from outside that answers from labelled rows: what the nearest of them are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice
from headstart.core.contracts.in_context import Form, InContext
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.kept_rows import KeptRows


class Nearest(Backbone):
    """The target of the nearest kept row, as numbers or as the log of how probable each class is."""

    layouts: ClassVar[frozenset[Layout]] = frozenset({"cells"})
    tuning_scratch: ClassVar[Choice | None] = Choice("probe", "rows are kept")
    regrown: ClassVar[bool] = True

    def __init__(self, spec: Spec, *, outputs: int = 1, rows: int = 100, values: bool = False) -> None:
        super().__init__()
        self.width = self.outputs = outputs
        self.rows, self.values = rows, values
        self.kept = KeptRows(rows, spec.sizes["columns"], outputs if values else 1)

    @property
    def in_context(self) -> InContext:
        return self

    def odd_weights(self) -> str:
        return self.kept.odd(0 if self.values else max(2, self.outputs))

    def cells(self, batch: Batch) -> Tensor:
        return batch["x"]

    def keep(self, form: Form, cells: np.ndarray, targets: np.ndarray) -> None:
        assert form == ("values" if self.values else "classes")
        self.kept.load(cells, targets)

    def embed(self, batch: Batch) -> Tokens:
        rows = int(self.kept.count)
        if not rows:
            return Tokens.full(batch["x"].new_zeros(len(batch["x"]), 1, self.outputs), ())
        near = self.kept.targets[torch.cdist(batch["x"], self.kept.cells[:rows]).argmin(1)]
        if not self.values and self.outputs == 1:
            near = 6 * near - 3
        elif not self.values:
            near = 6.0 * nn.functional.one_hot(near[:, 0].long(), self.outputs)
        return Tokens.full(near[:, None], ())

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens

    def layers(self) -> Sequence[nn.Module]:
        return []

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0]
