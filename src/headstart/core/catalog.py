"""Kind -> class by file name: a new file in a family's folder is a new kind, with nothing to register.

Listing a family reads a folder and imports nothing. A name with a colon, `package.module:Class`, comes from outside.
"""

import importlib
import importlib.util
import inspect
import sys
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headstart.core.errors import RecipeError, alternatives, nearest

FAMILIES: Mapping[str, str] = {
    "sources": "headstart.data.sources",
    "modalities": "headstart.data.modalities",
    "backbones": "headstart.models.backbones",
    "objectives": "headstart.training.objectives",
    "tasks": "headstart.training.tasks",
    "tunings": "headstart.training.tunings",
    "trackers": "headstart.reports.trackers",
    "explainers": "headstart.inference.explainers",
}
CONTRACTS: Mapping[str, str] = {
    "sources": "headstart.core.contracts:Source",
    "modalities": "headstart.core.contracts:Modality",
    "augments": "headstart.core.contracts:Augment",  # from outside alone: each modality brings its own
    "backbones": "headstart.core.contracts:Backbone",
    "objectives": "headstart.core.contracts:Objective",
    "tasks": "headstart.core.contracts:Task",
    "tunings": "headstart.core.contracts:Tuning",
    "explainers": "headstart.core.contracts.explainer:Explainer",
}


def folder(family: str) -> Path:
    """Where the files of a family lie."""
    return Path(__file__).parents[1].joinpath(*FAMILIES[family].split(".")[1:])


def kinds(family: str) -> list[str]:
    """The names of a family, sorted: of files `x.py`, and of folders `x` that hold `x.py`; nothing is imported."""
    here = folder(family)
    files = [path.stem for path in here.glob("*.py") if not path.stem.startswith("_")]
    return sorted([*files, *(path.stem for path in here.glob("*/*.py") if path.stem == path.parent.name)])


def home(family: str, kind: str) -> str:
    """The module of a kind, below its family's: "classify", or "detect.detect" where the kind is a folder."""
    return f"{kind}.{kind}" if (folder(family) / kind).is_dir() else kind


def source(family: str, kind: str) -> Path:
    """The file of a kind."""
    return folder(family) / f"{home(family, kind).replace('.', '/')}.py"


