"""The files below a folder: links are followed as far as they stay inside, or anywhere where that was allowed."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PosixPath, WindowsPath
from typing import Any

from headstart.core.errors import DataError
from headstart.data.file_names import is_hub


class Followed(WindowsPath if os.name == "nt" else PosixPath):  # pyright: ignore[reportGeneralTypeIssues]
    """A path that its owner trusts: links below it, and paths in its tables, may lead anywhere."""


def followed(given: Any) -> Any:
    """What was given as data, with every path in it trusted."""
    if isinstance(given, str | Path) and not is_hub(str(given)):
        return Followed(given)
    if isinstance(given, Mapping):
        return {part: followed(one) for part, one in given.items()}
    if isinstance(given, list | tuple):
        return [followed(one) if isinstance(one, Path) else one for one in given]
    return given


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
    """Every file below a folder, as a path with forward slashes. DataError for a link that leads nowhere, or out of
    a folder that is not `Followed`: it would be a class or a part that nobody sees."""
    root = folder.resolve()
    root = Path(root.anchor) if isinstance(folder, Followed) else root
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
    """Does a path lie below a folder, when links are followed, or is the folder one that may be left?"""
    return isinstance(folder, Followed) or path.resolve().is_relative_to(folder.resolve())


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
        fix = f"pass --follow, or put a copy of {target} in its place"
        raise DataError(385, "a link leads out of the source", where=path, found=os.readlink(path), fix=fix)
