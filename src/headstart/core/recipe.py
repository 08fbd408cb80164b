"""A recipe: everything that decides a run, as plain data. TOML <-> Recipe, overrides, comparison."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headstart.core.errors import RecipeError, nearest
from headstart.core.files import write_whole
from headstart.core.inert import inert
from headstart.core.places import shown

Table = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a run is made of. Tables of parts hold `kind` and that kind's settings; an absent table means "not used".

    `start_weights` is the digest of the start's weights, so that a start which was made anew is noticed. `keep_paths`:
    files name places as they were given, else as `portable` does.
    """

    verb: str = ""
    seed: int = 0
    start: str = "scratch"
    start_weights: str | None = None
    labels: int | None = None
    keep_paths: bool | None = None
    data: Table = field(default_factory=dict)
    modality: Table = field(default_factory=dict)
    augment: Table = field(default_factory=dict)
    backbone: Table = field(default_factory=dict)
    objective: Table = field(default_factory=dict)
    task: Table = field(default_factory=dict)
    tuning: Table = field(default_factory=dict)
    plan: Table = field(default_factory=dict)
    gain: Table = field(default_factory=dict)
    rank: Table = field(default_factory=dict)

    def with_part(self, section: str, values: Table) -> Recipe:
        """The same recipe with one table replaced."""
        return dataclasses.replace(self, **{section: dict(values)})

    def kinds(self) -> list[tuple[str, str]]:
        """The family and the kind of every part that it names: ("backbones", "cnn")."""
        named = {name: vars(self)[name].get("kind", "") for name in PARTS}
        return [(f"{name[:-1]}ies" if name[-1] == "y" else f"{name}s", kind) for name, kind in named.items() if kind]

    def renamed(self, rename: Callable[[str], str]) -> Recipe:
        """The same recipe with other names of its places: start, data, rivals, models, and a part's own."""
        if self.keep_paths:
            return self
        named: dict[str, Any] = {"start": rename(self.start)}
        for section, key in (("data", "source"), ("gain", "against"), ("rank", "models")):
            table = vars(self)[section]
            named[section] = {**table, key: _each(table[key], rename)} if key in table else table
        for part in PARTS:
            table = vars(self)[part]
            named[part] = {key: rename(one) if _is_place(one) else one for key, one in table.items()}
        return dataclasses.replace(self, **named)

    def portable(self) -> Recipe:
        """As files name it: places below the working directory as seen from there, of others the last name alone."""
        return self.renamed(shown)

    def as_dict(self) -> dict[str, Any]:
        """Plain nested dict without empty tables and without None."""
        return {key: value for key, value in dataclasses.asdict(self).items() if value is not None and value != {}}


SECTIONS = tuple(f.name for f in dataclasses.fields(Recipe))
TABLES = SECTIONS[6:]
PARTS = ("modality", "augment", "backbone", "objective", "task", "tuning")
TEXTS = ("verb", "start", "start_weights")
LEAST = {"seed": 0, "labels": 1}


def names_of(source: Any) -> list[str]:
    """The names in `data.source`: one, a list of them, or {"train": ..., "test": ...}."""
    if isinstance(source, Mapping):
        return [name for one in source.values() for name in names_of(one)]
    return [name for one in source for name in names_of(one)] if isinstance(source, list | tuple) else [str(source)]


