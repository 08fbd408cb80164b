"""What is asked: data, task and labels for which the best start is wanted. Test rows are no part of it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.assemble import open_start, open_store, resolve_finetuning
from headstart.core.catalog import settings_of
from headstart.core.contracts import Task
from headstart.core.errors import ContractError
from headstart.core.recipe import Recipe, override
from headstart.data.inputs import prepared
from headstart.data.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The rows of a question as one start reads them. `rows` turns row numbers of the question into those here."""

    store: Store
    rows: np.ndarray | None = None

    def here(self, rows: np.ndarray) -> np.ndarray:
        """Row numbers of the question -> row numbers of this store."""
        return rows if self.rows is None else self.rows[rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Data, task and labels.

    recipe  what every candidate has in common: data, labels, seed, the task with its settings, the user's own settings
    data    as they were given
    chosen  train rows whose labels may be used, [n]
    """

    recipe: Recipe
    data: Any
    store: Store
    task: type[Task]
    chosen: np.ndarray
    device: str
    grounds: dict[str, Ground] = field(default_factory=dict)

    @property
    def taken(self) -> str:
        """In words, what of the data is used."""
        store, rows = self.store, len(self.chosen)
        source = ", ".join(store.manifest["source"]["given"])
        splits = ", ".join(f"{count:,} {name}" for name, count in store.splits.items())
        task = f"{self.recipe.task['kind']} {store.manifest['modality']}"
        others = len(store.rows("train")) - rows
        more = f", {others:,} train rows without" if others else ""
        return f"{source}: {task}, {rows:,} labels{more}; rows: {splits}"

    @property
    def bare(self) -> Recipe:
        """The usual network from scratch, without what the user says of networks and plans: to ask the task itself."""
        return bare(self.recipe)

    def recipe_of(self, fields: Mapping[str, Any]) -> Recipe:
        """The recipe of a candidate: its fields over what all have in common."""
        return override(self.recipe, fields)

    def ground(self, recipe: Recipe) -> Ground:
        """The rows as the start of a recipe reads them; ContractError if it cannot, or would read other rows."""
        if recipe.start == "scratch":
            return Ground(store=self.store)
        if recipe.start not in self.grounds:
            self.grounds[recipe.start] = self._opened(recipe)
        return self.grounds[recipe.start]

    def _opened(self, recipe: Recipe) -> Ground:
        data = {name: value for name, value in recipe.data.items() if name != "hash"}  # another form, another hash
        _, store = open_store(dataclasses.replace(recipe, data=data), self.data, open_start(recipe.start))
        if store.directory == self.store.directory:
            return Ground(store=self.store)
        train = self.store.rows("train")
        places = {origin: row for row, origin in zip(store.rows("train"), store.origins("train"), strict=True)}
        found = [places.get(origin, -1) for origin in self.store.origins_of(train)]
        if min(found, default=-1) < 0 or len(places) != len(train):
            what = "in the form of this model other rows are kept or trained on"
            raise ContractError(163, what, where=recipe.start, fix="prepare the data in its form first")
        rows = np.full(int(train.max()) + 1, -1)
        rows[train] = found
        return Ground(store=store, rows=rows)


def asked(recipe: Recipe, data: Any, device: str = "auto") -> Question:
    """The question of a recipe; the task and its classes are settled by all labels that may be used."""
    recipe, store = open_store(dataclasses.replace(recipe, start="scratch", start_weights=None), data)
    table = store.roles
    if table is not None and prepared(data) is None:  # whichever start is tried, and whatever it learned from
        whole = store.modality.columns is not None
        own = {"modality": store.manifest["modality"]} if whole else {"input": ",".join(table["inputs"])}
        recipe = recipe.with_part("data", {**recipe.data, **own})
    run = resolve_finetuning(bare(recipe), None, device=device, store=store)
    task = run.learner.cls
    task.check_ranked()
    settings = task.completed(store.labels_of(run.chosen), settings_of(recipe.task))
    return Question(
        recipe=recipe.with_part("task", {"kind": run.recipe.task["kind"], **settings}),
        data=data, store=store, task=task, chosen=run.chosen, device=run.device,
    )  # fmt: skip


def bare(recipe: Recipe) -> Recipe:
    """A recipe from scratch without settings of network, tuning, augmentation and plan."""
    return dataclasses.replace(recipe, start="scratch", backbone={}, tuning={}, augment={}, plan={})
