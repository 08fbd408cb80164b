"""JSON lines, or one JSON list of objects, plain or compressed: rows with an input column and often a label."""

from collections.abc import Iterator
from functools import cached_property
from json import JSONDecodeError
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening import json_text
from headstart.data.opening.compressed import inner_name, open_text
from headstart.data.reading.roles import Ask
from headstart.data.reading.table_columns import choose
from headstart.data.reading.table_rows import example, label_of

_SUFFIXES = (".jsonl", ".ndjson", ".json")
_FIX = "correct the line, or prepare with --skip-bad"


class Jsonl:
    """Rows of a .jsonl or .ndjson file, one object per line, or of a .json file that holds a list of objects,
    alone or under one key, or one object per line as well.

    `input` and `target` name keys; the usual names are found. A line that is no object is an unreadable row.
    """

    form: ClassVar = "table"
    order: ClassVar = 1

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path, self._budget = path, access.budget
        names = list(dict.fromkeys(name for _, row in self._rows() if isinstance(row, dict) for name in row))
        if not names:
            expected = "one object per line" if self._lined else "a list of objects"
            raise DataError(281, "no row in the file", where=path.name, expected=expected)
        self.roles = choose(
            names, input=input, target=target, where=path.name, ask=ask, rows=self._objects(), folder=path.parent
        )

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and inner_name(given).endswith(_SUFFIXES)

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        roles = self.roles
        for number, row in self._rows():
            origin = f"{self.path.name}{':' if self._lined else '#'}{number}"
            if not isinstance(row, dict):
                yield {"input": row if isinstance(row, DataError) else _no_object(row, origin), "origin": origin}
                continue
            missing = [name for name in roles.inputs if name not in row]
            if missing:
                found = "keys " + ", ".join(row)
                bad = DataError(283, "the row has no input", where=origin, found=found, expected=missing[0], fix=_FIX)
                yield {"input": bad, "origin": origin}
                continue
            columns = (*roles.inputs, *roles.labels, roles.split)
            yield example({**{name: None for name in columns if name}, **row}, roles, origin)

    def labels(self) -> Iterator[Any]:
        names = self.roles.labels
        rows = (row for _, row in self._rows() if isinstance(row, dict)) if names else ()
        return (label_of({name: row.get(name) for name in names}, self.roles) for row in rows)

    def _objects(self) -> Iterator[dict[str, Any]]:
        return (row for _, row in self._rows() if isinstance(row, dict))

    @cached_property
    def _lined(self) -> bool:
        """Is there an object a line? So it is in many a file called .json, where the first line is one by itself."""
        if not inner_name(self.path).endswith(".json"):
            return True
        with open_text(self.path, self._budget) as file:
            first = next((line for line in file if line.strip()), "")
            more = next((line for line in file if line.strip()), "")
        return isinstance(_parsed(first, self.path.name, self._budget), dict) and more.lstrip().startswith("{")

    def _rows(self) -> Iterator[tuple[int, Any]]:
        """Numbered values, lines from 1 and items of a list from 0; an error in place of what is no JSON."""
        if self._lined:
            with open_text(self.path, self._budget) as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        where = f"{self.path.name}:{number}"
                        row = _parsed(line.rstrip("\r\n"), where, self._budget)
                        yield number, row
            return
        yield from enumerate(self._list())

    def _list(self) -> list[Any]:
        with open_text(self.path, self._budget) as file:
            whole = _parsed(file.read(), self.path.name, self._budget)
        if isinstance(whole, DataError):
            raise whole
        if isinstance(whole, dict):  # the rows may lie under one key: {"data": [{...}]}
            rows = [value for value in whole.values() if _are_objects(value)]
            whole = rows[0] if len(rows) == 1 else whole
        if not isinstance(whole, list):
            found, expected = _kind(whole), "a list of objects"
            raise DataError(284, "the JSON file is not a table", where=self.path.name, found=found, expected=expected)
        return whole


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _parsed(text: str, where: str, budget: Budget) -> Any:
    try:
        return json_text.loads(text, where, budget)
    except JSONDecodeError as cause:
        line = f" at line {cause.lineno}" if "\n" in text else ""
        return _no_json(f"{cause.msg}{line}, column {cause.colno}", where)
    except ValueError:
        return _no_json("a number of more than 4,300 digits", where)
    except RecursionError:
        return _no_json("objects nested too deeply", where)


def _no_json(found: str, where: str) -> DataError:
    return DataError(282, "this is not JSON", where=where, found=found, fix=_FIX)


def _no_object(value: Any, where: str) -> DataError:
    return DataError(285, "the row is not an object", where=where, found=_kind(value), expected="{...}", fix=_FIX)


def _kind(value: Any) -> str:
    known = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return known.get(type(value), "null" if value is None else "a number")
