"""Start: what every starting point can do, be it a model directory of ours or a public checkpoint."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Modality, Objective
from headstart.core.contracts.spec import Spec
from headstart.data.reading.roles import Learned


class Start(Protocol):
    """Weights to begin from, with the preprocessing they were trained with and where they come from.

    config  what builds the network again: {"backbone": {"kind": ...}, "facts": sizes, "modality": {"kind": ...}, ...}
    facts   "weights" (a digest), "lineage", "verb", "data" (source, rows, hash, licence, modality), and "columns", if
            it learned from a table
    """

    @property
    def path(self) -> Path: ...

    @property
    def config(self) -> Mapping[str, Any]: ...

    @property
    def facts(self) -> Mapping[str, Any]: ...

    def check(self, *, whole: bool = False) -> None:
        """StorageError or ContractError if its files are no longer those that were opened; `whole`: read them all."""
        ...

    @property
    def hash(self) -> str:
        """Identity of everything in it."""
        ...

    @property
    def finished(self) -> bool: ...

    @property
    def public(self) -> bool:
        """Do its weights come from a public checkpoint, which has mostly learned from millions of rows?"""
        ...

    @property
    def whole(self) -> bool:
        """Does it bring all of its network and its preprocessing? Else the first layers are fresh, and read the data
        as they are."""
        ...

    def on(self, modality: Modality, kind: str) -> "Start":
        """The same for data that are prepared by a modality of this kind: itself, if it is whole."""
        ...

    @property
    def any_form(self) -> bool:
        """Does its network read rows in whatever form suits the data, so that it brings no form of its own?"""
        ...

    @property
    def spec(self) -> Spec:
        """That of its modality, with the sizes that its network was built from."""
        ...

    def modality(self) -> Modality: ...

    def backbone(self) -> Backbone: ...

    def knows(self, section: str, table: Mapping[str, Any], head: nn.Module) -> bool:
        """Does it hold weights for this objective or task: its kind and settings, and the module made of them?"""
        ...

    def fill_head(self, head: Objective) -> None:
        """Weights of an objective or task that it knows."""
        ...

    def head_room(self) -> AbstractContextManager[None]:
        """While this lasts, no more is made than its head has weights for; DataError beyond."""
        ...

    def lm_head(self, backbone: Backbone) -> tuple[Tensor, Tensor | None]:
        """Weight [V, D] and bias [V] with which its network predicts the next id, where no objective of ours does."""
        ...

    def seen(self) -> np.ndarray:
        """Hashes of the rows it is known to have learned from, sorted uint64."""
        ...

    def sketches(self) -> np.ndarray:
        """Hash (8 bytes) and sketch of such rows, by which changed copies are known again, uint8 [n, 8 + bytes]."""
        ...


def learned_by(start: Start, *, needed: bool = False, labelled: bool = False) -> Learned | None:
    """The columns that a start learned from; None if it learned from no table, says nothing of it, or reads none."""
    if not start.whole:
        return None
    return Learned.from_json(start.facts.get("columns"), needed=needed, labelled=labelled)
