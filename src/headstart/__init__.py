"""headstart: pretrain on unlabelled data, fine-tune on few labels, and prove whether the head start helped.

Public names are imported on first use, so that `import headstart` costs nothing. Every verb of the command line is a
function here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from headstart import commands
from headstart.core.version import __version__ as __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    # for type checkers: a verb is found without it
    from headstart.commands.auto import auto as auto
    from headstart.commands.cluster import cluster as cluster
    from headstart.commands.convert import convert as convert
    from headstart.commands.demo import demo as demo
    from headstart.commands.doctor import doctor as doctor
    from headstart.commands.embed import embed as embed
    from headstart.commands.evaluate import evaluate as evaluate
    from headstart.commands.explain import explain as explain
    from headstart.commands.export import export as export
    from headstart.commands.finetune import finetune as finetune
    from headstart.commands.gain import gain as gain
    from headstart.commands.generate import generate as generate
    from headstart.commands.list import list as list
    from headstart.commands.next import next as next
    from headstart.commands.predict import predict as predict
    from headstart.commands.prepare import prepare as prepare
    from headstart.commands.pretrain import pretrain as pretrain
    from headstart.commands.rank import rank as rank
    from headstart.commands.report import report as report
    from headstart.commands.rerun import rerun as rerun
    from headstart.commands.rollout import rollout as rollout
    from headstart.commands.show import show as show
    from headstart.commands.verify import verify as verify
    from headstart.core.errors import HeadstartError as HeadstartError
    from headstart.inference.predictor import Predictor as Predictor
    from headstart.inference.predictor import load as load
    from headstart.training.loop import Trainee as Trainee
    from headstart.training.loop import train as train
    from headstart.training.plan import Plan as Plan

_HOMES = {
    **{name: f"headstart.commands.{name}" for name in commands.names()},
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


def __dir__() -> Sequence[str]:
    return sorted(_HOMES)
