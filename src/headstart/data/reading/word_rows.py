"""A row that holds a list of words, and a tag for each of them or their roles -> input and label."""

import reprlib
from typing import Any

import numpy as np

from headstart.core.errors import DataError
from headstart.data.reading.role_labels import frames, marked
from headstart.data.records import Words

_FIX = "correct the row, or prepare with --skip-bad"


def of_words(tokens: Any, label: Any, where: str) -> dict[str, Any]:
    """{"input": Words} and, where the label is not None, {"label": tags, roles, or one of the whole sentence}.

    tokens   list of str
    label    plain: a list of tags (str or int), as many as there are tokens; a list or {"predicates": [...]} of
             predicates; anything else is said of the whole sentence

    Raises DataError if the tokens are no words, or tags or roles do not fit them.
    """
    words = _words(tokens, where)
    if label is None:
        return {"input": Words(words)}
    if isinstance(label, dict) or (isinstance(label, list) and any(isinstance(one, dict) for one in label)):
        made = frames(label.get("predicates") if isinstance(label, dict) else label, len(words), where)
        return {"input": Words(words, marked(made)), "label": made}
    return {"input": Words(words), "label": _tags(label, words, where) if isinstance(label, list) else label}


def _words(tokens: Any, where: str) -> tuple[str, ...]:
    values = tokens.tolist() if isinstance(tokens, np.ndarray) else tokens
    odd = [one for one in values if not isinstance(one, str)] if isinstance(values, list | tuple) else [values]
    if odd:
        found, expected = _shown(odd[0]), "a list of strings"
        raise DataError(266, "these are not words", where=where, found=found, expected=expected, fix=_FIX)
    return tuple(values)


def _tags(label: list[Any], words: tuple[str, ...], where: str) -> list[str]:
    if len(label) != len(words):
        found = f"{len(label)} tags for {len(words)} words"
        raise DataError(267, "words and tags differ in number", where=where, found=found, fix=_FIX)
    odd = [one for one in label if not isinstance(one, str | int) or isinstance(one, bool)]
    if odd:
        found, expected = _shown(odd[0]), "text or whole numbers"
        raise DataError(268, "this is not a tag", where=where, found=found, expected=expected, fix=_FIX)
    return [str(one) for one in label]


def _shown(value: Any) -> str:
    return "null" if value is None else f"{type(value).__name__} {reprlib.repr(value)}"
