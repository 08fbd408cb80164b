"""Pages of data: what was prepared, and what a model will see of it."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from headstart.assemble import Parts, targets, task_of
from headstart.core.contracts import Batch, Task
from headstart.core.errors import HeadstartError
from headstart.core.formatting import Value
from headstart.core.random import keys
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.reports import samples, shared
from headstart.reports.blocks import Bars, Block, Facts, Front, Gallery, Paragraph, Report, Section, Table, Verdict

SHOWN = 24
BATCH = 8
ASKED, TOLD = 300, 0.8  # rows whose text is searched for their label, and the share of them from which that is told
LEFT_OUT = 500  # rows that were left out, of which a page and its data tell


def prepared(store: Store) -> Report:
    """What lies in a store: counts, classes, lengths, what was left out and why, and rows with their labels."""
    rows = store.rows("train") if "train" in store.splits else store.rows(next(iter(store.splits)))
    task = _task(store)
    labels = Counter(str(label) for label in store.labels_of(rows) if isinstance(label, str | int | bool))
    lengths = store.lengths(rows, "x")
    classes = (
        [Bars(f"Rows of each class ({len(labels):,})", labels.most_common())] if 1 < len(labels) < len(rows) else []
    )
    measured = _lengths(lengths) if lengths is not None and len(lengths) else []
    counts = Bars("Rows", [(name, float(count)) for name, count in store.splits.items()])
    warnings = [*store.warnings, *(_told_by_text(store, rows) if classes else [])]
    kept, left = sum(store.splits.values()), sum(store.manifest["rejected"].values())
    words = f"{kept:,} rows are kept, {left:,} left out"
    warnings += ["more rows are left out than kept: see below for what reasons"] if left > kept else []
    verdict = Verdict("ready", f"{words}.", "good")
    if warnings:
        verdict = Verdict("look at the warnings first", f"{words}; {len(warnings)} warnings below.", "unsure")
    looks = samples.samples(store, samples.spread(rows, SHOWN), task)
    front = Front(
        verdict, next(iter([*classes, *measured, counts])),
        Table(("split", "rows"), [[name, count] for name, count in store.splits.items()]),
        Gallery("Rows with their labels", looks[: shared.FIRST]), warnings,
    )  # fmt: skip
    sections = [
        Section("More rows", [Gallery("", looks[shared.FIRST :])] if len(looks) > shared.FIRST else []),
        Section("Classes and lengths", [*classes, *measured]),
        Section("Left out", _left_out(store)),
        Section("What was read", [*_taken(store), *shared.data(store)]),
    ]
    name = shared.name_of(store)
    return Report(name, f"Data of kind {store.manifest['modality']}.", "prepare", shared.now(), front, sections)


def batch(parts: Parts) -> Report:
    """What a model will see: rows of the first batch with their labels, as they are read, and changed at random."""
    store, objective = parts.store, parts.trainee.objective
    rows, task = samples.spread(parts.chosen, BATCH), objective.as_task
    predictor = Predictor(parts.modality, parts.trainee, device=parts.device)
    given = predictor.batch(store, rows)
    if task is not None:
        given |= {
            name: torch.from_numpy(column).to(parts.device) for name, column in targets(task, store, rows).items()
        }
    looks = samples.samples(store, rows, None if task is None else type(task))
    seen = [("as it is read", _seen(parts, given, None))]
    seen += [
        (f"changed at random, pass {n + 1}", _seen(parts, given, keys(0, n, torch.from_numpy(rows)))) for n in (0, 1)
    ]
    settings = {name: value for name, value in parts.recipe.augment.items() if name != "kind"}
    x = "x".join(str(side) for side in given["x"].shape[1:])
    what = parts.recipe.task.get("kind") or parts.recipe.objective.get("kind", "")
    facts: list[list[Value]] = [["learns", what], ["rows a batch", parts.plan.batch], ["a row", x]]
    front = Front(
        Verdict("what the model will see", f"{len(rows)} of {len(parts.chosen):,} rows that it learns from."), None,
        Table(("figure", "value"), facts), samples.side_by_side("Rows before and after augmentation", seen),
        [*store.warnings, *parts.warnings],
    )  # fmt: skip
    sections = [
        Section("Rows with their labels", [Gallery("", looks)]),
        Section("Augmentation", [Facts([(name, _plain(value)) for name, value in settings.items()])]),
        Section("Choices", shared.choices(parts)),
        Section("Data", shared.data(store)),
    ]
    return Report(
        f"A batch of {shared.name_of(store)}", f"{what} on train rows.", "show", shared.now(), front, sections
    )


def _seen(parts: Parts, given: Batch, key: torch.Tensor | None) -> list[Any]:
    """The batch as the augmentation gives it: with these keys as in training, without any as in prediction."""
    augment = parts.trainee.objective.augment
    was = augment.training
    augment.train(key is not None)
    try:
        return augment.show(augment(dict(given) if key is None else {**given, "key": key.to(parts.device)}))
    finally:
        augment.train(was)


def _task(store: Store) -> type[Task] | None:
    """The task that the labels ask for; None without labels, and where they suit several alike."""
    try:
        return task_of(Recipe(), store)
    except HeadstartError:
        return None


def _lengths(lengths: np.ndarray) -> list[Bars]:
    """How many rows have which length, in at most 12 steps."""
    if lengths.min() == lengths.max():
        return [Bars("Length of rows", [(f"{int(lengths[0]):,}", float(len(lengths)))])]
    counts, ends = np.histogram(lengths, bins=min(12, int(np.ptp(lengths)) + 1))
    names = [_span(int(np.ceil(low)), int(high)) for low, high in pairwise(ends.tolist())]
    return [Bars("Length of rows", list(zip(names, counts.astype(float).tolist(), strict=True)))]


def _span(low: int, high: int) -> str:
    return f"{low:,} to {high:,}" if low < high else f"{low:,}"


def _told_by_text(store: Store, rows: np.ndarray) -> list[str]:
    """A warning where most texts contain their own label as a word, which a model then reads off."""
    some = samples.spread(rows, ASKED)
    if not any(look.lines for look in samples.seen(store, some[:1])):
        return []  # pictures and sounds
    looks, labels = samples.seen(store, some), [str(label) for label in store.labels_of(some)]
    texts = [" ".join(piece.text for line in look.lines for piece in line).lower() for look in looks]
    own = [re.search(rf"\b{re.escape(label.lower())}\b", text) is not None
           for text, label in zip(texts, labels, strict=True)]  # fmt: skip
    share = sum(own) / max(1, len(own))
    told = f"{share:.0%} of {len(own):,} texts contain their own label as a word: a model can read it off"
    return [f"{told}; drop what gives it away"] if share >= TOLD else []


def _left_out(store: Store) -> list[Block]:
    """Reasons with their counts, then the rows themselves: copies, near copies, conflicting labels, unreadable ones."""
    reasons = store.manifest["rejected"]
    if not reasons:
        return [Paragraph("Every row was kept.")]
    rows = [[one["reason"], one["origin"], one["detail"]] for one in store.rejected()[:LEFT_OUT]]
    return [Bars("Rows that were left out", [*reasons.items()]), Table(("reason", "row", "detail"), rows)]


def _taken(store: Store) -> list[Block]:
    """What was read of the source and what was not, a line each."""
    rows = [
        [phrase, {"used": "taken", "unused": "not used"}[kind]]
        for kind, every in store.taken.items()
        for phrase in every
    ]
    return [Table(("part of the source", ""), rows)] if rows else []


def _plain(value: Any) -> Value:
    return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
