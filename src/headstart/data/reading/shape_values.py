"""Numbers, names and JSON in annotations of strangers, checked."""

from collections.abc import Iterable, Mapping
from typing import Any

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening import json_text
from headstart.data.opening.compressed import text_of
from headstart.data.records import short

FIX = "correct the annotation or prepare with --skip-bad"
AGAIN = "export the file again"
_LARGEST = 1 << 20  # pixels
_DIGITS = 8  # of the length of a side


def json_of(data: bytes, where: str, form: str, budget: Budget, fix: str = AGAIN) -> Any:
    """What a JSON file of this form holds; DataError if it is broken."""
    try:
        return json_text.loads(text_of(data, where), where, budget)
    except (ValueError, RecursionError) as cause:
        raise not_read(str(cause), where, form, fix) from cause


def not_read(found: str, where: str, form: str, fix: str = AGAIN) -> DataError:
    """The error for a file that begins like one of this form and is none."""
    return DataError(397, "the annotations cannot be read", where=where, found=short(found), expected=form, fix=fix)


def numbers_of(values: Iterable[Any], where: str) -> list[float]:
    """Numbers of pixels, shares or degrees, written as numbers or texts; DataError for anything else, and for NaN."""
    found: list[float] = []
    for value in values:
        try:
            number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
        except (ValueError, OverflowError):
            number = None
        if number is None or not abs(number) < _LARGEST:  # not so for NaN
            raise incomplete(f"{value!r} for a number", where)
        found.append(number)
    return found


def points_of(values: Any, where: str, least: int = 2) -> list[list[float]]:
    """Points [n, 2]; DataError for fewer than `least` of them."""
    pairs = values if isinstance(values, list) else []
    if len(pairs) < least or not all(isinstance(one, list | tuple) and len(one) == 2 for one in pairs):
        raise incomplete(f"points {values!r}", where)
    return [numbers_of(pair, where) for pair in pairs]


def name_of(value: Any, where: str) -> str:
    """The name of what is drawn; DataError if there is none."""
    if not isinstance(value, str | int) or not str(value).strip():
        raise incomplete(f"{value!r} for a label", where)
    return str(value).strip()


def side_lengths(facts: Mapping[str, Any], height: str, width: str) -> tuple[int, int] | None:
    """Height and width of a picture as an annotation states them; None if it does not."""
    texts = [str(facts.get(name)).strip().removesuffix(".0") for name in (height, width)]
    if not all(text.isdecimal() and len(text) < _DIGITS and int(text) > 0 for text in texts):
        return None
    return int(texts[0]), int(texts[1])


def incomplete(found: str, where: str) -> DataError:
    """The error for a shape that lacks something."""
    expected = "a label and the numbers of its place"
    return DataError(399, "a shape is incomplete", where=where, found=short(found), expected=expected, fix=FIX)


def other_kind(found: str, where: str, fix: str) -> DataError:
    """The error for annotations that are understood and not read."""
    return DataError(400, "annotations of this kind are not read", where=where, found=found, fix=fix)
