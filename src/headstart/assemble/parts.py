"""Building the parts of a run from its recipe, and the resolved recipe that repeats it exactly."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from headstart.assemble import choose
from headstart.assemble.feeding import feed
from headstart.assemble.opening import open_store, open_voice, pick_device
from headstart.assemble.resizing import goes_on
from headstart.assemble.rows import are_worded, checking_rows, hold_out, labelled, unlabelled
from headstart.core import catalog
from headstart.core.contracts import Augment, Backbone, Modality, Objective, Task, Tuning
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.core.placement import Placed
from headstart.core.recipe import Recipe
from headstart.core.sequences import Packable
from headstart.core.voiced import Voiced
from headstart.data.batches import Batches, Feed
from headstart.data.store import Store
from headstart.models.artifact import split_part
from headstart.models.open_start import open_start
from headstart.models.resizing import backbone_at, settings_at
from headstart.models.start import Start
from headstart.training.given_teacher import teacher_for
from headstart.training.loop import Trainee
from headstart.training.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything a run needs, built and checked. `recipe` is resolved: it repeats the run without any choosing.

    `chosen` are the rows whose content (and labels) the run may use; `held` those of them, or of the valid split, that
    it only looks at, and `watched` are these as batches of the objective's own kind. `unlabelled` are rows whose
    content alone is used. `continued` says that the objective or task goes on with the weights of its own that the
    start brought. `teacher` is the model whose answers the objective learns, if it names one.
    """

    recipe: Recipe
    store: Store
    modality: Modality
    trainee: Trainee
    tuning: Tuning | None
    plan: Plan
    batches: Feed
    watched: Feed | None
    chosen: np.ndarray
    held: np.ndarray
    unlabelled: np.ndarray
    start: Start | None
    device: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    continued: bool = False
    teacher: Start | None = None

    @property
    def read(self) -> np.ndarray:
        """Every row whose content the run used."""
        return np.concatenate([self.chosen, self.unlabelled])

    @property
    def parents(self) -> list[Start]:
        """Every model that this one learned from."""
        return [one for one in (self.start, self.teacher) if one is not None]

    def config(self) -> dict[str, Any]:
        """What a saved model must hold to be built again."""
        part = "task" if isinstance(self.trainee.objective, Task) and self.recipe.task else "objective"
        return {
            "backbone": dict(self.recipe.backbone),
            "facts": dict(self.modality.facts()),
            "modality": dict(self.recipe.modality),
            "augment": {"kind": self.recipe.augment["kind"]},
            part: dict(self.recipe.task if part == "task" else self.recipe.objective),
        }


def pretraining(recipe: Recipe, data: Any, *, device: str = "auto") -> Parts:
    """Parts for learning from the train split (`data.all`: from every row) without (or, `supervised`, with) labels."""
    device = pick_device(device)
    start = open_start(recipe.start)
    recipe, store = open_store(recipe, data, start)
    said = recipe.objective.get("kind", "auto")
    asked = _network_of(recipe, start)
    rows = np.concatenate([store.rows(s) for s in store.splits]) if recipe.data.get("all") else store.rows("train")
    located = any(isinstance(label, Mapping) for label in store.labels_of(rows[:20]))
    about = choose.Circumstances(store.modality.facts(), len(rows), device, recipe.plan.get("minutes"), located)
    choice = choose.objective(about, asked) if said == "auto" else choose.Choice(said, "")
    objective_class: type[Objective] = catalog.load("objectives", choice.kind)
    network = choose.backbone(about, choice.kind) if asked == "auto" else choose.Choice(asked, "")
    reasons = [f"{c.kind}: {c.why}" for c in (choice, network) if c.why]
    held = rows[:0]
    if not objective_class.closed_form:
        rows, held = (rows, store.rows("valid")) if "valid" in store.splits else hold_out(store, rows, 0.02)
    if issubclass(objective_class, Task):
        rows, held = labelled(store, rows), labelled(store, held)
        settled = objective_class.settle(store.labels_of(rows))
        recipe = recipe.with_part("objective", choose.merge(settled, recipe.objective))
    held = held[:1000]
    recipe = _with_kind(_with_kind(recipe, "objective", choice.kind), "backbone", network.kind)
    return _build(recipe, store, start, rows, rows, held, objective_class, "objective", None, device, reasons)


