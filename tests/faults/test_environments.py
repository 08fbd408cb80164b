"""Odd surroundings, real processes: every command works or says in one line why not; never a traceback."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from headstart.cli import run

PYTHON = f"{shlex.quote(sys.executable)} -m headstart.cli"
TRAIN = "pretrain digits --backbone mlp --objective autoencoder --steps 3 backbone.widths=[8] --quiet"
PREPARE = "prepare rows.npy --quiet"


@dataclass(frozen=True, slots=True)
class Place:
    """A case: a shell line in which H is headstart, the exit codes that are right, and what surrounds it.

    `unset` and `environment` change the environment; `says` must be in the output. `quick`: in the default tier too.
    """

    line: str
    codes: tuple[int, ...] = (0,)
    environment: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    says: str = ""
    quick: bool = False


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
SMALL_DISK = "mkdir -p tight && mount -t tmpfs -o size=64k tmpfs tight"
READ_ONLY = "mkdir -p ro && mount --bind ro ro && mount -o remount,bind,ro ro"
ALONE = "unshare -rm sh -c"

CASES: Mapping[str, Place] = {
    "no home": Place("H doctor", unset=("HOME", "HEADSTART_CACHE")),
    "a home that is a file": Place("H doctor", (74,), {"HOME": "/dev/null"}, ("HEADSTART_CACHE",), "HS-I222", True),
    "a home that is nowhere": Place("H doctor", (74,), {"HOME": "/proc/nowhere"}, ("HEADSTART_CACHE",), "HS-I222"),
    "an empty home": Place("H list tasks", environment={"HOME": ""}, unset=("HEADSTART_CACHE",)),
    "an odd XDG_CACHE_HOME": Place("H list tasks", environment={"XDG_CACHE_HOME": "relative/place"}),
    "a cache that is a file": Place(f"H {TRAIN} --out o", (74,), {"HEADSTART_CACHE": "/dev/null"}, says="HS-I222"),
    "a cache below /proc": Place(f"H {TRAIN} --out o", (74,), {"HEADSTART_CACHE": "/proc/x"}, says="HS-I222"),
    "a relative cache": Place(f"H {TRAIN} --out o", environment={"HEADSTART_CACHE": "near by"}),
    "the C locale": Place("H show model", environment={"LC_ALL": "C"}),
    "the POSIX locale": Place("H list backbones", environment={"LC_ALL": "POSIX", "LANG": ""}),
    "a locale that is not installed": Place("H list backbones", environment={"LC_ALL": "de_AT.KOI8-R"}),
    "ascii and a path in Greek": Place("H verify αβγ", (2,), ASCII, says="HS-U582", quick=True),
    "ascii and a directory in Greek": Place("cp -r model μ && H show μ --json", environment=ASCII, says="{"),
    "ascii and latin-1 bytes": Place("H verify $(printf 'gr\\374n')", (2,), ASCII, says="HS-U582"),
    "training in ascii": Place(f"H {TRAIN} --out 'φ o' --json", (0, 78), ASCII),
    "latin-1 output": Place("H show objective masked", environment={"PYTHONIOENCODING": "latin-1"}),
    "utf-16 output": Place("H list tasks", environment={"PYTHONIOENCODING": "utf-16"}),
    "spaces": Place(f"H {TRAIN} --out ' a  b '", says="report.html"),
    "emoji": Place("cp -r model 🦉 && H verify 🦉"),
    "a line break in a name": Place("cp -r model \"a\nb\" && H verify \"a\nb\""),
    "a line break in a name that is not there": Place("H verify \"a\nb\"", (2,), says="HS-U582"),
    "a leading dash": Place("cp -r model ./-m && H verify ./-m"),
    "a leading dash taken for an option": Place("H verify -m", (2,)),
    "a name that is too long": Place(f"H {TRAIN} --out {'x' * 300}", (74,), says="HS-I"),
    "a path that is too long": Place(f"H {TRAIN} --out {'/'.join(['y' * 200] * 25)}", (74,), says="HS-I"),
    "bytes that are no Unicode": Place(f"H {TRAIN} --out $(printf 'gr\\374n')", (0, 2, 74, 78)),
    "a path through ..": Place("H verify \"../${PWD##*/}/./model\""),
    "out below a file": Place(f"H {TRAIN} --out rows.npy/o", (2, 74)),
    "out is a file": Place(f"H {TRAIN} --out rows.npy", (2, 74), quick=True),
    "out is /dev/null": Place(f"H {TRAIN} --out /dev/null", (2, 74)),
    "out is in /proc": Place(f"H {TRAIN} --out /proc/o", (74,), says="HS-I303"),
    "predictions into a directory": Place("H predict tuned rows.npy --out model.jsonl/", (0, 2, 74)),
    "predictions below a file": Place("H predict tuned rows.npy --out rows.npy/a.jsonl", (2, 74)),
    "prepare below a file": Place(f"H {PREPARE} --out rows.npy/o", (2, 74)),
    "a working directory that is gone": Place("mkdir g && cd g && rmdir ../g && H list tasks", (74,), says="HS-I390"),
    "training where the directory is gone": Place(f"mkdir g && cd g && rmdir ../g && H {TRAIN} --out o", (74,),
                                                  says="HS-I390"),
    "doctor where the directory is gone": Place("mkdir g && cd g && rmdir ../g && H doctor", (74,), says="HS-I390"),
    "no stdin": Place("H verify model <&-"),
    "no stdout": Place("H verify model >&-"),
    "no stderr": Place("H verify nowhere 2>&-", (2,)),
    "no streams at all": Place(f"H {TRAIN} --out o <&- >&- 2>&-; c=$?; H verify o && exit $c"),
    "a reader that goes away": Place("set -o pipefail; H show objective masked | head -c 0", (0,), quick=True),
    "a reader of help that goes away": Place("set -o pipefail; H pretrain --help | head -c 0", (0, 1)),
    "a full stdout": Place("H list tasks > /dev/full", (74,), says="HS-I300"),
    "no TMPDIR": Place(f"H {PREPARE} --out o", environment={"TMPDIR": "/nowhere"}),
    "nothing may be read by others": Place(f"umask 077 && H {TRAIN} --out o && test $(stat -c %a o) = 700"),
    "nothing may be written": Place("umask 777 && H verify model"),
    "64 descriptors": Place(f"ulimit -n 64 && H {PREPARE} --out o"),
    "training with 64 descriptors": Place(f"ulimit -n 64 && H {TRAIN} --out o"),
    "small files only": Place(f"ulimit -f 1 && H {PREPARE} --out o", (74,), says="HS-I"),
    "training with small files only": Place(f"ulimit -f 2 && H {TRAIN} --out o", (74,), says="HS-I"),
    "a dumb terminal": Place(f"H {TRAIN.replace(' --quiet', '')} --out o", environment={"TERM": "dumb"}),
    "one column": Place(f"H {TRAIN.replace(' --quiet', '')} --out o", environment={"COLUMNS": "1", "LINES": "1"}),
    "columns that are no number": Place("H pretrain --help", environment={"COLUMNS": "many"}),
    "a full disk": Place(f"{ALONE} '{SMALL_DISK.replace('64k', '8k')} && H {PREPARE} --out tight/o'", (74,),
                         says="HS-I"),
    "training on a full disk": Place(f"{ALONE} '{SMALL_DISK} && H {TRAIN} --out tight/o'", (74,), says="HS-I"),
    "a cache on a full disk": Place(f"{ALONE} '{SMALL_DISK} && HEADSTART_CACHE=tight H {TRAIN} --out o'", (74,),
                                    says="HS-I"),
    "a read-only disk": Place(f"{ALONE} '{READ_ONLY} && H {TRAIN} --out ro/o'", (74,), says="HS-I303"),
    "preparing on a read-only disk": Place(f"{ALONE} '{READ_ONLY} && H {PREPARE} --out ro/o'", (74,), says="HS-I"),
    "predicting on a read-only disk": Place(f"{ALONE} '{READ_ONLY} && H predict tuned rows.npy --out ro/a.csv'", (74,),
                                            says="HS-I"),
    "a cache on a read-only disk": Place(f"{ALONE} '{READ_ONLY} && HEADSTART_CACHE=ro/c H {TRAIN} --out o'", (74,)),
    "a model on a read-only disk": Place(f"{ALONE} 'mkdir ro && cp -r tuned ro/m && {READ_ONLY} && "
                                         "H verify ro/m && H predict ro/m rows.npy --out a.csv'"),
}  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, a fine-tuned model and raw rows."""
    folder = tmp_path_factory.mktemp("surroundings") / "work"
    folder.mkdir()
    np.save(folder / "rows.npy", np.random.default_rng(0).integers(0, 255, (60, 8, 8), dtype=np.uint8))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(folder / "cache"))
        assert run([*TRAIN.split(), "--out", str(folder / "model")]) == 0
        tuned = ["finetune", "digits", "--from", str(folder / "model"), "--labels", "50", "--quiet"]
        assert run([*tuned, "--out", str(folder / "tuned")]) == 0
    return folder


