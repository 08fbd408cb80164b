"""What a run remembers between its steps; it travels with the checkpoint."""

import math
from dataclasses import dataclass, field
from typing import Any

from headstart.core.contracts import Step
from headstart.training.loop import Progress
from headstart.training.run.checkpoint import Checkpoint
from headstart.training.run.early_stopping import EarlyStopping, Look

HISTORY_ROWS = 200


@dataclass(slots=True)
class RunState:
    """History, the looks at held-out rows, and how often the run went back to a checkpoint."""

    history: list[dict[str, float]] = field(default_factory=list)
    stopping: EarlyStopping = field(default_factory=EarlyStopping)
    rollbacks: int = 0
    warnings: list[str] = field(default_factory=list)

    def log(self, progress: Progress) -> dict[str, float]:
        """A row of history about every half percent of the run; {} in between."""
        if progress.done < 1 and progress.done * HISTORY_ROWS < len(self.history):
            return {}
        row = {**_place(progress), "rate": progress.rate, "loss": float(progress.loss)}
        row |= {name: float(value) for name, value in progress.logs.items()}
        self.history.append(row)
        return dict(row)

    def log_look(self, look: Look, progress: Progress) -> None:
        """The numbers of a look, in the row of history of their step."""
        if not self.history or self.history[-1]["step"] != progress.step:
            self.history.append(_place(progress))
        self.history[-1] |= look.logs

    def log_end(self, step: Step) -> None:
        """What the last row of history says of a head that was solved when all steps were done."""
        if self.history:
            self.history[-1] |= {"head_loss": float(step.loss)} | {n: float(v) for n, v in step.logs.items()}

    def notes(self) -> dict[str, Any]:
        """As JSON, without the weights."""
        best = self.stopping
        return {
            "history": self.history, "best": None if best.score == -math.inf else best.score, "best_step": best.step,
            "stale": best.stale, "checks": best.looks, "rollbacks": self.rollbacks, "warnings": self.warnings,
        }  # fmt: skip

    def recall(self, saved: Checkpoint) -> None:
        """Be as a checkpoint says."""
        notes = saved.notes
        score = -math.inf if notes["best"] is None else notes["best"]
        self.stopping = EarlyStopping(notes["checks"], notes["stale"], score, notes["best_step"], saved.extra)
        self.history, self.rollbacks, self.warnings = notes["history"], notes["rollbacks"], notes["warnings"]


def _place(progress: Progress) -> dict[str, float]:
    return {"step": float(progress.step), "rows": float(progress.rows), "seconds": progress.seconds}
