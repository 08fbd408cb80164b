"""The directory of a run: who may write there, whether it is new, half done or done, and what it was asked to do."""

import json
import os
import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from headstart.core import operating_system, swap
from headstart.core import recipe as recipes
from headstart.core.environment import CODE, changes, circumstances
from headstart.core.errors import BusyError, RecipeError, StorageError, UsageError
from headstart.core.files import STATE, is_aside, make_folder, write_json
from headstart.core.recipe import Recipe, names_of

RECIPE, DONE, LOCK, BEGAN = "recipe.toml", "manifest.json", ".lock", "circumstances.json"


@dataclass(frozen=True, slots=True)
class RunDir:
    """A directory this process alone writes to. `done` says that the same run was finished here before.

    `final` is where it will lie: not at `path` where it replaces a finished run, until `publish` swaps the two.
    `warnings` say what changed since the run began: what was accepted on purpose, and what costs only the equality of
    every bit.
    """

    path: Path
    done: bool
    resuming: bool
    warnings: tuple[str, ...] = ()
    final: Path = Path()

    def publish(self) -> None:
        """The run is finished: it takes its final place, and what was there before is removed."""
        if self.final != self.path:
            swap.take_place(self.path, self.final)
            swap.clear_aside(self.final)


@contextmanager
def claim(
    path: Path,
    recipe: Recipe,
    *,
    machine: Mapping[str, object] = MappingProxyType({}),
    overwrite: bool = False,
    accept_drift: bool | None = None,
    grows: str = "",
) -> Iterator[RunDir]:
    """Take a directory for the run of a resolved recipe.

    New or empty: starts. Holds the same recipe, begun under the same code: goes on, or is done. Anything else is
    refused unless `overwrite` replaces it (what is finished stays until the new run is whole: see `RunDir.publish`), or
    `accept_drift` goes on all the same, which is recorded (None: the verb has no such way). `machine` is what the bits
    depend on (versions, threads, device); a change there is recorded. `grows` names the table of the recipe that may
    change all the same: what it asks for is added to what lies there.
    Raises UsageError (foreign files), RecipeError (another run, with what differs), BusyError (somebody works there),
    StorageError (cannot write there).
    """
    swap.restore(path)
    _refuse_foreign(path)
    if overwrite:
        _refuse_own_sources(path, recipe)
    with _locked(path):
        if overwrite and (path / DONE).exists():
            with _claimed_aside(path, recipe, machine) as place:
                yield place
            return
        for other in path.rglob(".*"):  # what killed runs were writing: as large as a model, and nobody's any more
            if is_aside(other.name) and other.is_file():
                other.unlink()
        if overwrite:
            _clear(path)
        if overwrite or not unfinished(swap.aside_of(path)):
            swap.clear_aside(path)
        here = circumstances(recipe, machine)
        resuming = (path / RECIPE).exists()
        done = resuming and (path / DONE).exists()
        drift: list[str] = []
        if resuming:
            differing = recipes.differences(recipes.read(path / RECIPE), recipe.portable())
            added = [one for one in differing if grows and one.startswith(f"{grows}.")]
            done = done and not added
            others = [one for one in differing if one not in added]
            _refuse_drift(path, others, here, done=done, accept=accept_drift)
            if added:  # only once nothing speaks against it: a refused call leaves what was finished as it was
                (path / DONE).unlink(missing_ok=True)
                operating_system.flush(path)
                recipes.write(recipe, path / RECIPE, comment=f"headstart rerun {path.name}")
            drift = [] if done else _noted(path, recipe, here)
            if done:  # it was killed once it was whole
                shutil.rmtree(path / STATE, ignore_errors=True)
        else:
            write_json(path / BEGAN, {**here, "drift": []})  # before the recipe, which makes this a run
            recipes.write(recipe, path / RECIPE, comment=f"headstart rerun {path.name}")
        yield RunDir(path, done=done, resuming=resuming, warnings=tuple(drift), final=path)


@contextmanager
def _claimed_aside(path: Path, recipe: Recipe, machine: Mapping[str, object]) -> Iterator[RunDir]:
    """Where the run is made that will replace a finished one; one that was killed there goes on, if it is the same."""
    aside = swap.aside_of(path)
    if not _goes_on(aside, recipe, machine):
        swap.clear_aside(path)
    with claim(aside, recipe, machine=machine) as place:
        yield replace(place, final=path)


