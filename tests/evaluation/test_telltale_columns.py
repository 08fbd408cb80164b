"""A column that gives the target away is named, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.assemble import finetuning
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.evaluation.telltale_columns import telling

ROWS = 600


def said(place: Path, planted: dict[str, Any], *, number: bool = False) -> list[str]:
    """The warnings of a table of five plain columns, with planted ones."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(ROWS, 5))
    score = x[:, 0] + x[:, 1] + 0.7 * x[:, 2] + generator.normal(size=ROWS)
    y = score if number else np.where(score > 0, "yes", "no")
    columns = {f"plain{place}": x[:, place] for place in range(5)}
    columns |= {name: values(score, generator) for name, values in planted.items()}
    rows = [{name: values[row] for name, values in columns.items()} | {"target": y[row]} for row in range(ROWS)]
    store = prepare(rows, place / "data", modality="table", target="target")
    recipe = override(Recipe(), {"verb": "finetune", "backbone.kind": "linear"})
    parts = finetuning(recipe, store)
    task = parts.trainee.objective.as_task
    assert task is not None
    return telling(task, store, parts.chosen, 0)


@pytest.mark.parametrize("number", [False, True])
def test_nothing_is_said_of_plain_columns(tmp_path: Path, number: bool) -> None:
    assert said(tmp_path, {}, number=number) == []


@pytest.mark.parametrize("number", [False, True])
def test_a_near_copy_of_the_target_is_named(tmp_path: Path, number: bool) -> None:
    found = said(
        tmp_path, {"score2": lambda score, generator: score + 0.05 * generator.normal(size=ROWS)}, number=number
    )
    assert len(found) == 1
    assert "column score2 is nearly the target itself" in found[0]
    assert "modality.kinds=score2:drop" in found[0]


def test_what_is_known_afterwards_is_named_by_its_name_and_what_is_lost_without_it(tmp_path: Path) -> None:
    planted = {"call_duration": lambda score, generator: score + 0.5 * generator.normal(size=ROWS)}
    found = said(tmp_path, planted)
    assert len(found) == 1
    assert "column call_duration" in found[0]


def test_a_name_alone_is_no_evidence(tmp_path: Path) -> None:
    assert said(tmp_path, {"call_duration": lambda score, generator: generator.normal(size=ROWS)}) == []
