"""Tables with something planted, as the checks before training see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from headstart.assemble import finetuning
from headstart.core.contracts import Task
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.data.store import Store


class Planted(NamedTuple):
    task: Task
    store: Store
    rows: np.ndarray


def planted(place: Path, columns: Mapping[str, Sequence[Any] | np.ndarray], **options: Any) -> Planted:
    """A table of these columns, of which `target` is the label, prepared; its task and its labelled train rows."""
    count = len(columns["target"])
    rows = [{name: values[row] for name, values in columns.items()} for row in range(count)]
    store = prepare(rows, place / "data", modality="table", target="target", **options)
    parts = finetuning(override(Recipe(), {"verb": "finetune", "backbone.kind": "linear"}), store)
    task = parts.trainee.objective.as_task
    assert task is not None
    return Planted(task, store, parts.chosen)


def plain(count: int, generator: np.random.Generator) -> dict[str, Any]:
    """Columns that say nothing of anything."""
    kinds = np.array(["a", "b", "c"])[generator.integers(3, size=count)]
    return {"one": generator.normal(size=count), "two": generator.normal(size=count), "kind": kinds}
