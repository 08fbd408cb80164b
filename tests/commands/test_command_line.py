"""The command line that is made of the verbs: help, shared options, settings among the words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headstart.cli import app, flags, split_assignments
from headstart.commands import names
from headstart.commands.common import verbs

Headstart = Callable[..., Any]


@pytest.mark.parametrize("verb", names())
def test_every_verb_explains_itself_and_takes_the_shared_options(headstart: Headstart, verb: str) -> None:
    told = headstart(verb, "--help")
    assert told.code == 0
    for option in ("--json", "--seed", "--device", "--quiet", "--debug", "--recipe"):
        assert option in told.out


def test_flags_are_known_so_that_settings_may_follow_them() -> None:
    import typer

    every = [verbs.load(name) for name in names()]
    typed = typer.main.get_command(app(every)).commands  # pyright: ignore[reportAttributeAccessIssue]
    found = {
        name for c in typed.values() for p in c.params if p.param_type_name == "option" and p.is_flag for name in p.opts
    }
    assert found <= flags(every)
    assert split_assignments(["x", "--json", "a.b=1", "--split", "train=1", "c=2"], flags(every)) == (
        ["x", "--json", "--split", "train=1"], ["a.b=1", "c=2"],
    )  # fmt: skip
