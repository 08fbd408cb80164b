"""The contracts. Everything that plugs into headstart keeps one of these. Imported on first use: some need torch."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.core.contracts.backbone import Backbone as Backbone
    from headstart.core.contracts.modality import Augment as Augment
    from headstart.core.contracts.modality import Modality as Modality
    from headstart.core.contracts.objective import Objective as Objective
    from headstart.core.contracts.objective import Task as Task
    from headstart.core.contracts.past import Past as Past
    from headstart.core.contracts.row_task import RowTask as RowTask
    from headstart.core.contracts.solved import Solved as Solved
    from headstart.core.contracts.source import Source as Source
    from headstart.core.contracts.step import Step as Step
    from headstart.core.contracts.timeline import Timeline as Timeline
    from headstart.core.contracts.tuning import Group as Group
    from headstart.core.contracts.tuning import Tuning as Tuning
    from headstart.core.contracts.types import Ahead as Ahead
    from headstart.core.contracts.types import Batch as Batch
    from headstart.core.contracts.types import Columns as Columns
    from headstart.core.contracts.types import Example as Example
    from headstart.core.contracts.types import Plain as Plain
    from headstart.core.contracts.types import ReadOn as ReadOn
    from headstart.core.contracts.types import Row as Row

_HOMES = {
    "source": ("Source",),
    "modality": ("Modality", "Augment"),
    "backbone": ("Backbone",),
    "objective": ("Objective", "Task"),
    "past": ("Past",),
    "row_task": ("RowTask",),
    "solved": ("Solved",),
    "step": ("Step",),
    "timeline": ("Timeline",),
    "tuning": ("Tuning", "Group"),
    "types": ("Ahead", "Batch", "Columns", "Example", "Plain", "ReadOn", "Row"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
