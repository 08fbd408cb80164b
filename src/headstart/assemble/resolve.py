"""Recipe and data -> the same recipe with every choice made, each with its reason. No network is built here."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from headstart.assemble import choose
from headstart.assemble.advice import advised, advised_plan, advised_settings, merge
from headstart.assemble.opening import augment_class, open_store, pick_device
from headstart.assemble.rows import are_worded, checking_rows, hold_out, labelled, unlabelled, usable
from headstart.core import catalog
from headstart.core.contracts import Backbone, Modality, Objective, Task, Tuning
from headstart.core.contracts.choice import Adaptation, Choice, Circumstances
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.models.open_start import open_start
from headstart.models.resizing import settings_at
from headstart.models.start import Start
from headstart.training.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A run with all of its choices made: `recipe` names every kind and setting, so that it repeats the run.

    section     "objective" or "task": the table of the recipe that says what is learned
    chosen      rows whose content (and labels) the run may use, [n]
    rows, held  those of them that it learns from, and rows that it only looks at
    unlabelled  rows whose content alone is used
    """

    recipe: Recipe
    section: str
    store: Store
    start: Start | None
    modality: Modality
    chosen: np.ndarray
    rows: np.ndarray
    held: np.ndarray
    unlabelled: np.ndarray
    device: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


def resolve_pretraining(recipe: Recipe, data: Any, *, device: str = "auto") -> Resolved:
    """Learning from the train split (`data.all`: from every row), without labels or, `supervised`, with them."""
    device = pick_device(device)
    start = open_start(recipe.start)
    recipe, store = open_store(recipe, data, start)
    said, network_kind = recipe.objective.get("kind", "auto"), _network_of(recipe, start)
    every = bool(recipe.data.get("all"))
    rows = np.concatenate([store.rows(s) for s in store.splits]) if every else store.rows("train")
    labels = store.labels_of(rows[:20])
    about = Circumstances(store.modality.spec, len(rows), device, recipe.plan.get("minutes"), labels)
    defaults = store.modality.defaults
    choice = choose.objective(about, defaults, network_kind) if said == "auto" else Choice(said, "")
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
    warnings = ["every row was used, test rows too: scores on this data set are too high"] if every else []
    return _settled(
        recipe, "objective", store, start, chosen=rows, rows=rows, held=held[:1000], device=device,
        reasons=_reasons(choice, network), warnings=warnings,
    )  # fmt: skip


def resolve_finetuning(recipe: Recipe, data: Any, *, device: str = "auto", store: Store | None = None) -> Resolved:
    """Learning a task from labels (some learn without any), from a pretrained start or from scratch."""
    device = pick_device(device)
    start = open_start(recipe.start)
    if store is None:
        recipe, store = open_store(recipe, data, start)
    task = _task(recipe, store, start, device)
    task_class: type[Task] = catalog.load("tasks", task.kind)
    chosen = usable(task_class, store, store.rows("train"))
    if len(chosen) == 0:
        raise _no_labels(store)
    if recipe.labels is not None:
        chosen = _drawn(chosen, task_class.strata(store.labels_of(chosen)), recipe)
    settings = task_class.infer_settings(store.labels_of(chosen))
    said = recipe.tuning.get("kind", "auto")
    others = len(store.rows("train")) - len(chosen)
    about = Adaptation(
        task=task_class, settings=settings, rows=len(chosen), unlabelled=others, pretrained=start is not None,
        solved=start is not None and said == "auto" and task_class.probe is not None and _solved(start),
    )  # fmt: skip
    tuning = choose.tuning(about) if said == "auto" else Choice(said, "")
    tuning_class: type[Tuning] = catalog.load("tunings", tuning.kind)
    if tuning_class.needs_pretrained and start is None:
        fix = "pass --from MODEL, or --tuning full"
        raise ContractError(267, f"{tuning.kind} needs pretrained weights, and there are none", fix=fix)
    if tuning_class.closed_form:
        task_class.require_probe()
    few = recipe.labels is not None
    rows, held = checking_rows(task_class, store, chosen, few=few, closed_form=tuning_class.closed_form)
    recipe = _with_kinds(recipe, task=task.kind, tuning=tuning.kind)
    if "kind" not in recipe.backbone and start is None:
        here = Circumstances(store.modality.spec, len(rows), device, recipe.plan.get("minutes"))
        network = choose.backbone(here, store.modality.defaults, task.kind, task_class)
        recipe = _with_kinds(recipe, backbone=network.kind)
    recipe = recipe.with_part("task", {**recipe.task, **merge(settings, settings_of(recipe.task))})
    return _settled(
        recipe, "task", store, start, chosen=chosen, rows=rows, held=held, device=device, reasons=_reasons(task, tuning)
    )


