"""The reference is what the source says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headstart.core import catalog

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference as it would be written now."""
    folder = tmp_path_factory.mktemp("reference")
    subprocess.run([sys.executable, "-S", DOCS / "make_reference.py", folder], check=True)  # -S: no library is needed
    return folder


@pytest.mark.parametrize("name", ["python.md", "contracts.md", "kinds.md", "glossary.md"])
def test_pages_of_the_reference_are_up_to_date(name: str, fresh: Path) -> None:
    text = (DOCS / "reference" / name).read_text("utf-8")
    assert text == (fresh / name).read_text("utf-8"), "run `make reference`"


def test_reference_has_every_kind(fresh: Path) -> None:
    sections = (fresh / "kinds.md").read_text("utf-8").split("\n## ")[1:]
    listed = {text.split("\n", 1)[0]: text for text in sections}
    assert sorted(listed) == sorted(catalog.FAMILIES)
    for family, text in listed.items():
        assert [line[4:] for line in text.splitlines() if line.startswith("### ")] == catalog.kinds(family)
