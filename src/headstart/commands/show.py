"""show: a model, a data set, or the settings of a kind."""

from pathlib import Path
from typing import Annotated, Any

from headstart.commands.common.verbs import Call
from headstart.core import catalog
from headstart.core.errors import UsageError, nearest

RECORDS = ("headstart.json", "gain.json", "manifest.json")


def show(
    what: Annotated[str | Path, "PATH of a model or data set, or FAMILY KIND (objective masked), or plan."],
    kind: Annotated[str | None, "Kind of the family."] = None,
) -> dict[str, Any]:
    """Show a model's lineage, scores and cost; a data set's counts; or a kind's settings and defaults."""
    from headstart.models.trust.safe_files import MOST_TOKENIZER, read_object

    if kind is not None:
        return _kind(str(what), kind)
    for name in RECORDS:
        if (Path(what) / name).exists():  # of a directory that nobody vouches for
            facts = read_object(Path(what) / name, most=MOST_TOKENIZER)
            kept = {key: value for key, value in facts.items() if key not in ("files", "cells", "format")}
            return {"path": str(what), **kept}
    if str(what) == "plan":
        from headstart.training.plan import Plan

        return _settings("plan", "", Plan)
    fix = "give a model or data directory, or two words like `objective masked`"
    raise UsageError(581, "nothing to show", where=what, found="no headstart files", fix=fix)


def _kind(family: str, kind: str) -> dict[str, Any]:
    families = {catalog.singular(name): name for name in (*catalog.FAMILIES, "augments")}
    plural = families.get(family, family)
    if plural not in families.values():
        raise UsageError(580, "unknown family", found=f"'{family}'", fix=nearest(family, families))
    if plural == "augments":  # a modality brings its own
        return _settings(plural, kind, catalog.load("modalities", kind)().augment)
    return _settings(plural, kind, catalog.load(plural, kind))


def _settings(family: str, kind: str, cls: type[Any]) -> dict[str, Any]:
    """What a class says of itself, and its settings with their defaults."""
    import inspect

    return {"family": family, "kind": kind, "about": inspect.getdoc(cls) or "", "settings": catalog.defaults(cls)}


def summary(facts: dict[str, Any], call: Call) -> dict[str, Any]:
    if "path" in facts:
        return {**facts, "text": "\n".join(_lines({k: v for k, v in facts.items() if k != "path"}))}
    family, defaults = catalog.singular(facts["family"]), facts["settings"]
    lines = [facts["about"], "", *(f"{family}.{name} = {value!r}" for name, value in defaults.items())]
    basic = str | int | float | bool | None
    settings = {name: value if isinstance(value, basic) else str(value) for name, value in defaults.items()}
    return {"family": facts["family"], "kind": facts["kind"], "settings": settings, "text": "\n".join(lines)}


def _lines(facts: dict[str, Any], indent: str = "") -> list[str]:
    """A line a fact; what lies within a fact is indented."""
    lines = []
    for name, value in facts.items():
        if isinstance(value, dict) and value:
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:
                lines += [f"{indent}{name}:", *_lines(one, indent + "  ")]
        elif value not in ({}, [], ""):
            lines.append(f"{indent}{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    return lines
