"""A warm process that opens hostile models, each in a fork of its own, and reports what happened: one JSON a line.

`python -m tests.helpers.hostile.worker JOBS.json`, where JOBS is a list of {"path", "doors", "name", "data", "kind"}.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

CHILD = ["-I", "-W", "ignore", "-m", "headstart.models.trust.unpickling"]  # the one process that may be started
BATCH = 12  # cases a fork, which costs 65 ms
WATCHED = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
    "subprocess.Popen",
)


class Hook:
    """Notes (and prevents, if asked) whatever a model must never cause, for one case after the other."""

    def __init__(self) -> None:
        self.home, self.secret, self.stop = "", "", False
        self.seen: list[str] = []
        sys.addaudithook(self.look)

    def turn_to(self, path: Path, *, stop: bool) -> None:
        self.home, self.secret, self.stop, self.seen = str(path), str(path.parent / "secret"), stop, []

    def look(self, event: str, arguments: tuple[Any, ...]) -> None:
        bad = event in WATCHED or event.startswith("socket.")
        if event == "subprocess.Popen" and list(arguments[1])[1:6] == CHILD:
            bad = False
        if event in ("os.fork", "os.posix_spawn") and arguments and str(arguments[0]) == sys.executable:
            bad = False
        if event == "exec" and str(arguments[0].co_filename).startswith(self.home):
            bad = True
        if event == "open" and isinstance(arguments[0], str) and os.path.realpath(arguments[0]) == self.secret:
            bad = True
        if bad:
            self.seen.append(f"{event} {str(arguments)[:150]}")
            if self.stop:
                raise PermissionError("stopped by the hook")


def slow(path: Path, given: Mapping[str, str]) -> None:
    until = time.process_time() + 2.2
    while time.process_time() < until:
        pass


def large(path: Path, given: Mapping[str, str]) -> None:
    bytearray(300_000_000).count(1)


def unpickled(path: Path, given: Mapping[str, str]) -> None:
    pickle.loads((path / given["file"]).read_bytes())


def tried(door: Callable[..., str | None], path: Path, given: Mapping[str, str]) -> dict[str, Any]:
    """What a door said: an error of ours, a traceback, or nothing."""
    from headstart.core.errors import HeadstartError

    wall, own = time.monotonic(), _processor()
    try:
        said = door(path, given) or "opened"
    except HeadstartError as error:
        said = f"{error.exit_code} {error.line()}"
    except BaseException:  # noqa: BLE001 whatever a door lets out is reported
        said = traceback.format_exc()
    # "seconds" are of the processor: other programs' turns are in the time on the wall, which only shows a hang
    return {"said": said, "seconds": _processor() - own, "wall": time.monotonic() - wall}


def _processor() -> float:
    """Seconds of processor time of this process and the children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def one(job: Mapping[str, Any], doors: Mapping[str, Callable[..., str | None]], hook: Hook) -> dict[str, Any]:
    path = Path(job["path"])
    hook.turn_to(path, stop=job.get("stop", False))
    report = {name: tried(doors[name], path, job) for name in job["doors"]}
    foreign = [name for name, module in list(sys.modules.items())
               if str(vars(module).get("__file__") or "").startswith(str(path))]  # fmt: skip
    return {"case": job["case"], "doors": report, "seen": hook.seen, "foreign": foreign,
            "owned": (path / "OWNED").exists()}  # fmt: skip


def forked(jobs: list[Mapping[str, Any]], doors: Mapping[str, Callable[..., str | None]]) -> None:
    """Jobs in a process that may die of them; memory is its peak above what it began with."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        hook = Hook()
        signal.alarm(40 * len(jobs))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for job in jobs:
            report = one(job, doors, hook)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            sys.stdout.write(json.dumps({**report, "megabytes": grown / 1024}) + "\n")
            sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)


def main() -> None:
    jobs = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    import timm  # noqa: F401
    import torch
    from transformers import AutoTokenizer, BertModel  # noqa: F401

    import headstart.cli
    import headstart.commands.common.save_run
    import headstart.evaluation.evaluate  # noqa: F401
    from headstart.assemble import finetuning  # noqa: F401
    from headstart.inference.predictor import Predictor
    from tests.helpers.hostile.entry_points import DOORS

    torch.set_num_threads(1)
    doors = {**DOORS, "slow": slow, "large": large, "unpickled": unpickled}
    for job in (job for job in jobs if job.get("warm")):  # libraries load what they need before the first fork
        Predictor.load(job["name"])
    together = [job for job in jobs if not job.get("warm") and not job.get("alone")]
    for i in range(0, len(together), BATCH):
        forked(together[i : i + BATCH], doors)
    for job in jobs:
        if job.get("alone"):
            forked([job], doors)


if __name__ == "__main__":
    main()
