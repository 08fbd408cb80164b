"""Command lines in processes that are forked from a warm one, so that killing twenty of them takes seconds."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

WARM = (
    "headstart.cli", "headstart.assemble", "headstart.commands.saving", "headstart.evaluation.fit", "sklearn.datasets",
    "headstart.training.tasks.classify", "headstart.training.objectives.contrastive", "rich.progress", "torch._dynamo",
)  # fmt: skip


def start(arguments: Sequence[str], cache: Path, fault: str = "") -> BaseProcess:
    """A process that runs a command line; what it says on stderr is kept beside the cache."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(WARM))
    process = context.Process(target=_child, args=(list(arguments), str(cache), fault))
    process.start()
    return process


def _child(arguments: list[str], cache: str, fault: str) -> None:
    import torch

    from headstart.cli import run

    os.environ["HEADSTART_CACHE"] = cache
    handle = os.open(f"{cache}.stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    torch.set_num_threads(1)
    if fault:
        _spoil_resume(fault)
    sys.exit(run(arguments))


def _spoil_resume(fault: str) -> None:
    """The negative control: a resume that forgets the optimizer's moments, or is one step off."""
    from headstart.training import checkpoint
    from headstart.training.loop import Trainee
    from headstart.training.optimizer import State

    sound = checkpoint.load

    def load(folder: Path, trainee: Trainee) -> tuple[checkpoint.Checkpoint | None, list[str]]:
        found, warnings = sound(folder, trainee)
        if found is None:
            return None, warnings
        kept = {} if fault == "optimizer" else found.state.saved
        step = found.state.step - 1 if fault == "step" else found.state.step
        return checkpoint.Checkpoint(State(step, 0.0, kept), found.notes, found.extra), warnings

    checkpoint.load = load


def digest(folder: Path) -> str:
    """SHA-256 of backbone and head."""
    content = (folder / "model.safetensors").read_bytes() + (folder / "head.safetensors").read_bytes()
    return hashlib.sha256(content).hexdigest()


def newest(folder: Path) -> int:
    """Step of the newest checkpoint; 0 if there is none."""
    return max((int(path.stem) for path in folder.glob("last/*.json")), default=0)


@dataclass(slots=True)
class Kills:
    """What came of killing: the step each kill fell on, and the digest of each series that was let finish."""

    steps: list[int] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    while_saving: int = 0

    @property
    def after_the_first_step(self) -> float:
        return sum(step > 0 for step in self.steps) / len(self.steps)


def kill_again_and_again(
    arguments: Sequence[str], folder: Path, cache: Path, *, kills: int, seed: int, fault: str = ""
) -> Kills:
    """Run, kill, run again, until so many kills are done; every series ends with a run that is let finish.

    Over half of the kills come a random moment after a new checkpoint, a third while the finished model is evaluated
    and saved, the others at any moment, before the first step too. A wrong resume shows in the digest of its series,
    whatever comes after it.
    """
    generator = random.Random(seed)
    found = Kills()
    series = folder / "0"
    while len(found.steps) < kills:
        process = start([*arguments, "--out", str(series)], cache, fault)
        before, aim = newest(series), generator.random()
        if (series / "history.jsonl").exists():
            process.join()  # killed while saving: this time it may finish
        while process.is_alive() and aim < 0.9 and not (series / "history.jsonl").exists():
            if aim < 0.55 and newest(series) != before:
                break
            time.sleep(0.001)
        process.join(generator.uniform(0, 0.08) if aim < 0.55 else generator.uniform(0, 0.8))
        if process.is_alive():
            saving = (series / "history.jsonl").exists()
            process.kill()
            process.join()
            found.steps.append(newest(series))
            found.while_saving += saving
        if process.exitcode == 0:
            found.digests.append(digest(series))
            series = folder / str(len(found.digests))
        else:
            assert process.exitcode == -signal.SIGKILL, Path(f"{cache}.stderr").read_text()[-2000:]
    if series.exists():
        found.digests.append(finish([*arguments, "--out", str(series)], series, cache, fault))
    return found


def finish(arguments: Sequence[str], folder: Path, cache: Path, fault: str = "") -> str:
    """Run to the end and give the digest of the model."""
    process = start(arguments, cache, fault)
    process.join()
    assert process.exitcode == 0, Path(f"{cache}.stderr").read_text()[-2000:]
    return digest(folder)
