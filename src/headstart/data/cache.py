"""Any data a user may name -> a store: a prepared directory is opened, everything else prepared once and kept."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.core.contracts.account import Account
from headstart.core.errors import StorageError, UsageError
from headstart.core.version import __version__
from headstart.data.file_names import is_hub
from headstart.data.prepare import prepare
from headstart.data.preparing.derived_columns import rederived
from headstart.data.reading.open_raw import check_exists
from headstart.data.reading.roles import Learned
from headstart.data.storage import manifest
from headstart.data.store import Store

DIGITS = "digits"


def open_data(
    data: Any, *, learned: Learned | None = None, told: Callable[[Account], None] = lambda account: None, **options: Any
) -> Store:
    """Open data for use. `options` are those of `prepare`, as are `learned` and `told`, for which prepared data have no
    use.

    data   a Store, a prepared directory, "digits" (handwritten digits that come with scikit-learn, 8 x 8), or raw data,
           which are prepared into the cache under a key of their content, the options and the version; "hf:org/name"
           is a data set of the Hugging Face hub.
    """
    if isinstance(data, Store):
        return data
    if isinstance(data, str) and data == DIGITS and not Path(data).exists():
        return _digits(options.get("settings") or {})
    if isinstance(data, str | Path) and not is_hub(str(data)):
        check_exists(Path(data))
        if (Path(data) / manifest.NAME).is_file():
            if options:
                fix = "give the raw data instead"
                raise UsageError(305, "the data are prepared already", where=data, found=", ".join(options), fix=fix)
            return Store.open(data)
    return prepare(data, lambda name: directory() / name, learned=learned, told=told, **options)


def refitted(store: Store, modality: contracts.Modality) -> Store:
    """The rows of a store in the form that a model's own modality wants: its own token ids, from the stored text."""
    form = json.dumps([store.hash, modality.spec.key], sort_keys=True)
    place = f"{store.manifest['modality']}-{hashlib.sha256(form.encode()).hexdigest()[:24]}"
    return rederived(store, modality, directory() / place)


def directory() -> Path:
    """Where prepared data are kept: $HEADSTART_CACHE, else ~/.cache/headstart, else the temporary directory."""
    chosen = os.environ.get("HEADSTART_CACHE")
    try:
        folder = Path(chosen) if chosen else Path.home() / ".cache" / "headstart"
    except RuntimeError:  # no home directory
        folder = Path(tempfile.gettempdir()) / "headstart"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        fix = "set HEADSTART_CACHE to a directory that can be written"
        raise StorageError(222, "cannot make the cache", where=folder, found=cause.strerror, fix=fix) from cause
    return folder


def _digits(settings: Mapping[str, Any]) -> Store:
    """1,797 grey images of 8 x 8 with classes "0" to "9" (Alpaydin and Kaynak 1998), or in the form a model expects."""
    form = "".join(f"-{name}-{value}" for name, value in sorted(settings.items()))
    place = directory() / f"digits-{__version__}{form}"
    if place.is_dir():
        return Store.open(place)
    from sklearn.datasets import load_digits

    images, numbers = load_digits(return_X_y=True)
    pixels = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)  # stored as 0..16
    labels = np.array([str(number) for number in numbers])
    licence = "CC BY 4.0 (UCI)"
    return prepare((pixels, labels), place, near="keep", licence=licence, settings=settings, given=[DIGITS])
