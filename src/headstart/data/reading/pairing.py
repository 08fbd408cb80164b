"""Pictures and the annotation files that belong to them, and lists of pictures, whatever the folders are called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from headstart.data.file_names import IMAGES
from headstart.data.reading.file_tree import Tree
from headstart.data.reading.name_index import NameIndex, composed
from headstart.data.reading.parts import split_above

# folders that say what lies in them and not what it is about
_ROLES = frozenset((
    "images", "image", "imgs", "img", "jpegimages", "pictures", "photos", "labels", "label", "annotations",
    "annotation", "annots", "anns", "ann", "xmls", "xml", "jsons", "json", "boxes", "bboxes", "txt",
))  # fmt: skip
_LISTS = {"trainval": "train", "train": "train", "val": "valid", "valid": "valid", "test": "test"}
_LARGEST = 1 << 26  # bytes of a list: more than a million names

Key = tuple[tuple[str, ...], str]


def paired(names: Sequence[str], is_annotation: Callable[[PurePosixPath], bool]) -> dict[str, str | None]:
    """Every picture with its annotation: of the same name, beside it or in a folder of another role ("images/a/1.jpg",
    "labels/a/1.txt"). Where any picture has one, those in the same folders that have none as well."""
    annotations = {_key(path): name for name in names if is_annotation(path := PurePosixPath(name))}
    pictures = [name for name in names if PurePosixPath(name).suffix.lower() in IMAGES]
    found = {name: annotations.get(_key(PurePosixPath(name))) for name in pictures}
    folders = {PurePosixPath(name).parent for name, one in found.items() if one is not None}
    return {name: one for name, one in found.items() if PurePosixPath(name).parent in folders}


def _key(path: PurePosixPath) -> Key:
    return tuple(composed(one) for one in path.parts[:-1] if one.lower() not in _ROLES), composed(path.stem)


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of pictures by part: the part of each picture, the files, and what is wrong with them."""

    splits: Mapping[str, str]
    files: tuple[str, ...]
    notes: tuple[str, ...]


def lists_of(tree: Tree, pictures: Sequence[str], *, below: str = "") -> Lists:
    """The part of every picture that is in one: by train.txt, val.txt, trainval.txt and test.txt, whose lines are names
    with or without suffix and folders, else by its folder. Lists lie in folders that end with `below`, in any case."""
    index, splits, files, notes = NameIndex(pictures), dict[str, str](), list[str](), list[str]()
    for stem, split in _LISTS.items():  # the later ones have the last word
        for name in tree.names:
            path = PurePosixPath(name)
            if path.name.lower() != f"{stem}.txt" or not f"/{path.parent}".lower().endswith(below):
                continue
            wanted = [line.split()[0] for line in _lines(tree, name) if line.strip()]
            root = str(path.parent)[: len(str(path.parent)) - len(below)].rstrip("/")
            found = [_picture(index, one, root) for one in wanted]
            if not any(found):
                continue
            files.append(name)
            splits |= {one: split for one in found if one is not None}
            if None in found:
                lacking = [one for one, picture in zip(wanted, found, strict=True) if picture is None]
                notes.append(f"{len(lacking):,} of {len(wanted):,} names in {name} are no picture, e.g. {lacking[0]}")
    if splits and (outside := sum(name not in splits and split_above(name) is None for name in pictures)):
        notes.append(f"{outside:,} pictures are in no list")
    by_folder = {name: part for name in pictures if (part := split_above(name)) is not None}
    return Lists(by_folder | splits, tuple(files), tuple(notes))


def _picture(index: NameIndex, name: str, root: str) -> str | None:
    near = index.like(name)
    inside = [one for one in near if not root or root == "." or one.startswith(f"{root}/")]
    return next(iter(inside or near), None)


def _lines(tree: Tree, name: str) -> list[str]:
    return tree.blob(name).read(_LARGEST).decode("utf-8", "replace").splitlines()