def task_of(recipe: Recipe, store: Store) -> type[Task]:
    """The class of the task that a recipe names, or that its labels ask for; DataError if there are none."""
    return catalog.load("tasks", _task(recipe, store, open_start(recipe.start), pick_device()).kind)


def _task(recipe: Recipe, store: Store, start: Start | None, device: str) -> Choice:
    """The task that the recipe names, else the one that suits the labels; DataError if none does."""
    said = recipe.task.get("kind", "auto")
    if said != "auto":
        return Choice(said, "")
    rows = labelled(store, store.rows("train"))
    labels = store.labels_of(rows)
    choice = choose.task(
        labels,
        Circumstances(
            store.modality.spec, len(rows), device, labels=labels, words=bool(len(rows)) and are_worded(store, rows),
            causal=_is_causal(recipe, start),
        ),
    )  # fmt: skip
    if choice is None:
        raise _no_labels(store)
    return choice


def _no_labels(store: Store) -> DataError:
    fix = "prepare with --target COLUMN, or put the files into one folder a class"
    return DataError(310, "there are no labels to learn from", where=store.directory, fix=fix)


def _drawn(rows: np.ndarray, strata: Sequence[str] | None, recipe: Recipe) -> np.ndarray:
    """As many of the rows as the recipe asks for; UsageError if there are fewer."""
    assert recipe.labels is not None
    if recipe.labels > len(rows):
        count, fix = f"{len(rows)} labelled train rows", "ask for fewer labels"
        raise UsageError(520, "not enough labels", found=count, expected=recipe.labels, fix=fix)
    return rows[choose.stratified(strata, len(rows), recipe.labels, recipe.seed)]


def _network_of(recipe: Recipe, start: Start | None) -> str:
    """The kind of backbone that is asked for or given; "auto" if that is open."""
    said = recipe.backbone.get("kind", "auto")
    return start.config["backbone"]["kind"] if start is not None and said == "auto" else said


def _is_causal(recipe: Recipe, start: Start | None) -> bool:
    """Is the network that is asked for or given of a kind that only looks back at what it has read?"""
    kind = _network_of(recipe, start)
    return kind != "auto" and catalog.load("backbones", kind).causal


def _solved(start: Start) -> bool:
    """Is the start a single layer that was set in closed form (a dictionary, principal axes)?"""
    kind = start.config.get("objective", {}).get("kind")
    closed = kind is not None and catalog.load("objectives", kind).solved
    return closed and len(start.backbone().layers()) == 1


