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
from headstart.data.reading.folder_layout import COMPANION_NAMES, split_of, split_of_file
from headstart.data.reading.picture_columns import is_table
from headstart.data.reading.readers import reader_of

_COUNT = re.compile(r"\d+")  # what differs in the names of the pieces of one table
_END = re.compile(r"[-_ ]")  # before the name of a part at the end of that of a file
_NOTES = frozenset((".md", ".rst", ".pdf", ".html"))  # of a folder with a table: what people read about it


def shards(folder: Path, access: Access) -> list[Path]:
    """The tables of a folder that holds nothing but one of them, or numbered pieces of one, as Spark writes them, and
    what people read about it; [] for any other."""
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith((".", "_")) and not _is_note(path)]
    alike = {_COUNT.sub("#", path.name) for path in files}
    if len(alike) != 1 or (len(files) > 1 and not _COUNT.search(files[0].name)):
        return []
    return files if all(_is_table(path, access) for path in files) else []


def files_of_parts(folder: Path, access: Access) -> dict[Path, str]:
    """train.csv, valid.csv and test.csv (or .npz, .zip, ...) in a folder, each with its part, or tables of one name
    with the part behind it (adult-train.csv, adult-test.csv); UsageError if a part is there twice."""
    named = {p: split for p in sorted(folder.iterdir()) if p.is_file() and (split := split_of_file(p.name))}
    files = {
        p: split for p, split in named.items() if p.suffix.lower() not in MEDIA and reader_of(p, access) is not None
    }
    for before, after in pairwise(files):
        if before.name.split(".")[0] == after.name.split(".")[0] and reader_of(before, access) != reader_of(
            after, access
        ):
            fix = "name the files: headstart prepare --train FILE --valid FILE --test FILE"
            found = f"{before.name} and {after.name}"
            raise UsageError(325, "a file of the data is there in two formats", where=folder, found=found, fix=fix)
    return files or _with_endings(folder, access)


def _with_endings(folder: Path, access: Access) -> dict[Path, str]:
    """Tables that are all called alike but for the part at the end of their names; {} if there are others."""
    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and not _is_note(path)]
    names = [path.name.partition(".")[0] for path in files]
    ends = [_END.split(name)[-1] for name in names]
    parts = [split_of(end) for end in ends]
    begins = {name.removesuffix(end) for name, end in zip(names, ends, strict=True)}
    if len(begins) != 1 or "train" not in parts or None in parts or len(set(parts)) < max(2, len(files)):
        return {}
    tables = all(_is_table(path, access) for path in files)
    return {path: part for path, part in zip(files, parts, strict=True) if part} if tables else {}


def _is_note(path: Path) -> bool:
    return path.suffix.lower() in _NOTES or path.name.lower().partition(".")[0] in COMPANION_NAMES


def _is_table(path: Path, access: Access) -> bool:
    reader = reader_of(path, access) if path.is_file() else None
    return reader is not None and reader.form == TABLE


def are_of_pictures(folder: Path, parts: Sequence[Path], access: Access) -> bool:
    """Are train.csv and test.csv tables of the pictures or sounds that lie in one folder for all, or one for each?"""
    if not all(is_table(part.name) for part in parts):
        return False
    media = [name for name in peek(folder, access) if PurePosixPath(name).suffix.lower() in MEDIA]
    pictures = {PurePosixPath(name).parent for name in media}
    plain = len(pictures) == 1 or (bool(pictures) and all(split_of(place.name) for place in pictures))
    whole = reader_of(folder, access) if plain else None
    return whole is not None and whole.form == TABLE
