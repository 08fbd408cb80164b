"""Temporary folders of killed processes are removed by the next one; those of living ones stay."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from headstart.core.temporary import make_temporary, temporary_folder


def test_a_temporary_folder_is_gone_in_the_end_and_so_are_those_of_the_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen([sys.executable, "-S", "-c", ""])
    dead.wait()
    stay = [f"headstart-{platform.node()}-{os.getppid()}-a", "headstart-elsewhere-1-b", "headstart-of-a-user"]
    for name in (f"headstart-{platform.node()}-{dead.pid}-a", *stay):
        (tmp_path / name).mkdir()
    with temporary_folder() as place:
        (place / "file").write_text("")
        assert sorted(one.name for one in tmp_path.iterdir()) == sorted([*stay, place.name])
        assert make_temporary() != place
    assert not place.exists()
