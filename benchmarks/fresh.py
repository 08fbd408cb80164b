"""Work in a process of its own: its seconds, and how far its memory grew."""

from __future__ import annotations

import multiprocessing
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the wall and by the processor, and mebibytes beyond those in use when the work began."""

    wall: float
    processor: float
    mebibytes: float


def measured(work: Callable[..., None], *given: object) -> Cost:
    """Run `work(*given)` in a fresh interpreter. Its imports are made before the clock starts. Linux only."""
    context = multiprocessing.get_context("spawn")
    answers: Queue[Cost] = context.Queue()
    process = context.Process(target=_run, args=(answers, work, given))
    process.start()
    while process.is_alive() and answers.empty():
        time.sleep(0.05)
    process.join(5)
    assert not answers.empty(), f"{work.__name__} failed"
    return answers.get()


def _run(answers: Queue[Cost], work: Callable[..., None], given: tuple[object, ...]) -> None:
    warnings.simplefilter("ignore")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # forget the highest memory so far
    before = _memory("VmRSS")
    began, used = time.perf_counter(), time.process_time()
    work(*given)
    wall, processor = time.perf_counter() - began, time.process_time() - used
    answers.put(Cost(wall, processor, _memory("VmHWM") - before))


def _memory(name: str) -> float:
    """A line of the kernel's account of this process, in mebibytes."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
