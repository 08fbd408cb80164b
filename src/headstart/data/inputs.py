"""What a user gives a trained model to answer -> examples, without preparing or storing anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headstart.core.contracts import Example, Modality
from headstart.data.cache import DIGITS, open_data
from headstart.data.reading.in_memory import is_path
from headstart.data.reading.open_raw import rows_for
from headstart.data.storage import manifest
from headstart.data.store import Store


def prepared(inputs: Any) -> Store | None:
    """The store, if prepared data were given."""
    if isinstance(inputs, Store) or (isinstance(inputs, str) and inputs == DIGITS):
        return open_data(inputs)
    if isinstance(inputs, str | Path) and (Path(inputs) / manifest.NAME).is_file():
        return Store.open(inputs)
    return None


def examples_of(inputs: Any, *, modality: Modality) -> Iterator[Example]:
    """Anything `prepare` accepts, or a list of single records (files, arrays, images, texts), in the order given; a str
    is a row by itself where the modality reads texts, unless it names a file."""
    if _are_texts(inputs, modality):
        rows = [inputs] if isinstance(inputs, str) else inputs
        yield from ({"input": one, "origin": f"row {place}"} for place, one in enumerate(rows))
        return
    if isinstance(inputs, list | tuple) and inputs and not all(isinstance(one, str | Path) for one in inputs):
        yield from ({"input": one, "origin": f"row {place}"} for place, one in enumerate(inputs))
        return
    yield from rows_for(modality, inputs)


def _are_texts(inputs: Any, modality: Modality) -> bool:
    rows = [inputs] if isinstance(inputs, str) else inputs
    return (
        not modality.files
        and isinstance(rows, list | tuple)
        and modality.recognises("some words", "")
        and all(isinstance(one, str) and not is_path(one) for one in rows)
    )
