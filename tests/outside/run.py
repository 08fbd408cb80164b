"""A run of the parts from outside that kills itself: `python -m tests.outside.run DATA FOLDER STEP`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from headstart.assemble import pretraining
from headstart.core.recipe import Recipe, override
from headstart.models.artifact import weights_digest
from headstart.training.loop import Progress
from tests.helpers.runs import Watch, learn
from tests.outside import parts, signals, vectors

__all__ = ["parts", "signals", "vectors"]  # saved data open where their modality has been imported


def run_of(data: Path, folder: Path | None, watch: Watch | None = None) -> str:
    """Digest of the weights after twelve steps, with a save after every third."""
    recipe = override(Recipe(), {"verb": "pretrain", "plan.steps": 12, "plan.save": 3, "plan.check": 0.25})
    made = pretraining(recipe, str(data), device="cpu")
    learn(made, folder, watch)
    return weights_digest(made.trainee.backbone, made.trainee.objective)


def main(data: str, folder: str, step: str) -> None:
    def watch(progress: Progress, logs: Mapping[str, float]) -> None:
        if progress.step == int(step):
            os.kill(os.getpid(), signal.SIGKILL)

    run_of(Path(data), Path(folder), watch)


if __name__ == "__main__":
    main(*sys.argv[1:])
