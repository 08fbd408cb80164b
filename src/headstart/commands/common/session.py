"""What every verb shares: the common options, the recipe they add up to, and the progress on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core import recipe as recipes
from headstart.core.errors import UsageError
from headstart.core.recipe import Recipe

if TYPE_CHECKING:
    from headstart.training.loop import Progress


ACCEPT = "Go on with a run though code or settings changed; recorded in its lineage."
ON_NAN = "stop, or rollback: a loss that is not finite goes back a checkpoint at half the rate, at most 3 times."
Watch = Callable[["Progress", Mapping[str, float]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Options that mean the same for every verb. `settings` are recipe fields by dotted name.

    `as_json` says that stdout belongs to one JSON object.
    """

    seed: int = 0
    device: str = "auto"
    quiet: bool = True
    recipe: str | Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    as_json: bool = False

    def build(self, verb: str, said: Mapping[str, Any]) -> Recipe:
        """The recipe file (if any), under what the verb's own options say, under the overrides."""
        base = recipes.read(Path(self.recipe)) if self.recipe else Recipe()
        named = {name: value for name, value in said.items() if value is not None and value != "auto"}
        if self.seed or not self.recipe:
            named["seed"] = self.seed
        asked = {"verb": verb, **named, **self.settings}
        if asked.get("start", base.start) != base.start:
            base = replace(base, start_weights=None)  # they belong to the start that the file names
        return recipes.override(base, asked)

    def data(self, given: Any, recipe: Recipe) -> Any:
        """What was given as data, or what the recipe names; UsageError if neither does."""
        if given is not None:
            return given
        source = recipe.data.get("source")
        if not source:
            fix = "name a prepared directory, raw files or 'digits'"
            raise UsageError(560, "no data given", fix=fix)
        return source[0] if isinstance(source, list) and len(source) == 1 else source

    def as_trained(self) -> None:
        """UsageError for settings, where a saved model has its own."""
        if self.settings:
            fix = "leave them out, or train it further with them: headstart finetune DATA --from MODEL SETTING"
            found = ", ".join(f"{name}={value}" for name, value in self.settings.items())
            raise UsageError(567, "a saved model answers with its own settings", found=found, fix=fix)


def data_table(data: Any, **options: Any) -> dict[str, Any]:
    """The recipe's [data] table for what a user gave as data, as dotted settings."""
    if data is None:
        return {f"data.{name}": value for name, value in options.items() if value is not None}
    many = data if isinstance(data, list | tuple) and all(isinstance(d, str | Path) for d in data) else [data]
    source = [_name(one) for one in many]
    named = {"source": source, **{name: value for name, value in options.items() if value is not None}}
    return {f"data.{name}": value for name, value in named.items()}


def _name(given: Any) -> str:
    """How a recipe names what was given: a path where there is one, so that the run can be repeated."""
    if isinstance(given, str | Path):
        return str(given)
    from headstart.data.store import Store

    return str(given.directory) if isinstance(given, Store) else f"<{type(given).__name__}>"


@contextmanager
def bar(title: str, *, quiet: bool) -> Iterator[Watch]:
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

        def watch(progress: Any, logs: Mapping[str, float]) -> None:
            nonlocal last
            figures.update({k: v for k, v in logs.items() if k not in ("step", "rows", "seconds", "rate")})
            now = time.monotonic()
            if now - last < 0.2 and progress.done < 1:
                return
            last = now
            speed = f"{progress.rows / max(progress.seconds, 1e-9):,.0f} rows/s"
            text = " ".join([speed, *(f"{name} {value:.4g}" for name, value in list(figures.items())[:4])])
            shown.update(job, completed=progress.done, figures=text)

        yield watch


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
def tracked(watch: Watch, name: str | None, directory: Path) -> Iterator[Watch]:
    """The same watcher, with every logged number also sent to an experiment tracker."""
    if name is None:
        yield watch
        return
    from headstart.core import catalog

    tracker = catalog.load("trackers", name)(directory / "track", name=directory.name)

    def both(progress: Progress, logs: Mapping[str, float]) -> None:
        watch(progress, logs)
        if logs:
            tracker.log(progress.step, {k: v for k, v in logs.items() if k not in ("step", "rows", "seconds")})

    try:
        yield both
    finally:
        tracker.close()


def budget(*, minutes: float | None, epochs: float | None, steps: int | None) -> dict[str, Any]:
    """How long to learn, as recipe fields; UsageError for several answers, of which one would be forgotten."""
    named = {"minutes": minutes, "epochs": epochs, "steps": steps}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise UsageError(565, "a run has one budget", found=" and ".join(given), fix="name one of them")
    return {f"plan.{name}": value for name, value in named.items()}


def machine(device: str) -> dict[str, object]:
    """What the bits of a run depend on besides its recipe and the code."""
    import platform

    import torch

    return {
        "torch": torch.__version__, "python": platform.python_version(), "processor": _processor(device),
        "threads": torch.get_num_threads(), "device": device,
    }  # fmt: skip


def _processor(device: str) -> str:
    """Name of what computes: other processors take other kernels, which round otherwise."""
    import platform

    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


def told(warnings: Sequence[str], *, quiet: bool) -> None:
    """Say at once what must not wait for the end of a run."""
    if not quiet:
        sys.stderr.write("".join(f"warning: {line}\n" for line in warnings))


def score_lines(scores: Mapping[str, float]) -> list[str]:
    """ "accuracy 0.9120 [0.9010, 0.9230]", a line a score."""
    lines = []
    for name, value in scores.items():
        if name.endswith(("_low", "_high")):
            continue
        known = f"{name}_low" in scores
        interval = f" [{scores[f'{name}_low']:.4f}, {scores[f'{name}_high']:.4f}]" if known else ""
        lines.append(f"{name} {value:.4f}{interval}")
    return lines


def peak_memory_bytes() -> int:
    """The most memory this process ever held."""
    if sys.platform == "win32":
        import ctypes

        counters = (ctypes.c_size_t * 9)()  # PROCESS_MEMORY_COUNTERS: its size and page faults, the peak, and others
        counters[0] = ctypes.sizeof(counters)
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.K32GetProcessMemoryInfo(ctypes.c_void_p(kernel.GetCurrentProcess()), counters, ctypes.sizeof(counters))
        return counters[1]
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
