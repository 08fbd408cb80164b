"""Lines of CSV text as columns of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def columns_of(
    data: bytes, width: int, only: Sequence[int] | None = None, *, delimiter: str, quoted: bool
) -> list[pa.Array[Any]] | None:
    """The cells of lines by column, all or `only` these, an Arrow array of texts [n] each; None unless each line has
    `width` cells. `quoted`: quotes around cells mark their ends."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(number) for number in range(width)]
    read = csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names)
    parse = csv.ParseOptions(delimiter=delimiter, quote_char='"' if quoted else False, ignore_empty_lines=False)
    taken = names if only is None else [names[place] for place in only]
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, include_columns=taken
    )
    try:
        table = csv.read_csv(pa.py_buffer(data), read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid:
        return None
    return [column.combine_chunks() for column in table.columns]
