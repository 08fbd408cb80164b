"""A first trial of what is solved in seconds, as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from headstart.core.errors import HeadstartError
from headstart.selection.candidates import Candidate
from headstart.selection.folds import Fold
from headstart.selection.memory import Effort, Memory, Trial
from headstart.selection.question import Question
from headstart.selection.race import first_rung
from headstart.selection.trials import Laboratory


@dataclass(slots=True)
class FirstLook:
    """Tries a candidate on the first fold, with as many labels as a race begins with.

    On a busy machine the pretrainings alone may use up the time. A start that was made then, and a linear model, are
    still compared: a trial of theirs takes seconds, and without one a guess would decide.
    """

    question: Question
    folds: Sequence[Fold]
    memory: Memory
    tell: Callable[[str], None] = lambda line: None
    trials: dict[str, Trial] = field(default_factory=dict)
    _laboratory: Laboratory | None = None

    def __call__(self, candidate: Candidate) -> None:
        if not self.folds:
            return
        fold = self.folds[0]
        effort = Effort(first_rung(len(fold.learn)))
        self.tell(f"{candidate.name}: {effort.labels:,} labels, fold 1 of {len(self.folds)}")
        with suppress(HeadstartError):  # the race meets the same error, and says it
            self.trials[candidate.name] = self.laboratory().trial(candidate, fold, effort)

    def laboratory(self) -> Laboratory:
        """Where trials are carried out; made when it is needed first."""
        self._laboratory = self._laboratory or Laboratory.of(self.question, self.folds[0], self.memory)
        return self._laboratory
