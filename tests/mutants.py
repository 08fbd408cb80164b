"""Take every protection away, one at a time, in a copy of the tree: its tests must notice.

`python tests/mutants.py [PART OF A NAME ...]`; fails if one survives, or if its text is no longer found exactly once.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.helpers.mutants import MUTANTS  # noqa: E402
from tests.helpers.mutants.mutant import Mutant  # noqa: E402

TOGETHER, SECONDS = 2, 600
PASSED, FAILED, HUNG = 0, 1, -9  # exit codes of pytest; HUNG is SIGKILL's


def copied(place: Path) -> Path:
    """A copy of the tree without what is made in it."""
    left = shutil.ignore_patterns(".git", ".venv", "__pycache__", "*.egg-info", "demo", ".*_cache")
    return shutil.copytree(ROOT, place, ignore=left, symlinks=True)


def tested(tree: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Exit code of pytest up to its first failure, and what it said. Code -9: it took too long."""
    words = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=line", "-rfE"]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(
        [*words, *tests], cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        told = child.communicate(timeout=SECONDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return HUNG, child.communicate()[0]
    return child.returncode, told


def outcome(mutant: Mutant, trees: Queue[Path]) -> tuple[str, str]:
    """What is wrong, "" if the mutant is noticed; and the test that did."""
    tree = trees.get()
    began = time.monotonic()
    before = mutant.apply(tree)
    forget(mutant.place(tree))
    code, told = tested(tree, [f"tests/{test}" for test in mutant.tests])
    mutant.place(tree).write_text(before, "utf-8")
    forget(mutant.place(tree))
    trees.put(tree)
    guilty = re.search(r"^(?:FAILED|ERROR) (tests/\S+::\w+(?:\[.*?\](?= - |$))?)", told, re.MULTILINE)
    end = "\n".join(told.splitlines()[-12:])
    wrong = {PASSED: "SURVIVED", FAILED: ""}.get(code, f"pytest ended with {code}\n{end}")
    wrong = "" if code < 0 else wrong  # it hung, or its process was ended

    say(f"{time.monotonic() - began:4.0f} s  {wrong or 'noticed'}  {mutant.name}: {guilty[1] if guilty else ''}")
    return wrong and f"{mutant.name}: {wrong}", guilty[1] if guilty else ""


def forget(source: Path) -> None:
    """Python takes a compiled file for its source by size and date, and two mutants are made within a second."""
    for compiled in source.parent.glob(f"__pycache__/{source.stem}.*"):
        compiled.unlink()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(parts: Sequence[str]) -> int:
    chosen = [one for one in MUTANTS if not parts or any(part in one.name for part in parts)]
    with tempfile.TemporaryDirectory() as place:
        trees: Queue[Path] = Queue()
        for number in range(TOGETHER):
            trees.put(copied(Path(place) / str(number)))
        with ThreadPoolExecutor(TOGETHER) as pool:
            found = list(pool.map(lambda one: outcome(one, trees), chosen))
        guilty = sorted({test for _, test in found if test})
        code, told = tested(trees.get(), guilty) if guilty else (PASSED, "")
    wrong = [one for one, _ in found if one]
    if code != PASSED:
        wrong.append(f"these tests fail without a mutant too\n{told}")
    say("\n".join([*wrong, f"{len(chosen) - len(wrong)} of {len(chosen)} mutants are noticed"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
