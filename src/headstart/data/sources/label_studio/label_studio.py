"""Annotations as Label Studio exports them: one JSON file of tasks, with boxes, classes or spans of texts."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from headstart.core.contracts.access import Access
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, alternatives
from headstart.data.reading.listed import Listed, ListForm, is_listed, lists_in
from headstart.data.reading.shape_values import json_of, not_read, other_kind
from headstart.data.records import is_missing
from headstart.data.sources.label_studio.results import Results, check_kinds, classes, drawing, kinds_of, spanned

_BEGIN = re.compile(rb"[\xef\xbb\xbf\s]*\[\s*\{")
_RESULT = re.compile(rb'"result"\s*:\s*\[')
_LISTS = re.compile(rb'"(annotations|completions)"\s*:\s*\[')
_USUAL = ("image", "img", "picture", "photo", "text", "sentence", "document", "review")
_SERVED = re.compile(r"^/data/local-files/\?d=")  # before the name of a file that Label Studio serves from a folder
_SEVERAL = "tasks have more than one annotation, of which the first was read"
_FORM_WORDS = "JSON of Label Studio"


class LabelStudio(Listed):
    """Pictures with boxes or classes, and texts with classes or tags, from a .json export of Label Studio, or from a
    folder or zip with such files.

    Places of boxes are in per cent of the picture; of polygons, ellipses and turned boxes the box around them is taken,
    points are left out, and counted. One choice is the class, several are several labels. Of several annotations of a
    task the first that was not cancelled is read. A task without one has no label. `input` names what is read of the
    data of a task, `target` one of several questions.
    """

    def __init__(self, path: Path, access: Access, *, input: str | None = None, target: str | None = None) -> None:
        rows = partial(_rows, input=input, target=target)
        super().__init__(path, access, _FORM, rows, lists_in(path, _FORM, access))

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return is_listed(given, _FORM, access)


def _is_export(head: bytes) -> bool:
    return all((_BEGIN.match(head), _RESULT.search(head), _LISTS.search(head)))


_FORM = ListForm("Label Studio", (".json",), _is_export)


def _rows(
    data: bytes, where: str, budget: Budget, *, input: str | None, target: str | None
) -> Iterator[dict[str, Any]]:
    tasks = json_of(data, where, _FORM_WORDS, budget)
    if not isinstance(tasks, list) or not all(isinstance(one, Mapping) for one in tasks):
        raise not_read("no list of objects", where, _FORM_WORDS)
    results = [_results(task, target) for task in tasks]
    kinds = {kind for one in results for kind in kinds_of(one or [])}
    check_kinds(kinds, where)
    _check_one_question(results, kinds, where)
    several = any(len(classes(one or [])) > 1 for one in results)
    for place, (task, found) in enumerate(zip(tasks, results, strict=True)):
        origin = f"{where}[{place}]"
        try:
            value = _content(task, input, origin)
            made: dict[str, Any] = {"input": value, "origin": origin}
            if found is not None:
                made |= _labelled(value, found, kinds, several, origin)
            if len(_annotations(task)) > 1:
                made["repaired"] = {_SEVERAL: 1}
            yield made
        except DataError as error:
            yield {"input": error, "origin": origin}


def _labelled(value: Any, found: Results, kinds: set[str], several: bool, where: str) -> dict[str, Any]:
    if kinds == {"boxes"}:
        return {"of_picture": drawing(found, where)}
    if kinds == {"spans"}:
        return spanned(value, found, where)
    chosen = classes(found)
    return {"label": chosen} if several else {"label": chosen[0]} if chosen else {}


def _annotations(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those of a task that were not cancelled."""
    lists = [task.get(name) for name in ("annotations", "completions")]
    every = [one for found in lists if isinstance(found, list) for one in found if isinstance(one, Mapping)]
    return [one for one in every if not one.get("was_cancelled")]


def _results(task: Mapping[str, Any], target: str | None) -> Results | None:
    """What the first annotation says, as an answer to one question where one is named; None without annotation."""
    first = next(iter(_annotations(task)), None)
    found = None if first is None else first.get("result")
    if not isinstance(found, list):
        return None
    return [one for one in found if isinstance(one, Mapping) and target in (None, one.get("from_name"))]


def _check_one_question(results: list[Results | None], kinds: set[str], where: str) -> None:
    """DataError for choices of several questions: each is a label of its own."""
    asked = {str(one.get("from_name")) for found in results for one in found or [] if one.get("type") == "choices"}
    if kinds == {"classes"} and len(asked) > 1:
        fix = f"name one with --target {alternatives(sorted(asked))}"
        raise other_kind(f"choices of several questions, {', '.join(sorted(asked))}", where, fix)


def _content(task: Mapping[str, Any], input: str | None, where: str) -> Any:
    """The picture's name or the text that a task is about."""
    data = task.get("data")
    facts = {str(key): value for key, value in data.items()} if isinstance(data, Mapping) else {}
    texts = [name for name, value in facts.items() if isinstance(value, str) and value.strip()]
    usual = [name for name in _USUAL if name in texts]
    named = [input] if input is not None else usual[:1] or (texts if len(texts) == 1 else [])
    if not named or is_missing(facts.get(named[0])):
        fix = f"pass --input {alternatives(texts)}" if texts else "add the data of the task, or prepare with --skip-bad"
        found = "data " + (", ".join(facts) or "of no kind")
        raise DataError(
            283, "the row has no input", where=where, found=found, expected=input or "an image or text", fix=fix
        )
    return _SERVED.sub("", str(facts[named[0]]))
