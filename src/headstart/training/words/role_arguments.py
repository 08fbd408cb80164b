"""Semantic roles: who does what to whom, as labels write it and as the CoNLL scorers count it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from headstart.core.contracts import Example
from headstart.core.contracts.look import Line, Span, State, compared, marked
from headstart.core.errors import DataError
from headstart.training.words.tag_schemes import Scheme

Argument = tuple[int, tuple[tuple[int, int], ...], str]
"""Word of the predicate, the pieces of the argument (first word, the word behind the last), and its role."""

PREDICATE = "V"
_GOES_ON = "C-"  # a further piece of the argument of that role


def predicates_of(label: Any, where: str) -> list[dict[str, Any]]:
    """The predicates of a label with their arguments; DataError if it is something else."""
    given = label.get("predicates") if isinstance(label, Mapping) else None
    if not isinstance(given, list | tuple) or not all(isinstance(one, Mapping) and "index" in one for one in given):
        found, expected = repr(label)[:60], '{"predicates": [{"index": 1, "args": [{"start", "end", "role"}]}]}'
        fix = "give such labels, or name another --task"
        raise DataError(413, "a row has no predicates", where=where, found=found, expected=expected, fix=fix)
    return [{"index": int(one["index"]), "args": list(one.get("args", ()))} for one in given]


def spans_of(predicate: Mapping[str, Any]) -> list[tuple[int, int, str]]:
    """The spans of one predicate in order: first word, the word behind the last, role."""
    return sorted((int(arg["start"]), int(arg["end"]), str(arg["role"])) for arg in predicate["args"])


def arguments(predicates: Iterable[Mapping[str, Any]]) -> set[Argument]:
    """What is scored: pieces that go on ("C-ARG1") belong to the argument they go on with.

    As the scorer of CoNLL-2005 (Carreras and Marquez 2005) counts: an argument is right if all of its pieces and its
    role are; the predicate itself is none.
    """
    found: set[Argument] = set()
    for predicate in predicates:
        pieces: list[tuple[list[tuple[int, int]], str]] = []
        for begin, end, role in spans_of(predicate):
            base = role.removeprefix(_GOES_ON)
            whole = next((p for p in reversed(pieces) if p[1] == base), None) if role != base else None
            if whole is not None:
                whole[0].append((begin, end))
            else:
                pieces.append(([(begin, end)], base))
        found |= {(int(predicate["index"]), tuple(parts), role) for parts, role in pieces}
    return found


def truth(examples: Sequence[Example]) -> list[set[Argument]]:
    """The arguments of each row."""
    return [arguments(predicates_of(one["label"], str(one.get("origin", "")))) for one in examples]


def tags_wanted(y: Tensor, rows: Tensor, asked: Tensor, words: int, scheme: Scheme) -> Tensor:
    """The tags of readings [R, W], from spans y [B, 4 * S]; rows and asked [R] are their rows and predicates."""
    spoken = y.reshape(len(y), -1, 4)[rows]  # [R, S, 4]
    mine = (spoken[..., 0] == asked[:, None]) & (spoken[..., 3] >= 0)
    place = torch.arange(words, device=y.device)
    begin, end, label = spoken[..., 1, None], spoken[..., 2, None], spoken[..., 3, None]
    inside = mine[..., None] & (place >= begin) & (place < end)  # [R, S, W]
    if scheme == "plain":
        return (inside * (1 + label)).amax(1)
    return (inside * (1 + 2 * label + (place > begin))).amax(1)  # O, then B- and I- of each label


def named(found: Sequence[tuple[int, int, str]]) -> list[dict[str, Any]]:
    """Spans of words with their roles, as answers say them."""
    return [{"start": begin, "end": end, "role": role} for begin, end, role in found]


def with_texts(predicates: Sequence[Mapping[str, Any]], text: Callable[[int, int], str]) -> list[dict[str, Any]]:
    """Predicates with their words and the texts of their arguments; `text` is that of words from one to another."""
    found = []
    for one in predicates:
        args = [{**arg, "text": text(arg["start"], arg["end"])} for arg in one["args"]]
        found.append({"index": one["index"], "word": text(one["index"], one["index"] + 1), "args": args})
    return found


def marks(said: Sequence[Mapping[str, Any]], true: Sequence[Mapping[str, Any]], words: Sequence[str]) -> list[Line]:
    """Answered and true predicates, each with its arguments marked in the words."""
    sides = [{int(one["index"]): spans_of(one) for one in side} for side in (said, true)]
    lines: list[Line] = []
    for index in sorted(sides[0] | sides[1]):
        state: State = (
            "label" if index in sides[0] and index in sides[1] else "wrong" if index in sides[0] else "missed"
        )
        spans = compared(*(side.get(index, []) for side in sides))
        lines += marked(words, [*_beside(spans, index), (index, index + 1, PREDICATE, state)])
    return lines


def shown(true: Sequence[Mapping[str, Any]], words: Sequence[str]) -> list[Line]:
    """Predicates with their arguments as the label gives them."""
    lines: list[Line] = []
    for one in true:
        index = int(one["index"])
        spans: list[Span] = [(*span, "label") for span in spans_of(one)]
        lines += marked(words, [*_beside(spans, index), (index, index + 1, PREDICATE, "label")])
    return lines


def _beside(spans: Iterable[Span], index: int) -> list[Span]:
    """Without a span that is the predicate itself, which some data count among the roles."""
    return [span for span in spans if span[:2] != (index, index + 1)]
