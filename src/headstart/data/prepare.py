"""prepare: raw data of any kind -> a prepared directory, cleaned, split and encoded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from headstart.core import catalog, contracts, swap
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError, HeadstartError, StorageError, UsageError, nearest
from headstart.data.preparing import content_hash, pipeline
from headstart.data.preparing.assign_splits import Rules
from headstart.data.preparing.groups import NONE, grouping, no_column
from headstart.data.preparing.split import ORDER, fractions
from headstart.data.reading import accounts
from headstart.data.reading.open_raw import Raw, open_raw
from headstart.data.reading.roles import Ask, Learned
from headstart.data.storage import manifest
from headstart.data.store import Store

if TYPE_CHECKING:
    from headstart.core.contracts import Modality

FOLLOWED = "links, and paths in tables, that lead out of the source were followed (--follow)"


def prepare(
    sources: Any,
    out: Path | str | Callable[[str], Path],
    *,
    modality: str = "auto",
    input: str | None = None,
    target: str | None = None,
    id: str | None = None,
    split: str | Mapping[str, float] | None = None,
    group: str | None = None,
    time: str | None = None,
    time_format: str | None = None,
    skip_bad: bool = False,
    max_bad: float = 0.01,
    near: Literal["drop", "keep"] = "drop",
    licence: str = "",
    unknown: str | None = None,
    settings: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    given: Sequence[str] | None = None,
    learned: Learned | None = None,
    follow: bool = False,
    gather: bool = False,
    by_name: bool = False,
    marks: str | None = None,
    fitted: contracts.Modality | None = None,
    like: contracts.Modality | None = None,
    told: Callable[[Account], None] = lambda account: None,
) -> Store:
    """Clean, deduplicate, split and encode raw data into `out`, once; return the store.

    out       a directory, or a function that gives one for the name of the preparation, equal for equal outcomes
    sources   a path, an array, (x, y), a DataFrame, a list of these, or {"train": ..., "test": ...}
    input, target, id   columns of a table; the usual names are found
    split     "train=.8,valid=.1,test=.1"
    group     a column whose rows stay in one part; "name:2", the second field of file names; "similarity", related
              rows; "none". By default a column that is called as speakers or patients usually are, where values repeat
    time      a column to sort by, or "order" for that of the rows; the earliest rows train. Of measured series that of
              their moments, by which they are split in any case: .7, .1 and .2 of the moments, unless `split` says more
    time_format   of dates that leave it open: "day-first", "month-first", "year-first", or as `strptime` writes them
    skip_bad  leave unreadable rows out, up to the share `max_bad`; else the first one is an error
    near      what to do with near duplicates in train
    unknown   the label of rows of no class, which given valid and test parts may hold though train has none
    settings  of the modality
    progress  called with the number of rows done
    given     what the manifest calls the sources; by default their paths
    learned   the columns of the model for which the rows are prepared: they go before the usual names
    follow    links, and paths in tables, may lead out of the sources
    gather    rows of a table that name one recording, with start, end and label, become one: its label is their list
    by_name   of several target columns each is a label of its own, {"stars": 4, "kind": "new"}; unsaid, where they are
              neither all yes or no nor all numbers without gaps
    marks     the column that says which moments of measured series are anomalies, 1 or 0; scores alone read it
    fitted    the modality of the model for which the rows are prepared, where they are stored as it has learned to read
              them: its columns and categories; it learns nothing of these rows
    like      the same where these rows would teach their modality something else, and are of its kind
    told      called with what was taken of the sources, before anything is written

    The same preparation again returns what is there. Raises UsageError, DataError, StorageError.
    """
    if near not in ("drop", "keep"):
        raise UsageError(315, "unknown value for near", found=f"'{near}'", fix=nearest(str(near), ("drop", "keep")))
    if group is not None and time is not None:
        raise UsageError(316, "rows are split by group or by time, not both", found="both", fix="choose one of them")
    if not 0 <= max_bad <= 1:
        raise UsageError(317, "max_bad must be a share of the rows", found=max_bad, expected="a number from 0 to 1")
    fractions(split, labelled=True)
    apart = tuple(name for name in (group, time) if name is not None)
    ask = Ask(id=id, learned=learned, apart=apart, follow=follow, gather=gather, by_name=by_name, time=time,
              marks=marks)  # fmt: skip
    raw = open_raw(sources, modality=modality, input=input, target=target, ask=ask)
    checked = catalog.check(catalog.load("modalities", raw.modality), settings or {}, "modality")
    known = fitted or (like if type(like) is raw.modality_class and not settings else None)
    raw = replace(raw, past=(known or catalog.load("modalities", raw.modality)(**checked)).past)
    if raw.past is not None and time is None and not raw.in_parts:
        fix = "name the column of times with --time COLUMN, or pass --time order if the rows are in it"
        raise UsageError(895, "rows that see the rows before them must be split by time", fix=fix)
    account, group = _grouped(raw, group, time)
    account = replace(account, notes=(*account.notes, FOLLOWED)) if follow else account
    told(account)
    shares = dict(split) if isinstance(split, Mapping) else split
    rules = Rules(
        split=shares, group=group, time=None if _of_whole_records(raw) else time, skip_bad=skip_bad, max_bad=max_bad,
        near=near, licence=licence, unknown=unknown, time_format=time_format,
    )  # fmt: skip
    content = _content(raw, checked, fitted)
    roles = None if raw.roles is None else {**raw.roles.to_json(), "labels": dict(raw.labels.form)}
    options = {"modality": raw.modality, "settings": checked, "table": roles, **asdict(rules)}

    def named(fitted: contracts.Modality | None) -> tuple[str, Path]:
        learned = {} if fitted is None else {"fitted": content_hash.of_modality(fitted)}
        identity = content_hash.preparation(content.digest, options | learned)
        return identity, out(f"{raw.modality}-{identity[:24]}") if callable(out) else Path(out)

    if like is not None and type(like) is raw.modality_class and _teaches_other(raw, content, like, checked, named):
        fitted = like
    identity, folder = named(fitted)
    facts = {
        "modality": raw.modality,
        "preparation": identity,
        "source": {"given": list(given or raw.description), "hash": content.digest},
        "rules": asdict(rules),
        "settings": checked,
        "table": roles,
        **accounts.fields(account),
        "notes": list(account.notes),
    }
    swap.tidy(folder)
    cached = callable(out)  # what is damaged there is made again: nobody else can
    if not (_whole(folder) is not None if cached else _is_finished(identity, folder, overwrite)):
        _write(raw, content, rules, facts, folder, progress, fitted)
    return Store.open(folder)


def taken(
    sources: Any,
    *,
    modality: str = "auto",
    input: str | None = None,
    target: str | None = None,
    id: str | None = None,
    group: str | None = None,
    time: str | None = None,
    learned: Learned | None = None,
    follow: bool = False,
    gather: bool = False,
    by_name: bool = False,
    marks: str | None = None,
) -> Account:
    """What `prepare` would take of the sources, with its reasons, and what not; nothing is written."""
    apart = tuple(name for name in (group, time) if name is not None)
    ask = Ask(id=id, learned=learned, apart=apart, follow=follow, gather=gather, by_name=by_name, time=time,
              marks=marks)  # fmt: skip
    raw = open_raw(sources, modality=modality, input=input, target=target, ask=ask)
    return _grouped(raw, group, time)[0]


def _content(raw: Raw, settings: Mapping[str, Any], fitted: contracts.Modality | None) -> content_hash.Content:
    modality = fitted or catalog.load("modalities", raw.modality)(**settings)
    if modality.by_column is None:
        return content_hash.content(raw.examples())
    return content_hash.content_of_portions(raw.portions())


def _write(
    raw: Raw,
    content: content_hash.Content,
    rules: Rules,
    facts: Mapping[str, Any],
    out: Path,
    progress: pipeline.Progress,
    fitted: contracts.Modality | None,
) -> None:
    """Write the prepared directory aside; it takes its place when it is whole."""
    try:
        with swap.made_aside(out) as aside:
            modality = fitted or catalog.load("modalities", raw.modality)(**facts["settings"])
            pipeline.write(aside, raw, content, modality, rules, facts, progress, fitted=fitted is not None)
    except OSError as cause:
        found, fix = cause.strerror or cause, "free some space or choose another place"
        raise StorageError(221, "cannot write the prepared data", where=out, found=found, fix=fix) from cause


def _is_finished(identity: str, out: Path, overwrite: bool) -> bool:
    """Is the same preparation at `out` already? UsageError if something else is there."""
    if out.is_file():
        raise UsageError(302, "the output must be a directory", where=out, found="a file", fix="choose another --out")
    if not out.is_dir() or not any(out.iterdir()):
        return False
    if not (out / manifest.NAME).is_file():
        found = "files that headstart did not write"
        raise UsageError(303, "the output directory is not empty", where=out, found=found, fix="choose another --out")
    same = not overwrite and Store.open(out).manifest.get("preparation") == identity
    if not same and not overwrite:
        found, fix = "another preparation", "choose another --out, or pass --overwrite to replace it"
        raise UsageError(304, "the output directory is not empty", where=out, found=found, fix=fix)
    return same


def _whole(cached: Path) -> Store | None:
    """This preparation in the cache, if every byte is as it was written and this version can read it."""
    try:
        store = Store.open(cached)
        assert store.modality.spec
    except HeadstartError:
        return None
    return store


def _teaches_other(
    raw: Raw, content: content_hash.Content, like: contracts.Modality, settings: Mapping[str, Any],
    named: Callable[[contracts.Modality | None], tuple[str, Path]],
) -> bool:  # fmt: skip
    """Do these rows teach their modality something else than `like` has learned? What the cache holds says it, else the
    rows do."""
    own = _whole(named(None)[1])
    if own is None and _whole(named(like)[1]) is not None:
        return True
    try:
        modality = catalog.load("modalities", raw.modality)(**settings) if own is None else own.modality
        if own is None:
            pipeline.fit(modality, raw, content)
        return dict(modality.spec.key) != dict(like.spec.key)
    except DataError:  # nothing can be learned from them alone
        return True


def _of_moments(raw: Raw, group: str | None) -> Account:
    """The account of rows that are moments, which are split by time; where whole records may be held out these may be
    drawn, too. UsageError for any other group."""
    unit = "" if raw.timeline is None else raw.timeline.unit
    if group not in (None, NONE, unit or None):
        what = f"parts are made of whole {unit}s alone" if unit else "measured series are split by time, never by group"
        fix = f"leave it out, or pass prepare --group {unit}" if unit else "leave the group out"
        raise UsageError(613, what, found=f"'{group}'", fix=fix)
    told = _timed(raw)
    if unit:
        drawn = "drawn at random" if group == unit else f"in their order; prepare --group {unit} draws them at random"
        told = (*told, Used(what=f"whole {unit}s", role="split", why=drawn))
    return accounts.with_used(raw.account(), told)


def _timed(raw: Raw) -> tuple[Used, ...]:
    """The column of the moments, if there is one."""
    roles = raw.roles
    return () if roles is None or roles.time is None else (Used(what=f"column {roles.time}", role="time"),)


def _of_whole_records(raw: Raw) -> bool:
    """Is every row a whole record, whose moments are read in their order, and not split by it?"""
    return raw.timeline is not None and raw.timeline.whole


def _grouped(raw: Raw, group: str | None, time: str | None) -> tuple[Account, str | None]:
    """The account with the columns that only `prepare` knows, and the group that was asked for or found; DataError for
    a column that is not there."""
    if raw.timeline is not None and not raw.timeline.whole:
        return _of_moments(raw, group), group if group == raw.timeline.unit else None
    if _of_whole_records(raw):
        said = grouping(raw.examples(), catalog.load("modalities", raw.modality)(), group, timed=False)
        return accounts.with_used(raw.account(), (*said.used, *_timed(raw))), said.name
    first = {} if time is None else next(iter(raw.examples()), {})
    if time is not None and time not in (*first, ORDER):
        raise no_column(time, first)
    modality: Modality = catalog.load("modalities", raw.modality)()
    said = grouping(raw.examples(), modality, group, timed=time is not None)
    named = "the order of the rows" if time == ORDER and ORDER not in first else f"column {time}"
    timed = () if time is None else (Used(what=named, role="time"),)
    account = accounts.with_used(raw.account(), (*said.used, *timed))
    return replace(account, notes=(*account.notes, *said.notes)), said.name
