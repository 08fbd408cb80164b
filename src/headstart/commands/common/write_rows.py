"""Rows of plain JSON -> a file of the kind its name says."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headstart.core.errors import UsageError
from headstart.core.files import write_whole


def check_kind(path: Path, kinds: Sequence[str]) -> str:
    """The file's kind by its ending; UsageError before any work if it is none of `kinds`."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in kinds:
        expected = " or ".join(f".{k}" for k in kinds)
        raise UsageError(570, "unknown file type for --out", found=path.name, expected=expected)
    return kind


def write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """JSON lines, CSV (nested values as JSON; probabilities as columns) or Parquet; whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix.lower().removeprefix(".")
    if kind in ("jsonl", "csv"):
        text = _csv(rows) if kind == "csv" else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_whole(path, text.encode("utf-8", "backslashreplace"))
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), buffer)
        write_whole(path, buffer.getvalue())


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    flat = [_flat(row) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            flat[name] = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
    return flat
