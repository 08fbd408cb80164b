"""What a recipe names -> what it means: a device, a store; what a start was trained with."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from headstart.core import catalog
from headstart.core.catalog import settings_of
from headstart.core.contracts import Augment, Backbone, Modality, Objective, Task
from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.lm_head import HeadWeights
from headstart.core.contracts.needs import vectors_of
from headstart.core.contracts.timeline import of_moments
from headstart.core.errors import ContractError, UsageError
from headstart.core.random import keys
from headstart.core.recipe import Recipe
from headstart.data.cache import is_prepared, open_data, refitted
from headstart.data.preparing.content_hash import of_modality
from headstart.data.reading.roles import Learned
from headstart.data.storage.gather import MemoryRows
from headstart.data.store import Store
from headstart.models.core_start import CORE
from headstart.models.open_start import open_start
from headstart.models.resizing import backbone_at, is_other
from headstart.models.start import Start, learned_by


def pick_device(name: str = "auto") -> str:
    """ "auto" is the accelerator if there is one."""
    if name != "auto":
        _check_device(name)
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _check_device(name: str) -> None:
    kind, _, number = name.partition(":")
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if kind not in there or (number and not number.isdigit()):
        raise UsageError(522, "unknown device", found=f"'{name}'", expected="auto, cpu, cuda, cuda:N or mps")
    if int(number or 0) >= there[kind]:
        raise UsageError(523, "no such device on this machine", found=f"'{name}'", fix="pass --device auto")


@dataclass(frozen=True, slots=True)
class Opened:
    """A recipe and what it names: prepared data, the start if there is one, a device."""

    recipe: Recipe
    store: Store
    start: Start | None
    device: str

    @property
    def network_kind(self) -> str:
        """The kind of backbone that is asked for or given; "auto" if that is open."""
        kind = self.recipe.backbone.get("kind", "auto")
        return self.start.config["backbone"]["kind"] if self.start is not None and kind == "auto" else kind

    def about(self, rows: int, **known: Any) -> Circumstances:
        """What parts are told of a run that reads so many rows."""
        return Circumstances(self.store.modality.spec, rows, self.device, self.recipe.plan.get("minutes"), **known)


def open_inputs(recipe: Recipe, data: Any, device: str, store: Store | None = None) -> Opened:
    """The device, the start and the data of a recipe; `store`: the data are open already."""
    device = pick_device(device)
    start = open_start(recipe.start)
    if store is None:
        recipe, store = open_store(recipe, data, start)
    start = None if start is None else start.on(store.modality, store.manifest["modality"])
    return Opened(recipe, store, start, device)


def open_learner(start: Start, modality: Modality, backbone: Backbone, *, filled: bool = True) -> Objective | None:
    """The objective or task that a start was trained with, with its weights (unless not `filled`).

    None for a public checkpoint.
    """
    family = _family(start)
    if family is None:
        return None
    augment = augment_class(modality, start.config["augment"]["kind"], start.config["modality"]["kind"])
    blank = MemoryRows(modality, [modality.spec.empty] * 2).feed(np.arange(2))
    sample = {**modality.collate(blank), "key": keys(0, 0, torch.arange(2))}
    table = start.config[family]
    learner = catalog.part(catalog.load_saved(f"{family}s", table["kind"]), table, family)
    with start.head_room():
        made: Objective = learner.build(backbone, sample, augment(modality))
    if filled:
        start.fill_head(made)
    return made


def has_weights(start: Start) -> bool:
    """Has the network of a start weights, or is the start a linear model, all of which is its task?"""
    table = start.config["backbone"]
    network: type[Backbone] = catalog.load_saved("backbones", table["kind"])
    return network.has_weights(table)


def regrown(start: Start) -> bool:
    """Are the weights of its network made anew from the labels of every task?"""
    network: type[Backbone] = catalog.load_saved("backbones", start.config["backbone"]["kind"])
    return network.regrown


def bytes_of(start: Start | None) -> int:
    """The size of the weights of a start."""
    return 0 if start is None else sum(file.stat().st_size for file in start.path.glob("*.safetensors"))


def augment_class(modality: Modality, kind: str, own: str) -> type[Augment]:
    """The augmentation of a modality of kind `own`: the one it brings, or another one from outside the package."""
    return modality.augment if kind == own else catalog.load("augments", kind)


def open_lm_head(start: Start, modality: Modality, backbone: Backbone) -> HeadWeights:
    """With what a start predicts the next token, as far as that is not the token vectors of its network.

    ContractError for a public network that does not write.
    """
    family = _family(start)
    if family is None:
        weight, bias = start.lm_head(backbone)
    else:
        learner: type[Objective] = catalog.load_saved(f"{family}s", start.config[family]["kind"])
        filled = open_learner(start, modality, backbone) if learner.needs.lm_head else None
        if filled is None or filled.lm_head is None:
            return HeadWeights(None, None)  # others predict with the token vectors, if they predict tokens at all
        weight, bias = filled.lm_head.weights(backbone)
    own = weight.data_ptr() != vectors_of(backbone).data_ptr()
    return HeadWeights(weight if own else None, bias)


def _family(start: Start) -> str | None:
    """Was the start trained for a task, by an objective, or by neither that we know?"""
    return next((name for name in ("task", "objective") if name in start.config), None)


def open_store(
    recipe: Recipe, data: Any, start: Start | None = None, *, learned: Learned | None = None, answered: bool = False
) -> tuple[Recipe, Store]:
    """The data of a recipe, prepared in the form that it, or its start, asks for; and the recipe with their hash.

    Of a table, the columns that are `learned` are read where the recipe names none; unsaid, those of the start, if they
    are there. Rows that are only `answered` are read as the start knows them: the names and scales of its records.

    Raises ContractError if the recipe was written for data of another hash, or for a start of other weights.
    """
    start = start or open_start(recipe.start)
    if recipe.start != "scratch" and start is not None:
        recipe = replace(recipe, start_weights=_same_weights(recipe, start))
    if start is not None and not start.whole:
        start = None  # it brings nothing that reads data
    if start is not None:
        _check_size(recipe, start)
    recipe = _gathering(recipe, data, start)
    options = {key: value for key, value in recipe.data.items() if key not in ("source", "hash", "all")}
    if learned is None and start is not None:
        learned = learned_by(start)
    prepared = is_prepared(data)
    if not prepared:
        options = {**_asked_form(recipe, start), **options}
    knows = answered and start is not None and not start.any_form and of_moments(start.modality().timeline)
    known = start if knows else None
    if known is not None and not prepared:
        options = {**options, "fitted": known.modality()}
    if known is None and not prepared and start is not None and start.modality().columns is not None:
        options = {**options, "like": start.modality()}
    store = open_data(data, learned=learned, **options)
    options.pop("like", None)
    if known is not None and prepared:
        _check_known(store, known)
    here = store.modality.spec.key
    form = {k: v for k, v in _form_of(start).items() if k in here}
    form |= {name: value for name, value in recipe.modality.items() if name in here}
    if start is not None and start.config["modality"]["kind"] != store.manifest["modality"]:
        found = f"data of kind {store.manifest['modality']}"
        fix = "give it data of its own kind" + _or_inner_layers(recipe.start, start, store)
        raise ContractError(154, f"the model reads {start.config['modality']['kind']}", found=found, fix=fix)
    if any(here[name] != value for name, value in form.items()):
        if start is not None and store.manifest.get("settled"):
            store = refitted(store, start.modality())
        elif not prepared and start is not None and set(form) - set(catalog.defaults(type(start.modality()))):
            store = open_data(data, learned=learned, fitted=start.modality(), **options)
        elif not prepared:
            settings = {**options.pop("settings", {}), **form}
            store = open_data(data, learned=learned, settings=settings, **options)
    _check_marks(recipe, store)
    wanted = recipe.data.get("hash")
    if wanted is not None and wanted != store.hash:
        fix = "use the same data, or remove data.hash from the recipe"
        raise ContractError(
            152, "the data changed since the recipe was written", found=store.hash[:12], expected=wanted[:12], fix=fix
        )
    return recipe.with_part("data", {**recipe.data, "hash": store.hash}), store


def _or_inner_layers(name: str, start: Start, store: Store) -> str:
    """What else can be done with data that a start does not read."""
    network: type[Backbone] = catalog.load_saved("backbones", start.config["backbone"]["kind"])
    fits = network.core is not None and store.modality.spec.layout in network.layouts and not name.startswith("fresh:")
    return f", or take its inner layers alone: --from {CORE}{name}" if fits else ""


def _check_known(store: Store, start: Start) -> None:
    """ContractError for prepared records with other names and scales than those that a start knows."""
    if of_modality(store.modality) != of_modality(start.modality()):
        found, fix = "records with names and scales of their own", "give the raw data instead"
        raise ContractError(
            820, "the data were prepared for another model", where=store.directory, found=found, fix=fix
        )


def _task(recipe: Recipe, start: Start | None) -> type[Task] | None:
    """The task that the recipe names, else that of the start; None if that is open."""
    if recipe.task.get("kind", "auto") != "auto":
        return catalog.load("tasks", recipe.task["kind"])
    if start is None or "task" not in start.config:
        return None
    return catalog.load_saved("tasks", start.config["task"]["kind"])


def _gathering(recipe: Recipe, data: Any, start: Start | None) -> Recipe:
    """The recipe, which says that rows are gathered, that columns are labels by name, or that one has labels of
    moments, where its task, or that of the start, wants it."""
    task = _task(recipe, start)
    if task is None or is_prepared(data):
        return recipe
    marks = task.marks(settings_of(recipe.task))
    more = {"gather": task.gathers, "by_name": task.by_name, "marks": marks}
    more = {name: value for name, value in more.items() if value}
    return recipe.with_part("data", {**recipe.data, **more}) if more else recipe


def _check_marks(recipe: Recipe, store: Store) -> None:
    """ContractError if the task asks for labels of moments that the data were prepared without."""
    kind = recipe.task.get("kind", "auto")
    marks = None if kind == "auto" else catalog.load("tasks", kind).marks(settings_of(recipe.task))
    there = (store.roles or {}).get("marks")
    if marks not in (None, there):
        fix = f"give the raw data, or prepare them with --marks {marks}"
        raise ContractError(
            855, "the data hold no such labels of moments", where=store.directory, found=str(there), expected=marks,
            fix=fix,
        )  # fmt: skip


def _asked_form(recipe: Recipe, start: Start | None) -> dict[str, Any]:
    """The kind of data of a task that is always about one kind, and the form in which recipe, task and start want them
    stored; of a start whose rows are records, which a table does not tell, its kind; {} for every other task."""
    task = _task(recipe, start)
    if task is None or not task.modality:
        records = start is not None and start.modality().timeline is not None
        return {"modality": start.config["modality"]["kind"]} if start is not None and records else {}
    known = {} if start is None else catalog.defaults(type(start.modality()))
    stored = {name: value for name, value in _form_of(start).items() if name in known}  # what a preparation can be told
    table = start.config.get("task", {}) if start is not None else {}
    said = {name: value for name, value in recipe.modality.items() if name != "kind"}
    asked = task.form(settings_of({**table, **recipe.task}))
    return {"modality": task.modality, "settings": {**stored, **asked, **said}}


def _form_of(start: Start | None) -> dict[str, Any]:
    """The form of the rows that a start reads; {} without one, or where any form will do."""
    return {} if start is None or start.any_form else dict(start.modality().spec.key)


def _check_size(recipe: Recipe, start: Start) -> None:
    """ContractError if a size is asked for that the start's network cannot take, before any data are prepared."""
    size, spec = recipe.modality.get("size", "auto"), start.spec
    sides = size if isinstance(size, list | tuple) else [size]
    sane = 1 <= len(sides) <= 2 and all(isinstance(side, int) and side > 0 for side in sides)
    if not sane or spec.layout != "grid":
        return  # a size that is none, the modality refuses
    asked = replace(spec, sizes={**spec.sizes, "height": sides[0], "width": sides[-1]})
    if is_other(start, asked):
        backbone_at(start, asked)


def _same_weights(recipe: Recipe, start: Start) -> str:
    """Digest of the start's weights; ContractError if the recipe was written for others."""
    found, wanted = str(start.facts["weights"]), recipe.start_weights
    if wanted is not None and wanted != found:
        fix = "restore the start, or remove start_weights from the recipe"
        raise ContractError(
            153, "the start changed since the recipe was written", where=recipe.start, found=found[:12],
            expected=wanted[:12], fix=fix,
        )  # fmt: skip
    return found
