"""The proof that a recipe survives being killed: one whole run, one that is killed again and again, equal weights."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from headstart.commands.common.request import data_of
from headstart.core import recipe as recipes
from headstart.core.errors import HeadstartError, RecipeError, UsageError
from headstart.core.files import sha256
from headstart.core.recipe import Recipe
from headstart.core.rundir import read_facts
from headstart.core.temporary import temporary_folder

PROGRAM = (sys.executable, "-m", "headstart.cli")
WEIGHTS = ("model.safetensors", "head.safetensors")
SAVES = 5  # checkpoints between two kills, so that nearly every kill falls after one
LATEST = 0.9  # share of the run by which the last kill falls: after the last step a resume has nothing left to spoil


class RunFailed(HeadstartError):
    """A run that this command started ended with an error of its own."""

    def __init__(self, code: int, line: str) -> None:
        super().__init__(20, "a run of the recipe failed", found=line or f"exit code {code}", fix="correct the recipe")
        self.exit_code = code if code > 0 else 70


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it: the step of the newest checkpoint at every kill, and the digests of the weights."""

    kills: list[int]
    whole: list[str]
    killed: list[str]

    @property
    def equal(self) -> bool:
        return self.whole == self.killed


@dataclass(frozen=True, slots=True)
class Job:
    """The runs of one recipe: PROGRAM with `words`, each into its own directory below `folder`."""

    words: Sequence[str]
    folder: Path

    def finish(self, name: str) -> None:
        """Run to the end; RunFailed if that fails."""
        with self.started(name) as process:
            self.check(process.wait(), name)

    @contextmanager
    def started(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """A run in a process of its own, which does not outlive this one's interest in it."""
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [*PROGRAM, *self.words, "--out", str(self.folder / name)]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def check(self, code: int, name: str) -> None:
        if code != 0:
            lines = (self.folder / f"{name}.log").read_text("utf-8", "replace").splitlines()
            raise RunFailed(code, lines[-1] if lines else "")

    def newest(self, name: str) -> int:
        """Step of the newest checkpoint; 0 if there is none."""
        return max((int(path.stem) for path in (self.folder / name).glob("last/*.json")), default=0)

    def digests(self, name: str) -> list[str]:
        return [sha256(self.folder / name / file) for file in WEIGHTS]


@contextmanager
def folder_for(out: str | Path | None) -> Iterator[Path]:
    """Where both runs lie: a new directory, or one that is removed afterwards."""
    if out is None:
        with temporary_folder() as folder:
            yield folder
        return
    place = Path(out)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(588, "the output directory is not empty", where=place, fix="choose another --out")
    place.mkdir(parents=True, exist_ok=True)
    yield place


def prove(path: Path, recipe: Recipe, folder: Path, *, kills: int, device: str, report: Callable[[str], None]) -> Proof:
    """Run the recipe of a file whole, then with that many kills at random moments; compare the weights bit for bit.

    Raises UsageError and RecipeError for recipes that cannot be judged so, RunFailed if a run ends with an error.
    """
    recipe, steps = readable(path, recipe, device, kills)
    recipes.write(replace(recipe, keep_paths=True), folder / "recipe.toml")
    words = [recipe.verb, "--recipe", str(folder / "recipe.toml"), "--quiet", "--device", device]
    job, generator = Job(words, folder), random.Random(recipe.seed)
    report("the whole run")
    job.finish("whole")
    facts: Any = read_facts(folder / "whole" / "headstart.json")
    apart = facts["cost"]["seconds"] / (SAVES * (kills + 1))  # of two checkpoints
    moments, landed = sorted(generator.uniform(0, LATEST * steps) for _ in range(kills)), list[int]()
    for number, moment in enumerate(moments, 1):
        step = _killed(job, moment, generator.uniform(0, apart))
        if step is None:
            break
        landed.append(step)
        report(f"kill {number} of {kills}: after step {step} of {steps}")
    if not landed:
        raise UsageError(589, "the run ended before it could be killed", where=path, fix="give it a longer budget")
    job.finish("killed")
    return Proof(landed, job.digests("whole"), job.digests("killed"))


def readable(path: Path, recipe: Recipe, device: str, kills: int) -> tuple[Recipe, int]:
    """The recipe with frequent checkpoints, and its number of steps (1 where it is solved in one pass)."""
    from headstart.assemble import finetuning, pretraining
    from headstart.training.plan import total_steps
    from headstart.training.run.run import is_stepped

    if recipe.verb not in ("pretrain", "finetune"):
        found, fix = f"verb '{recipe.verb}'", "give the recipe.toml of pretrain or finetune"
        raise UsageError(586, "only training runs can be resumed", where=path, found=found, fix=fix)
    if recipe.plan.get("minutes") is not None and recipe.plan.get("steps") is None:
        found, fix = f"plan.minutes = {recipe.plan['minutes']}", "add plan.steps=N to this command"
        raise RecipeError(153, "a budget in minutes cannot be repeated exactly", where=path, found=found, fix=fix)
    parts = (pretraining if recipe.verb == "pretrain" else finetuning)(recipe, data_of(None, recipe), device=device)
    steps = total_steps(parts.plan, parts.batches.rows, parts.batches.size)
    if steps is None or not is_stepped(parts.trainee, parts.tuning):
        return recipe, 1
    return recipes.override(recipe, {"plan.save": max(1, steps // (SAVES * (kills + 1)))}), steps


def _killed(job: Job, moment: float, wait: float) -> int | None:
    """Start the run, or go on with it, and kill it once it has passed a step; None if it ended before."""
    with job.started("killed") as process:
        while process.poll() is None and job.newest("killed") < moment:
            time.sleep(0.002)
        time.sleep(wait)
        if process.poll() is not None:
            job.check(process.returncode, "killed")
            return None
        process.kill()
        process.wait()
    return job.newest("killed")