def _settled(
    recipe: Recipe,
    section: str,
    store: Store,
    start: Start | None,
    *,
    chosen: np.ndarray,
    rows: np.ndarray,
    held: np.ndarray,
    device: str,
    reasons: Sequence[str],
    warnings: Sequence[str] = (),
) -> Resolved:
    """With every setting of every part: what the user says, over what the parts advise, over their defaults."""
    modality = _modality(recipe, store, start)
    table = vars(recipe)[section]
    learner: type[Objective] = catalog.load(f"{section}s", table["kind"])
    network: type[Backbone] = catalog.load("backbones", _network_of(recipe, start))
    tuning: type[Tuning] | None = catalog.load("tunings", recipe.tuning["kind"]) if section == "task" else None
    advice = advised_settings(learner, network, tuning, adapts=start is not None)
    if tuning is None and not learner.solved:
        here = Circumstances(modality.spec, len(rows), device, recipe.plan.get("minutes"))
        advice["plan.batch"] = modality.defaults.batch(advice.get("plan.batch", Plan().batch), here)
    plan = Plan(**catalog.check(Plan, advised_plan(recipe.plan, advice), "plan"))
    own = store.manifest["modality"]
    augment = {"kind": own, **recipe.augment}
    augment_settings = _checked(augment_class(modality, augment["kind"], own), augment, advice, "augment")
    tuning_table: dict[str, Any] = {}
    others = 0
    if tuning is not None:
        settings = catalog.check(tuning, settings_of(recipe.tuning), "tuning")
        tuning_table, others = {"kind": recipe.tuning["kind"], **settings}, tuning(**settings).unlabelled
    recipe = dataclasses.replace(
        recipe,
        modality={"kind": own, **settings_of(recipe.modality)},
        augment={"kind": augment["kind"], **augment_settings},
        backbone=_backbone_table(recipe, network, modality, start, advice),
        plan=dataclasses.asdict(plan),
        tuning=tuning_table,
    )
    if start is None or not learner.needs.lm_head:  # else the start says with what it guesses the next token
        recipe = recipe.with_part(
            section, {"kind": table["kind"], **catalog.check(learner, settings_of(table), section)}
        )
    return Resolved(
        recipe=recipe, section=section, store=store, start=start, modality=modality, chosen=chosen, rows=rows,
        held=held, unlabelled=unlabelled(store, chosen, others, recipe.seed), device=device, reasons=tuple(reasons),
        warnings=tuple(warnings),
    )  # fmt: skip


def _checked(cls: type[Any], table: Mapping[str, Any], advice: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Every setting of a part: said, advised or at its default."""
    said = merge(advised(section, advice, catalog.defaults(cls)), settings_of(table))
    return catalog.check(cls, said, section)


def _backbone_table(
    recipe: Recipe, network: type[Backbone], modality: Modality, start: Start | None, advice: Mapping[str, Any]
) -> dict[str, Any]:
    """Kind and settings of the network; ContractError if another kind is asked for than that of the start."""
    if start is None:
        return {"kind": recipe.backbone["kind"], **_checked(network, recipe.backbone, advice, "backbone")}
    kind, said = start.config["backbone"]["kind"], recipe.backbone.get("kind", "auto")
    if said not in ("auto", kind):
        raise ContractError(150, "the start has another backbone", found=kind, expected=said, fix="drop --backbone")
    return {"kind": kind, **settings_at(start, spec_of(modality, start))}


def spec_of(modality: Modality, start: Start) -> Spec:
    """What the network of a start is built for: the size of the data where it can change its size."""
    return start.spec if modality.placement is None else modality.spec


def _modality(recipe: Recipe, store: Store, start: Start | None) -> Modality:
    """The start's own preprocessing, at the size that is asked for; without a start the data's.

    With settings that need no new preparation.
    """
    modality, stored = start.modality() if start is not None else store.modality, store.modality.spec.key
    said = {name: value for name, value in settings_of(recipe.modality).items() if stored.get(name) != value}
    if start is not None and modality.placement is not None:
        resized = modality.placement.like(store.modality)
        if "size" in recipe.modality or resized.spec.sizes == modality.spec.sizes:
            modality = resized
    if (modality.spec.sizes, modality.spec.key) != (store.modality.spec.sizes, store.modality.spec.key):
        raise ContractError(
            151, "the data are prepared in another form than the model expects", where=store.directory,
            found=dict(store.modality.spec.sizes), expected=dict(modality.spec.sizes),
            fix="give the raw data, or prepare them with the model's modality.size and modality.channels",
        )  # fmt: skip
    return modality.with_settings(said) if said else modality


def _with_kinds(recipe: Recipe, **kinds: str) -> Recipe:
    """The recipe with the kinds of some of its parts."""
    return dataclasses.replace(recipe, **{name: {**vars(recipe)[name], "kind": kind} for name, kind in kinds.items()})


def _reasons(*choices: Choice) -> list[str]:
    return [f"{choice.kind}: {choice.why}" for choice in choices if choice.why]


def settings_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """A part's table without its kind."""
    return {key: value for key, value in table.items() if key != "kind"}
