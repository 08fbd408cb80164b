"""Words and numbers as a page shows them: escaped, shortened, rounded for reading."""

import html
import math
from numbers import Integral, Real

from headstart.core.inert import inert

Value = str | int | float | bool | None

MISSING = "–"


def escape(text: str) -> str:
    """Text that a browser shows letter for letter, in an element as well as in a quoted attribute."""
    return html.escape(inert(text), quote=True)


def isolated(text: str) -> str:
    """A label from the user's data: escaped, and its writing direction kept from turning its neighbours around."""
    return f"<bdi>{escape(text)}</bdi>"


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis when some were left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def readable(value: Value, spec: str = "") -> str:
    """A value as a person reads it: 12,345 / 0.9312 / yes / – for nothing; `spec` is a Python format for numbers."""
    if value is None:
        return MISSING
    if isinstance(value, str):
        return value
    if not is_number(value):  # also a truth value straight from numpy
        return "yes" if value else "no"
    number = int(value) if isinstance(value, Integral) else float(value)
    if isinstance(number, float) and not math.isfinite(number):
        return MISSING if math.isnan(number) else ("∞" if number > 0 else "−∞")
    if spec:
        return format(number, spec)
    if isinstance(number, int) or 1e3 <= abs(number) < 1e6:
        return f"{number:,}" if isinstance(number, int) else f"{number:,.0f}"
    return f"{number:.4g}"


def is_number(value: Value) -> bool:
    """Does a value stand right-aligned in a column of numbers?"""
    return isinstance(value, Real) and not isinstance(value, bool)  # numbers of numpy are registered there
