"""Recipe -> parts: the only place that knows how the wings meet."""

from headstart.assemble.feeding import feed
from headstart.assemble.opening import open_learner, open_store, pick_device
from headstart.assemble.parts import Parts, finetuning, fresh_backbone, pretraining
from headstart.assemble.rows import are_worded, labelled, targets
from headstart.models.open_start import open_start

__all__ = [
    "Parts",
    "are_worded",
    "feed",
    "finetuning",
    "fresh_backbone",
    "labelled",
    "open_learner",
    "open_start",
    "open_store",
    "pick_device",
    "pretraining",
    "targets",
]
