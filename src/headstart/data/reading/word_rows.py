"""A row that is a list of words, and a tag for each of them or their roles -> input and label, checked and in order."""

import reprlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from headstart.core.errors import DataError
from headstart.data.records import Words

_FIX = "correct the row, or prepare with --skip-bad"
_SHAPE = '{"index": 2, "args": [{"start": 0, "end": 2, "role": "ARG0"}]}'


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


def frames(predicates: Any, words: int, where: str) -> dict[str, Any]:
    """The label of a sentence with roles, predicates and their arguments in the order of the words.

    predicates   [{"index": i, "args": [{"start", "end" (exclusive), "role"}]}]; other keys are left out
    words        of the sentence

    Raises DataError if they do not have this shape, lie outside the sentence, or overlap.
    """
    if not isinstance(predicates, list | tuple):
        raise _misshapen(type(predicates).__name__, "a list of predicates", where)
    found = sorted((_frame(one, words, where) for one in predicates), key=lambda frame: frame["index"])
    for before, after in pairwise(found):
        if before["index"] == after["index"]:
            raise _misshapen(f"two predicates at word {after['index']}", "one predicate a word", where)
    return {"predicates": found}


def marked(label: Mapping[str, Any]) -> tuple[int, ...]:
    """The numbers of the predicates of such a label."""
    return tuple(frame["index"] for frame in label["predicates"])


def _frame(predicate: Any, words: int, where: str) -> dict[str, Any]:
    if not isinstance(predicate, Mapping) or not {"index", "args"} <= set(predicate):
        raise _misshapen(_keys(predicate), _SHAPE, where)
    index, given = predicate["index"], predicate["args"]
    if not isinstance(given, list | tuple):
        raise _misshapen(f"args that are {type(given).__name__}", "a list of arguments", where)
    if not _is_number(index):
        raise _misshapen(f"the index {index!r}", "the number of a word, from 0", where)
    if not 0 <= index < words:
        raise _outside(f"a predicate at {index}", f"0 to {words - 1}", where)
    args = sorted((_argument(one, words, where) for one in given), key=lambda arg: (arg["start"], arg["end"]))
    for before, after in pairwise(args):
        if after["start"] < before["end"]:
            found = f"{_spanned(before)} and {_spanned(after)} of the predicate at {index}"
            raise DataError(265, "arguments of one predicate overlap", where=where, found=found, fix=_FIX)
    return {"index": index, "args": args}


def _argument(argument: Any, words: int, where: str) -> dict[str, Any]:
    if not isinstance(argument, Mapping) or not {"start", "end", "role"} <= set(argument):
        raise _misshapen(_keys(argument), _SHAPE, where)
    start, end, role = argument["start"], argument["end"], argument["role"]
    if not isinstance(role, str) or not role.strip():
        raise _misshapen(f"the role {role!r}", "a name", where)
    if not (_is_number(start) and _is_number(end)):
        raise _misshapen(f"an argument from {start!r} to {end!r}", "numbers of words, from 0", where)
    found = {"start": start, "end": end, "role": role.strip()}
    if not 0 <= start < end <= words:
        raise _outside(_spanned(found), f"0 <= start < end <= {words}", where)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _spanned(argument: Mapping[str, Any]) -> str:
    return f"{argument['role']} from {argument['start']} to {argument['end']}"


def _keys(value: Any) -> str:
    return "keys " + ", ".join(map(str, value)) if isinstance(value, Mapping) else type(value).__name__


def _misshapen(found: str, expected: str, where: str) -> DataError:
    return DataError(263, "the predicates cannot be read", where=where, found=found, expected=expected, fix=_FIX)


def _outside(found: str, expected: str, where: str) -> DataError:
    return DataError(264, "a role lies outside its sentence", where=where, found=found, expected=expected, fix=_FIX)
