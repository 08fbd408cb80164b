"""The files below a folder: links are followed as far as they stay inside, or anywhere where that was allowed."""

import os
from pathlib import Path

from headstart.core.contracts.access import Access
from headstart.core.errors import DataError


def files_below(folder: Path, access: Access) -> list[str]:
    """Every file below a folder, as a path with forward slashes. DataError for a link that leads nowhere, or out of
    the folder without `follow`: it would be a class or a part that nobody sees."""
    root = folder.resolve()
    root = Path(root.anchor) if access.follow else root
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


def may_read(path: Path, folder: Path, access: Access) -> bool:
    """Does a path lie below a folder, when links are followed, or may it lead out?"""
    return access.follow or path.resolve().is_relative_to(folder.resolve())


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
