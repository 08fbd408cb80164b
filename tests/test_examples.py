"""The examples run as they are, and use public names only."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import headstart as hs
from tests.helpers.notebooks import cells_of
from tests.helpers.programs import ROOT, of_children

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


def code_of(path: Path) -> str:
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return text
    return "\n".join(text for kind, text in cells_of(path) if kind == "code")


@pytest.mark.parametrize("path", [*SCRIPTS, *NOTEBOOKS], ids=lambda path: path.name)
def test_examples_use_public_names_only(path: Path) -> None:
    nodes = [node for node in ast.walk(ast.parse(code_of(path))) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "hs"}
    assert names
    assert names <= set(hs.__all__)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_hold_no_output(path: Path) -> None:
    assert all(not cell.get("outputs") for cell in json.loads(path.read_text("utf-8"))["cells"])


@pytest.mark.slow
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_run(path: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, path, tmp_path], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") >= 1


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_run(path: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    program = [sys.executable, "-m", "tests.helpers.notebooks", path, page]
    before = of_children()
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert of_children() - before < 60  # seconds of processor time
    assert "object at 0x" not in page.read_text("utf-8")
    assert page.read_text("utf-8").count("<div style=") >= 3  # results that show themselves
