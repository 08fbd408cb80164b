"""What folders say about the files in them: class folders become labels, train/valid/test folders become splits."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from headstart.core.contracts.account import Account, Used
from headstart.data.file_names import MEDIA, TEXTS, is_text_file
from headstart.data.reading.accounts import counted, files_as, some

SPLITS: Mapping[str, Sequence[str]] = {
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing", "t10k"),
}

# Files that lie beside data and are not data.
_COMPANIONS = frozenset((
    ".csv", ".tsv", ".json", ".jsonl", ".md", ".rst", ".xml", ".yaml", ".yml", ".html", ".htm", ".pdf", ".py",
    ".ipynb", ".ini", ".cfg", ".toml", ".db", ".log", ".gz", ".zst", ".zip", ".tar", ".parquet", ".lock", ".ndjson",
    ".sha256", ".md5",
))  # fmt: skip
_COMPANION_NAMES = frozenset({"readme", "license", "licence", "copying", "notice", "thumbs.db", "desktop.ini"})


class Place(NamedTuple):
    """Where a file lies, as far as its folders say."""

    label: str | None
    split: str | None


def split_of(name: object) -> str | None:
    """train, valid or test for any of their usual names, else None."""
    plain = str(name).strip().lower()
    return next((split for split, names in SPLITS.items() if plain in names), None)


def split_above(name: str) -> str | None:
    """The split that a folder above the file names, the outermost one."""
    return next((split for folder in PurePosixPath(name).parts[:-1] if (split := split_of(folder)) is not None), None)


def split_of_file(name: str) -> str | None:
    """The part that a file is by its name: train.csv, dev.conll.gz, and en_ewt-ud-dev.conllu, as treebanks call it."""
    stem, *suffixes = name.lower().split(".")
    return split_of(stem) or split_of(stem.rpartition("-")[2] if "conllu" in suffixes else "")


def data_files(names: Sequence[str]) -> list[str]:
    """The names that are data: not hidden, not a read-me, table or archive that lies beside them; sorted."""
    suffixes = {PurePosixPath(name).suffix.lower() for name in names}
    beside = _COMPANIONS | set(TEXTS) if suffixes & MEDIA else _COMPANIONS
    return sorted(name for name in names if not is_hidden(name) and not _beside(name, beside))


def files_below(folder: Path) -> list[str]:
    """Every file below a folder, as a path with forward slashes."""
    return [(Path(top) / name).relative_to(folder).as_posix() for top, _, files in os.walk(folder) for name in files]


def is_hidden(name: str) -> bool:
    """Is a file hidden, or in a hidden folder?"""
    return any(piece.startswith(".") or piece == "__MACOSX" for piece in PurePosixPath(name).parts)


def _beside(name: str, suffixes: frozenset[str]) -> bool:
    path = PurePosixPath(name.lower())
    suffix = next((text for text in TEXTS if is_text_file(path.name) and text in path.suffixes[-2:]), path.suffix)
    companion = path.name in _COMPANION_NAMES or (suffix in TEXTS and path.name.partition(".")[0] in _COMPANION_NAMES)
    return suffix in suffixes or companion


def places(names: Sequence[str]) -> list[Place]:
    """Label and split of every file from its folders: `train/cats/1.jpg`, `cats/1.jpg`, `cats/outdoors/1.jpg`, `1.jpg`.

    A folder that merely wraps everything (`photos/cats/1.jpg`, `photos/dogs/2.jpg`) is passed over.
    """
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    while (
        folders
        and all(len(f) > 1 for f in folders)
        and len({f[0] for f in folders}) == 1
        and not split_of(folders[0][0])
    ):
        folders = [f[1:] for f in folders]
    tops = {f[0] for f in folders if f}
    known = {split_of(top) for top in tops} - {None}
    # A lone folder "train" among others is a class (rail traffic); parts come at least in pairs or alone.
    if tops and (all(split_of(top) for top in tops) or len(known) > 1):
        return [_place_in_split(f) for f in folders]
    return [Place(f[0] if f else None, None) for f in folders]


def _place_in_split(folder: tuple[str, ...]) -> Place:
    split = split_of(folder[0]) if folder else None
    below = folder[1:] if split else folder
    return Place(below[0] if below else None, split)


def account(every: Sequence[str], names: Sequence[str]) -> Account:
    """What the folders of `names`, the data files among `every` file, are taken for."""
    found = places(names)
    classes = sorted({place.label for place in found if place.label is not None})
    parts = [split for split in SPLITS if any(place.split == split for place in found)]
    used = [Used(what=counted(len(names), "data file"), role="input")]
    used += [Used(what=f"{counted(len(classes), 'class folder')} ({some(classes)})", role="label")] if classes else []
    used += [Used(what=f"folders of {', '.join(parts)}", role="split")] if parts else []
    left = {name for name in every if not is_hidden(name)} - set(names)
    return Account(used=tuple(used), unused=files_as(left))
