"""A column that gives the target away is named, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.assemble import finetuning
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.evaluation.column_leaks.telltale_columns import telling
from tests.helpers.planted_tables import plain, planted

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


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("names", [("left us", "still here"), (True, False), (7, 12)])
def test_the_target_under_other_names_is_named(tmp_path: Path, names: tuple[Any, Any], noise: float) -> None:
    def recoded(score: np.ndarray, generator: np.random.Generator) -> list[Any]:
        flipped = generator.random(ROWS) < noise
        return [names[int((value > 0) != odd)] for value, odd in zip(score, flipped, strict=True)]

    found = said(tmp_path, {"state": recoded})
    assert len(found) == 1
    assert "column state" in found[0]
    assert "modality.kinds=state:drop" in found[0]


def test_many_classes_under_other_names_are_named(tmp_path: Path) -> None:
    """Thirty classes, whose codes are in no order."""
    generator = np.random.default_rng(0)
    classes = generator.integers(30, size=1500)
    columns = {**plain(1500, generator), "code": [f"K{one * 7 % 30}" for one in classes]}
    task, store, rows = planted(tmp_path, {**columns, "target": [f"class {one}" for one in classes]})
    found = telling(task, store, rows, 0)
    assert len(found) == 1
    assert "column code is nearly the target itself" in found[0]


def test_bands_of_a_number_are_named(tmp_path: Path) -> None:
    """Bands without an order, as their names are."""
    generator = np.random.default_rng(0)
    score = generator.normal(size=1500)
    columns = {**plain(1500, generator), "band": [f"band {one}" for one in np.floor(4 * score)], "target": score}
    found = telling(*planted(tmp_path, columns), 0)
    assert len(found) == 1
    assert "column band" in found[0]


@pytest.mark.parametrize("number", [False, True])
def test_of_many_columns_the_one_that_tells_is_found(tmp_path: Path, number: bool) -> None:
    noise = {f"noise{place}": lambda score, generator: generator.normal(size=len(score)) for place in range(40)}
    copy = {"copy": lambda score, generator: np.where(score > 0, 3.0, -1.0) if not number else score + 0.0}
    found = said(tmp_path, noise | copy, number=number)
    assert len(found) == 1
    assert found[0].startswith("column copy is nearly the target itself")
