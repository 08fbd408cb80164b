"""The parts of a run, built and checked."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from headstart.core.contracts import Modality, Tuning
from headstart.core.recipe import Recipe
from headstart.data.batches import Feed
from headstart.data.store import Store
from headstart.models import remembered
from headstart.models.start import Start
from headstart.training.loop import Trainee
from headstart.training.plan import Plan


@dataclass(frozen=True, kw_only=True)
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

    def check(self, *, whole: bool = False) -> None:
        """StorageError or ContractError if the data, the start or the teacher are no longer those that were opened.

        `whole` reads every byte, otherwise only those of files that look changed.
        """
        self.store.sealed.check(whole=whole)
        for start in (self.start, self.teacher):
            if start is not None:
                start.check(whole=whole)

    @property
    def read(self) -> np.ndarray:
        """Every row whose content the run used."""
        return np.concatenate([self.chosen, self.unlabelled])

    @property
    def parents(self) -> list[Start]:
        """Every model that this one learned from."""
        return [one for one in (self.start, self.teacher) if one is not None]

    @cached_property
    def memory(self) -> list[remembered.Memory]:
        """What is remembered of the rows that it reads, and of those that its parents learned from."""
        return [remembered.of_rows(self.store, self.read), *map(remembered.of_start, self.parents)]

    def config(self) -> dict[str, Any]:
        """What a saved model must hold to be built again."""
        part, recipe = "objective" if self.tuning is None else "task", self.recipe.portable()
        spec, usual = self.modality.spec, type(self.modality).layout
        return {
            **({} if spec.layout == usual else {"layout": spec.layout}),
            "backbone": dict(recipe.backbone),
            "facts": dict(spec.sizes),
            "modality": dict(recipe.modality),
            "augment": {"kind": recipe.augment["kind"]},
            part: dict(recipe.task if part == "task" else recipe.objective),
        }
