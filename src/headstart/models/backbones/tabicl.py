"""The backbone of TabICL, which answers from labelled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice
from headstart.core.contracts.in_context import Form, InContext
from headstart.core.contracts.ranges import Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.cells import need_table
from headstart.models.nn.kept_rows import KeptRows
from headstart.models.nn.tabicl_answers import Answers, class_answers, network_of, number_answers
from headstart.models.public.tabicl_checkpoint import architecture_in, weights_in


class Tabicl(Backbone):
    """TabICL for tables: a public network that answers from labelled rows kept with it; nothing is trained.

    x [B, F], and cells [B, C] where a modality has them -> Tokens [B, 1, outputs] of grid (): logs of the probabilities
    of classes, or numbers. Qu et al. (ICML 2025); the tabicl library builds and asks it (`pip install
    "headstart[tabicl]"`). The model contains the train rows that it answers from.

    checkpoint    a directory that `headstart convert CHECKPOINT.ckpt --out DIR` wrote; weights are never downloaded
    rows          train rows that are kept, at most; of more a sample that keeps the shares of the classes
    members       answers that are averaged, each for the columns in another order and scale
    outputs       one a class or number, a single one for two classes (the task says how many)
    architecture  settings of the network (the checkpoint says them)
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"cells"})
    tuning_scratch: ClassVar[Choice | None] = Choice("probe", "labelled rows are kept, and the network reads them")
    regrown: ClassVar[bool] = True

    def __init__(
        self,
        spec: Spec,
        *,
        checkpoint: str = "",
        rows: Size = 1000,
        members: Size = 8,
        outputs: Size = 1,
        architecture: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        need_table(spec)
        self.checkpoint, self.rows, self.members, self.outputs = checkpoint, rows, members, outputs
        self.width = outputs
        self.network = network_of(architecture) if architecture else None
        self._classes = bool((architecture or {}).get("max_classes", 10))
        self.kept = KeptRows(rows, spec.sizes.get("cells", spec.sizes["columns"]), 1 if self._classes else outputs)
        self._answers: Answers | None = None
        self.register_load_state_dict_post_hook(_forget)

    @classmethod
    def completed(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        if not settings["checkpoint"]:
            fix = "convert one that you have (headstart convert CHECKPOINT.ckpt --out DIR), and give it with "
            fix += "backbone.checkpoint=DIR"
            raise ContractError(842, "tabicl needs a checkpoint", where="backbone.checkpoint", found="none", fix=fix)
        return {**settings, "architecture": architecture_in(Path(settings["checkpoint"]))}

    @classmethod
    def has_weights(cls, settings: Mapping[str, Any]) -> bool:
        """None that were learned from a user's rows."""
        return False

    def begin(self) -> None:
        assert self.network is not None, "settings were not completed"
        weights_in(Path(self.checkpoint), self.network)

    def odd_weights(self) -> str:
        return self.kept.odd(max(2, self.outputs) if self._classes else 0)

    @property
    def in_context(self) -> InContext:
        return self

    def cells(self, batch: Batch) -> Tensor:
        return batch.get("cells", batch["x"])

    def keep(self, form: Form, cells: np.ndarray, targets: np.ndarray) -> None:
        if form != ("classes" if self._classes else "values"):
            learned = "classes" if self._classes else "numbers"
            fix = "use the checkpoint for the other kind of answers, or another backbone"
            raise ContractError(
                843, "the checkpoint answers otherwise than the task asks", where="backbone.checkpoint",
                found=f"a checkpoint for {learned}", expected=f"one for {form}", fix=fix,
            )  # fmt: skip
        self.kept.load(cells, targets)
        _forget(self)

    def embed(self, batch: Batch) -> Tokens:
        cells = self.cells(batch)
        if torch.compiler.is_exporting():
            fix = "use the model with headstart"
            raise ContractError(844, "tabicl cannot be exported: its library prepares the rows", fix=fix)
        if self.network is None or not int(self.kept.count) or not len(cells):
            return Tokens.full(cells.new_zeros(len(cells), 1, self.outputs), ())
        found = self._answering(self.network)(cells.detach().cpu().numpy())
        found = found[:, 1:] - found[:, :1] if self._classes and self.outputs == 1 else found
        return Tokens.full(torch.from_numpy(found.astype(np.float32)).to(cells.device)[:, None], ())

    def _answering(self, network: nn.Module) -> Answers:
        if self._answers is None:
            cells, targets = self.kept.arrays()
            self._answers = (
                class_answers(network, cells, targets[:, 0], max(2, self.outputs), self.members)
                if self._classes
                else number_answers(network, cells, targets, self.members)
            )
        return self._answers

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens

    def layers(self) -> Sequence[nn.Module]:
        return [] if self.network is None else [self.network]

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0]


def _forget(backbone: nn.Module, *_: object) -> None:
    """The answers of rows and weights that are no longer there."""
    assert isinstance(backbone, Tabicl)
    backbone._answers = None
