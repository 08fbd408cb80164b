"""show: a model, a data set, or the settings of a kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core import catalog
from headstart.core.errors import UsageError, nearest
from headstart.core.inert import one_line
from headstart.core.rundir import refuse_unfinished

MOST = 1000  # train rows that are looked at for labels
RECORDS = ("headstart.json", "gain.json", "manifest.json")


def show(
    what: Annotated[
        str | Path, "PATH of a model, data, or FAMILY KIND (objective masked), or plan.", options.CommandLine(kind=str)
    ],
    kind: Annotated[str | None, "Kind of the family."] = None,
    *,
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    modality: options.Modality = None,
    follow: options.Follow = False,
    batch: Annotated[bool, "Write a page of what a model will see of data, before and after augmentation."] = False,
    out: Annotated[str | Path | None, "File of the page of --batch (default: in the cache).", options.PLACE] = None,
) -> dict[str, Any]:
    """Show a model's lineage, scores and cost; a data set's counts; or a kind's settings and defaults.

    Raw data are prepared into the cache first; `input`, `target` and `id` name columns of a table. With `batch` the
    result says where the page lies (`page`). Raises HeadstartError.
    """
    named = {"input": input, "target": target, "id": id, "modality": modality, "follow": follow or None}
    if batch:
        return _batch(what, named, out)
    if out is not None:
        raise UsageError(610, "only a page of a batch is written", found=f"--out {out}", fix="pass --batch too")
    if kind is not None:
        return _kind(str(what), kind)
    columns = {name: value for name, value in named.items() if value is not None}
    refuse_unfinished(Path(what))
    record = next((Path(what) / name for name in RECORDS if (Path(what) / name).exists()), None)
    if record is not None and not columns:
        return _facts(record)
    if str(what) == "plan" and not columns:
        from headstart.training.plan import Plan

        return _settings("plan", "", Plan)
    return _facts(_prepared(what, columns) / "manifest.json")


def _batch(data: Any, columns: Mapping[str, Any], out: str | Path | None) -> dict[str, Any]:
    """The page of the batch that a model from scratch would learn from: with labels, if there are any."""
    from headstart.assemble import finetuning, labelled, pretraining
    from headstart.core.recipe import Recipe
    from headstart.data.cache import directory
    from headstart.data.store import Store
    from headstart.reports import data_report, write

    named = {name: value for name, value in columns.items() if value is not None}
    store = data if isinstance(data, Store) else Store.open(_prepared(data, named))
    with_labels = len(labelled(store, store.rows("train")[:MOST]))
    learn, verb = (finetuning, "finetune") if with_labels else (pretraining, "pretrain")
    made = data_report.batch(learn(Recipe(verb=verb), store, device="cpu"))
    file = Path(out) if out is not None else directory() / f"batch-{store.hash[:20]}.html"
    return {"path": str(store.directory), "page": str(write.write_page(made, file))}


def _facts(record: Path) -> dict[str, Any]:
    """What a model or data set says of itself; nobody vouches for its directory."""
    from headstart.models.trust.safe_files import MOST_TOKENIZER, read_object

    facts = read_object(record, most=MOST_TOKENIZER)
    kept = {key: value for key, value in facts.items() if key not in ("files", "cells", "format")}
    return {"path": str(record.parent), **kept}


def _prepared(what: str | Path, columns: Mapping[str, Any]) -> Path:
    """Where data lie that are prepared; UsageError if nothing is there to prepare."""
    from headstart.data.cache import open_data
    from headstart.data.digits import is_digits
    from headstart.data.file_names import is_no_path

    path = Path(what)
    there = path.is_file() or (path.is_dir() and any(path.iterdir()))
    if not there and not is_digits(what) and not is_no_path(str(what)):
        fix = "give a model, data, or two words like `objective masked`"
        found = "an empty folder" if path.is_dir() else "no such file or folder"
        raise UsageError(581, "nothing to show", where=what, found=found, fix=fix)
    return open_data(what, **columns).directory


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
            lines += [f"{indent}{one_line(name)}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:
                lines += [f"{indent}{one_line(name)}:", *_lines(one, indent + "  ")]
        elif value not in ({}, [], ""):
            told = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            lines.append(f"{indent}{one_line(name)}: {one_line(told)}")
    return lines
