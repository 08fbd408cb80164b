"""Which column of a table names the pictures that lie with it."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError
from headstart.data.opening import json_text, parquet
from headstart.data.opening.compressed import inner_name, open_text
from headstart.data.reading.csv_form import column_names, table_form
from headstart.data.reading.name_index import NameIndex

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_LOOK = 100  # rows whose values are compared with the names there are; the rows themselves say what is not there
_MOST = 0.8  # of the values that are names of pictures
_USUAL = (
    "file_name", "filename", "file", "image", "image_id", "img", "path", "picture", "photo", "audio", "sound",
    "recording", "wav", "id",
)  # fmt: skip


def is_table(name: str) -> bool:
    """Is this the name of a table?"""
    return inner_name(Path(name)).endswith(TABLES)


def picture_column(path: Path, pictures: NameIndex, access: Access) -> str | None:
    """The column whose values name pictures, with or without folders and suffix; None if there is none.

    Of a column with a usual name one value that names a picture is enough; of others, most of them.
    """
    rows = head(path, access)
    shares = {name: _share([row.get(name) for row in rows], pictures) for name in (rows[0] if rows else ())}
    found = [name for name, share in shares.items() if share >= _MOST or (share and name.lower() in _USUAL)]
    order = (*_USUAL, *(name.lower() for name in found))
    return min(found, key=lambda name: min(order.index(name.lower()), len(_USUAL)), default=None)


def _share(values: Sequence[Any], pictures: NameIndex) -> float:
    texts = [
        str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool) and str(value)
    ]
    return sum(bool(pictures.like(text)) for text in texts) / max(len(values), 1)


def head(path: Path, access: Access) -> list[Mapping[str, Any]]:
    """The first rows of a table by column; [] for what is none."""
    budget = access.budget
    try:
        if path.suffix.lower() == ".parquet":
            return list(islice(parquet.rows(path, access.budget), _LOOK))
        if inner_name(path).endswith((".csv", ".tsv")):
            names, *rows = [
                record.cells for record in islice(table_form(path, budget).records(path, budget), _LOOK + 1)
            ] or [[]]
            return [dict(zip(column_names(names), row, strict=False)) for row in rows]
        with open_text(path, budget) as file:
            rows = [json_text.loads(line, path.name, budget) for line in islice(file, _LOOK) if line.strip()]
            return [row for row in rows if isinstance(row, dict)]
    except (DataError, ValueError, RecursionError):
        return []
