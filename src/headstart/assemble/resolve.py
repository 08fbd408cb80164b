"""Recipe and data -> the same recipe with every choice made, each with its reason. No network is built here."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assemble import choose
from headstart.assemble.advice import advised_network, advised_part, advised_plan, advised_settings, merge, settled
from headstart.assemble.opening import Opened, augment_class, bytes_of, has_weights, open_inputs, pick_device
from headstart.assemble.rows import Only, are_worded, checking_rows, hold_out, label_units, labelled, unlabelled, usable
from headstart.core import catalog
from headstart.core.catalog import Part, settings_of
from headstart.core.contracts import Backbone, Modality, Objective, Task, Tuning
from headstart.core.contracts.choice import Adaptation, Choice, reasons
from headstart.core.contracts.spec import Spec
from headstart.core.contracts.timeline import of_moments
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.models.open_start import open_start
from headstart.models.resizing import settings_at
from headstart.models.start import Start
from headstart.training.plan import Plan

MOST_ASKED = 1_000  # train rows whose labels say for which task a pretraining is


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A run with all of its choices made: `recipe` names every kind and setting, so that it repeats the run.

    section     "objective" or "task": the table of the recipe that says what is learned
    learner     the objective or task; without settings of its own where the start says how it predicts the next token
    spec        what the network is built for
    chosen      rows whose content (and labels) the run may use, [n]
    rows, held  those of them that it learns from, and rows that it only looks at
    unlabelled  rows whose content alone is used
    tunings     the kinds that suit the start, the task and so many labels, best first, then those worth a try
    """

    recipe: Recipe
    section: str
    store: Store
    start: Start | None
    modality: Modality
    spec: Spec
    augment: Part
    network: Part
    learner: Part
    tuning: Part | None
    plan: Plan
    chosen: np.ndarray
    rows: np.ndarray
    held: np.ndarray
    unlabelled: np.ndarray
    device: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    tunings: tuple[str, ...] = ()


def resolve_pretraining(recipe: Recipe, data: Any, *, device: str = "auto") -> Resolved:
    """Learning from the train split (`data.all`: from every row), without labels or, `supervised`, with them."""
    run = open_inputs(recipe, data, device)
    recipe, store, network_kind = run.recipe, run.store, run.network_kind
    every = bool(recipe.data.get("all"))
    rows = np.concatenate([store.rows(s) for s in store.splits]) if every else store.rows("train")
    task = _suited_task(run, rows[:MOST_ASKED])
    task_class: type[Task] | None = catalog.load("tasks", task.kind) if task is not None else None
    about = run.about(len(rows), local=task_class is not None and task_class.local)
    if network_kind == "auto" and "kind" in recipe.task and task_class is not None:
        asked = task_class.network(about)
        network_kind = asked.kind if asked is not None else network_kind
    defaults, kind = store.modality.defaults, recipe.objective.get("kind", "auto")
    choice = choose.objective(about, defaults, network_kind) if kind == "auto" else Choice(kind, "")
    learner: type[Objective] = catalog.load("objectives", choice.kind)
    network = Choice(network_kind, "")
    if network_kind == "auto":
        network = choose.backbone(about, defaults, choice.kind, learner)
    held = rows[:0]
    if not learner.solved:
        rows, held = (rows, store.rows("valid")) if "valid" in store.splits else hold_out(store, rows, 0.02)
    if learner.needs_labels:
        rows, held = labelled(store, rows), labelled(store, held)
        recipe = recipe.with_part("objective", merge(learner.infer_settings(store.labels_of(rows)), recipe.objective))
    recipe = _with_kinds(recipe, objective=choice.kind, backbone=network.kind)
    return _with_settings(
        dataclasses.replace(run, recipe=recipe), learner, None, chosen=rows, rows=rows, held=held[:1000],
        reasons=reasons(choice, network),
        warnings=("every row was used, test rows too: scores on this data set are too high",) if every else (),
    )  # fmt: skip


