"""What a user gives a trained model to answer -> examples, without preparing or storing anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headstart.core.contracts import Example, Modality
from headstart.core.contracts.account import Account, Used
from headstart.data.cache import account_of_store, open_data
from headstart.data.digits import DIGITS
from headstart.data.file_names import is_no_path
from headstart.data.reading.accounts import counted
from headstart.data.reading.in_memory import are_records, is_path, untensored
from headstart.data.reading.open_raw import check_no_columns, raw_for
from headstart.data.reading.roles import Ask
from headstart.data.storage import manifest
from headstart.data.store import Store


def prepared(inputs: Any) -> Store | None:
    """The store, if prepared data were given."""
    if isinstance(inputs, Store) or (isinstance(inputs, str) and inputs == DIGITS):
        return open_data(inputs)
    if isinstance(inputs, str | Path) and (Path(inputs) / manifest.NAME).is_file():
        return Store.open(inputs)
    return None


def examples_of(inputs: Any, *, modality: Modality, ask: Ask = Ask()) -> Iterator[Example]:
    """Anything `prepare` accepts, or a record, or a list of records (files, arrays, images, texts), in the order given.

    Where the modality reads texts, a list of strings is a list of texts, and a lone string is one unless it names a
    file; a Path is always a file. `ask` is about the columns of tables.
    """
    inputs = untensored(inputs)
    rows = _records(inputs, modality)
    if rows is None:
        yield from raw_for(modality, _paths(inputs), ask).examples()
        return
    check_no_columns(ask)
    made = ({"input": untensored(one), "origin": f"row {place}"} for place, one in enumerate(rows))
    yield from made if modality.past is None else modality.past.rows(made)


def account_of(inputs: Any, *, modality: Modality, kind: str, ask: Ask = Ask()) -> Account:
    """How what is given to a model of a kind of data would be read; no row is."""
    store = prepared(inputs)
    if store is not None:
        return account_of_store(store)
    inputs = untensored(inputs)
    rows = _records(inputs, modality)
    if rows is None:
        return raw_for(modality, _paths(inputs), ask, kind=kind).account()
    check_no_columns(ask)
    return Account(used=(Used(what=counted(len(rows), "row"), role=kind),))


def _records(inputs: Any, modality: Modality) -> list[Any] | tuple[Any, ...] | None:
    """What was given, if it is one record or a list of them; None for files, tables, dicts and arrays of rows."""
    texts = not modality.files and modality.is_row("some words")
    if isinstance(inputs, str):
        return [inputs] if texts and not is_path(inputs) else None
    if isinstance(inputs, list | tuple) and inputs and not are_records(inputs):
        strings = all(isinstance(one, str) for one in inputs)
        named = all(isinstance(one, str | Path) for one in inputs)
        return inputs if (strings and texts) or not named else None
    return [inputs] if modality.is_row(inputs) else None


def _paths(inputs: Any) -> Any:
    """Strings in a list as paths: where a model reads no texts, they are nothing else."""
    if not isinstance(inputs, list | tuple) or not all(isinstance(one, str | Path) for one in inputs):
        return inputs
    return [one if is_no_path(str(one)) else Path(one) for one in inputs]
