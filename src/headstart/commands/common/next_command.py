"""The command that people most often type next, with the paths of this one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core import recipe as recipes
from headstart.core.recipe import Recipe, names_of

_COLUMNS = ("input", "target", "id", "modality")


def command(verb: str, *words: object, **options: Any) -> str:
    """A command line; options that are None are left out, and those that are True have no value."""
    said = [str(word) for word in words]
    for name, value in options.items():
        option = "--from" if name == "start" else f"--{name}"
        said += [] if value is None else [option] if value is True else [option, str(value)]
    return shlex.join(["headstart", verb, *said])


def prepared_again(recipe: Recipe, option: str, column: str) -> str:
    """Prepare the data of a run once more, with an option that names a column; in words where they are no files."""
    source = _source(recipe)
    if not source or any((Path(name) / "manifest.json").is_file() for name in source):
        return f"prepare the data again with --{option} {column}"
    name = Path(source[0]).name.split(".")[0]
    columns = {one: value for one, value in _columns(recipe).items() if value != column}
    return command("prepare", *source, **columns, **{option: column}, out=f"data/{name}-by-{option}")


def after_prepare(directory: Path, *, labelled: bool) -> str:
    """Learn from prepared data."""
    return command("auto" if labelled else "pretrain", directory, out=f"runs/{directory.name}")


def after_model(path: Path, verb: str, *, labelled: bool) -> str:
    """Use or test a model that was made; "" where its data cannot be named."""
    recipe = recipes.read(path / "recipe.toml")
    source = _source(recipe)
    if not source:
        return ""
    if verb != "pretrain":
        return command("predict", path, *source, follow=recipe.data.get("follow"), out=f"{path}-answers.csv")
    if len(source) > 1 or not labelled:
        return command("embed", path, *source, follow=recipe.data.get("follow"), out=f"{path}-vectors.parquet")
    return command("gain", *source, start=path, **_columns(recipe), out=f"{path}-gain")


def after_gain(path: Path, verdict: str) -> str:
    """Use the start if it pays, look for another if it does not, or add seeds."""
    recipe = recipes.read(path / "recipe.toml")
    source = _source(recipe)
    if len(source) != 1:
        return ""
    columns = _columns(recipe)
    if verdict == "cannot tell yet":
        labels = ",".join(str(count or "all") for count in recipe.gain["labels"])
        seeds = 2 * recipe.gain["seeds"]
        return command("gain", *source, start=recipe.start, **columns, labels=labels, seeds=seeds, out=path)
    if verdict == "worth it":
        return command("finetune", *source, start=recipe.start, **columns, out=f"{path}-tuned")
    return command("auto", *source, **columns, out=f"{path}-auto")


def after_evaluate(given: Mapping[str, Any]) -> str:
    """A report of the scores, or the answers where there is one; "" for data in parts."""
    model, data = given["model"], given.get("data")
    if not isinstance(data, str | Path):
        return ""
    columns = {name: given.get(name) for name in (*_COLUMNS, "split")}
    if given.get("out") is None:
        return command("evaluate", model, data, **columns, out=f"{model}-scores")
    return command("predict", model, data, input=columns["input"], out=f"{model}-answers.csv")


def after_predict(given: Mapping[str, Any]) -> str:
    """The answers into a file; "" where they are in one, or where texts were answered rather than files."""
    inputs = given["inputs"] if isinstance(given["inputs"], list) else [given["inputs"]]
    if given.get("out") is not None or not all(isinstance(one, Path) for one in inputs):
        return ""
    columns = {name: given.get(name) for name in ("input", "target", "id")}
    return command("predict", given["model"], *inputs, **columns, out=f"{given['model']}-answers.csv")


def _source(recipe: Recipe) -> list[str]:
    """The data as words of a command line; [] if they were in memory, or came in parts."""
    from headstart.data.digits import is_digits

    source = recipe.data.get("source", [])
    names = [] if isinstance(source, Mapping) else names_of(source)
    if any(name.startswith("<") for name in names):
        return []
    there = [":" in name or is_digits(name) or Path(name).exists() for name in names]
    return [name if known else "DATA" for name, known in zip(names, there, strict=True)]


def _columns(recipe: Recipe) -> dict[str, Any]:
    return {name: recipe.data.get(name) for name in (*_COLUMNS, "follow")}
