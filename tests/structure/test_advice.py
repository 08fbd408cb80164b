"""Whatever a message advises exists: the verb, its option, the kind, the setting."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import headstart
from headstart.commands import names
from headstart.core import catalog
from tests.helpers.advice import messages, wrong

ROOT = Path(headstart.__file__).parent


def own_part(path: Path) -> tuple[str, str]:
    """Section and kind of the part that a file belongs to."""
    for family in ("backbones", "objectives", "tasks", "tunings"):
        folder = catalog.folder(family)
        if path.is_relative_to(folder):
            return family.removesuffix("s"), path.relative_to(folder).parts[0].removesuffix(".py")
    return "", ""


def test_every_option_setting_and_verb_that_the_source_advises_exists() -> None:
    bad = []
    for path in sorted(ROOT.rglob("*.py")):
        verb = path.stem if path.parent.name == "commands" and path.stem in names() else None
        for line, text in messages(ast.parse(path.read_text("utf-8"))):
            bad += [f"{path.relative_to(ROOT)}:{line} {one}" for one in wrong(text, verb, own_part(path))]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(
    ("text", "verb", "own"),
    [
        ("pass --nothing", None, ("", "")),
        ("pass --skip-bad", None, ("", "")),  # raised by every verb that reads, taken by `prepare` alone
        ("pass --skip-bad", "predict", ("", "")),
        ("predict with --skip-bad", None, ("", "")),
        ("see `headstart shwo`", None, ("", "")),
        ("headstart fine-tune", None, ("", "")),
        ("take --task clasify", "finetune", ("", "")),
        ("set plan.rate=1", None, ("", "")),
        ("set objective.nothing=1", None, ("", "")),
        ("set objective.temperature=1", None, ("objective", "pca")),
    ],
)
def test_advice_that_leads_nowhere_is_found(text: str, verb: str | None, own: tuple[str, str]) -> None:
    assert wrong(text, verb, own)


@pytest.mark.parametrize(
    "text", ["prepare with --skip-bad", "pass --out", "see `headstart list tasks`", "set plan.lr=1, or objective.hide"]
)
def test_sound_advice_is_left_alone(text: str) -> None:
    assert wrong(text) == []
