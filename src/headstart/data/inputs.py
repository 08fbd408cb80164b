"""What a user gives a trained model to answer -> examples, without preparing or storing anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headstart.core.contracts import Example
from headstart.data.cache import DIGITS, open_data
from headstart.data.reading.in_memory import is_path
from headstart.data.reading.open_raw import open_raw
from headstart.data.storage import manifest
from headstart.data.store import Store


def prepared(inputs: Any) -> Store | None:
    """The store, if prepared data were given."""
    if isinstance(inputs, Store) or (isinstance(inputs, str) and inputs == DIGITS):
        return open_data(inputs)
    if isinstance(inputs, str | Path) and (Path(inputs) / manifest.NAME).is_file():
        return Store.open(inputs)
    return None


def examples_of(inputs: Any, *, modality: str, column: str | None = None) -> Iterator[Example]:
    """Anything `prepare` accepts, or a list of single records (files, arrays, images, texts), in the order given.

    A str is a row by itself where the model reads text, unless it names a file.
    """
    if modality == "text" and _are_rows(inputs):
        rows = [inputs] if isinstance(inputs, str) else inputs
        yield from ({"input": one, "origin": f"row {place}"} for place, one in enumerate(rows))
        return
    if isinstance(inputs, list | tuple) and inputs and not all(isinstance(one, str | Path) for one in inputs):
        yield from ({"input": one, "origin": f"row {place}"} for place, one in enumerate(inputs))
        return
    yield from open_raw(inputs, modality=modality, input=column, target=None).examples()


def _are_rows(inputs: Any) -> bool:
    """One text or several, and not a name of a file among them."""
    rows = [inputs] if isinstance(inputs, str) else inputs
    return isinstance(rows, list | tuple) and all(isinstance(one, str) and not is_path(one) for one in rows)
