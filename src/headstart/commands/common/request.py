"""What a user asks for: the recipe that file, options and settings add up to, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core import catalog
from headstart.core import recipe as recipes
from headstart.core.errors import UsageError
from headstart.core.places import near
from headstart.core.recipe import Recipe

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor
    from headstart.training.precision import Precision


def requested(
    verb: str, options: Mapping[str, Any], *, seed: int, recipe: str | Path | None, settings: Mapping[str, Any] | None
) -> Recipe:
    """The recipe file (if any), under what the verb's own options say, under the settings by dotted name."""
    base = _from_file(Path(recipe)) if recipe else Recipe()
    named = {name: value for name, value in options.items() if value is not None and value != "auto"}
    if seed or not recipe:
        named["seed"] = seed
    fields = {"verb": verb, **named, **(settings or {})}
    if fields.get("start", base.start) != base.start:
        base = replace(base, start_weights=None)  # they belong to the start that the file names
    return recipes.override(base, fields).renamed(near)


def _from_file(path: Path) -> Recipe:
    """RecipeError if it names code from outside headstart: it may be a stranger's."""
    found = recipes.read(path)
    for family, kind in found.kinds():
        catalog.check_saved(family, kind)
    return found


def data_of(given: Any, recipe: Recipe) -> Any:
    """What was given as data, or what the recipe names; UsageError if neither does."""
    if given is not None:
        return given
    source = recipe.data.get("source")
    if not source:
        raise UsageError(560, "no data given", fix="name a prepared directory, raw files or 'digits'")
    return {part: _one(names) for part, names in source.items()} if isinstance(source, Mapping) else _one(source)


def _one(names: Any) -> Any:
    """What a recipe names: one source, or several, each a path or a data set of the hub."""
    from headstart.commands.common.options import one_or_many

    return one_or_many(names) if isinstance(names, list) else names


def data_table(data: Any, **options: Any) -> dict[str, Any]:
    """The recipe's [data] table for what a user gave as data, as dotted settings."""
    if data is None:
        return {f"data.{name}": value for name, value in options.items() if value not in (None, False)}
    source = {part: _names(one) for part, one in data.items()} if isinstance(data, Mapping) else _names(data)
    named = {"source": source, **{name: value for name, value in options.items() if value not in (None, False)}}
    return {f"data.{name}": value for name, value in named.items()}


def _names(data: Any) -> list[str]:
    from headstart.data.file_names import is_no_path

    several = isinstance(data, list | tuple) and all(
        isinstance(one, Path) or (isinstance(one, str) and is_no_path(one)) for one in data
    )
    many = data if several else [data]  # other strings in a list are texts
    return [_name(one) for one in many]


def _name(given: Any) -> str:
    """How a recipe names what was given: a path where there is one, so that the run can be repeated."""
    if isinstance(given, str | Path):
        from headstart.data.file_names import without_password

        return without_password(str(given))
    from headstart.data.store import Store

    return str(given.directory) if isinstance(given, Store) else f"<{type(given).__name__}>"


def budget(*, minutes: float | None, epochs: float | None, steps: int | None) -> dict[str, Any]:
    """How long to learn, as recipe fields; UsageError for several answers, of which one would be forgotten."""
    named = {"minutes": minutes, "epochs": epochs, "steps": steps}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise UsageError(565, "only one budget may be given", found=" and ".join(given), fix="name one of them")
    return {f"plan.{name}": value for name, value in named.items()}


def path_of(start: Any) -> str | None:
    """A model directory from whatever stands for a model: a path, a name, a loaded model, a candidate of `rank`."""
    if start is None or isinstance(start, str | Path):
        return None if start is None else str(start)
    from headstart.inference.predictor import Predictor
    from headstart.selection.leaderboard import Standing

    if isinstance(start, Predictor) and start.path is not None:
        return str(start.path)
    if isinstance(start, Standing):
        return str(start.fields.get("start", "scratch"))
    expected = "a model, its directory or 'scratch'"
    raise UsageError(550, "not a starting point", found=type(start).__name__, expected=expected)


def place_of(recipe: Recipe) -> Path:
    """Where a result lies that was given no directory: one place for each question and version of the code."""
    import hashlib

    from headstart.core.cache_folder import directory
    from headstart.core.environment import circumstances

    text = f"{recipes.to_toml(recipe)}{circumstances(recipe, {})}"
    return directory() / f"{recipe.verb}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def start_fields(start: Any, **said: Any) -> dict[str, Any]:
    """What a start says of a recipe, under what the user says: the best of `rank` brings its network and tuning."""
    from headstart.selection.leaderboard import Standing

    own = dict(start.fields) if isinstance(start, Standing) else {}
    named = {name.replace("__", "."): value for name, value in said.items() if value not in (None, "auto")}
    return {**own, "start": path_of(start), **named}


def model_of(model: Any, *, device: str, numbers: Precision = "float32") -> Predictor:
    """A loaded model as it is; else that of a directory, or a public checkpoint."""
    from headstart.assemble import pick_device
    from headstart.inference.predictor import Predictor

    if isinstance(model, Predictor):
        return model
    return Predictor.load(str(model), device=pick_device(device), numbers=numbers)
