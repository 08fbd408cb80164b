"""Folds of the labelled train rows: every candidate learns from the same rows and is scored on the same others."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from headstart.core.contracts import Task
from headstart.data.store import Store
from headstart.evaluation.intervals import groups_of
from headstart.training.linear.solve import stratified_folds

MANY, FEW_FOLDS, MANY_FOLDS = 1_000, 3, 5  # so many labels get 3 folds, fewer 5
MOST_HELD = 1_000  # rows of a fold that are scored: an accuracy near .9 is known to a point


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to learn from, in an order in which any first part is a fair draw, and rows to be scored on."""

    number: int
    learn: np.ndarray
    held: np.ndarray


def folds_of(task: type[Task], store: Store, rows: np.ndarray, seed: int) -> list[Fold]:
    """Rows [n] in folds of like shares of the classes; rows of one group stay in one fold. Rows that are moments of
    records are scored on stretches of time that come after all that is learned from.

    The only row of a class is in no fold's held rows. [] where there are too few rows to hold any out.
    """
    generator = np.random.default_rng([seed, 5])
    count = min(FEW_FOLDS if len(rows) > MANY else MANY_FOLDS, len(rows) // 2)
    if count < 2:
        return []
    places = store.places_of(rows)
    if places is not None:
        return _by_time(rows, places, store.ahead, count, generator)
    groups = groups_of([example.get("group") for example in store.examples_of(rows)])
    fold_of = (
        _by_group(groups, count, generator) if groups is not None else _by_class(task, store, rows, count, generator)
    )
    folds = []
    for number in range(count):
        held = np.flatnonzero(fold_of == number)
        held = np.sort(generator.permutation(held)[:MOST_HELD])
        # without groups, what was too much to be scored is learned from
        learn = np.setdiff1d(np.arange(len(rows)), held) if groups is None else np.flatnonzero(fold_of != number)
        if len(held) and len(learn):
            folds.append(Fold(len(folds), rows[generator.permutation(learn)], rows[held]))
    return folds if len(folds) > 1 else []


def _by_time(
    rows: np.ndarray, places: np.ndarray, ahead: int, count: int, generator: np.random.Generator
) -> list[Fold]:
    """The last stretches of time, each held once; what is learned from ends before a held stretch begins (Tashman,
    International Journal of Forecasting 2000), with `ahead` places between, which the rows before it reach over."""
    edges = np.quantile(places, np.linspace(0, 1, count + 3)[2:])  # two more shares, which are only learned from
    folds = []
    for begin, end in pairwise(edges):
        held = np.flatnonzero((places >= begin) & ((places < end) | (end == edges[-1])))
        held = np.sort(generator.permutation(held)[:MOST_HELD])
        learn = np.flatnonzero(places + ahead <= begin)
        if len(held) and len(learn):
            folds.append(Fold(len(folds), rows[generator.permutation(learn)], rows[held]))
    return folds if len(folds) > 1 else []


def _by_class(
    task: type[Task], store: Store, rows: np.ndarray, count: int, generator: np.random.Generator
) -> np.ndarray:
    strata = task.strata(store.labels_of(rows))
    names = np.zeros(len(rows)) if strata is None else np.array(strata)
    return stratified_folds(names, count, generator)


def _by_group(groups: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """The largest groups first, each into the fold that is smallest so far."""
    sizes, filled = np.bincount(groups), np.zeros(count)
    fold_of = np.zeros(len(sizes), int)
    for group in sorted(generator.permutation(len(sizes)), key=lambda one: -sizes[one]):
        fold_of[group] = int(filled.argmin())
        filled[fold_of[group]] += sizes[group]
    return fold_of[groups]
