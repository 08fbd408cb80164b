"""What a task says of labels before there is a network: a part of its contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.look import Look
from headstart.core.contracts.modality import Modality
from headstart.core.contracts.types import Example


class LabelRules:
    """What a task says of labels, asked of its class; every `Task` has these."""

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        """How well it suits these labels of train rows, () if there are none; None: not at all."""

    @classmethod
    def form(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """What its settings ask of how its data are stored, as settings of the modality."""
        return {}

    @classmethod
    def marks(cls, settings: Mapping[str, Any]) -> str | None:
        """The column of a table of moments that says which of them are anomalies, read by scores alone."""

    @classmethod
    def class_names(cls, settings: Mapping[str, Any]) -> Sequence[str]:
        """The classes that labels name, from what `infer_settings` gave; () where labels are no classes."""
        return ()

    @classmethod
    def one_class(cls, settings: Mapping[str, Any]) -> bool:
        """Does every row have exactly one of the classes?"""
        return False

    @classmethod
    def strata(cls, labels: Sequence[Any]) -> Sequence[str] | None:
        """A name for each label: a draw of some keeps the shares of the names. None: labels are drawn at random."""
        named = not all(isinstance(label, float | list | tuple | Mapping) for label in labels)
        return [str(label) for label in labels] if named else None

    @classmethod
    def show_label(cls, look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
        """A row with its label as people look at it; `words` are those of the row, () if it has none."""
        return replace(look, title=str(example.get("label", "no label")))