def summary(family: str, kind: str) -> str:
    """First sentence of a kind's class docstring, read from the source text; nothing is imported."""
    import ast

    tree = ast.parse(source(family, kind).read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            return (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
    return ""


def load(family: str, kind: str) -> type[Any]:
    """The class behind a kind; RecipeError names the nearest known kind."""
    if ":" in kind:
        return _outside(family, kind)
    if family not in FAMILIES or kind not in kinds(family):
        fix = nearest(kind, kinds(family)) if family in FAMILIES else "leave its kind out, or give package.module:Class"
        raise RecipeError(101, f"unknown {singular(family)}", found=f"'{kind}'", fix=fix)
    module = importlib.import_module(f"{FAMILIES[family]}.{home(family, kind)}")
    public = [
        thing
        for name, thing in vars(module).items()
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert len(public) == 1, f"{module.__name__} must hold exactly one public class, found {public}"
    return public[0]


def having(member: str) -> str:
    """The kinds that have what the contract of their family leaves out: "backbones.cache" -> "decoder, hf or rnn"."""
    family, _, member = member.partition(".")
    default = getattr(_contract(family), member)
    return alternatives([kind for kind in kinds(family) if getattr(load(family, kind), member) is not default])


def singular(family: str) -> str:
    """ "modalities" -> "modality"."""
    return "modality" if family == "modalities" else family.removesuffix("s")


def _outside(family: str, kind: str) -> type[Any]:
    module_name, _, class_name = kind.partition(":")
    fix = "give package.module:Class of something that can be imported"
    try:
        module = importlib.import_module(module_name)
    except (ImportError, ValueError) as cause:  # ValueError: an empty module name
        raise RecipeError(102, f"cannot import {singular(family)}", found=f"'{kind}' ({cause})", fix=fix) from cause
    cls = vars(module).get(class_name)
    if not inspect.isclass(cls):
        raise RecipeError(105, f"no such class for {singular(family)}", found=f"'{kind}'", fix=fix)
    lacking = _lacking(cls, _contract(family)) if family in CONTRACTS else []
    if lacking:
        found = f"'{kind}' without {', '.join(lacking)}"
        expected = f"a class that keeps {CONTRACTS[family].replace(':', '.')}"
        raise RecipeError(106, f"this is not a valid {singular(family)}", found=found, expected=expected)
    return cls


def _contract(family: str) -> type[Any]:
    module, _, name = CONTRACTS[family].partition(":")
    contract: type[Any] = getattr(importlib.import_module(module), name)
    return contract


def _lacking(found: type[Any], contract: type[Any]) -> list[str]:
    """What the class lacks of a contract: the class it must be built on or, where that is a protocol, its members."""
    if "_is_protocol" not in vars(contract) or not vars(contract)["_is_protocol"]:
        return [] if issubclass(found, contract) else [f"{contract.__name__} as its base"]
    members = {*vars(contract), *contract.__annotations__}
    return sorted(name for name in members if not name.startswith("_") and name not in dir(found))


_allowed = ContextVar("code from outside is allowed", default=False)


@contextmanager
def code_allowed(allowed: bool) -> Iterator[None]:
    """While this lasts, what a directory or a recipe file names may be imported from outside the package, or not."""
    before = _allowed.set(allowed)
    try:
        yield
    finally:
        _allowed.reset(before)


def load_saved(family: str, kind: str) -> type[Any]:
    """The class behind a kind that a directory names; RecipeError if that would import code that nobody allowed."""
    check_saved(family, kind)
    return load(family, kind)


def check_saved(family: str, kind: str) -> None:
    """RecipeError for a kind from outside the package: a directory or a recipe file never makes us import foreign code.

    Allowed by --allow-code, or where a program of the user's has imported the module itself.
    """
    module = kind.partition(":")[0]
    if ":" in kind and module not in sys.modules and not _allowed.get():
        fix = f"if you trust it, pass --allow-code; in Python, import {module} first"
        raise RecipeError(107, f"{singular(family)} from outside headstart", found=f"'{kind}'", fix=fix)


@dataclass(frozen=True, slots=True)
class Part:
    """A kind with every one of its settings, checked."""

    cls: type[Any]
    table: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        return settings_of(self.table)

    def build(self, *objects: Any) -> Any:
        return self.cls(*objects, **self.settings)


def part(cls: type[Any], table: Mapping[str, Any], section: str) -> Part:
    """The part of a class that a recipe's table asks for; RecipeError for an unknown setting or a wrong value."""
    return Part(cls, {"kind": table["kind"], **check(cls, settings_of(table), section)})


def settings_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """A part's table without its kind."""
    return {key: value for key, value in table.items() if key != "kind"}


def defaults(cls: type[Any]) -> dict[str, Any]:
    """Every setting of a kind with its default, in the order of its signature (keyword-only arguments)."""
    return {
        p.name: (None if p.default is inspect.Parameter.empty else p.default)
        for p in inspect.signature(cls).parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    }


def check(cls: type[Any], settings: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Settings with defaults filled in and types checked against the signature; RecipeError names key and cure."""
    from pydantic import ConfigDict, ValidationError, create_model

    known = defaults(cls)
    for key in settings:
        if key not in known:
            raise RecipeError(103, "unknown setting", where=where, found=f"'{key}'", fix=nearest(key, known))
    hints = typing.get_type_hints(cls.__init__, include_extras=True)
    required = {p.name for p in inspect.signature(cls).parameters.values() if p.default is inspect.Parameter.empty}
    fields: dict[str, Any] = {
        name: (hints.get(name, Any), ... if name in required else value) for name, value in known.items()
    }
    model = create_model("Settings", __config__=ConfigDict(strict=False, arbitrary_types_allowed=True), **fields)
    try:
        checked = model(**settings)
    except ValidationError as cause:
        first = cause.errors()[0]
        key = str(first["loc"][0])
        raise RecipeError(
            104, "setting has the wrong type or value", where=f"{where}.{key}", found=repr(first["input"]),
            expected=first["msg"].removeprefix("Input should be "),
            fix=f"see `headstart show {_shown(cls, where.split('.')[0])}`",
        ) from cause  # fmt: skip
    return {name: vars(checked)[name] for name in known}


def _shown(cls: type[Any], section: str) -> str:
    """The words of `headstart show` for a class: "objective masked", or "plan"."""
    module = cls.__module__
    for family, package in FAMILIES.items():
        parts = module.removeprefix(f"{package}.").split(".")
        if module.startswith(package):
            return f"{section if parts[-1] == section else singular(family)} {parts[0]}"
    return section if module.startswith("headstart.") else f"{section} {module}:{cls.__qualname__}"
