"""The code that a run depends on: also that of a script or a notebook."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from headstart.core.environment import CODE, circumstances
from headstart.core.recipe import Recipe

OWN = Recipe(backbone={"kind": "__main__:Columns"})


def main_module(monkeypatch: pytest.MonkeyPatch, file: Path | None) -> None:
    module = types.ModuleType("__main__")
    if file is not None:
        module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "__main__", module)


def test_a_class_of_a_notebook_has_no_file_and_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    main_module(monkeypatch, None)
    assert circumstances(OWN, {})[CODE] == circumstances(Recipe(), {})[CODE]


def test_a_script_that_changed_is_other_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "own.py"
    main_module(monkeypatch, script)
    found = set()
    for text in ("width = 1", "width = 2"):
        script.write_text(text)
        found.add(circumstances(OWN, {})[CODE])
    assert len(found) == 2