def resolve_finetuning(
    recipe: Recipe, data: Any, *, device: str = "auto", store: Store | None = None, only: Only | None = None
) -> Resolved:
    """Learning a task from labels (some learn without any), from a pretrained start or from scratch.

    `only` keeps the run to a part of the train rows; the recipe then draws no labels.
    """
    run = open_inputs(recipe, data, device, store)
    recipe, store, start = run.recipe, run.store, run.start
    task, task_class = _task(run)
    hidden = np.empty(0, np.int64) if only is None else only.hidden
    chosen = _labels_to_learn(recipe, task_class, store) if only is None else only.labelled
    settings = settled(task_class, store.modality, store.labels_of(chosen), settings_of(recipe.task))
    kind = recipe.tuning.get("kind", "auto")
    linear = task_class.probe is not None
    about = Adaptation(
        rows=len(chosen), unlabelled=len(store.rows("train")) - len(chosen) - len(hidden), linear=linear,
        classes=len(task_class.class_names(settings)), one_class=task_class.one_class(settings),
        pretrained=start is not None and start.whole and has_weights(start),
        solved=kind == "auto" and linear and _solved(start),
        public=start is not None and start.public, weights=bytes_of(start), device=run.device,
    )  # fmt: skip
    network_kind, kinds = run.network_kind, {"task": task.kind}
    if "kind" not in recipe.backbone and start is None:
        network = choose.backbone(run.about(len(chosen)), store.modality.defaults, task.kind, task_class)
        kinds["backbone"] = network_kind = network.kind
    suited = choose.tunings_of(task_class, about, network_kind, kind)
    tuning = suited[0] if kind == "auto" else Choice(kind, "")
    tuning_class: type[Tuning] = catalog.load("tunings", tuning.kind)
    if tuning_class.needs_pretrained and start is None:
        fix = "pass --from MODEL, or --tuning full"
        raise ContractError(267, f"{tuning.kind} needs pretrained weights, and there are none", fix=fix)
    if tuning_class.closed_form or tuning_class.solves_head != "never":
        task_class.require_probe()
    few = recipe.labels is not None
    solved = tuning_class.closed_form or tuning_class.solves_head == "last"
    rows, held = checking_rows(task_class, store, chosen, few=few, closed_form=solved)
    recipe = _with_kinds(recipe, **kinds, tuning=tuning.kind)
    recipe = recipe.with_part("task", {**recipe.task, **settings})
    return _with_settings(
        dataclasses.replace(run, recipe=recipe), task_class, tuning_class, chosen=chosen, rows=rows, held=held,
        hidden=hidden, reasons=reasons(task, tuning), tunings=tuple(choice.kind for choice in suited),
    )  # fmt: skip


def _labels_to_learn(recipe: Recipe, task: type[Task], store: Store) -> np.ndarray:
    """Train rows whose labels the recipe lets a run use, [n]; DataError if there are none, UsageError if too few."""
    rows = usable(task, store, store.rows("train"))
    if len(rows) == 0:
        raise _no_labels(store)
    if recipe.labels is None:
        return rows
    units = label_units(store, rows)
    there = int(units.max()) + 1
    if recipe.labels > there:
        found, fix = f"{there} labelled train {store.unit}s", "ask for fewer labels"
        raise UsageError(520, "not enough labels", found=found, expected=recipe.labels, fix=fix)
    strata = None if store.in_wholes else task.strata(store.labels_of(rows))
    return rows[np.isin(units, choose.stratified(strata, there, recipe.labels, recipe.seed))]


def task_of(recipe: Recipe, store: Store) -> type[Task]:
    """The class of the task that a recipe names, or that its labels ask for; DataError if there are none."""
    return _task(Opened(recipe, store, open_start(recipe.start), pick_device()))[1]


def _task(run: Opened) -> tuple[Choice, type[Task]]:
    """The task that the recipe names, else the one that suits the labels; DataError if none does."""
    choice = _suited_task(run, run.store.rows("train"))
    if choice is None:
        raise _no_labels(run.store)
    return choice, catalog.load("tasks", choice.kind)


def _suited_task(run: Opened, rows: np.ndarray) -> Choice | None:
    """The same for some rows; None if none does."""
    kind = run.recipe.task.get("kind", "auto")
    if kind != "auto":
        return Choice(kind, "")
    store, network = run.store, run.network_kind
    rows = labelled(store, rows)
    labels = store.labels_of(rows)
    about = run.about(
        len(rows), words=bool(len(rows)) and are_worded(store, rows),
        causal=network != "auto" and catalog.load("backbones", network).causal,
    )  # fmt: skip
    return choose.task(labels, about)


def _no_labels(store: Store) -> DataError:
    """There are none, or they are what no task learns: objects of a form that nobody knows."""
    some = labelled(store, store.rows("train"))[:1]
    if len(some):
        found = json.dumps(store.labels_of(some)[0], ensure_ascii=False)[:100]
        fix = "name a column of classes or numbers with --target, or put the class into a column of its own"
        return DataError(319, "no task learns labels of this form", where=store.directory, found=found, fix=fix)
    fix = "prepare with --target COLUMN, or put the files into one folder a class"
    return DataError(310, "there are no labels to learn from", where=store.directory, fix=fix)


def _solved(start: Start | None) -> bool:
    """Is the start a single layer that was set in closed form (a dictionary, principal axes)?"""
    if start is None:
        return False
    kind = start.config.get("objective", {}).get("kind")
    closed = kind is not None and catalog.load("objectives", kind).solved
    return closed and len(start.backbone().layers()) == 1


