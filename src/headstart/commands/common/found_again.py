"""What an earlier run began with, where it lies now: here, beside the run, or in the cache."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headstart.core import cache_folder
from headstart.core import recipe as recipes
from headstart.core.errors import UsageError
from headstart.core.recipe import Recipe
from headstart.core.rundir import RECIPE


def found_again(recipe: Recipe, path: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
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
