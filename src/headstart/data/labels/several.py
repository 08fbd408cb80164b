"""Several labels in one text: a list as JSON or Python writes it, or names with a mark between them."""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

MARKS = ("|", ";")
_LONGEST = 1 << 20  # characters of a list
_NAME = 60  # characters of a label among several; longer ones are sentences
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_APART = re.compile(r"['\"]\s+['\"]")


def listed(text: str) -> Any:
    """The list or object that a text is, in the spelling of JSON, Python or NumPy; None if it is none."""
    text = text.strip()
    if len(text) > _LONGEST or text[:1] + text[-1:] not in ("[]", "{}", "()"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if _APART.search(text) and text[:1] == "[":  # NumPy puts no commas, and Python reads 'a' 'b' as 'ab'
        return [one or other for one, other in _QUOTED.findall(text)]
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return _numbers(text)
    return sorted(found, key=str) if isinstance(found, set) else list(found) if isinstance(found, tuple) else found


def mark_of(counts: Mapping[str, int]) -> str | None:
    """What divides several labels in one text (`red|blue`); None where the texts are single names.

    The labels that stand together must be met in other combinations too: "yes|no" alone is a name.
    """
    for mark in MARKS:
        cells = [parts for text in counts if (parts := pieces(text, mark))]
        together = [parts for parts in cells if len(parts) > 1]
        if not together or any(len(set(parts)) < len(parts) for parts in together):
            continue
        met: dict[str, int] = {}
        for parts in cells:
            for one in parts:
                met[one] = met.get(one, 0) + 1
        if any(len(one) > _NAME for one in met):
            continue
        joined = {one for parts in together for one in parts}
        if 2 * sum(met[one] > 1 for one in joined) >= len(joined):
            return mark
    return None


def pieces(text: str, mark: str) -> list[str]:
    """The labels of a text; none are left empty."""
    return [part for one in text.split(mark) if (part := one.strip())]


def _numbers(text: str) -> list[int | float] | None:
    """NumPy's own spelling, [0 1 2] or [0.5 1. ]."""
    words = text[1:-1].split()
    try:
        return [int(word) if word.lstrip("-").isdigit() else float(word) for word in words] if text[:1] == "[" else None
    except ValueError:
        return None
