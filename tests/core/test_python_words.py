"""Errors that reach Python advise in the words of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import headstart as hs
from headstart.commands import names
from headstart.commands.common import verbs
from headstart.core.errors import DataError, UsageError
from headstart.core.python_words import FLAGS, LISTS, ONLY_COMMANDS, RENAMED, VERBS, in_python
from tests.helpers.made import table


@pytest.mark.parametrize(
    ("command_line", "python"),
    [
        ("pass --input COLUMN", "pass input=COLUMN"),
        ("pass --input asked or said, or several with commas", 'pass input="asked" or said, or several with commas'),
        ("use --tuning full, lora or probe", 'use tuning="full", lora or probe'),
        (
            "give the column by --target, or name the task by --task",
            "give the column by target, or name the task by task",
        ),
        ("for --target: did you mean 'mood'?", "for target: did you mean 'mood'?"),
        ("prepare with --skip-bad", "prepare with skip_bad=True"),
        (
            "choose another --out or pass --overwrite to replace it",
            "choose another out or pass overwrite=True to replace it",
        ),
        ("pass --from MODEL, or --tuning full", 'pass start=MODEL, or tuning="full"'),
        ("gain with --seeds 5", "gain with seeds=5"),
        ("add --labels 50,all", "add labels=[50, 0]"),
        ("--labels must be a list", "labels must be a list"),
        (
            "prepare with --split train=.8,test=.2 and --target COLUMN",
            'prepare with split="train=.8,test=.2" and target=COLUMN',
        ),
        ("pass --target with the column of answers", "pass target with the column of answers"),
        (
            "tune it: headstart finetune DATA --from runs/a --out DIR",
            'tune it: hs.finetune(DATA, start="runs/a", out=DIR)',
        ),
        ("see `headstart list objectives`", 'see `hs.list("objectives")`'),
        (
            "headstart prepare t.csv photos, or move it away",
            'hs.prepare([Path("t.csv"), Path("photos")]), or move it away',
        ),
        (
            "headstart prepare --train FILE --valid FILE --test FILE",
            'hs.prepare({"train": FILE, "valid": FILE, "test": FILE})',
        ),
        (
            "name a SOURCE, or pass --train, --valid and --test",
            'name a SOURCE, or pass {"train": ..., "valid": ..., "test": ...}',
        ),
        ("run again with --debug and report what it prints", "run again with --debug and report what it prints"),
        ("headstart made a mistake", "headstart made a mistake"),
        ("set plan.lr=1", "set plan.lr=1"),
    ],
)
def test_options_and_commands_are_said_in_python(command_line: str, python: str) -> None:
    assert in_python(command_line) == python


def test_what_is_said_of_parameters_is_true() -> None:
    assert set(names()) <= {*VERBS}
    every = {p.word.removeprefix("--"): p for name in names() for p in verbs.load(name).parameters if not p.positional}
    for word, parameter in every.items():
        assert parameter.name == RENAMED.get(word, word.replace("-", "_")), word
        assert (parameter.kind is bool) == (word in FLAGS), word
    assert FLAGS | LISTS | set(RENAMED) <= set(every) | ONLY_COMMANDS


def test_an_error_reaches_python_and_the_command_line_in_their_words(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["asked", "said"], [[f"is it row {n}", f"yes it is row {n}"] for n in range(9)])
    with pytest.raises(DataError, match='fix: pass input="asked" or said') as raised:
        hs.prepare(path)
    assert "fix: pass --input asked or said" in raised.value.line()
    with pytest.raises(UsageError, match="pass start=MODEL"):
        hs.gain("digits", out=tmp_path / "g")
