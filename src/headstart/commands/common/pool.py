"""What `next` looks at: rows without labels, those with labels, the model that answers, and how it would learn more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.assemble import Parts, finetuning, labelled, open_start, open_store, pick_device, resolve_finetuning
from headstart.commands.common.found_again import found_again
from headstart.commands.common.request import data_of
from headstart.core import catalog
from headstart.core import recipe as recipes
from headstart.core.contracts import Tuning
from headstart.core.errors import DataError, HeadstartError, UsageError
from headstart.core.recipe import Recipe, override
from headstart.core.rundir import RECIPE
from headstart.data.store import Store
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.models.remembered import row_numbers
from headstart.models.start import Start, learned_by
from headstart.selection.label_plan import Curve, check_decides, curve, headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Rows that could be labelled, [n] of a store, and what is known beside them.

    labelled   rows that are labelled, in their store: those of the data, else those that the model learned from
    answering  the predictor gives answers; else there are no labels, and only features
    learner    a fine-tune in closed form by which more labels can be tried; None: there is none, `unknown` says why
    told       what a person should know of the rows
    """

    predictor: Predictor
    store: Store
    rows: np.ndarray
    labelled: tuple[Store, np.ndarray] | None
    answering: bool
    learner: Parts | None
    unknown: str
    told: tuple[str, ...]


def open_pool(wanted: Recipe, data: Any, *, device: str) -> Pool:
    """The pool of some data for a model; UsageError without a model, DataError without a row to label."""
    start = open_start(wanted.start)
    if start is None:
        raise UsageError(900, "next needs a model", found="scratch", fix="pass --from MODEL, fine-tuned or pretrained")
    tuned = "task" in start.config
    bare = replace(wanted, start="scratch", start_weights=None)
    _, store = open_store(bare, data_of(data, wanted), start, learned=learned_by(start, needed=tuned), answered=tuned)
    train = store.rows("train")
    known = labelled(store, train)
    rows = np.setdiff1d(train, known)
    if not len(rows):
        fix = "add rows whose label is empty, or a file without labels"
        raise DataError(901, "there is no row to label", found=f"{len(known):,} rows with a label", fix=fix)
    told = _left_out(store, len(rows))
    if tuned:
        return _tuned(start, store, rows, known, told, device)
    return _pretrained(wanted, start, store, rows, known, told, device)


def curve_of(pool: Pool, budget: int, tell: Callable[[str], None]) -> tuple[Curve | None, str]:
    """What so many labels more would bring, or why that is not known."""
    if pool.learner is None or pool.labelled is None:
        return None, pool.unknown
    store, rows = pool.labelled
    try:
        metric = headline(pool.predictor, store, rows)
        found = curve(pool.learner, rows, budget, metric, tell=tell)
    except HeadstartError as unfit:
        return None, f"{unfit.what}: {unfit.found}" if unfit.found else unfit.what
    return found, "" if found is not None else f"{len(rows):,} labels are too few, five a class are needed"


def _left_out(store: Store, rows: int) -> list[str]:
    """What to say of rows that are not in the pool."""
    others = sum(count for name, count in store.splits.items() if name != "train")
    pool = f"the pool is the {rows:,} train rows without a label"
    return [f"{pool}; {others:,} rows of the valid and test parts stay for scores"] if others else []


def _tuned(
    start: Start, store: Store, rows: np.ndarray, known: np.ndarray, told: list[str], device: str
) -> Pool:  # fmt: skip
    """For a fine-tuned model, which answers; its labels are those of the data, else those it learned from."""
    predictor = Predictor.load(start.path, device=pick_device(device))
    check_decides(predictor.task, start.path)
    learner, unknown, source = None, "", (store, known) if len(known) else None
    try:
        learner, met = _again(start, store if len(known) else None, device)
        if source is None:
            source = (learner.store, met)
            seen = np.isin(row_numbers(store.hashes_of(rows)), row_numbers(learner.store.hashes_of(met)))
            told += [f"{seen.sum():,} rows are left out: the model has learned their labels"] if seen.any() else []
            rows = rows[~seen]
            told.append(f"the labels are the {len(met):,} that the model learned from")
    except HeadstartError as absent:
        unknown = f"{absent.what}: {absent.found}" if absent.found else absent.what
        if source is None:
            told.append("rows that the model learned from cannot be told: give them beside the pool")
    if not len(rows):
        raise DataError(901, "there is no row to label", found="rows that the model learned from", fix="give others")
    return Pool(predictor=predictor, store=store, rows=rows, labelled=source, answering=True, learner=learner,
                unknown=unknown, told=tuple(told))  # fmt: skip


def _again(start: Start, store: Store | None, device: str) -> tuple[Parts, np.ndarray]:
    """A fine-tune like that of a model, from what it started from, and the rows it learned from; of a `store`, or of
    its own data. HeadstartError where these are gone, or where it would have to be stepped."""
    own = recipes.read(start.path / RECIPE)
    if store is not None:
        own = own.with_part("data", {})
    own = override(own, found_again(own, start.path, {}))
    if store is not None:
        own = replace(own, labels=None)
    given = data_of(None, own) if store is None else store
    kind = own.tuning.get("kind", "")
    if not _is_solved_alone(kind):
        if own.start == "scratch":
            what = "each point of its label curve would be a training from scratch"
            raise UsageError(904, what, where=start.path, found=kind, fix="see headstart gain")
        own = own.with_part("tuning", {"kind": _solved_tuning(own, given, device, start.path)}).with_part("plan", {})
    parts = finetuning(own, given, device=device, store=store)
    return parts, parts.chosen


def _pretrained(
    wanted: Recipe, start: Start, store: Store, rows: np.ndarray, known: np.ndarray, told: list[str], device: str
) -> Pool:  # fmt: skip
    """For a pretrained model: it is fine-tuned with the labels that there are; without any it only has features."""
    if not len(known):
        predictor = Predictor.load(start.path, device=pick_device(device))
        return Pool(predictor=predictor, store=store, rows=rows, labelled=None, answering=False, learner=None,
                    unknown="nothing is labelled yet", told=tuple(told))  # fmt: skip
    kind = wanted.tuning.get("kind") or _solved_tuning(wanted, store, device, start.path)
    parts = finetuning(wanted.with_part("tuning", {**wanted.tuning, "kind": kind}), store, device=device, store=store)
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    check_decides(predictor.task, start.path)
    learn_task(parts, predictor)
    return Pool(predictor=predictor, store=store, rows=rows, labelled=(store, known), answering=True, learner=parts,
                unknown="", told=tuple(told))  # fmt: skip


def _solved_tuning(recipe: Recipe, given: Any, device: str, where: object) -> str:
    """The tuning that suits and needs neither steps nor further rows; UsageError if there is none."""
    open_way = recipe.with_part("tuning", {})
    run = resolve_finetuning(open_way, given, device=device, store=given if isinstance(given, Store) else None)
    found = next((kind for kind in run.tunings if _is_solved_alone(kind)), None)
    if found is None:
        raise UsageError(905, "no tuning of this model is solved in closed form", where=where,
                         found=", ".join(run.tunings), fix="name a model that a probe can be fitted to")  # fmt: skip
    return found


def _is_solved_alone(kind: str) -> bool:
    tuning: type[Tuning] = catalog.load_saved("tunings", kind)
    return tuning.closed_form and not tuning().unlabelled
