"""Programs of this package that tests start as processes of their own."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def program(name: str) -> tuple[str, ...]:
    """The command that runs `tests.helpers.NAME`; start it with `environment`."""
    return (sys.executable, "-W", "ignore", "-m", f"tests.helpers.{name}")


def environment(**settings: str) -> dict[str, str]:
    """The present environment with these settings, where the package of tests can be imported from any folder."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(paths)}


def of_children() -> float:
    """Seconds of processor time of the processes that were started here and have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
