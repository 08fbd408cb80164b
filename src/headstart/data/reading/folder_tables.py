"""Tables that lie in one folder: the pieces of one, or train, valid and test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from headstart.core.contracts.access import Access
from headstart.core.contracts.source import TABLE
from headstart.core.errors import UsageError
from headstart.data.file_names import MEDIA
from headstart.data.reading.file_tree import peek
from headstart.data.reading.folder_layout import split_of, split_of_file
from headstart.data.reading.picture_columns import is_table
from headstart.data.reading.readers import reader_of

_COUNT = re.compile(r"\d+")  # what differs in the names of the pieces of one table


def shards(folder: Path, access: Access) -> list[Path]:
    """The tables of a folder that holds nothing but numbered pieces of one, as Spark writes them; [] for any other."""
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "_"))]
    if not files or len({_COUNT.sub("#", path.name) for path in files}) > 1 or not _COUNT.search(files[0].name):
        return []
    readers = {reader_of(path, access) if path.is_file() else None for path in files}
    return files if all(reader is not None and reader.form == TABLE for reader in readers) else []


def files_of_parts(folder: Path, access: Access) -> list[Path]:
    """train.csv, valid.csv and test.csv (or .npz, .zip, ...) in a folder; UsageError if a part is there twice."""
    named = [p for p in sorted(folder.iterdir()) if p.is_file() and split_of_file(p.name)]
    files = [p for p in named if p.suffix.lower() not in MEDIA and reader_of(p, access) is not None]
    for before, after in pairwise(files):
        if before.name.split(".")[0] == after.name.split(".")[0] and reader_of(before, access) != reader_of(
            after, access
        ):
            fix = "name the files: headstart prepare --train FILE --valid FILE --test FILE"
            found = f"{before.name} and {after.name}"
            raise UsageError(325, "a file of the data is there in two formats", where=folder, found=found, fix=fix)
    return files


def are_of_pictures(folder: Path, parts: Sequence[Path], access: Access) -> bool:
    """Are train.csv and test.csv tables of the pictures or sounds that lie in one folder for all, or one for each?"""
    if not all(is_table(part.name) for part in parts):
        return False
    media = [name for name in peek(folder, access) if PurePosixPath(name).suffix.lower() in MEDIA]
    pictures = {PurePosixPath(name).parent for name in media}
    plain = len(pictures) == 1 or (bool(pictures) and all(split_of(place.name) for place in pictures))
    whole = reader_of(folder, access) if plain else None
    return whole is not None and whole.form == TABLE
