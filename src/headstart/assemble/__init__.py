"""Recipe -> parts: the only place that knows how the wings meet."""

from headstart.assemble.parts import Parts, finetuning, fresh_backbone, pretraining, targets

__all__ = ["Parts", "finetuning", "fresh_backbone", "pretraining", "targets"]
