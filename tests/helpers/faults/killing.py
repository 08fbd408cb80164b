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

from tests.helpers.faults.cases import CASES

WARM = (
    "headstart.cli", "headstart.assemble", "headstart.commands.common.save_run",
    "headstart.evaluation.validation", "sklearn.datasets", "headstart.training.tasks.classify.classify",
    "headstart.training.objectives.contrastive", "rich.progress", "torch._dynamo",
    "headstart.data.modalities.text.text", "headstart.models.backbones.encoder", "tokenizers", "transformers", "timm",
)  # fmt: skip


SHORT = CASES["autoencoder-mlp"].words(Path(), steps=300, save=5)
LONG = [*SHORT, "plan.steps=100000", "plan.batch=8"]


def start(arguments: Sequence[str], cache: Path, fault: str = "") -> BaseProcess:
    """A process that runs a command line; what it says on stderr is kept beside the cache."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(WARM))
    process = context.Process(target=_child, args=(list(arguments), str(cache), fault))
    process.start()
    return process


def _child(arguments: list[str], cache: str, fault: str) -> None:
    import torch

    from headstart.cli import guarded

    os.environ["HEADSTART_CACHE"] = cache
    handle = os.open(f"{cache}.stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    torch.set_num_threads(1)
    if fault:
        from tests.helpers.faults.spoiling import FAULTS

        FAULTS[fault]()
    Path(f"{cache}.{os.getpid()}").touch()  # see `ready`
    sys.exit(guarded(arguments))


def ready(process: BaseProcess, cache: Path) -> None:
    """Wait until the process does what a command does, and not what its fork does."""
    while process.is_alive() and not Path(f"{cache}.{process.pid}").exists():
        time.sleep(0.001)
    time.sleep(0.005)


def digest(folder: Path) -> str:
    """SHA-256 of backbone and head."""
    content = (folder / "model.safetensors").read_bytes() + (folder / "head.safetensors").read_bytes()
    return hashlib.sha256(content).hexdigest()


def newest(folder: Path) -> int:
    """Step of the newest checkpoint; 0 if there is none."""
    return max((int(path.stem) for path in folder.glob("last/*.json")), default=0)


def running(folder: Path, cache: Path, fault: str = "", least: int = 1) -> BaseProcess:
    """A run that has saved a checkpoint and has hours to go."""
    process = start([*LONG, "--out", str(folder)], cache, fault)
    while process.is_alive() and newest(folder) < least:
        time.sleep(0.002)
    assert process.is_alive(), Path(f"{cache}.stderr").read_text()
    return process


@dataclass(slots=True)
class Kills:
    """What came of killing: the step each kill fell on, and the digest of each series that was let finish.

    `while_saving` counts kills while the finished model was saved, `refused` runs that could not be gone on with.
    """

    steps: list[int] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    while_saving: int = 0
    refused: int = 0

    @property
    def after_the_first_step(self) -> float:
        return sum(step > 0 for step in self.steps) / len(self.steps)


def kill_again_and_again(
    arguments: Sequence[str], folder: Path, cache: Path, *, kills: int, seed: int, fault: str = "", apiece: int = 99
) -> Kills:
    """Run, kill, run again, until so many kills are done; every series ends with a run that is let finish.

    Over half of the kills come a random moment after a new checkpoint, a third while the finished model is evaluated
    and saved, the others at any moment, before the first step too. A wrong resume shows in the digest of its series,
    whatever comes after it. A series has at most `apiece` kills. Only a run with a fault may refuse to go on.
    """
    generator = random.Random(seed)
    found = Kills()
    series, lives = folder / "0", apiece
    while len(found.steps) < kills:
        process = start([*arguments, "--out", str(series)], cache, fault)
        aim = generator.random()
        if lives == 0 or (series / "history.jsonl").exists():
            process.join()  # killed while saving: this time it may finish
        _await_moment(process, series, aim)
        process.join(generator.uniform(0, 0.08) if aim < 0.55 else generator.uniform(0, 0.8))
        if process.is_alive():
            saving = (series / "history.jsonl").exists()
            process.kill()
            process.join()
            found.steps.append(newest(series))
            found.while_saving += saving
            lives -= 1
        if process.exitcode == -signal.SIGKILL:
            continue
        if process.exitcode == 0:
            found.digests.append(digest(series))
        else:
            assert fault, said(cache)
            found.refused += 1
        series, lives = folder / str(len(found.digests) + found.refused), apiece
    if series.exists():
        process = start([*arguments, "--out", str(series)], cache, fault)
        process.join()
        assert fault or process.exitcode == 0, said(cache)
        if process.exitcode == 0:
            found.digests.append(digest(series))
        else:
            found.refused += 1
    return found


def _await_moment(process: BaseProcess, series: Path, aim: float) -> None:
    """Wait for a new checkpoint, for the end of training, or for nothing."""
    before = newest(series)
    while process.is_alive() and aim < 0.9 and not (series / "history.jsonl").exists():
        if aim < 0.55 and newest(series) != before:
            return
        time.sleep(0.001)


def finish(arguments: Sequence[str], folder: Path, cache: Path, fault: str = "") -> str:
    """Run to the end and give the digest of the model."""
    process = start(arguments, cache, fault)
    process.join()
    assert process.exitcode == 0, said(cache)
    return digest(folder)


def said(cache: Path) -> str:
    """The end of what the processes of a cache wrote."""
    return Path(f"{cache}.stderr").read_text("utf-8")[-2000:]
