"""Archives made to do harm are refused before anything is written outside of the root, or written at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headstart.core.contracts.budget import Budget, Limits
from headstart.core.errors import DataError
from headstart.data.opening import archives as reading
from headstart.data.opening.archives import Member
from tests.helpers.badinput import archives
from tests.helpers.badinput.case import Case, check

HOSTILE = [case for case in archives.CASES if "HS-D273" in case.line]


@pytest.mark.parametrize("case", HOSTILE, ids=[case.name for case in HOSTILE])
def test_a_hostile_archive_leaves_nothing_behind(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    check(case, place, capsys)
    archive = {path for path in place.iterdir() if path.name.startswith("in.")}
    assert set(tmp_path.rglob("*")) == {tmp_path / "a", place, *archive}
    assert not Path("/tmp/evil.png").exists()
    assert not Path("/etc/evil.png").exists()


def test_there_are_hostile_archives_of_every_kind() -> None:
    said = " ".join(case.line for case in HOSTILE)
    for reason in ("leads out", "a link", "a device", "encrypted", "100 times"):
        assert reason in said
    assert len(HOSTILE) >= 14


def members(count: int) -> Iterator[Member]:
    return (Member(f"{number}.png", 1, 1) for number in range(count))


def test_too_many_members_are_refused_and_as_many_as_allowed_are_not(tmp_path: Path) -> None:
    few = Budget(Limits(members=1000))
    assert Limits().members == 1_000_000
    (tmp_path / "in.zip").write_bytes(bytes(1 << 20))
    assert sum(1 for _ in reading.check(members(1000), tmp_path / "in.zip", few)) == 1000
    with pytest.raises(DataError, match=r"HS-D273.*more than 1,000 members"):
        list(reading.check(members(1001), tmp_path / "in.zip", few))


def test_a_member_of_more_than_a_gibibyte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.zip").write_bytes(bytes(1 << 20))
    with pytest.raises(DataError, match=r"HS-D273.*a member of"):
        list(reading.check([Member("a.png", (1 << 30) + 1, 1 << 30)], tmp_path / "in.zip", Budget()))