def _goes_on(path: Path, recipe: Recipe, machine: Mapping[str, object]) -> bool:
    """Does a directory hold this very run, unfinished, begun under this code?"""
    if not unfinished(path) or recipes.differences(recipes.read(path / RECIPE), recipe.portable()):
        return False
    return CODE not in changes(read_facts(path / BEGAN), circumstances(recipe, machine))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Make the directory and keep it locked. StorageError if it cannot be written, BusyError if it is locked."""
    try:
        make_folder(path)
        lock = (path / LOCK).open("a+")
    except OSError as cause:
        found, fix = cause.strerror, "choose a directory you can write to with --out"
        raise StorageError(303, "cannot write to the run directory", where=path, found=found, fix=fix) from cause
    with lock:
        _lock(lock, path)
        try:
            yield
        finally:
            lock.truncate(0)  # what is finished names neither process nor machine


def _lock(lock: IO[str], path: Path) -> None:
    """Take the lock and write into it whose it is; BusyError if another run holds it."""
    try:
        operating_system.lock(lock)
    except BlockingIOError as cause:
        lock.seek(0)
        owner = lock.read().strip() or "an unknown process"
        fix = "wait for it, stop it, or choose another --out"
        raise BusyError(401, "another run works here", where=path, found=owner, fix=fix) from cause
    except OSError as cause:
        found, fix = cause.strerror, "choose an --out on a local disk"
        raise StorageError(304, "the disk does not support file locks", where=path, found=found, fix=fix) from cause
    lock.seek(0)
    lock.truncate()
    lock.write(f"pid {os.getpid()} on {platform.node()} since {time.strftime('%Y-%m-%d %H:%M:%S')}")
    lock.flush()


def _refuse_drift(
    path: Path, differing: list[str], here: Mapping[str, str], *, done: bool, accept: bool | None
) -> None:
    """RecipeError if the directory holds another run, or one that began under other code."""
    ways = "choose another --out or pass --overwrite to replace it"
    if not done and accept is not None:
        ways += ", or --accept-drift to go on with it all the same"
    if differing and (done or not accept):
        shown = "; ".join(differing[:4]) + (f"; and {len(differing) - 4} more" if len(differing) > 4 else "")
        fix = f"repeat the first command to go on with it, {ways}"
        raise RecipeError(150, "directory holds another run", where=path, found=shown, fix=fix)
    code = changes(read_facts(path / BEGAN), here).get(CODE)
    if code is not None and not done and not accept:
        fix = f"install the version it began with, {ways}"
        raise RecipeError(151, "the code changed since the run began", where=path, found=code, fix=fix)


def _noted(path: Path, recipe: Recipe, here: Mapping[str, str]) -> list[str]:
    """Whatever changed since the run was last worked on is added to what changed before; all of it, a line each."""
    began: Mapping[str, Any] = {**read_facts(path / BEGAN)}  # under what the run was last worked on
    drift: list[str] = list(began.get("drift", []))
    settings = recipes.differences(recipes.read(path / RECIPE), recipe.portable())
    moved = changes({name: value for name, value in began.items() if name != "drift"}, here)
    when = time.strftime("%Y-%m-%d %H:%M:%S")
    accepted = [*settings, *([moved.pop(CODE)] if CODE in moved else [])]
    drift += [f"{when}: went on with another {one} (--accept-drift)" for one in accepted]
    drift += [f"{when}: not bit-exact any more, {one}" for one in moved.values()]
    if drift != began.get("drift", []):
        write_json(path / BEGAN, {**here, "drift": drift})
        recipes.write(recipe, path / RECIPE, comment=f"headstart rerun {path.name}")
    return drift


def _refuse_foreign(path: Path) -> None:
    """A directory with something in it that is no run is never written to, let alone emptied."""
    own = (LOCK, BEGAN)  # all that a run killed before its recipe was written leaves
    present = [p.name for p in path.iterdir()] if path.is_dir() else []
    others = sorted(name for name in present if name not in own and not is_aside(name))
    if others and RECIPE not in others:
        fix = "choose another --out; --overwrite only replaces runs"
        raise UsageError(501, "directory is not empty and holds no run", where=path, found=others[0], fix=fix)


def _refuse_own_sources(path: Path, recipe: Recipe) -> None:
    """What a run starts from must not be removed to make room for it."""
    named = (*recipe.gain.get("against", ()), *recipe.rank.get("models", ()))
    names = (recipe.start, *named, *names_of(recipe.data.get("source", ())))
    for name in names:
        if any(_within(Path(place), path) for place in (name, name.rpartition(":")[2])):  # fresh:NAME, hf:NAME
            fix = "choose another --out"
            raise UsageError(502, "the run would overwrite what it starts from", where=path, found=name, fix=fix)


def _within(place: Path, folder: Path) -> bool:
    return place.exists() and place.resolve().is_relative_to(folder.resolve())


def _clear(path: Path) -> None:
    """Remove an earlier run; its lock stays."""
    for other in path.iterdir():
        if other.name not in (LOCK, RECIPE):
            shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink()
    operating_system.flush(path)
    (path / RECIPE).unlink(missing_ok=True)  # last: without it, the rest would be somebody else's


def unfinished(path: Path) -> str:
    """The verb whose run lies here and has not come to its end; "" if there is none."""
    if not (path / RECIPE).is_file() or not (path / BEGAN).is_file() or (path / DONE).is_file():
        return ""
    return recipes.read(path / RECIPE).verb


def refuse_unfinished(path: Path) -> None:
    """UsageError for the directory of a run that was cut off, and for what a killed command was making."""
    name = "" if (path / DONE).is_file() else swap.made_for(path)
    verb = "" if name else unfinished(path)
    if name:
        found, fix = (
            "what a command was making when it was killed",
            f"run the command again: it removes this and makes {name}",
        )
    elif verb:
        found, fix = f"an unfinished run of {verb}", f"run the same {verb} command again: it goes on where it stopped"
    else:
        return
    raise UsageError(524, "this directory is not finished", where=path, found=found, fix=fix)


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