@pytest.fixture
def own(work: Path, tmp_path: Path) -> Path:
    """A copy of the work directory for one case."""
    subprocess.run(["cp", "-r", str(work), str(tmp_path / "work")], check=True)
    return tmp_path / "work"


Ask = Callable[[Place], "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def ask(own: Path) -> Ask:
    def asked(place: Place) -> subprocess.CompletedProcess[bytes]:
        line = re.sub(r"\bH ", f"{PYTHON} ", place.line)
        environment = {**os.environ, "HEADSTART_CACHE": str(own / "cache"), "OMP_NUM_THREADS": "1"}
        environment = {k: v for k, v in environment.items() if k not in place.unset} | place.environment
        return subprocess.run(
            ["bash", "-c", line], cwd=own, env=environment, capture_output=True, timeout=120, check=False
        )

    return asked


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if case.quick else pytest.mark.slow) for name, case in CASES.items()]
)
def test_a_command_works_or_says_why_not(name: str, ask: Ask) -> None:
    case = CASES[name]
    if ALONE in case.line and subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this kernel allows no mounts of one's own")
    done = ask(case)
    told = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
    assert done.returncode in case.codes, told
    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert "HS-X1]" not in told
    assert case.says in told
    errors = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.startswith("error")]
    assert len(errors) <= 1


def test_there_are_forty_cases_of_seven_verbs() -> None:
    assert len(CASES) >= 40
    for verb in ("list", "show", "prepare", "pretrain", "predict", "verify", "doctor"):
        assert any(f"H {verb}" in case.line for case in CASES.values()), verb


@pytest.mark.parametrize("jump", [-(10**8), 10**8, -1.0])
def test_a_clock_that_jumps_changes_nothing(jump: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from tests.helpers.faults.killing import digest

    assert run([*TRAIN.split(), "--out", str(tmp_path / "steady")]) == 0
    sound, calls = time.time, [0]

    def jumping() -> float:
        calls[0] += 1
        return sound() + jump * calls[0]

    with monkeypatch.context() as patched:
        patched.setattr(time, "time", jumping)
        assert run([*TRAIN.split(), "--out", str(tmp_path / "jumping")]) == 0
    assert digest(tmp_path / "steady") == digest(tmp_path / "jumping")
