"""rerun: repeat a run from its recipe."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from headstart.commands.common import options, verbs
from headstart.commands.common.found_again import found_again
from headstart.commands.common.verbs import Call
from headstart.core import recipe as recipes
from headstart.core.errors import UsageError
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
    said = found_again(recipe, path, settings or {})
    again = Path(out) if out is not None else path.with_name(f"{path.name}-rerun")
    verbs.load(recipe.verb).function(
        out=again, recipe=path / RECIPE, settings=said, device=device, quiet=quiet, overwrite=overwrite
    )
    file, key = ("gain.json", "cells") if recipe.verb == "gain" else ("headstart.json", "weights")
    return Repetition(again, read_facts(path / file)[key] == read_facts(again / file)[key])


def summary(result: Repetition, call: Call) -> dict[str, Any]:
    verdict = "equal, bit for bit" if result.equal else "not equal (other machine, versions or budget in minutes)"
    return {"out": str(result.path), "equal": result.equal, "text": f"repeated in {result.path}: {verdict}"}
