"""A model that was saved and opened again must give the answers of the trained one."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from headstart.core.errors import InternalError
from headstart.inference import round_trip

NAN = float("nan")


@pytest.mark.parametrize(
    ("one", "other", "gap"),
    [({"a": 1.0, "label": "x"}, {"a": 1.00001, "label": "y"}, 1e-5), ([1.0, 2.0], [1.0, 2.0], 0.0),
     (np.ones(3), np.ones(4), math.inf), (np.array([1.0, NAN]), np.array([1.0, 2.0]), math.inf),
     (1.0, NAN, math.inf), (NAN, NAN, 0.0), ({"a": 1}, {"b": 1}, math.inf), ([1], [1, 2], math.inf),
     (1000.0, 1001.0, 1e-3), (None, None, 0.0)],
)  # fmt: skip
def test_distances(one: Any, other: Any, gap: float) -> None:
    assert round_trip.distance(one, other) == pytest.approx(gap, rel=1e-3)


@pytest.mark.parametrize(("said", "refused"), [(0.50001, False), (0.51, True), (NAN, True)])
def test_another_answer_is_refused(said: float, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_trip, "_said", lambda predictor, store, rows: predictor.answers)
    sides: Any = [SimpleNamespace(path="model", answers=[{"p": 0.5}, {"p": p}]) for p in (0.5, said)]
    store: Any = None
    if not refused:
        round_trip.same_answers(*sides, store, np.arange(2))
        return
    with pytest.raises(InternalError, match="gives other answers than the trained one"):
        round_trip.same_answers(*sides, store, np.arange(2))
