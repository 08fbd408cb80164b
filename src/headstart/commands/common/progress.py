"""Progress on stderr, and the numbers of a run to an experiment tracker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headstart.assemble import Parts
    from headstart.evaluation.gain import Cell
    from headstart.inference.predictor import Predictor
    from headstart.training.loop import Progress
    from headstart.training.run.run import Outcome, Run

Draw = Callable[["Progress", Mapping[str, float]], None]


@contextmanager
def bar(title: str, *, quiet: bool) -> Iterator[Draw]:
    """A progress bar with loss, rate, time left and the newest quality figure; nothing when quiet."""
    if quiet:
        yield lambda progress, logs: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    columns = (*columns, TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[figures]}"))
    with Bar(*columns, console=Console(stderr=True), refresh_per_second=4) as shown:
        job = shown.add_task(title, total=1.0, figures="")
        figures: dict[str, float] = {}
        last = 0.0

        def draw(progress: Any, logs: Mapping[str, float]) -> None:
            nonlocal last
            figures.update({k: v for k, v in logs.items() if k not in ("step", "rows", "seconds", "rate")})
            now = time.monotonic()
            if now - last < 0.2 and progress.done < 1:
                return
            last = now
            speed = f"{progress.rows / max(progress.seconds, 1e-9):,.0f} rows/s"
            text = " ".join([speed, *(f"{name} {value:.4g}" for name, value in list(figures.items())[:4])])
            shown.update(job, completed=progress.done, figures=text)

        yield draw


@contextmanager
def counter(title: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A count of rows done, for work whose end is not known; nothing when quiet."""
    if quiet:
        yield lambda done: None
        return
    from rich.console import Console

    with Console(stderr=True).status(title) as shown:
        yield lambda done: shown.update(f"{title}: {done:,} rows")


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
        bar(title, quiet=quiet) as draw,
        tracker(track, path) as log,
        Run(parts.trainee, parts.batches, parts.plan, parts.tuning, folder=path) as run,
    ):
        for progress in run:
            if run.look_due:
                look(run, parts, predictor)
            draw(progress, run.logs)
            log(progress, run.logs)
            run.save()
    return run.outcome


@contextmanager
def cell_bar(total: int, *, quiet: bool) -> Iterator[Callable[[Cell], None]]:
    """A bar over the models that `gain` trains; nothing when quiet."""
    if quiet:
        yield lambda cell: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True)) as shown:
        job = shown.add_task("gain", total=total)

        def draw(cell: Cell) -> None:
            text = f"gain: {cell.arm}, {cell.labels or 'all'} labels, seed {cell.seed}"
            shown.update(job, advance=1, description=text)

        yield draw