def _with_settings(
    run: Opened, learner: type[Objective], tuning: type[Tuning] | None, *, rows: np.ndarray, chosen: np.ndarray,
    hidden: np.ndarray | None = None, **decided: Any,
) -> Resolved:  # fmt: skip
    """With every setting of every part: what the user says, over what the parts advise, over their defaults."""
    recipe, store, start = run.recipe, run.store, run.start
    section = "objective" if tuning is None else "task"
    network: type[Backbone] = catalog.load("backbones", run.network_kind)
    if start is None and tuning is not None and network.plain:
        recipe = recipe.with_part("modality", {**store.modality.plain, **recipe.modality})
    modality = _modality(recipe, store, start)
    about = dataclasses.replace(run.about(len(rows)), spec=modality.spec)
    advice = advised_settings(learner, network, tuning, modality, about, adapts=start is not None and start.whole)
    if tuning is not None:
        advice |= learner.advised(recipe.task)
    if tuning is None and not learner.solved:
        advice["plan.batch"] = modality.defaults.batch(advice.get("plan.batch", Plan().batch), about)
    plan = Plan(**catalog.check(Plan, advised_plan(recipe.plan, advice), "plan"))
    own = store.manifest["modality"]
    augment = {"kind": own, **recipe.augment}
    augmentation = advised_part(augment_class(modality, augment["kind"], own), augment, advice, "augment")
    adaptation = None if tuning is None else advised_part(tuning, recipe.tuning, advice, "tuning")
    body = _network(recipe, network, modality, start, advice)
    table = vars(recipe)[section]
    # the start says with what it predicts the next token
    head = Part(learner, table) if start and learner.needs.lm_head else catalog.part(learner, table, section)
    recipe = dataclasses.replace(
        recipe, modality={"kind": own, **settings_of(recipe.modality)}, augment=augmentation.table,
        backbone=body.table, plan=dataclasses.asdict(plan), tuning={} if adaptation is None else adaptation.table,
    ).with_part(section, head.table)  # fmt: skip
    others = 0 if adaptation is None else adaptation.build().unlabelled
    used = chosen if hidden is None else np.concatenate([chosen, hidden])
    return Resolved(
        recipe=recipe, section=section, store=store, start=start, modality=modality, spec=_spec(modality, start),
        augment=augmentation, network=body, learner=head, tuning=adaptation, plan=plan, chosen=chosen, rows=rows,
        unlabelled=unlabelled(store, used, others, recipe.seed), device=run.device, **{"warnings": (), **decided},
    )  # fmt: skip


def _network(
    recipe: Recipe, network: type[Backbone], modality: Modality, start: Start | None, advice: Mapping[str, Any]
) -> Part:
    """Kind and settings of the network; ContractError if another kind is asked for than that of the start."""
    if start is None:
        return advised_network(network, recipe.backbone, advice)
    kind, said = start.config["backbone"]["kind"], recipe.backbone.get("kind", "auto")
    if said not in ("auto", kind):
        raise ContractError(150, "the start has another backbone", found=kind, expected=said, fix="drop --backbone")
    if network.regrown:
        return advised_network(network, settings_of(recipe.backbone), advice, start.config["backbone"])
    return Part(network, {"kind": kind, **settings_at(start, _spec(modality, start))})


def _spec(modality: Modality, start: Start | None) -> Spec:
    """What the network is built for: the size of the data, unless a start cannot change its size."""
    if start is None or start.any_form or modality.placement is not None:
        return modality.spec
    return start.spec


def _modality(recipe: Recipe, store: Store, start: Start | None) -> Modality:
    """The start's own preprocessing, at the size that is asked for; without a start the data's.

    With settings that need no new preparation.
    """
    modality, stored = start.modality() if start is not None else store.modality, store.modality.spec.key
    if of_moments(modality.timeline):
        modality = store.modality  # names and scales of records are those of the data, in which scores compare
    said = {name: value for name, value in settings_of(recipe.modality).items() if stored.get(name) != value}
    if start is not None and modality.placement is not None:
        resized = modality.placement.like(store.modality)
        if "size" in recipe.modality or resized.spec.sizes == modality.spec.sizes:
            modality = resized
    asked, there = modality.spec, store.modality.spec  # one stored form may be read in several layouts and sizes
    if asked.key != there.key:
        raise ContractError(
            151, "the data are prepared in another form than the model expects", where=store.directory,
            found=dict(there.sizes), expected=dict(asked.sizes),
            fix="give the raw data, or prepare them with the model's modality.size and modality.channels; models that "
            "read rows in several forms are compared by headstart rank",
        )  # fmt: skip
    return modality.with_settings(said) if said else modality


def _with_kinds(recipe: Recipe, **kinds: str) -> Recipe:
    """The recipe with the kinds of some of its parts."""
    return dataclasses.replace(recipe, **{name: {**vars(recipe)[name], "kind": kind} for name, kind in kinds.items()})
