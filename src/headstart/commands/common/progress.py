"""Progress on stderr, and the numbers of a run to an experiment tracker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.commands.common.progress_line import Line, in_terminal, minutes
from headstart.commands.common.terminal import peak_memory_bytes, tell
from headstart.core.inert import one_line

if TYPE_CHECKING:
    from headstart.assemble import Parts
    from headstart.core.contracts.metric import Metric
    from headstart.evaluation.gain import Cell
    from headstart.inference.predictor import Predictor
    from headstart.training.loop import Progress
    from headstart.training.run.run import Outcome, Run

Draw = Callable[["Progress", Mapping[str, float]], None]


@contextmanager
def bar(title: str, *, quiet: bool, device: str = "cpu") -> Iterator[Draw]:
    """Progress with rate, time, memory and the newest losses and quality figures; nothing when quiet."""
    if quiet:
        yield lambda progress, logs: None
        return
    figures: dict[str, float] = {}
    last = 0.0
    with _shown(title, 1.0) as show:

        def draw(progress: Any, logs: Mapping[str, float]) -> None:
            nonlocal last
            figures.update({k: v for k, v in logs.items() if k not in ("step", "rows", "seconds", "rate")})
            now = time.monotonic()
            if now - last < 0.2 and progress.done < 1:
                return
            last = now
            speed = f"{progress.rows / max(progress.seconds, 1e-9):,.0f} rows/s {held_bytes(device) / 1e9:.1f} GB"
            show(progress.done, " ".join([speed, *(f"{k} {value:.4g}" for k, value in list(figures.items())[:4])]))

        yield draw


def held_bytes(device: str) -> int:
    """The most memory that was held so far: of the graphics card where one computes, else of this process."""
    if not device.startswith("cuda"):
        return peak_memory_bytes()
    import torch

    return torch.cuda.max_memory_allocated(device)


@contextmanager
def counter(title: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A count of rows done, for work whose end is not known; nothing when quiet."""
    if quiet:
        yield lambda done: None
        return
    with _shown(title, None) as show:
        yield lambda done: show(0.0, f"{done:,} rows")


@contextmanager
def _shown(title: str, total: float | None) -> Iterator[Callable[[float, str], None]]:
    """A function of how much is done and of words about it; without a total only the words are shown.

    In a terminal it draws a bar; elsewhere it writes a line now and then.
    """
    if not in_terminal():
        line, began = Line(), time.monotonic()

        def write(done: float, words: str) -> None:
            share = 0.0 if total is None else done / total
            left = (time.monotonic() - began) * (1 - share) / share if 0 < share < 1 else 0.0
            told = [] if total is None else [f"{share:.0%}", *([f"{minutes(left)} left"] if left >= 1 else [])]
            line.show(" ".join([f"{title}:", *told, words]).rstrip())

        try:
            yield write
        finally:
            line.close()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    if total is not None:
        columns = (*columns, TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn(), TimeRemainingColumn())
    columns = (*columns, TextColumn("{task.fields[words]}", markup=False))
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as drawn:
        job = drawn.add_task(one_line(title), total=total, words="")
        yield lambda done, words: drawn.update(job, completed=done, words=one_line(words))


@contextmanager
def tracker(name: str | None, directory: Path) -> Iterator[Draw]:
    """Sends logged numbers to an experiment tracker; nothing where none is named."""
    if name is None:
        yield lambda progress, logs: None
        return
    from headstart.core import catalog

    opened = catalog.load("trackers", name)(directory / "track", name=directory.name)

    def log(progress: Progress, logs: Mapping[str, float]) -> None:
        if logs:
            opened.log(progress.step, {k: v for k, v in logs.items() if k not in ("step", "rows", "seconds")})

    try:
        yield log
    finally:
        opened.close()


def learn(
    parts: Parts,
    predictor: Predictor,
    look: Callable[[Run, Parts, Predictor], None],
    path: Path,
    *,
    title: str,
    track: str | None,
    quiet: bool,
) -> Outcome:
    """Carry out the plan, with looks at held-out rows, progress, tracker, and checkpoints in the directory."""
    from headstart.training.run.run import Run

    with (
        bar(title, quiet=quiet, device=parts.device) as draw,
        tracker(track, path) as log,
        Run(parts.trainee, parts.batches, parts.plan, parts.tuning, folder=path) as run,
    ):
        begun = False
        for progress in run:
            if not begun and progress.step > 1:
                tell(f"goes on from step {progress.step - 1:,}", quiet=quiet)
            begun = True
            if run.look_due:
                look(run, parts, predictor)
            draw(progress, run.logs)
            log(progress, run.logs)
            run.save()
    return run.outcome


@contextmanager
def cell_bar(total: int, *, quiet: bool) -> Iterator[Callable[[Cell], None]]:
    """Progress over the models that `gain` trains; nothing when quiet."""
    if quiet:
        yield lambda cell: None
        return
    done, table = 0, DrawTable()
    with _shown("gain", float(total)) as show:

        def draw(cell: Cell) -> None:
            nonlocal done
            done += 1
            for line in [*table.add(cell), *(table.close() if done == total else [])]:
                tell(line, quiet=False)
            show(done, f"{done} of {total} models, {cell.arm}, {cell.labels or 'all'} labels, seed {cell.seed}")

        yield draw


class DrawTable:
    """The scores of `gain` as they come: a row a draw of labels, a column an arm."""

    def __init__(self) -> None:
        self._key: tuple[int | None, int] | None = None
        self._scores: dict[str, str] = {}
        self._columns: list[str] = []
        self._metric: Metric | None = None

    def add(self, cell: Cell) -> list[str]:
        """The lines that a trained model completes: the draw before it."""
        self._metric = self._metric or cell.metric
        lines = [] if self._key in (None, (cell.labels, cell.seed)) else self.close()
        self._key = (cell.labels, cell.seed)
        # one that an earlier call trained does not say of which kind its scores are
        self._scores[cell.arm] = "kept" if self._metric is None else f"{self._metric.of(cell.row_scores):.3f}"
        return lines

    def close(self) -> list[str]:
        """The row of the newest draw, below the names of the columns where these are new."""
        if self._key is None:
            return []
        names, (labels, seed), scores = list(self._scores), self._key, self._scores
        head = [f"{'labels':>7} {'seed':>4} " + " ".join(f"{name[-12:]:>12}" for name in names)]
        row = f"{labels or 'all':>7} {seed:>4} " + " ".join(f"{scores[name]:>12}" for name in names)
        lines = [*(head if names != self._columns else []), row]
        self._columns, self._scores, self._key = names, {}, None
        return lines
