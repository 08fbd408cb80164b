"""What was put right in rows, or is odd in them, as sentences: how often, and where first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_SHOWN, _LETTERS = 3, 40  # examples of a sentence, and letters of each


@dataclass(slots=True)
class _Repair:
    first: str
    count: int = 0
    examples: dict[str, None] = field(default_factory=dict)


class Repairs:
    """Repairs of many rows, as their modality and their source tell them: how often, or an example of one, by what."""

    def __init__(self) -> None:
        self._found: dict[str, _Repair] = {}

    def add(self, repaired: Mapping[str, int | str], origin: str) -> None:
        """Those of a row, which comes from `origin`."""
        for what, told in repaired.items():
            one = self._found.setdefault(what, _Repair(origin))
            if isinstance(told, str):
                one.count += 1
                if len(one.examples) <= _SHOWN:
                    one.examples[told[:_LETTERS]] = None
            else:
                one.count += told

    @property
    def sentences(self) -> list[str]:
        """ "12 cells of column town are names never seen in training (Bergen, Molde), first in new.csv:17"."""
        return [f"{one.count:,} {what}{_some(list(one.examples))}, first in {one.first}"
                for what, one in self._found.items()]  # fmt: skip


def _some(examples: list[str]) -> str:
    more = ", ..." if len(examples) > _SHOWN else ""
    return f" ({', '.join(examples[:_SHOWN])}{more})" if examples else ""
