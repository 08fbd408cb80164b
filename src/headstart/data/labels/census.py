"""What the labels of a source are, counted: their spellings, types and forms, from which their meaning is decided."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headstart.data.labels.several import listed
from headstart.data.labels.spelling import Cell, cleaned, is_no_label, is_whole


class LabelColumns(dict[str, Any]):
    """The cells of several label columns of one row, by the names of the columns."""


@dataclass(slots=True)
class Census:
    """The labels of one source.

    cells     texts without a type (of CSV), cleaned, and how often each occurs; `texts` those of formats with types
    missing   spellings that stand for no label, and how often each occurs
    columns   the different cells of each label column, where there are several; `gaps` rows lack some of them, not all
    """

    cells: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    columns: dict[str, Counter[Any]] = field(default_factory=dict)
    gaps: int = 0
    numbers: int = 0
    fractions: int = 0
    truths: int = 0
    lists: int = 0
    ordered: int = 0  # lists of numbers in which one occurs twice or has a fraction: places matter
    objects: list[Any] = field(default_factory=list)  # a few of the labels that are, or hold, objects or lists

    def add(self, label: Any) -> None:
        """One label as its source gives it; None is none."""
        if isinstance(label, str):
            text = cleaned(label)
            if is_no_label(text):
                self.missing[text] += 1
            else:
                (self.cells if isinstance(label, Cell) else self.texts)[text] += 1
        elif isinstance(label, bool):
            self.truths += 1
        elif isinstance(label, int | float):
            self.numbers += 1
            self.fractions += not is_whole(label)
        elif isinstance(label, LabelColumns):
            self._add_row(label)
        elif label is not None:
            self._add_nested(label)

    @classmethod
    def of(cls, cells: Counter[Any]) -> Census:
        """Of cells, and how often each occurs."""
        made = cls()
        for cell in cells.elements():
            made.add(cell)
        return made

    @property
    def are_lists(self) -> bool:
        """Are all texts lists, as JSON or Python writes them?"""
        texts = [*self.cells, *self.texts]
        return bool(texts) and not self.numbers and all(listed(text) is not None for text in texts)

    def unpacked(self) -> Census:
        """The same with the lists that are written as texts."""
        made = Census(missing=self.missing)
        for text, count in (self.cells + self.texts).items():
            for _ in range(count):
                made.add(listed(text))
        made.lists += self.lists
        made.ordered += self.ordered
        made.objects += self.objects
        return made

    def _add_row(self, label: LabelColumns) -> None:
        missing = [
            value is None or (isinstance(value, str) and is_no_label(cleaned(value))) for value in label.values()
        ]
        self.gaps += any(missing) and not all(missing)
        for name, value in label.items():
            cell = json.dumps(value) if isinstance(value, list | dict) else value
            self.columns.setdefault(name, Counter())[cell] += 1

    def _add_nested(self, label: Any) -> None:
        if isinstance(label, list):
            self.lists += 1
            if label and all(isinstance(one, int | float) for one in label):
                self.ordered += len(set(label)) < len(label) or not all(map(is_whole, label))
        held = label if isinstance(label, list) else [label]
        if any(isinstance(one, Mapping | list) for one in held) and len(self.objects) < 1000:
            self.objects.append(label)
