"""Folders and archives that are given beside a table: they hold the files that its rows name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headstart.core import contracts
from headstart.core.contracts.access import Access
from headstart.core.contracts.source import TABLE
from headstart.core.errors import DataError
from headstart.data.file_names import is_no_path, names_pictures
from headstart.data.reading.name_index import NameIndex
from headstart.data.reading.paths import Resolver
from headstart.data.reading.picture_columns import is_table, picture_column
from headstart.data.reading.readers import reader_of, readers
from headstart.data.reading.roles import Ask, Roles


def holders_of(given: Sequence[Any], access: Access) -> dict[Path, Any]:
    """The folders and archives among what was given beside a table: they hold the files that it names."""
    paths = [Path(one) for one in given if isinstance(one, str | Path) and not is_no_path(str(one))]
    found = {path: reader_of(path, access) for path in paths if path.is_file()}
    if not any(reader is not None and reader.form == TABLE for reader in found.values()):
        return {}
    holding = [reader for reader in readers() if reader.form == "files"]
    return {path: reader(path, access) for path in paths for reader in holding if reader.accepts(path, access)}


def with_pictures(one: Any, options: Mapping[str, Any], holders: Sequence[Any], access: Access) -> Mapping[str, Any]:
    """The options for a table: its input is the column that names files of the holders, where nobody says another."""
    ask: Ask | None = options["ask"]
    if not holders or options["input"] is not None or (ask is not None and ask.learned is not None):
        return options
    if not isinstance(one, str | Path) or not is_table(str(one)):
        return options
    index = NameIndex(name for holder in holders for name in holder.names)
    return {**options, "input": picture_column(Path(one), index, access)}


def held(
    example: contracts.Example, folder: Path | None, holders: Sequence[Any], roles: Roles | None, access: Access
) -> contracts.Example:
    """A row of a table with the file that it names, where what was given holds one; in a column called image or the
    like, what is one word is the name of a file, or an error."""
    value = example["input"]
    if not isinstance(value, str) or not value.strip():
        return example
    found = next((blob for holder in holders if (blob := holder.find(value.strip())) is not None), None)
    if found is not None:
        return {**example, "input": found}
    columns = () if roles is None else roles.inputs
    if len(columns) != 1 or not names_pictures(columns[0]) or len(value.split()) > 1:
        return example
    try:
        return {**example, "input": Resolver(folder, holders, access).blob(value)}
    except DataError as error:
        return {**example, "input": error}