def _each(names: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(names, Mapping):
        return {part: _each(one, rename) for part, one in names.items()}
    return [_each(one, rename) for one in names] if isinstance(names, list | tuple) else rename(str(names))


def _is_place(value: Any) -> bool:
    return isinstance(value, str) and os.path.isabs(value) and os.path.exists(value)


def read(path: Path) -> Recipe:
    """A recipe from a TOML file."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as cause:
        raise RecipeError(110, "recipe not found", where=path, fix="check the path given to --recipe") from cause
    except OSError as cause:
        fix = "give a TOML file that can be read"
        raise RecipeError(118, "recipe cannot be read", where=path, found=cause.strerror, fix=fix) from cause
    except (ValueError, RecursionError) as cause:  # also bytes that are no UTF-8, and numbers of 5,000 digits
        raise RecipeError(111, "recipe is not TOML", where=path, found=cause, fix="correct the file") from cause
    return from_dict(values, where=str(path))


def from_dict(values: Table, where: str = "recipe") -> Recipe:
    """A recipe from nested tables; unknown names and wrong shapes are refused with the nearest known name."""
    for key, value in values.items():
        if key not in SECTIONS:
            raise RecipeError(112, "unknown key", where=where, found=f"'{key}'", fix=nearest(key, SECTIONS))
        if key == "keep_paths":
            if isinstance(value, bool):
                continue
            raise RecipeError(120, "'keep_paths' must be true or false", where=where, found=repr(value))
        if key in TABLES and not isinstance(value, Mapping):
            raise RecipeError(113, f"'{key}' must be a table", where=where, found=repr(value), fix=f"write [{key}]")
        text, name = (value.get("kind", ""), f"{key}.kind") if key in TABLES else (value, key)
        if key in (*TABLES, *TEXTS) and not isinstance(text, str):
            fix = f'write {name.rpartition(".")[2]} = "..."'
            raise RecipeError(119, f"'{name}' must be text", where=where, found=repr(text), fix=fix)
        least = LEAST.get(key, 0)
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value < 1 << 63
        if key in LEAST and not fits:
            expected = f"{LEAST[key]} or more, below 2 to the power of 63"
            raise RecipeError(114, f"'{key}' must be a whole number", where=where, found=repr(value), expected=expected)
    return Recipe(**values)


def override(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """A recipe with single settings replaced, by dotted name: {"objective.hide": 0.6, "plan.lr": 3e-4, "seed": 1}."""
    nested = recipe.as_dict()
    for name, value in values.items():
        section, _, key = name.partition(".")
        if section not in SECTIONS:
            fix = nearest(section, SECTIONS)
            raise RecipeError(112, "unknown key", where="override", found=f"'{section}'", fix=fix)
        if (section in TABLES) != bool(key):
            shape = f"{section}.NAME=VALUE" if section in TABLES else f"{section}=VALUE"
            raise RecipeError(115, "override has the wrong form", found=f"'{name}'", expected=shape)
        if key:
            nested[section] = {**nested.get(section, {}), key: value}
        else:
            nested[section] = value
    return from_dict(nested, where="override")


def parse(assignments: Sequence[str]) -> dict[str, Any]:
    """`objective.hide=0.6` from a command line -> {"objective.hide": 0.6}; values are TOML, else plain strings."""
    return {name: _value(value) for name, _, value in (text.partition("=") for text in assignments)}


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def write(recipe: Recipe, path: Path, comment: str = "") -> None:
    """Write TOML that `read` gives back unchanged, but for its places: see `Recipe.portable`."""
    text = "".join(f"# {line}\n" for line in comment.splitlines()) + to_toml(recipe.portable())
    text = inert(text)  # which TOML reads as the same
    try:
        content = text.encode()
    except UnicodeEncodeError as cause:
        found, fix = repr(cause.object[cause.start : cause.end]), "rename the file or folder it belongs to"
        raise RecipeError(117, "a recipe must be Unicode text", found=found, fix=fix) from cause
    write_whole(path, content)


def to_toml(recipe: Recipe) -> str:
    values = recipe.as_dict()
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if key not in TABLES]
    for name in TABLES:
        if name in values:
            lines += ["", f"[{name}]"]
            lines += [f"{_key(key)} = {_toml(value)}" for key, value in values[name].items() if value is not None]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(str(key))} = {_toml(item)}" for key, item in value.items() if item is not None)
        return "{ " + ", ".join(pairs) + " }"
    raise RecipeError(116, "a recipe cannot hold this value", found=f"{type(value).__name__} {value!r}")


def differences(one: Recipe, other: Recipe) -> list[str]:
    """Dotted names of everything that differs, with both values: `plan.lr: 0.001 -> 0.01`."""
    left, right = dict(flat(one.as_dict())), dict(flat(other.as_dict()))
    names = sorted(set(left) | set(right))
    return [f"{n}: {left.get(n)} -> {right.get(n)}" for n in names if left.get(n) != right.get(n)]


def flat(values: Table, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting of nested tables by its dotted name."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _listed(value)


def _listed(value: Any) -> Any:
    """TOML knows no tuples, so they are compared as lists, at any depth."""
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
