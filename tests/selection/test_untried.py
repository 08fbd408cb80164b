"""A ranking for which no time was left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

import headstart as hs
from headstart.commands.common.ranking import _starts
from headstart.core.recipe import Recipe
from headstart.selection import clock
from headstart.selection.candidates import Candidate
from headstart.selection.clock import Clock
from headstart.selection.memory import Effort
from headstart.selection.question import asked
from headstart.selection.race import Entrant
from headstart.selection.ranking import Judge


@pytest.mark.parametrize(("seconds", "first"), [(0.0, "linear"), (600.0, "scratch")])
def test_what_learns_in_steps_comes_last_where_the_time_is_gone(seconds: float, first: str) -> None:
    question: Any = SimpleNamespace(chosen=np.arange(30), recipe=Recipe(), task=SimpleNamespace(needs_labels=True))
    judge = Judge(question=question, clock=Clock(seconds), pretrain=lambda name, fields: pytest.fail("no time"))
    entrants = [
        Entrant(Candidate(name="scratch", family="scratch", fields={}), Effort(20, 30.0)),
        Entrant(Candidate(name="linear", family="linear", fields={"backbone.kind": "linear"}), Effort(20, None)),
    ]
    found = judge._untried(entrants, [])
    assert found.standings[0].name == first
    assert found.best is not None
    assert found.best.name == first
    assert found.tried == 0


def test_what_is_solved_in_seconds_is_tried_though_pretraining_used_the_time_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(clock.time, "perf_counter", lambda: now[0])
    pixels, digits = map(np.asarray, load_digits(return_X_y=True))
    pictures = (pixels[:400].reshape(-1, 8, 8) * 15).astype(np.uint8)
    store = hs.prepare((pictures, digits[:400].astype(str)), out=tmp_path / "data")
    question = asked(Recipe(verb="rank", labels=60), store, "cpu")
    starts, told = _starts(question, tmp_path, lambda line: None), list[str]()

    def pretrain(name: str, fields: Mapping[str, Any]) -> Path:
        told.append(f"pretrain {name}")
        now[0] += 1000.0
        return starts(name, fields)

    found = Judge(question=question, clock=Clock(60.0), pretrain=pretrain, tell=told.append).rank()
    tried = {one.name: one.folds for one in found.standings if one.folds}
    assert {"linear", "kmeans + probe"} <= tried.keys()
    assert "scratch" not in tried
    assert told[0].startswith("linear: ")  # before time is spent on anything
    assert [line for line in told if line.startswith("pretrain")] == ["pretrain kmeans"]
    assert found.best is not None
    assert found.best.name in tried
