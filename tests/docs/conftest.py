"""What the tests of the pages share: where the pages lie, and how code comes out of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.programs import ROOT


@pytest.fixture
def worked_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[str]]]:
    """Write the files that a page of docs/ spells out onto the import path; gives the names of the modules."""
    written: list[str] = []

    def write(page: str) -> list[str]:
        text = (ROOT / "docs" / page).read_text("utf-8")
        found = re.findall(r"```python\n(# (\w+)\.py\n.*?)```", text, re.DOTALL)
        for code, name in found:
            (tmp_path / f"{name}.py").write_text(code, "utf-8")
            written.append(name)
        monkeypatch.syspath_prepend(tmp_path)
        return [name for _, name in found]

    yield write
    for name in written:
        sys.modules.pop(name, None)
