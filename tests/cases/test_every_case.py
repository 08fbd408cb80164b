"""Every form of data that was once read wrongly: what becomes of it now, right or refused, and nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.helpers.case_outcome import outcome
from tests.helpers.case_table import CASES, LINKED, OPTIONS

_LONGEST = 200  # bytes of a path
pytestmark = pytest.mark.shared


@pytest.fixture(scope="session")
def cases(shared_data: Path) -> Path:
    place = shared_data.parent / "cases"
    if not place.is_dir():
        pytest.skip("the cases are not beside this checkout")
    return place


def copied(cases: Path, name: str, place: Path) -> Path:
    """The folder of a case; its links, which are small files where it was copied without them, are links again."""
    folder = shutil.copytree(cases / name, place / name, symlinks=True, copy_function=shutil.copyfile)
    if name in LINKED:
        for path in sorted(folder.rglob("*")):
            path.parent.chmod(0o755)
            target = path.read_bytes() if path.is_file() and path.stat().st_size < _LONGEST else b"\0"
            if b"\0" not in target and b"\n" not in target and (path.parent / target.decode("latin-1")).exists():
                path.unlink()
                path.symlink_to(target.decode())
    return folder


@pytest.mark.parametrize("name", sorted({case.partition("/")[0] for case in CASES}))
def test_every_file_of_a_case_comes_to_what_it_should(
    cases: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # HEIC is read with an extra
    folder = copied(cases, name, tmp_path)
    wanted = {case: found for case, found in CASES.items() if case.startswith(f"{name}/")}
    seen = {}
    for number, case in enumerate(wanted):
        path, _, words = case.partition(" with ")
        sources = [folder.parent / path, *(folder / word for word in words.split() if words)]
        given = sources if len(sources) > 1 else sources[0]
        seen[case] = outcome(given, tmp_path / f"out{number}", **OPTIONS.get(case, {}))
    assert seen == wanted


def test_no_case_is_left_out(cases: Path) -> None:
    there = {f"{folder.name}/{one.name}" for folder in cases.iterdir() for one in folder.iterdir()}
    listed = {case.partition(" with ")[0] for case in CASES}
    assert {one for one in there if not one.endswith("/README")} - listed == set()