def finetuning(recipe: Recipe, data: Any, *, device: str = "auto", store: Store | None = None) -> Parts:
    """Parts for learning a task from labels, from a pretrained start or from scratch."""
    device = pick_device(device)
    start = open_start(recipe.start)
    if store is None:
        recipe, store = open_store(recipe, data, start)
    rows = labelled(store, store.rows("train"))
    if len(rows) == 0:
        raise DataError(
            310, "there are no labels to learn from", where=store.directory,
            fix="prepare with --target COLUMN, or put the files into one folder a class",
        )  # fmt: skip
    labels = store.labels_of(rows)
    task = choose.task(labels, worded=are_worded(store, rows), writes=_writes(recipe, start))
    said = recipe.task.get("kind", "auto")
    task = task if said == "auto" else choose.Choice(said, "")
    task_class: type[Task] = catalog.load("tasks", task.kind)
    if recipe.labels is not None:
        if recipe.labels > len(rows):
            found, fix = f"{len(rows)} labelled train rows", "ask for fewer labels"
            raise UsageError(520, "not enough labels", found=found, expected=recipe.labels, fix=fix)
        rows = rows[choose.stratified(labels, recipe.labels, recipe.seed)]
    settled = task_class.settle(store.labels_of(rows))
    classes = len(settled.get("classes", [1]))
    said = recipe.tuning.get("kind", "auto")
    tuning = choose.tuning(len(rows), classes, linear=task_class.linear) if said == "auto" else choose.Choice(said, "")
    if said == "auto" and start is None:
        tuning = choose.Choice("full", "nothing is pretrained, so the whole network must learn")
    elif said == "auto" and task_class.linear and start is not None and _solved(start):
        others = len(store.rows("train")) - len(rows)
        single = task.kind == "classify" and not settled["multi_label"]
        tuning = choose.tuning_of_solved(len(rows), others, settled.get("classes", ()), single=single)
    tuning_class: type[Tuning] = catalog.load("tunings", tuning.kind)
    if tuning_class.adapts and start is None:
        fix = "pass --from MODEL, or --tuning full"
        raise ContractError(267, f"{tuning.kind} adapts pretrained weights, and there are none", fix=fix)
    if tuning_class.closed_form and not task_class.linear:
        raise task_class.not_linear()
    reasons = [f"{c.kind}: {c.why}" for c in (task, tuning) if c.why]
    chosen = rows
    rows, held = checking_rows(store, rows, few=recipe.labels is not None, closed_form=tuning_class.closed_form)
    recipe = _with_kind(_with_kind(recipe, "task", task.kind), "tuning", tuning.kind)
    if "kind" not in recipe.backbone and start is None:
        written, facts = issubclass(task_class, Voiced), store.modality.facts()
        network = choose.writer() if written else choose.network(facts, device)
        recipe = _with_kind(recipe, "backbone", network.kind)
    recipe = recipe.with_part("task", {**recipe.task, **choose.merge(settled, settings_of(recipe.task))})
    return _build(recipe, store, start, chosen, rows, held, task_class, "task", tuning_class, device, reasons)


def _network_of(recipe: Recipe, start: Start | None) -> str:
    """The kind of backbone that is asked for or given; "auto" if that is open."""
    asked = recipe.backbone.get("kind", "auto")
    return start.config["backbone"]["kind"] if start is not None and asked == "auto" else asked


def _writes(recipe: Recipe, start: Start | None) -> bool:
    """Is the network that is asked for or given of a kind that only looks back at what it has read?"""
    kind = _network_of(recipe, start)
    return kind != "auto" and catalog.load("backbones", kind).causal


def _solved(start: Start) -> bool:
    """Is the start a single layer that was set in closed form (a dictionary, principal axes)?"""
    kind = start.config.get("objective", {}).get("kind")
    closed = kind is not None and catalog.load("objectives", kind).closed_form
    return closed and len(start.backbone().layers()) == 1


def fresh_backbone(parts: Parts) -> Backbone:
    """The network of a run as it was before the first step, were it started from scratch."""
    kind, settings = split_part(parts.recipe.backbone)
    with seeded(parts.recipe.seed):
        return catalog.load("backbones", kind)(parts.modality.facts(), **settings).to(parts.device)


