"""A ranking for which no time was left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from headstart.core.recipe import Recipe
from headstart.selection.candidates import Candidate
from headstart.selection.clock import Clock
from headstart.selection.memory import Effort
from headstart.selection.race import Entrant
from headstart.selection.ranking import Judge


@pytest.mark.parametrize(("seconds", "first"), [(0.0, "linear"), (600.0, "scratch")])
def test_what_learns_in_steps_comes_last_where_the_time_is_gone(seconds: float, first: str) -> None:
    question: Any = SimpleNamespace(chosen=np.arange(30), recipe=Recipe())
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
