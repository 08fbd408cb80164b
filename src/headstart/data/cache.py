"""Any data a user may name -> a store: a prepared directory is opened, everything else prepared once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from headstart.core import contracts
from headstart.core.cache_folder import directory
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import StorageError, UsageError
from headstart.core.version import __version__
from headstart.data.digits import CONTENT, DIGITS, LICENCE, is_digits, load_digits
from headstart.data.file_names import is_no_path
from headstart.data.given_path import check_path
from headstart.data.prepare import prepare, taken
from headstart.data.preparing.derived_columns import rederived
from headstart.data.reading.roles import Learned
from headstart.data.storage import manifest
from headstart.data.store import Store


def open_data(
    data: Any, *, learned: Learned | None = None, told: Callable[[Account], None] = lambda account: None, **options: Any
) -> Store:
    """Open data for use. `options` are those of `prepare`, as are `learned` and `told`, for which prepared data have no
    use.

    data   a Store, a prepared directory, "digits" (handwritten digits that come with scikit-learn, 8 x 8), or raw data,
           which are prepared into the cache under a key of their content, the options and the version; "hf:org/name"
           is a data set of the Hugging Face hub.
    """
    store = _prepared(data, options)
    if store is not None:
        return store
    if is_digits(data):
        return _digits(options.get("settings") or {})
    return prepare(data, lambda name: directory() / name, learned=learned, told=told, **options)


def account_of(
    data: Any, *, learned: Learned | None = None, modality: str = "auto", input: str | None = None,
    target: str | None = None, id: str | None = None, group: str | None = None, time: str | None = None,
    follow: bool = False, gather: bool = False, by_name: bool = False, marks: str | None = None,
    **options: Any,
) -> Account:  # fmt: skip
    """How `open_data` would read the data; nothing is prepared or written."""
    columns = {"input": input, "target": target, "id": id, "group": group, "time": time, "marks": marks}
    named = {name: value for name, value in columns.items() if value is not None} | options
    store = _prepared(data, named if modality == "auto" else {**named, "modality": modality})
    if store is not None:
        return account_of_store(store)
    given = load_digits() if is_digits(data) else data
    return taken(given, learned=learned, modality=modality, follow=follow, gather=gather, by_name=by_name, **columns)


def account_of_store(store: Store) -> Account:
    """Prepared rows, and what they were made of."""
    counts = ", ".join(f"{count:,} {name}" for name, count in store.splits.items() if count)
    rows = Used(what=f"{sum(store.splits.values()):,} prepared rows of kind {store.manifest['modality']} ({counts})")
    read = store.taken
    made = [Used(what=phrase) for phrase in read.get("used", ())]
    return Account(used=(rows, *made), unused=tuple(read.get("unused", ())))


def _prepared(data: Any, options: Mapping[str, Any]) -> Store | None:
    """The store, if prepared data were given; UsageError for options of `prepare` beside them."""
    if isinstance(data, Store):
        return data
    if not isinstance(data, str | Path) or is_no_path(str(data)) or is_digits(data):
        return None
    check_path(Path(data))
    if not (Path(data) / manifest.NAME).is_file():
        return None
    if options:
        fix = "give the raw data instead"
        raise UsageError(305, "the data are prepared already", where=data, found=", ".join(options), fix=fix)
    return Store.open(data)


def is_prepared(data: Any) -> bool:
    """Is this a store, or the directory of one?"""
    if isinstance(data, Store):
        return True
    named = isinstance(data, str | Path) and not is_no_path(str(data)) and not is_digits(data)
    return named and (Path(data) / manifest.NAME).is_file()


def refitted(store: Store, modality: contracts.Modality) -> Store:
    """The rows of a store in the form that a model's own modality wants: its own token ids, from the stored text."""
    form = json.dumps([store.hash, modality.spec.key], sort_keys=True)
    place = f"{store.manifest['modality']}-{hashlib.sha256(form.encode()).hexdigest()[:24]}"
    return rederived(store, modality, directory() / place)


def _digits(settings: Mapping[str, Any]) -> Store:
    """The bundled digits as they are, or in the form a model expects."""
    form = "".join(f"-{name}-{value}" for name, value in sorted(settings.items()))
    place = directory() / f"digits-{__version__}{form}"
    if _holds_digits(place):
        return Store.open(place)
    return prepare(
        load_digits(), place, near="keep", licence=LICENCE, settings=settings, given=[DIGITS], overwrite=True
    )


def _holds_digits(place: Path) -> bool:
    """Were the digits prepared there, and is every byte as it was written? Whatever else lies there is replaced."""
    try:
        return Store.open(place).manifest["source"]["hash"] == CONTENT
    except StorageError:
        return False