def _build(
    recipe: Recipe,
    store: Store,
    start: Start | None,
    chosen: np.ndarray,
    rows: np.ndarray,
    held: np.ndarray,
    learner: type[Objective],
    section: str,
    tuning_class: type[Tuning] | None,
    device: str,
    reasons: Sequence[str],
) -> Parts:
    modality = _modality(recipe, store, start)
    network: type[Backbone] = catalog.load("backbones", _network_of(recipe, start))
    advice = _advice(learner, network, tuning_class, adapts=start is not None)
    if tuning_class is None and not learner.closed_form:
        advice["plan.batch"] = choose.batch(advice.get("plan.batch", Plan().batch), len(rows), modality.facts(), device)
    augment_table = {"kind": recipe.modality.get("kind", store.manifest["modality"]), **recipe.augment}
    augment_class: type[Augment] = catalog.load("augments", augment_table["kind"])
    advised = choose.advised("augment", advice, catalog.defaults(augment_class))
    augment_said = choose.merge(advised, settings_of(augment_table))
    augment_settings = catalog.check(augment_class, augment_said, "augment")
    plan = Plan(**catalog.check(Plan, _plan_said(recipe.plan, advice), "plan"))
    with seeded(recipe.seed):
        backbone, backbone_table = _backbone(recipe, modality, start, advice)
        augment = augment_class(modality, **augment_settings)
        voice = open_voice(start, modality, backbone) if start is not None and issubclass(learner, Voiced) else None
        said = {**(voice.settings() if voice is not None else {}), **settings_of(getattr(recipe, section))}
        settings = catalog.check(learner, said, section)
        sample = Batches(store, rows[:8], modality, seed=recipe.seed).sample()
        objective = learner(backbone, sample, augment, **settings)
        if voice is not None and isinstance(objective, Voiced):
            objective.wear_voice(voice)
    table = {"kind": getattr(recipe, section)["kind"], **settings}
    teacher = teacher_for(str(settings["teacher"])) if settings.get("teacher") else None
    continued, anew = goes_on(start, section, table, objective, modality)
    tuning = None
    tuning_settings: dict[str, Any] = {}
    if tuning_class is not None:
        tuning_settings = catalog.check(tuning_class, settings_of(recipe.tuning), "tuning")
        tuning = tuning_class(**tuning_settings)
        with seeded(recipe.seed):
            tuning.begin(backbone)
    backbone.to(device)
    objective.to(device)
    if plan.channels_last:
        backbone.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    shared = {"batch": plan.batch, "seed": recipe.seed, "device": device}
    others = unlabelled(store, chosen, tuning.unlabelled if tuning is not None else 0, recipe.seed)
    batches = feed(objective, store, rows, modality, unlabelled=others, **shared)
    watched = feed(objective, store, held, modality, **shared) if len(held) and tuning_class is None else None
    resolved = dataclasses.replace(
        recipe,
        modality=_modality_table(modality, recipe, store),
        augment={"kind": augment_table["kind"], **augment_settings},
        backbone=backbone_table,
        plan=dataclasses.asdict(plan),
        tuning={"kind": recipe.tuning["kind"], **tuning_settings} if tuning_class else {},
    ).with_part(section, table)
    return Parts(
        recipe=resolved, store=store, modality=modality, trainee=Trainee(backbone, objective), tuning=tuning, plan=plan,
        batches=batches, watched=watched, chosen=chosen, held=held, unlabelled=others, start=start, device=device,
        reasons=tuple(reasons), continued=continued, teacher=teacher,
        warnings=(*_every_row(recipe), *anew, *_cut(store, chosen, modality, objective, batches)),
    )  # fmt: skip


def _advice(
    learner: type[Objective], network: type[Backbone], tuning: type[Tuning] | None, *, adapts: bool
) -> dict[str, Any]:
    """What parts advise where the user says nothing; the later have the last word.

    Learner, tuning, network. A task that no linear model can do has a head that must learn more than the backbone has
    to change: it comes last, but for the rate that a pretrained network stands.
    """
    of_network = {**network.advice, **(network.advice_tuned if tuning is not None and adapts else {})}
    if tuning is None:
        return {**learner.advice, **of_network}
    if "plan.lr" in of_network:
        of_network["plan.lr"] *= tuning.quicker
    if not issubclass(learner, Task) or learner.linear:
        return {**learner.advice, **tuning.advice, **of_network}
    rate = {name: value for name, value in of_network.items() if name == "plan.lr"}
    return {**tuning.advice, **of_network, **learner.advice, **rate}


