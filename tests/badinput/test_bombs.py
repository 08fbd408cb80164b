"""Small files that would unpack to far more than they are: refused soon, in little memory, and nothing is left."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.bombs import BOMBS
from tests.helpers.bombs.bomb import Bomb
from tests.helpers.programs import environment, program
from tests.helpers.tiers import one_each

SECONDS, MEGABYTES = 2.0, 200.0  # of processor time; of memory beyond what was in use before
BUSY = 3.0  # times the processor time on cores that others share
Report = Mapping[str, Any]
PARAMETERS = one_each(BOMBS, lambda bomb: [bomb.says], lambda bomb: bomb.name)
DEFAULT = [parameter.values[0] for parameter in PARAMETERS if not parameter.marks]


def told(bombs: Sequence[Bomb], place: Path) -> dict[str, Report]:
    """What each bomb cost, in one process that prepares them one after the other."""
    command = [*program("bombs.worker"), str(place), *(bomb.name for bomb in bombs)]
    quiet = environment(OMP_NUM_THREADS="1", HEADSTART_CACHE=str(place / "cache"))
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {report["name"]: report for report in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    return told(DEFAULT, tmp_path_factory.mktemp("bombs"))


@pytest.fixture(scope="module")
def other_reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """The bombs of the slow tier."""
    return told([bomb for bomb in BOMBS if bomb not in DEFAULT], tmp_path_factory.mktemp("bombs"))


def faults(report: Report, bomb: Bomb) -> list[str]:
    """What is wrong with how a bomb was refused."""
    found = [] if re.search(rf"^error\[HS-D\d+\].*({bomb.says})", report["said"]) else [f"said {report['said'][:300]}"]
    found += [f"{report['seconds']:.1f} s"] if report["seconds"] > BUSY * SECONDS else []
    found += [f"{report['megabytes']:.0f} MB"] if report["megabytes"] > MEGABYTES else []
    return found + (["left something behind"] if report["left"] else [])


@pytest.mark.parametrize("bomb", PARAMETERS)
def test_a_bomb_is_refused_soon_and_in_little_memory(bomb: Bomb, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue("reports" if bomb in DEFAULT else "other_reports")
    assert faults(found[bomb.name], bomb) == []


def test_large_pictures_that_are_no_bombs_are_read(reports: dict[str, Report]) -> None:
    assert reports["honest"]["said"] == "read"


def test_there_are_bombs_of_every_format() -> None:
    assert len(BOMBS) >= 90
    assert len({bomb.name for bomb in BOMBS}) == len(BOMBS)
    names = " ".join(bomb.name for bomb in BOMBS).lower()
    forms = "gzip zstandard bzip2 xz zip tar npz npy idx parquet json coco voc cvat yolo labelme webp jpeg png gif avif"
    assert [form for form in f"{forms} tiff icon shard".split() if form not in names] == []
