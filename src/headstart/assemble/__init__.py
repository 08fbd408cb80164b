"""Recipe -> parts: the only place that knows how the wings meet."""

from typing import Any

from headstart.assemble.build import build, fresh_backbone
from headstart.assemble.feeding import feed
from headstart.assemble.opening import open_learner, open_store, pick_device, regrown
from headstart.assemble.parts import Parts
from headstart.assemble.resolve import Resolved, resolve_finetuning, resolve_pretraining, task_of
from headstart.assemble.rows import (
    Only,
    are_worded,
    examples_of,
    known,
    label_count,
    labelled,
    labels_there,
    spread,
    targets,
    unknown,
    usable,
    words_of,
)
from headstart.core.recipe import Recipe
from headstart.data.store import Store
from headstart.models.open_start import open_start

__all__ = [
    "Only",
    "Parts",
    "Resolved",
    "are_worded",
    "build",
    "examples_of",
    "feed",
    "finetuning",
    "fresh_backbone",
    "known",
    "label_count",
    "labelled",
    "labels_there",
    "open_learner",
    "open_start",
    "open_store",
    "pick_device",
    "pretraining",
    "regrown",
    "resolve_finetuning",
    "resolve_pretraining",
    "spread",
    "targets",
    "task_of",
    "unknown",
    "usable",
    "words_of",
]


def pretraining(recipe: Recipe, data: Any, *, device: str = "auto") -> Parts:
    """Parts for learning from the train split, without labels or, `supervised`, with them."""
    return build(resolve_pretraining(recipe, data, device=device))


def finetuning(
    recipe: Recipe, data: Any, *, device: str = "auto", store: Store | None = None, only: Only | None = None
) -> Parts:
    """Parts for learning a task from labels, from a pretrained start or from scratch; of a part of the rows `only`."""
    return build(resolve_finetuning(recipe, data, device=device, store=store, only=only))
