"""prepare: clean, deduplicate, split and encode raw data once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import dry_run as dry_runs
from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import UsageError
from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.core.contracts.account import Account
    from headstart.data.store import Store

SOURCE = options.CommandLine(name="source", kind=list[str], read=options.one_or_many)


def prepare(
    data: Annotated[Any, "Files, folders, archives or tables.", SOURCE] = None,
    *,
    out: Annotated[str | Path | None, "Directory of the prepared data (default: in the cache).", options.PLACE] = None,
    modality: Annotated[str, "See `headstart list modalities`."] = "auto",
    input: options.Input = None,
    target: options.Target = None,
    id: options.Id = None,
    follow: options.Follow = False,
    split: Annotated[str | Mapping[str, float] | None, "train=.8,valid=.1,test=.1"] = None,
    group: Annotated[str | None, "Column whose rows stay in one split; similarity, name:2 or none."] = None,
    time: options.Time = None,
    time_format: Annotated[str | None, "day-first, month-first, year-first, or as strptime writes it."] = None,
    near: Annotated[str, "Near duplicates in train: drop or keep."] = "drop",
    skip_bad: Annotated[bool, "Leave unreadable rows out."] = False,
    max_bad: Annotated[float, "Largest share of unreadable rows."] = 0.01,
    licence: Annotated[str, "Licence of the data, stored with every model."] = "",
    gather: Annotated[bool, "Rows that name one recording, with start, end and label, become one: its events."] = False,
    by_name: Annotated[bool, "Of several target columns each is a label of its own, for the task multitask."] = False,
    marks: Annotated[str | None, "Column that says which moments are anomalies, for scores alone."] = None,
    dry_run: Annotated[bool, "Only tell what would be taken of the source; nothing is written."] = False,
    unknown: Annotated[str | None, "Label of rows of no class, which train may lack."] = None,
    overwrite: options.Overwrite = False,
    settings: options.Settings = None,
    quiet: options.Quiet = True,
    heard: options.Listener = None,
) -> Store:
    """Clean, deduplicate, split and encode raw data once. Prints what was kept and why the rest was rejected.

    data: a path, an array, (x, y), a DataFrame, a list of these, {"train": ..., "test": ...}, or "digits". Without
    `out` the store lies in the cache. `heard` is called with what is taken, before anything is written; with `dry_run`
    that is the result, an `Account`. `settings` are those of the modality. Raises HeadstartError.
    """
    import inspect

    from headstart.commands.common.progress import counter
    from headstart.data.cache import account_of, open_data
    from headstart.data.digits import DIGITS, LICENCE, is_digits, load_digits
    from headstart.data.prepare import prepare as carry_out

    if data is None:
        raise UsageError(560, "no data given", fix="name a SOURCE, or pass --train, --valid and --test")
    fields: dict[str, Any] = {
        "modality": modality, "input": input, "target": target, "id": id, "split": split, "group": group, "time": time,
        "time_format": time_format, "follow": follow, "gather": gather, "by_name": by_name, "marks": marks,
        "near": near, "skip_bad": skip_bad, "max_bad": max_bad, "licence": licence, "unknown": unknown,
        "settings": {name.removeprefix("modality."): value for name, value in (settings or {}).items()} or None,
    }  # fmt: skip
    defaults = inspect.signature(carry_out).parameters
    fields = {name: value for name, value in fields.items() if value != defaults[name].default}
    if dry_run:
        account: Any = account_of(
            data,
            modality=modality,
            input=input,
            target=target,
            id=id,
            group=group,
            time=time,
            follow=follow,
            gather=gather,
            by_name=by_name,
            marks=marks,
        )
        return account  # no store: whoever asks for it knows
    told = partial(_tell, heard)
    if out is None:
        return open_data(data, **fields, told=told)
    if is_digits(data):
        data, fields = load_digits(), {"near": "keep", "licence": LICENCE, "given": [DIGITS], **fields}
    with counter("prepare", quiet=quiet) as count:
        store = carry_out(data, Path(out), **fields, overwrite=overwrite, progress=count, told=told)
    from headstart.reports import data_report, write  # only now: it loads torch, and the first line should not wait

    write.write(data_report.prepared(store), store.directory)
    return store


def _tell(heard: options.Listener, account: Account) -> None:
    from headstart.data.reading.accounts import line

    if heard is not None:
        heard(f"{line(account)}\n")


def summary(store: Any, call: Call) -> dict[str, Any]:
    if call.arguments.get("dry_run"):
        return dry_runs.summary(store)
    from headstart.commands.common.next_command import after_prepare

    manifest = store.manifest
    lines = [", ".join(store.modality.told)] if store.modality.told else []
    lines += [f"{count:,} rows in {name}" for name, count in store.splits.items()]
    lines += [f"{count:,} left out: {reason}" for reason, count in manifest["rejected"].items()]
    lines += [f"warning: {one_line(warning)}" for warning in store.warnings]
    lines.append(", ".join(f"{name} {value}" for name, value in store.modality.spec.sizes.items()))
    lines += [f"pages for people show {bands}"] if (bands := store.modality.view.note) else []
    lines.append(f"prepared in {store.directory}")
    counts = {**store.taken, "kept": manifest["kept"], "rejected": manifest["rejected"], "splits": store.splits}
    following = after_prepare(
        store.directory, labelled=any(" as label" in used for used in store.taken.get("used", ()))
    )
    return {**counts, "warnings": store.warnings, "text": "\n".join(lines), "next": following}
