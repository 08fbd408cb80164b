"""The files below a folder: links are followed as far as they stay inside."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from headstart.core.errors import DataError

_KNOWN: ContextVar[dict[Path, list[str]] | None] = ContextVar("known", default=None)


@contextmanager
def walked_once() -> Iterator[None]:
    """Folders are walked once while the sources are asked, one after the other, whether they read what was given."""
    before = _KNOWN.set({})
    try:
        yield
    finally:
        _KNOWN.reset(before)


def once(path: Path, walk: Callable[[], list[str]]) -> list[str]:
    """The names below a path, from the first walk where folders are walked once."""
    known = _KNOWN.get()
    if known is None:
        return walk()
    if path not in known:
        known[path] = walk()
    return known[path]


def files_below(folder: Path) -> list[str]:
    """Every file below a folder, as a path with forward slashes. DataError for a link that leads out of the folder, or
    nowhere: it would be a class or a part that nobody sees."""
    root = folder.resolve()
    found: list[str] = []
    for top, folders, files in os.walk(folder, followlinks=True):
        here = Path(top)
        folders[:] = sorted(name for name in folders if not _is_left_out(here / name, root))
        for name in files:
            path = here / name
            if not name.startswith(".") and path.is_symlink():
                _check(path, root)
            found.append(path.relative_to(folder).as_posix())
    return found


def is_inside(path: Path, folder: Path) -> bool:
    """Does a path lie below a folder, when links are followed?"""
    return path.resolve().is_relative_to(folder.resolve())


def _is_left_out(path: Path, root: Path) -> bool:
    """Is it a hidden linked folder, or one that leads back to a folder above itself?"""
    if not path.is_symlink():
        return False
    if path.name.startswith("."):
        return True
    _check(path, root)
    return path.parent.resolve().is_relative_to(path.resolve())


def _check(path: Path, root: Path) -> None:
    target = path.resolve()
    if not target.exists():
        fix = "remove the link, or put back what it leads to"
        raise DataError(384, "a link leads nowhere", where=path, found=os.readlink(path), fix=fix)
    if not target.is_relative_to(root):
        fix = f"put a copy of {target} in its place, or give a folder that holds both"
        raise DataError(385, "a link leads out of the source", where=path, found=os.readlink(path), fix=fix)
