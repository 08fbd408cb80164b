"""What folders say about the files in them: class folders become labels, train/valid/test folders become splits."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from headstart.core.errors import DataError
from headstart.data.file_names import MEDIA, TEXTS, is_text_file
from headstart.data.reading.accounts import files_as, some
from headstart.data.reading.name_index import composed
from headstart.data.reading.parts import is_neutral, parts_of, split_of

# Files that lie beside data and are not data.
_COMPANIONS = frozenset((
    ".csv", ".tsv", ".json", ".jsonl", ".md", ".rst", ".xml", ".yaml", ".yml", ".html", ".htm", ".pdf", ".py",
    ".ipynb", ".ini", ".cfg", ".toml", ".db", ".log", ".gz", ".zst", ".zip", ".tar", ".parquet", ".lock", ".ndjson",
    ".sha256", ".md5",
))  # fmt: skip
_ANNOTATIONS = frozenset((".xml", ".json", ".txt", ".csv", ".yaml", ".yml", ".mat", ".npy", ".npz", ".pts", ".cls"))
# pictures of formats that are named when they are read
_LIKE_MEDIA = frozenset((".dng", ".cr2", ".nef", ".arw", ".psd", ".svg", ".npy"))
COMPANION_NAMES = frozenset({"readme", "license", "licence", "copying", "notice", "thumbs.db", "desktop.ini", "icon\r"})


class Place(NamedTuple):
    """Where a file lies, as far as its folders say."""

    label: str | None
    split: str | None


def split_of_file(name: str) -> str | None:
    """The part that a file is by its name: train.csv, dev.conll.gz, en_ewt-ud-dev.conllu, as treebanks call it,
    eng.testa, and GunPoint_TRAIN.tsv, as archives of series call it."""
    stem, *suffixes = name.lower().split(".")
    if {"ts", "tsv"} & set(suffixes) and name.split(".")[0].endswith(("_TRAIN", "_TEST")):
        return split_of(stem.rpartition("_")[2])
    last = {"testa": "valid", "testb": "test"}.get(suffixes[-1], split_of(suffixes[-1])) if suffixes else None
    return last or split_of(stem) or split_of(stem.rpartition("-")[2] if "conllu" in suffixes else "")


def data_files(names: Sequence[str]) -> list[str]:
    """The names that are data: not hidden, not a read-me, table or archive that lies beside them; sorted."""
    suffixes = {PurePosixPath(name).suffix.lower() for name in names}
    if suffixes & MEDIA:  # what else lies there is none: pictures in other formats are named when they are read
        return sorted(name for name in names if not is_hidden(name) and _may_be_media(name) and not _is_aside(name))
    return sorted(name for name in names if not is_hidden(name) and not _beside(name, _COMPANIONS))


def _may_be_media(name: str) -> bool:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in MEDIA | _LIKE_MEDIA or (not suffix and PurePosixPath(name).name.lower() not in COMPANION_NAMES)


def is_hidden(name: str) -> bool:
    """Is a file hidden, or in a hidden folder?"""
    return any(piece.startswith(".") or piece == "__MACOSX" for piece in PurePosixPath(name).parts)


def _is_aside(name: str) -> bool:
    """Is it in a folder that Speech Commands lays beside the classes?"""
    return "_background_noise_" in PurePosixPath(name).parts


def _beside(name: str, suffixes: frozenset[str]) -> bool:
    path = PurePosixPath(name.lower())
    suffix = next((text for text in TEXTS if is_text_file(path.name) and text in path.suffixes[-2:]), path.suffix)
    companion = path.name in COMPANION_NAMES or (suffix in TEXTS and path.name.partition(".")[0] in COMPANION_NAMES)
    return suffix in suffixes or companion


def places(names: Sequence[str]) -> list[Place]:
    """Label and split of every file from its folders: `train/cats/1.jpg`, `cats/1.jpg`, `cats/outdoors/1.jpg`, `1.jpg`,
    `cats/train/1.jpg`.

    A folder that merely wraps everything (`photos/cats/1.jpg`, `photos/dogs/2.jpg`) is passed over.
    """
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    while folders and all(len(f) > 1 for f in folders) and len({f[0] for f in folders}) == 1 and not _is_part(folders):
        folders = [f[1:] for f in folders]
    parts = parts_of({f[0] for f in folders if f})
    if parts:
        below = [f[1:] if f and f[0] in parts else f for f in folders]
        while all(len(f) > 0 for f in below) and len(tops := {f[0] for f in below}) == 1 and _says_nothing(*tops):
            below = [f[1:] for f in below]
        return [
            Place(composed(b[0]) if b else None, parts.get(f[0]) if f else None)
            for f, b in zip(folders, below, strict=True)
        ]
    inner = parts_of({f[1] for f in folders if len(f) > 1}) if all(len(f) > 1 for f in folders) else {}
    if len(set(inner.values())) > 1 and all(f[1] in inner for f in folders):
        return [Place(None if _says_nothing(f[0]) else composed(f[0]), inner[f[1]]) for f in folders]
    if len({f[0] for f in folders if f}) == 1 and all(not f or _says_nothing(f[0]) for f in folders):
        return [Place(None, None)] * len(folders)
    return [Place(composed(f[0]) if f else None, None) for f in folders]


def _is_part(folders: Sequence[Sequence[str]]) -> bool:
    return bool(parts_of({folders[0][0]}))


def _says_nothing(folder: str) -> bool:
    return is_neutral(folder.lower().split("_"))


def _is_called_so(name: str) -> bool:
    """Is it called annotations, as CVAT, CreateML and others call the one file that they write?"""
    path = PurePosixPath(name.lower())
    return path.suffix in (".xml", ".json", ".csv") and ("annotations" in path.stem or "createml" in path.stem)


def check_annotations(every: Sequence[str], names: Sequence[str]) -> None:
    """DataError if files of another kind are called like the pictures: what they say of them would be lost."""
    stems = {PurePosixPath(name).stem for name in names if PurePosixPath(name).suffix.lower() in MEDIA}
    others = [name for name in every if PurePosixPath(name).suffix.lower() in _ANNOTATIONS and not is_hidden(name)]
    alike = sorted(name for name in others if PurePosixPath(name).stem in stems)
    named = sorted(name for name in others if _is_called_so(name))
    alike = alike or named
    if named or 2 * len({PurePosixPath(name).stem for name in alike}) >= max(2, len(stems)):
        fix = (
            "write them as COCO, YOLO, Pascal VOC or a table of pictures and labels, or move them away to read folders"
        )
        raise DataError(
            386, "annotations lie beside the pictures in a form that is not known", where=alike[0],
            found=some(files_as(alike)), fix=fix,
        )  # fmt: skip
