"""Labels that are measured numbers, in the form that the column as a whole has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headstart.core.errors import DataError
from headstart.data.labels.numbers import NumberForm
from headstart.data.labels.spelling import MISSING_NUMBER, cleaned
from headstart.data.records import short


@dataclass(frozen=True, slots=True)
class NumberLabels:
    """Labels as the numbers that they are in this form."""

    form: NumberForm

    def __call__(self, label: Any, where: str) -> float | None:
        if not isinstance(label, str):
            return float(label)
        text = cleaned(label)
        if text.lower() in MISSING_NUMBER:
            return None
        value = self.form.value(text)
        if value is None:
            found, expected = f"'{short(text)}'", self.form.words.replace("numbers", "a number", 1)
            fix = "correct or empty the cell, or prepare with --skip-bad"
            raise DataError(258, "the label is not a number", where=where, found=found, expected=expected, fix=fix)
        return value

    def to_json(self) -> dict[str, str]:
        """What a model remembers of the form."""
        return {"kind": "numbers", **asdict(self.form)}

    @classmethod
    def from_json(cls, facts: Mapping[str, str]) -> NumberLabels:
        """From what `to_json` gave."""
        return cls(NumberForm(**{name: facts.get(name, "") for name in ("decimal", "thousands", "unit")}))
