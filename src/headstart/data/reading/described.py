"""What was given, in a few words each."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headstart.data.file_names import is_no_path, without_password
from headstart.data.reading.in_memory import are_records, are_texts, in_memory, is_dataset, is_frame


def described(given: Any) -> Iterator[str]:
    """A line for every source: its name, or what kind of data a program holds."""
    if is_dataset(given):
        yield "a data set in memory"
    elif isinstance(given, Mapping):
        for name, value in given.items():
            yield from (f"{name}: {line}" for line in described(value))
    elif isinstance(given, str | Path):
        yield without_password(str(given)) if is_no_path(str(given)) else Path(given).name
    elif isinstance(given, np.ndarray):
        yield f"array {list(given.shape)} {given.dtype}"
    elif (found := in_memory(given)) is not None:
        rows = found[0] if isinstance(found, tuple) else found
        yield f"{len(rows):,} {'texts' if are_texts(rows.tolist()) else 'rows'}"
    elif are_records(given):
        yield f"{len(given):,} records"
    elif is_frame(given):
        yield f"frame of {len(given)} rows with columns " + ", ".join(str(c) for c in given.columns)
    else:
        for one in given:
            yield from described(one)
