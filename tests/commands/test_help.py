"""Help, however it is asked for."""

from __future__ import annotations

import pytest

from headstart.cli import run


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["predict", "-h"]])
def test_help_is_no_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 0
    assert "Usage: headstart" in str(capsys.readouterr().out)
