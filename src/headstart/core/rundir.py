"""The directory of a run: who may write there, whether it is new, half done or done, and what it was asked to do."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from headstart.core import recipe as recipes
from headstart.core.errors import BusyError, RecipeError, StorageError, UsageError
from headstart.core.files import is_aside
from headstart.core.recipe import Recipe

RECIPE, DONE, LOCK = "recipe.toml", "manifest.json", ".lock"


@dataclass(frozen=True, slots=True)
class RunDir:
    """A directory this process alone writes to. `done` says that the same run was finished here before."""

    path: Path
    done: bool
    resuming: bool


@contextmanager
def claim(path: Path, recipe: Recipe, *, overwrite: bool = False) -> Iterator[RunDir]:
    """Take a directory for the run of a resolved recipe.

    New or empty: starts. Holds the same recipe: goes on, or is done. Anything else is refused unless `overwrite`.
    Raises UsageError (foreign files), RecipeError (another run, with what differs), BusyError (somebody works there),
    StorageError (cannot write there).
    """
    _refuse_foreign(path)
    if overwrite:
        _refuse_own_sources(path, recipe)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / LOCK).open("a+")
    except OSError as cause:
        fix = "choose a directory you can write to with --out"
        raise StorageError(
            303, "cannot write to the run directory", where=path, found=cause.strerror, fix=fix
        ) from cause
    with lock:
        _lock(lock, path)
        if overwrite:
            _clear(path)
        found = _present(path, recipe)
        if not found:
            recipes.write(recipe, path / RECIPE, comment=f"headstart rerun {path.name}")
        yield RunDir(path, done=found and (path / DONE).exists(), resuming=found)


def _lock(lock: IO[str], path: Path) -> None:
    """The system drops the lock when its owner dies, however it dies."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as cause:
        lock.seek(0)
        owner = lock.read().strip() or "an unknown process"
        fix = "wait for it, stop it, or choose another --out"
        raise BusyError(401, "another run works here", where=path, found=owner, fix=fix) from cause
    lock.seek(0)
    lock.truncate()
    lock.write(f"pid {os.getpid()} on {platform.node()} since {time.strftime('%Y-%m-%d %H:%M:%S')}")
    lock.flush()


def _present(path: Path, recipe: Recipe) -> bool:
    """Does the directory hold this very run? False if it is empty."""
    if not (path / RECIPE).exists():
        return False
    both = "choose another --out or pass --overwrite to replace it"
    differing = recipes.differences(recipes.read(path / RECIPE), recipe)
    if differing:
        shown = "; ".join(differing[:4]) + (f"; and {len(differing) - 4} more" if len(differing) > 4 else "")
        fix = f"repeat the first command to go on with it, {both}"
        raise RecipeError(150, "directory holds another run", where=path, found=shown, fix=fix)
    return True


def _refuse_foreign(path: Path) -> None:
    """A directory with something in it that is no run is never written to, let alone emptied."""
    others = sorted(p.name for p in path.iterdir() if p.name != LOCK and not is_aside(p.name)) if path.is_dir() else []
    if others and RECIPE not in others:
        fix = "choose another --out; --overwrite only replaces runs"
        raise UsageError(501, "directory is not empty and holds no run", where=path, found=others[0], fix=fix)


def _refuse_own_sources(path: Path, recipe: Recipe) -> None:
    """What a run starts from must not be removed to make room for it."""
    source = recipe.data.get("source", ())
    for name in (recipe.start, *([source] if isinstance(source, str) else source)):
        if Path(name).exists() and Path(name).resolve().is_relative_to(path.resolve()):
            fix = "choose another --out"
            raise UsageError(502, "the run would overwrite what it starts from", where=path, found=name, fix=fix)


def _clear(path: Path) -> None:
    """Remove an earlier run; its lock stays."""
    # the manifest first and the recipe last, so that a run cut off in between is neither "done" nor foreign
    for other in sorted(path.iterdir(), key=lambda p: (p.name != DONE, p.name == RECIPE)):
        if other.name != LOCK:
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()


def read_facts(path: Path) -> dict[str, object]:
    """A JSON object from a file that headstart wrote."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as cause:
        raise UsageError(503, "not a headstart directory", where=path.parent, expected=path.name) from cause
    except (ValueError, UnicodeDecodeError) as cause:
        raise StorageError(302, "file is damaged", where=path, found=cause, fix="make the directory again") from cause
    if not isinstance(value, dict):
        raise StorageError(302, "file is damaged", where=path, expected="a JSON object", fix="make the directory again")
    return value
