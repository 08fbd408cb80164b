"""show: a model, a data set, or the settings of a kind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session
from headstart.core import catalog
from headstart.core.errors import UsageError, nearest
from headstart.models.trust.safe_files import MOST_TOKENIZER, read_object

SINGULAR = {family.removesuffix("s") if family != "modalities" else "modality": family for family in catalog.FAMILIES}


def command(
    session: Session,
    what: Annotated[
        list[str], typer.Argument(help="PATH of a model or data set, FAMILY KIND (objective masked), or plan.")
    ],
) -> dict[str, Any]:
    """Show a model's lineage, scores and cost; a data set's counts; or a kind's settings and defaults."""
    if len(what) == 2:
        return _kind(*what)
    path = Path(what[0])
    if (path / "headstart.json").exists():
        return _facts(path, _read(path / "headstart.json"))
    if (path / "gain.json").exists():
        return _facts(path, _read(path / "gain.json"))
    if (path / "manifest.json").exists():
        return _facts(path, _read(path / "manifest.json"))
    if what == ["plan"]:
        from headstart.training.plan import Plan

        return _settings("plan", "", Plan)
    fix = "give a model or data directory, or two words like `objective masked`"
    raise UsageError(581, "nothing to show", where=path, found="no headstart files", fix=fix)


def _kind(family: str, kind: str) -> dict[str, Any]:
    plural = SINGULAR.get(family, family)
    if plural not in catalog.FAMILIES:
        raise UsageError(580, "unknown family", found=f"'{family}'", fix=nearest(family, SINGULAR))
    return _settings(plural, kind, catalog.load(plural, kind))


def _settings(family: str, kind: str, cls: type[Any]) -> dict[str, Any]:
    import inspect

    settings = catalog.defaults(cls)
    lines = [inspect.getdoc(cls) or "", ""]
    lines += [f"{catalog.singular(family)}.{name} = {value!r}" for name, value in settings.items()]
    plain = {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in settings.items()
    }
    return {"command": "show", "family": family, "kind": kind, "settings": plain, "text": "\n".join(lines)}


def _read(path: Path) -> dict[str, Any]:
    """Facts of a directory that nobody vouches for."""
    return read_object(path, most=MOST_TOKENIZER)


def _facts(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in facts.items() if name not in ("files", "cells", "format")}
    return {"command": "show", "path": str(path), **shown, "text": "\n".join(_lines(shown))}


def _lines(facts: dict[str, Any], indent: str = "") -> list[str]:
    found = []
    for name, value in facts.items():
        if isinstance(value, dict) and value:
            found += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:
                found += [f"{indent}{name}:", *_lines(one, indent + "  ")]
        elif value not in ({}, [], ""):
            found.append(f"{indent}{name}: {value if not isinstance(value, list) else ', '.join(map(str, value))}")
    return found
