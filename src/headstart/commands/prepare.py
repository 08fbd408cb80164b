"""prepare: clean, deduplicate, split and encode raw data once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common.session import Session
from headstart.core.errors import UsageError


def prepare(data: Any, *, out: str | Path | None = None, **options: Any) -> Any:
    """Prepare raw data and return the store; without `out` it lies in the cache. Options: those of `data.prepare`."""
    from headstart.data.cache import open_data
    from headstart.data.prepare import prepare as carry_out

    return open_data(data, **options) if out is None else carry_out(data, Path(out), **options)


def command(
    session: Session,
    source: Annotated[list[str] | None, typer.Argument(help="Files, folders, archives or tables.")] = None,
    *,
    out: Annotated[Path, typer.Option(help="Directory of the prepared data.")],
    modality: Annotated[str, typer.Option(help="See `headstart list modalities`.")] = "auto",
    input: Annotated[str | None, typer.Option(help="Column that holds the input.")] = None,
    target: Annotated[str | None, typer.Option(help="Column that holds the label.")] = None,
    split: Annotated[str | None, typer.Option(help="train=.8,valid=.1,test=.1")] = None,
    group: Annotated[str | None, typer.Option(help="Column whose equal rows stay in one split.")] = None,
    time: Annotated[str | None, typer.Option(help="Column to split by in order, earliest to train.")] = None,
    train: Annotated[Path | None, typer.Option(help="Train part, where the parts are separate files.")] = None,
    valid: Annotated[Path | None, typer.Option(help="Valid part.")] = None,
    test: Annotated[Path | None, typer.Option(help="Test part.")] = None,
    near: Annotated[str, typer.Option(help="Near duplicates in train: drop or keep.")] = "drop",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave unreadable rows out.")] = False,
    max_bad: Annotated[float, typer.Option(help="Largest share that may be left out as unreadable.")] = 0.01,
    licence: Annotated[str, typer.Option(help="Licence of the data, kept with every model.")] = "",
    unknown: Annotated[str | None, typer.Option(help="Label of rows of no class; train may lack it.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what lies in --out.")] = False,
) -> dict[str, Any]:
    """Clean, deduplicate, split and encode raw data once. Prints what was kept and why the rest was not."""
    import time as clock

    from headstart.commands.common.session import counter, peak_memory_bytes
    from headstart.data.modalities.image.channel_order import seen_by_people

    began = clock.perf_counter()
    parts = {name: str(path) for name, path in (("train", train), ("valid", valid), ("test", test)) if path}
    if bool(parts) == bool(source):
        raise UsageError(561, "name SOURCE, or its parts by --train, --valid and --test", found=source or "nothing")
    named = source or []
    given = parts or (named[0] if len(named) == 1 else named)
    settings = {k.removeprefix("modality."): v for k, v in session.settings.items()}
    with counter("prepare", quiet=session.quiet) as told:
        store = prepare(
            given, out=out, modality=modality, input=input, target=target, split=split, group=group, time=time,
            skip_bad=skip_bad, max_bad=max_bad, near=near, licence=licence, unknown=unknown,
            settings=settings or None, overwrite=overwrite, progress=told,
        )  # fmt: skip
    manifest = store.manifest
    lines = [f"{count:,} rows in {name}" for name, count in store.splits.items()]
    lines += [f"{count:,} left out: {reason}" for reason, count in manifest["rejected"].items()]
    lines += [f"warning: {warning}" for warning in store.warnings]
    sizes = store.modality.spec.sizes
    lines.append(", ".join(f"{name} {value}" for name, value in sizes.items()))
    lines += [f"pictures for people show {told}"] if (told := seen_by_people(sizes)) else []
    lines.append(f"prepared in {out}")
    return {
        "command": "prepare", "out": str(out), "kept": manifest["kept"], "rejected": manifest["rejected"],
        "splits": store.splits, "scores": {}, "seconds": clock.perf_counter() - began,
        "peak_memory_bytes": peak_memory_bytes(), "warnings": store.warnings, "text": "\n".join(lines),
    }  # fmt: skip
