"""rerun: repeat a run from the recipe it left behind."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session
from headstart.core import recipe as recipes
from headstart.core.errors import UsageError


def command(
    session: Session,
    path: Annotated[Path, typer.Argument(help="Directory of a finished run.")],
    *,
    out: Annotated[Path | None, typer.Option(help="Directory of the repetition (default: DIR-rerun).")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what lies in --out.")] = False,
) -> dict[str, Any]:
    """Repeat a run: same data (checked by hash), same settings, same seed; says whether the weights came out equal."""
    recipe_path = path / "recipe.toml"
    asked = recipes.read(recipe_path)
    if asked.verb not in ("pretrain", "finetune", "gain"):
        raise UsageError(583, "this run cannot be repeated", where=recipe_path, found=f"verb '{asked.verb}'")
    if any(str(one).startswith("<") for one in asked.data.get("source", [])):
        fix = "call the Python function again with the same object and recipe"
        raise UsageError(584, "the run was given its data in memory", where=recipe_path, fix=fix)
    place = out or path.with_name(f"{path.name}-rerun")
    module = importlib.import_module(f"headstart.commands.{asked.verb}")
    function = getattr(module, asked.verb)
    function(
        out=place, recipe=recipe_path, settings=dict(session.settings), device=session.device, quiet=session.quiet,
        overwrite=overwrite,
    )  # fmt: skip
    from headstart.core.rundir import read_facts

    if asked.verb == "gain":
        same = read_facts(path / "gain.json")["cells"] == read_facts(place / "gain.json")["cells"]
    else:
        same = read_facts(path / "headstart.json")["weights"] == read_facts(place / "headstart.json")["weights"]
    text = f"repeated in {place}: " + (
        "equal, bit for bit" if same else "not equal (other machine, versions or budget in minutes)"
    )
    return {"command": "rerun", "out": str(place), "equal": same, "scores": {}, "warnings": [], "text": text}
