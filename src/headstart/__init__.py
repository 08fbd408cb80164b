"""headstart: pretrain on unlabelled data, fine-tune on few labels, and prove whether the head start helped.

Public names are imported on first use, so that `import headstart` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from headstart.core.version import __version__ as __version__

if TYPE_CHECKING:
    from headstart.commands.evaluate import evaluate as evaluate
    from headstart.commands.finetune import finetune as finetune
    from headstart.commands.gain import gain as gain
    from headstart.commands.generate import generate as generate
    from headstart.commands.prepare import prepare as prepare
    from headstart.commands.pretrain import pretrain as pretrain
    from headstart.core.errors import HeadstartError as HeadstartError
    from headstart.inference.predictor import Predictor as Predictor
    from headstart.inference.predictor import load as load
    from headstart.training.loop import Trainee as Trainee
    from headstart.training.loop import train as train
    from headstart.training.plan import Plan as Plan

_HOMES = {
    "prepare": "headstart.commands.prepare",
    "pretrain": "headstart.commands.pretrain",
    "finetune": "headstart.commands.finetune",
    "gain": "headstart.commands.gain",
    "evaluate": "headstart.commands.evaluate",
    "generate": "headstart.commands.generate",
    "load": "headstart.inference.predictor",
    "Predictor": "headstart.inference.predictor",
    "train": "headstart.training.loop",
    "Trainee": "headstart.training.loop",
    "Plan": "headstart.training.plan",
    "HeadstartError": "headstart.core.errors",
}
__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'headstart' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