def _backbone(
    recipe: Recipe, modality: Modality, start: Start | None, advice: Mapping[str, Any]
) -> tuple[Backbone, dict[str, Any]]:
    if start is None:
        backbone_class = catalog.load("backbones", recipe.backbone["kind"])
        advised = choose.advised("backbone", advice, catalog.defaults(backbone_class))
        said = choose.merge(advised, settings_of(recipe.backbone))
        settings = catalog.check(backbone_class, said, "backbone")
        return backbone_class(modality.facts(), **settings), {"kind": recipe.backbone["kind"], **settings}
    kind, asked = start.config["backbone"]["kind"], recipe.backbone.get("kind", "auto")
    if asked not in ("auto", kind):
        raise ContractError(150, "the start has another backbone", found=kind, expected=asked, fix="drop --backbone")
    facts = modality.facts() if isinstance(modality, Placed) else start.config["facts"]
    return backbone_at(start, facts), {"kind": kind, **settings_at(start, facts)}


def _modality(recipe: Recipe, store: Store, start: Start | None) -> Modality:
    """The start's own preprocessing, at the size that is asked for; without a start the data's.

    With settings that need no new preparation.
    """
    modality, stored = start.modality() if start is not None else store.modality, store.modality.storage()
    said = {name: value for name, value in settings_of(recipe.modality).items() if stored.get(name) != value}
    if start is not None and isinstance(modality, Placed):
        resized = modality.placed_as(store.modality)
        if "size" in recipe.modality or resized.facts() == modality.facts():
            modality = resized
    if (modality.facts(), modality.storage()) != (store.modality.facts(), store.modality.storage()):
        raise ContractError(
            151, "the data are prepared in another form than the model expects", where=store.directory,
            found=dict(store.modality.facts()), expected=dict(modality.facts()),
            fix="give the raw data, or prepare them with the model's modality.size and modality.channels",
        )  # fmt: skip
    return modality.with_settings(said) if said else modality


def _every_row(recipe: Recipe) -> list[str]:
    told = "every row was used, test rows too: scores on this data set are flattered"
    return [told] if recipe.data.get("all") else []


def _cut(store: Store, rows: np.ndarray, modality: Modality, objective: Objective, batches: Feed) -> tuple[str, ...]:
    """What to say of rows that are longer than the model reads; packed rows are cut without loss."""
    lengths = store.lengths(rows) if isinstance(modality, Packable) and not objective.placewise else None
    if lengths is None or not isinstance(modality, Packable):
        return ()
    if not len(rows) or are_worded(store, rows):
        return ()  # these are read in windows
    taken = objective.taken(next(iter(batches.once(1)))) if isinstance(objective, Voiced) else 0
    room = modality.length - taken
    count = int((modality.places(lengths) > room).sum())
    kept = f" (of {modality.length}, {taken} are kept for answers)" if taken else ""
    told = f"{count:,} of {len(rows):,} rows are longer than {room} tokens{kept} and are cut there; "
    return (f"{told}modality.length={2 * modality.length} reads more",) if count else ()


def _modality_table(modality: Modality, recipe: Recipe, store: Store) -> dict[str, Any]:
    return {"kind": store.manifest["modality"], **settings_of(recipe.modality)}


def _plan_said(said: Mapping[str, Any], advice: Mapping[str, Any]) -> dict[str, Any]:
    """The user's plan over the advised one; a budget the user names replaces every advised budget."""
    advised = choose.advised("plan", advice, catalog.defaults(Plan))
    budgets = ("steps", "minutes", "epochs")
    if any(said.get(name) is not None for name in budgets):
        advised = {key: value for key, value in advised.items() if key not in budgets}
    return choose.merge(advised, said)


def _with_kind(recipe: Recipe, section: str, kind: str) -> Recipe:
    return recipe.with_part(section, {**getattr(recipe, section), "kind": kind})


def settings_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """A part's table without its kind."""
    return {key: value for key, value in table.items() if key != "kind"}


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Initial weights come from torch's own generator: seed it inside, put it back afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
