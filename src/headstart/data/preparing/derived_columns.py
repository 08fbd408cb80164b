"""Settled columns: what a modality makes of stored rows once it has learned from them, such as token ids from text."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headstart.core import contracts, swap
from headstart.data.storage import apart, manifest
from headstart.data.storage.gather import column, rows_of, taken
from headstart.data.storage.writer import Writer
from headstart.data.store import Store

_CHUNK = 1 << 24  # bytes looked at together


def chunks(directory: Path, columns: Mapping[str, Any], rows: np.ndarray) -> Iterator[contracts.Columns]:
    """Stored rows a few megabytes at a time, in the order given. rows int64 [n]."""
    opened = [column(directory, name, about) for name, about in columns.items()]
    step = max(1, _CHUNK * len(rows) // max(1, sum(one.bytes_of(rows) for one in opened)))
    return (taken(opened, rows[start : start + step]) for start in range(0, len(rows), step))


def derive(directory: Path, modality: contracts.Modality, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Write the columns that follow from the stored ones, and describe them for the manifest."""
    count = next(iter(columns.values()))["rows"]
    with Writer(directory) as writer:
        for chunk in chunks(directory, columns, np.arange(count)):
            derived = modality.derive(chunk)
            if not derived:
                return {}
            writer.add(list(rows_of(derived)))
        return writer.finish(np.ones(count, bool))


def rederived(store: Store, modality: contracts.Modality, place: Path) -> Store:
    """The same rows, with the derived columns made anew by a model's own modality; kept at `place`."""
    if place.is_dir():
        return Store.open(place)
    with swap.made_aside(place) as aside:
        known = store.manifest
        kept = {name: about for name, about in known["columns"].items() if name not in known["settled"]}
        files = [about[part] for about in kept.values() for part in ("file", "offsets") if about.get(part)]
        beside = [apart.NAME] if apart.NAME in known["files"] else []
        for name in (*files, "rows.parquet", "rejected.parquet", *beside):
            shutil.copyfile(store.directory / name, aside / name)
        derived = derive(aside, modality, kept)
        modality.save(aside)
        body = {name: value for name, value in known.items() if name not in ("format", "files", "digest")}
        manifest.write(aside, {**body, "columns": {**kept, **derived}, "settled": sorted(derived)})
    return Store.open(place)
