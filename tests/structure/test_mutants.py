"""Every mutant of `tests/mutants.py` still has a text to change and tests that could notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.mutants import MUTANTS
from tests.helpers.mutants.mutant import Mutant, mutant
from tests.helpers.programs import ROOT


def wrong_with(one: Mutant) -> str:
    """What would keep a mutant from being tried."""
    found = one.place().read_text("utf-8").count(one.old)
    if found != 1 or one.old == one.new:
        return f"its text is {found} times in {one.file}"
    absent = [test for test in one.tests if not (ROOT / "tests" / test.partition("::")[0]).exists()]
    return f"no tests {absent}" if absent or not one.tests else ""


def test_every_mutant_can_be_tried() -> None:
    assert {one.name: told for one in MUTANTS if (told := wrong_with(one))} == {}
    assert len({one.name for one in MUTANTS}) == len(MUTANTS) >= 60


@pytest.mark.parametrize(
    "one",
    [
        mutant("a", "core/files.py", "import", "", "core"),
        mutant("b", "core/files.py", "no such", "", "core"),
        mutant("c", "core/files.py", "def seal(", "", "core/test_nothing.py"),
    ],
)
def test_negative_control_a_mutant_that_cannot_be_tried(one: Mutant, tmp_path: Path) -> None:
    assert wrong_with(one)
