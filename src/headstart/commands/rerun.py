"""rerun: repeat a run from its recipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from headstart.commands.common import options, verbs
from headstart.commands.common.verbs import Call
from headstart.core import cache_folder
from headstart.core import recipe as recipes
from headstart.core.errors import UsageError
from headstart.core.recipe import Recipe
from headstart.core.rundir import RECIPE
from headstart.core.shown import Unscored, Unwarned


@dataclass(frozen=True, slots=True)
class Repetition(Unscored, Unwarned):
    """Where the run was repeated, and whether it came out equal, bit for bit."""

    path: Path
    equal: bool


def rerun(
    path: Annotated[str | Path, "Directory of a finished run."],
    *,
    out: Annotated[str | Path | None, "Directory of the repetition (default: DIR-rerun)."] = None,
    overwrite: options.Overwrite = False,
    device: options.Device = "auto",
    settings: options.Settings = None,
    quiet: options.Quiet = True,
) -> Repetition:
    """Repeat a run with the same data (checked by hash), settings and seed, and compare the weights."""
    from headstart.core.rundir import read_facts, refuse_unfinished

    path = Path(path)
    refuse_unfinished(path)
    recipe = recipes.read(path / RECIPE)
    if recipe.verb not in ("pretrain", "finetune", "gain", "auto"):
        found = f"verb '{recipe.verb}'"
        raise UsageError(583, "this run cannot be repeated", where=path / RECIPE, found=found)
    if any(name.startswith("<") for name in recipes.names_of(recipe.data.get("source", []))):
        fix = "call the Python function again with the same object and recipe"
        raise UsageError(584, "the data of this run were in memory", where=path / RECIPE, fix=fix)
    said = _found(recipe, path, settings or {})
    again = Path(out) if out is not None else path.with_name(f"{path.name}-rerun")
    verbs.load(recipe.verb).function(
        out=again, recipe=path / RECIPE, settings=said, device=device, quiet=quiet, overwrite=overwrite
    )
    file, key = ("gain.json", "cells") if recipe.verb == "gain" else ("headstart.json", "weights")
    return Repetition(again, read_facts(path / file)[key] == read_facts(again / file)[key])


def _found(recipe: Recipe, path: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, with data and start that lie beside the run or in the cache rather than here; UsageError for what
    is nowhere."""
    beside = recipe.renamed(lambda name: _place(name, (path.parent, cache_folder.directory())))
    source = recipe.data.get("source", [])
    places = {"data.source": (source, beside.data.get("source", [])), "start": (recipe.start, beside.start)}
    places |= {"gain.against": (recipe.gain.get("against", []), beside.gain.get("against", []))}
    places |= {"rank.models": (recipe.rank.get("models", []), beside.rank.get("models", []))}
    found = dict[str, Any]()
    for field, (named, place) in places.items():
        if absent := next((name for name in recipes.names_of(place) if _is_absent(name)), ""):
            if field not in settings:
                fix = f"run it in the folder where the run began, or say where: headstart rerun {path} {field}=PATH"
                name = Path(absent).name
                raise UsageError(611, "what the run began with is not here", where=path / RECIPE, found=name, fix=fix)
        elif place != named:
            found[field] = place
    if "start" in found and "start" not in settings and recipe.start_weights is not None:
        found["start_weights"] = recipe.start_weights  # the same start in another place, no other one
    return {**found, **settings}


def _place(name: str, folders: Sequence[Path]) -> str:
    """The place itself where something is, else in the first of these folders that holds it."""
    if not _is_absent(name):
        return name
    return next((str(folder / name) for folder in folders if (folder / name).exists()), name)


def _is_absent(name: str) -> bool:
    """Is it a place on a disk, as files name those that lie elsewhere, at which nothing is?"""
    from headstart.data.digits import is_digits

    return ":" not in name and name != "scratch" and not is_digits(name) and not Path(name).exists()


def summary(result: Repetition, call: Call) -> dict[str, Any]:
    verdict = "equal, bit for bit" if result.equal else "not equal (other machine, versions or budget in minutes)"
    return {"out": str(result.path), "equal": result.equal, "text": f"repeated in {result.path}: {verdict}"}
