"""The contracts. Everything that plugs into headstart keeps one of these."""

from headstart.core.contracts.backbone import Backbone
from headstart.core.contracts.modality import Augment, Modality
from headstart.core.contracts.objective import Objective, Solved, Step
from headstart.core.contracts.source import Source
from headstart.core.contracts.task import Task
from headstart.core.contracts.tuning import Group, Tuning
from headstart.core.contracts.types import Batch, Columns, Example, Plain, ReadOn, Row

__all__ = [
    "Augment",
    "Backbone",
    "Batch",
    "Columns",
    "Example",
    "Group",
    "Modality",
    "Objective",
    "Plain",
    "ReadOn",
    "Row",
    "Solved",
    "Source",
    "Step",
    "Task",
    "Tuning",
]
