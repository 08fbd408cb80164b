"""Ways to spoil a resume or a save on purpose, for the negative controls; and two that only make a moment longer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from headstart.core.contracts import Batch, Step
from headstart.data.batches import Batches
from headstart.training.microbatches import Learner, Trainee
from headstart.training.optimizer import State
from headstart.training.run import checkpoint


def _changed_state(change: Callable[[State], State]) -> None:
    sound = checkpoint.load

    def load(folder: Path, trainee: Trainee) -> tuple[checkpoint.Checkpoint | None, list[str]]:
        found, warnings = sound(folder, trainee)
        if found is None:
            return None, warnings
        return checkpoint.Checkpoint(change(found.state), found.notes, found.extra), warnings

    checkpoint.load = load


def _forget_the_optimizer() -> None:
    _changed_state(lambda state: State(state.step, 0.0, {}))


def _be_a_step_off() -> None:
    _changed_state(lambda state: State(state.step - 1, 0.0, state.saved))


def _leave_dropout_to_the_process() -> None:
    """Dropout draws on from wherever torch's generator stands, which nobody saves."""
    Learner.seed_dropout = lambda self, step, device: None


def _begin_the_data_again() -> None:
    """The batches, and the random keys of their rows, begin at the first step again."""
    sound = Batches.stream

    def stream(self: Batches, start: int) -> Iterator[Batch]:
        return sound(self, 0)

    Batches.stream = stream


def _save_in_place() -> None:
    """Checkpoints go straight to their names, piece by piece, and are believed without a digest."""

    def write_slowly(path: Path, content: bytes) -> None:
        with path.open("wb", buffering=0) as file:
            for start in range(0, len(content), 1 + len(content) // 8):
                file.write(content[start : start + 1 + len(content) // 8])
                time.sleep(0.002)

    checkpoint.write_whole = write_slowly
    checkpoint._digest = lambda facts, content: b"not looked at"


def _save_slowly() -> None:
    sound = checkpoint.write_whole

    def write_slowly(path: Path, content: bytes) -> None:
        time.sleep(0.02)
        sound(path, content)

    checkpoint.write_whole = write_slowly


def _step_slowly() -> None:
    sound = Learner.__call__

    def call(self: Learner, batch: Batch) -> Step:
        time.sleep(3.0)
        return sound(self, batch)

    Learner.__call__ = call


def _fork_a_helper() -> None:
    """At the first save a child is forked that sleeps on with every descriptor of the run; its pid is written down."""
    sound = checkpoint.save

    def save(folder: Path, *arguments: Any) -> None:
        note = folder.parent.with_name("helper")
        if not note.exists():
            helper = os.fork()
            if helper == 0:
                time.sleep(60)
                os._exit(0)
            note.write_text(str(helper))
        sound(folder, *arguments)

    checkpoint.save = save


FAULTS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {
        "optimizer": _forget_the_optimizer,
        "step": _be_a_step_off,
        "random": _leave_dropout_to_the_process,
        "data": _begin_the_data_again,
        "in place": _save_in_place,
        "helper": _fork_a_helper,
        "slow saves": _save_slowly,
        "slow steps": _step_slowly,
    }
)
