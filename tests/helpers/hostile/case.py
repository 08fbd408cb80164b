"""One hostile model: a way to spoil a sound one, and what the line says that refuses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Spoil = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Case:
    """A way to spoil the sound model of a family ("hf", "timm", "own", "table"), and words of its refusal."""

    family: str
    name: str
    spoil: Spoil
    says: str


CASES: list[Case] = []


def case(family: str, name: str, says: str, spoil: Spoil) -> None:
    CASES.append(Case(family, name, spoil, says))
