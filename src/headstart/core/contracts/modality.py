"""The contract of a kind of data, and of its augmentation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import nn

from headstart.core.contracts.blocks import ByColumn
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.cells import CellColumn
from headstart.core.contracts.choice import Defaults
from headstart.core.contracts.duplicates import Duplicates, Kinship
from headstart.core.contracts.look import Audible
from headstart.core.contracts.parts import Divides
from headstart.core.contracts.past import Past
from headstart.core.contracts.pieces import Pieces
from headstart.core.contracts.placement import Placements
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.timeline import Timeline
from headstart.core.contracts.types import Batch, Columns, Example, Plain
from headstart.core.contracts.view import View
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.contracts.windows import Windows


class Modality(Protocol):
    """One kind of data: raw records <-> arrays. Saved with the model, so that serving repeats training exactly.

    layout      which networks can read its rows
    files       a text in the input column of a table is the path of a file
    name_groups a field of file names that repeats is the group of a row, such as its speaker; else it is offered
    columns     None: several input columns of a table are read as a list of values; else a table is read whole, every
                row as {name: value}, and these are the names that it was fitted to
    told        what it found in the train rows, a phrase each, which is told before anything is learned
    defaults    which parts suit it where nobody says so
    vocabulary  the ids of its rows, if these are sequences of ids
    placement   where things lie in its rows, if these are pictures
    duplicates  how copies of its rows are found, if equal columns do not say it
    kinship     which rows are related though they are no copies, if that can be told
    windows     how rows are cut that are longer than a model reads, if they are
    pieces      how one long record becomes several rows when it is read, if it does
    timeline    how its rows are moments of longer records, if they are
    audible     how its rows are heard, if they are sounds
    named_cells what stands in each column of stored rows of a table, float32 [n, numbers of a cell] by its name, NaN
                where a cell is missing, if rows are such
    cell_columns the same columns, in their order: where their cells lie, and how people read them
    by_column   how many rows of a table are learned from and read at once, if that is faster than one by one
    divides     how its rows are cut into parts that can be hidden, to explain answers; None: they are not
    past        what a row of a table sees of the rows before it, if it does; then rows are in order of time
    plain       settings under which its rows are few numbers that a linear model reads well; {} if they are as they are
    """

    layout: ClassVar[Layout]
    files: ClassVar[bool]
    name_groups: ClassVar[bool]
    columns: Sequence[str] | None
    told: Sequence[str]
    plain: Mapping[str, Any]
    divides: Divides | None

    @property
    def defaults(self) -> Defaults: ...
    @property
    def vocabulary(self) -> Vocabulary | None: ...
    @property
    def placement(self) -> Placements | None: ...
    @property
    def duplicates(self) -> Duplicates | None: ...
    @property
    def kinship(self) -> Kinship | None: ...
    @property
    def windows(self) -> Windows | None: ...
    @property
    def timeline(self) -> Timeline | None: ...
    @property
    def audible(self) -> Audible | None: ...
    @property
    def named_cells(self) -> Callable[[Columns], Mapping[str, np.ndarray]] | None: ...
    @property
    def cell_columns(self) -> Sequence[CellColumn] | None: ...
    @property
    def pieces(self) -> Pieces | None: ...
    @property
    def by_column(self) -> ByColumn | None: ...
    @property
    def past(self) -> Past | None: ...

    @classmethod
    def recognises(cls, value: Any, origin: str) -> bool:
        """Is this raw value one of its own? Asked of a few rows where the user does not name the modality."""
        ...

    def is_row(self, value: Any) -> bool:
        """Is this one row by itself? Asked of what a program gives a fitted model to answer, if it is no list or path:
        an array may be a row or many."""
        ...

    @property
    def spec(self) -> Spec:
        """Layout, sizes, stored form and an empty row. DataError as long as nothing was fitted."""
        ...

    @property
    def augment(self) -> type[Augment]:
        """How its batches are changed at random: built as `augment(modality, *, settings)`."""
        ...

    @property
    def view(self) -> View:
        """Ready values as people see them."""
        ...

    def fit(self, examples: Iterable[Example], budget: Budget) -> None:
        """What `encode` must know (size, vocabulary), from undecoded examples of the train split."""
        ...

    def read(self, example: Example, budget: Budget) -> Example:
        """Decode, check and repair one raw record; raises DataError with its place. Called on several threads, which
        share the budget of what is decoded."""
        ...

    def encode(self, example: Example) -> Columns:
        """One record that was read -> compact arrays without row axis: uint8 pixels, UTF-8 bytes."""
        ...

    def fit_stored(self, chunks: Iterable[Columns]) -> None:
        """What `derive` and `ready` must know (vocabulary, mean), from stored chunks of the train split."""
        ...

    def derive(self, columns: Columns) -> Columns:
        """Further columns that follow from the stored ones, once fitted: token ids from text. {} if there are none.

        They are stored beside the others, and made anew where a model brings a modality of its own.
        """
        ...

    def collate(self, columns: Columns) -> Batch:
        """Rows taken from the store -> host tensors, vectorised over the batch; knows its padding."""
        ...

    def ready(self, batch: Batch) -> Batch:
        """On the device: compact -> what `embed` takes (float, normalised)."""
        ...

    def baseline_features(self, learned: Columns, asked: Columns) -> tuple[Plain, Plain]:
        """What a simple baseline sees of stored rows, [n, F] each: raw pixels, word counts weighted by `learned`."""
        ...

    def with_settings(self, settings: Mapping[str, Any]) -> Modality:
        """The same with other settings of what happens after storing; RecipeError for those that decide the storage."""
        ...

    def save(self, directory: Path) -> None: ...

    @classmethod
    def load(cls, directory: Path) -> Modality: ...


class Augment(nn.Module, ABC):
    """Batch from the store -> batch for `embed`, changed at random in train mode, `modality.ready` alone in eval mode.

    Randomness is a pure function of batch["key"] and `view`: the same rows, epoch and view give the same change.
    Targets that lie in a picture move along with it: batch["boxes"] float32 [B, M, 4], left, top, right and bottom in
    pixels of the stored picture, filled up with rows of -100; batch["mask"] integers [B, H, W], -100 where unknown.

    twin_name   what another form of a row is called that means the same, such as the other strand of DNA
    """

    modality: Modality
    twin_name: ClassVar[str] = ""

    @abstractmethod
    def forward(self, batch: Batch, view: int = 0) -> Batch: ...

    def twin(self, batch: Batch) -> Batch | None:
        """Every row of a batch, from the store or ready, in its other form that means the same; None where there is
        none."""
        return None

    def show(self, ready: Batch) -> list[Any]:
        """What it made of a batch as people look at it: pictures with their boxes and masks, or texts."""
        return self.modality.view.render(ready["x"])
