"""How the numbers of a column are written, as the column as a whole says; and whether they measure or name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FEW = 10  # different numbers with a fraction: classes are seldom called so
MANY = 50  # whole numbers with no more different values are rather classes
_DIGITS = 18
_WRONG = 0.1  # share of a column of measured numbers that may be mistakes
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_ENDLESS = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_POINT_ZERO = re.compile(r"-?[0-9]+\.0")
_SIGN = r"[+-]?"
_CURRENCY = r"[$€£¥₹₩₽]|[A-Z]{3}"
_AFFIXED = re.compile(
    rf"({_CURRENCY})?\s*([+-]?[0-9.].*?[0-9.])\s*([%‰°]|{_CURRENCY}|[^\W\d_]{{1,6}}[²³/]?[^\W\d_]{{0,4}})?"
)
_SPACES = re.compile("[ \u00a0\u2009\u202f]")


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How every number of a column is written: 1,234.5 has the thousands mark "," and the decimal mark ".".

    unit  what stands before or behind each of them: "%", "€", "kg"; "" if nothing does
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    def value(self, text: str) -> float | None:
        """The number that a text of this form is; None if it is of another form."""
        if self.decimal == "." and not self.thousands and not self.unit and _PLAIN.fullmatch(text):
            return float(text)
        bare = _bare(text, self.unit)
        if bare is None:
            return None
        if _ENDLESS.fullmatch(bare):
            return float(bare)
        return _value(bare, self.decimal, self.thousands)

    @property
    def words(self) -> str:
        """ "numbers with a decimal comma, in %"."""
        marks = [f"a decimal {'comma' if self.decimal == ',' else 'point'}"] * (self.decimal == ",")
        marks += [f"the thousands mark '{self.thousands}'"] * bool(self.thousands)
        return "numbers" + " with " * bool(marks) + " and ".join(marks) + f", in {self.unit}" * bool(self.unit)


_FORMS = ((".", ""), (".", ","), (",", ""), (",", "."), (".", "'"), (",", "'"), (".", " "), (",", " "))


def form_of(texts: Collection[str]) -> NumberForm | None:
    """The form that all texts have, or of which only one in ten is a mistake; None if there is none."""
    plain = sum(_PLAIN.fullmatch(text) is not None for text in texts)
    unit = "" if plain else _common_unit(texts)
    for decimal, thousands in _FORMS:
        form = NumberForm(decimal, thousands, unit)
        wrong = sum(form.value(text) is None for text in texts)
        if wrong <= _WRONG * len(texts):
            return form
    return None


def are_measured(counts: Mapping[str, int], form: NumberForm) -> bool:
    """Do the texts of a column, which have this form (most of them), measure rather than name?

    Names are few and come again. Numbers that are written by one program have one number of digits behind the mark or
    none too many; where 4.10 stands beside 4.1, people have written names.
    """
    values = {text: value for text in counts if (value := form.value(text)) is not None}
    wrong = len(counts) - len(values)
    rows = sum(counts.values())
    distinct = len(set(values.values()))
    fraction = any(not value.is_integer() for value in values.values())
    rare = 2 * distinct > rows
    if wrong and (distinct < FEW or not fraction):
        return False
    if len(values) > distinct or not _is_regular(list(values), form):
        return distinct >= FEW and fraction and rare
    if fraction:
        return distinct >= FEW or rare
    signed = any(text[:1] == "+" or (text[:1] == "0" and len(text) > 1) for text in values)
    return not signed and (distinct > MANY or (distinct >= FEW and rare and form != NumberForm()))


def is_integer(text: str) -> bool:
    """A whole number in its one spelling, of at most 18 digits; longer ones are names, and fit into no 64 bits."""
    return _INTEGER.fullmatch(text) is not None and len(text) <= _DIGITS


def is_point_zero(text: str) -> bool:
    """A whole number as pandas writes it in a column where some are missing: 3.0."""
    return _POINT_ZERO.fullmatch(text) is not None and len(text) <= _DIGITS


def is_plain(text: str) -> bool:
    """Is a text a number as programs write it, with nothing around it?"""
    return _PLAIN.fullmatch(text) is not None


def plain_number(text: str) -> float | None:
    """The number that a text is in the usual form; None for anything else, such as 1_0."""
    text = text.strip()
    return float(text) if _PLAIN.fullmatch(text) or _ENDLESS.fullmatch(text) else None


def could_be_both(labels: Sequence[Any]) -> bool:
    """Are these texts numbers of which one cannot tell whether they measure (half stars) or name (versions)?"""
    texts = [label for label in labels if isinstance(label, str)]
    if not texts or len(texts) < len(labels):
        return False
    values = [plain_number(text) for text in set(texts)]
    known = [value for value in values if value is not None]
    fraction = any(not value.is_integer() for value in known)
    return len(known) == len(values) == len(set(known)) and fraction and _is_regular(sorted(set(texts)), NumberForm())


def _is_regular(texts: Sequence[str], form: NumberForm) -> bool:
    """Are all written with the same number of decimals, or each in its shortest form?"""
    bare = [found for text in texts if (found := _bare(text, form.unit)) is not None]
    decimals = [text.rpartition(form.decimal)[2] if form.decimal in text else "" for text in bare]
    padded = any(len(text.lstrip("+-")) > 1 and text.lstrip("+-")[:1] == "0" and text.lstrip("+-")[1:2].isdecimal()
                 for text in bare)  # fmt: skip
    shortest = all(not one.endswith("0") or one == "0" for one in decimals if one.isdecimal())
    return not padded and (len({len(one) for one in decimals}) == 1 or shortest)


def _common_unit(texts: Collection[str]) -> str:
    """What stands before or behind nearly all of the numbers; "" if nothing does, or not the same."""
    units: dict[str, int] = {}
    for text in texts:
        found = _AFFIXED.fullmatch(text)
        unit = (found[1] or found[3] or "") if found is not None and not (found[1] and found[3]) else ""
        units[unit] = units.get(unit, 0) + 1
    best = max(units, key=lambda unit: units[unit], default="")
    return best if units.get(best, 0) >= (1 - _WRONG) * len(texts) else ""


def _bare(text: str, unit: str) -> str | None:
    """The number without its unit; None if the unit is missing."""
    text = text.replace("\u2212", "-")
    if not unit:
        return text
    if text.startswith(unit):
        return text.removeprefix(unit).strip()
    return text.removesuffix(unit).strip() if text.endswith(unit) else None


def _value(text: str, decimal: str, thousands: str) -> float | None:
    if not thousands:
        if decimal != "." and "." in text:
            return None
        plain = text.replace(decimal, ".")
        return float(plain) if _PLAIN.fullmatch(plain) else None
    if thousands == " ":
        text = _SPACES.sub(" ", text)
    elif thousands == "'":
        text = text.replace("\u2019", "'")
    mark, point = re.escape(thousands), re.escape(decimal)
    grouped = rf"{_SIGN}([1-9][0-9]{{0,2}}(({mark}[0-9]{{2,3}})*{mark}[0-9]{{3}})?|0)({point}[0-9]+)?"
    if re.fullmatch(grouped, text) is None:
        return None
    return float(text.replace(thousands, "").replace(decimal, "."))
