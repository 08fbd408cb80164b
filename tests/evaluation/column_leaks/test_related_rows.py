"""Rows of one customer in train and in test are told where scores live of them, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.evaluation.column_leaks.related_rows import between, related
from tests.helpers.planted_tables import plain, planted


def visits(*, known: bool, name: str, names: Any, number: bool = False) -> dict[str, Any]:
    """Five visits of each of 120 patients, whose sizes are those of the patient; a label a patient (`known`), or a
    visit."""
    generator = np.random.default_rng(0)
    patients, count = np.repeat(np.arange(120), 5), 600
    sizes = generator.normal(size=(120, 2))[patients] + 0.05 * generator.normal(size=(count, 2))
    target = generator.normal(size=120)[patients] if known else generator.normal(size=count)
    target = target + 0.1 * generator.normal(size=count)
    order = generator.permutation(count)
    columns = {name: [names(patient) for patient in patients], "height": sizes[:, 0], "weight": sizes[:, 1]}
    columns |= {**plain(count, generator), "target": target if number else np.where(target > 0, "ill", "well")}
    return {one: np.asarray(values)[order] for one, values in columns.items()}


def again(option: str, column: str) -> str:
    return f"headstart prepare X --{option} {column}"


@pytest.mark.parametrize("number", [False, True])
@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("case_id", lambda patient: f"P{patient * 7919 % 1000:03d}"),  # not a cell: it is called an id
        ("person", lambda patient: patient * 7919 % 100_003),  # a number that models see
        ("person", lambda patient: f"P{patient * 7919 % 1000:03d}"),  # a category
    ],
)
def test_patients_on_both_sides_are_told_with_the_option(tmp_path: Path, name: str, names: Any, number: bool) -> None:
    task, store, rows = planted(tmp_path, visits(known=True, name=name, names=names, number=number))
    (told,) = related(task, store, rows, 0, again)
    assert f"column {name} repeats" in told
    assert f"--group {name}" in told
    assert ("R2" if number else "AUC") in told


def test_names_that_are_too_many_for_codes_are_told(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    people, count = np.repeat(np.arange(400), 4), 1600
    sizes = generator.normal(size=(400, 2))[people] + 0.05 * generator.normal(size=(count, 2))
    columns = {"person": [f"P{one:04d}" for one in people], "height": sizes[:, 0], "weight": sizes[:, 1]}
    columns["target"] = np.where(generator.normal(size=400)[people] > 0, "ill", "well").tolist()
    task, store, rows = planted(tmp_path, columns)
    assert store.apart(rows)["person"].codes.min() >= 0
    (told,) = related(task, store, rows, 0, again)
    assert "column person repeats" in told


def test_nothing_is_said_where_labels_do_not_go_with_the_patient(tmp_path: Path) -> None:
    columns = visits(known=False, name="case_id", names=str)
    assert related(*planted(tmp_path, columns), 0, again) == []


def test_nothing_is_said_once_the_patients_are_kept_together(tmp_path: Path) -> None:
    columns = visits(known=True, name="case_id", names=str)
    assert related(*planted(tmp_path, columns, group="case_id"), 0, again) == []


def test_nothing_is_said_of_a_category_that_helps(tmp_path: Path) -> None:
    """Towns of many rows each, on which the target depends: they are known when the model is asked."""
    generator = np.random.default_rng(0)
    towns = generator.integers(12, size=600)
    target = np.where(towns % 2 + 0.5 * generator.normal(size=600) > 0.5, "yes", "no")
    columns = {**plain(600, generator), "town": [f"town {one}" for one in towns], "target": target}
    assert related(*planted(tmp_path, columns), 0, again) == []


def test_variance_between_groups_is_none_by_chance_and_all_where_groups_are_the_values() -> None:
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(100), 3)
    assert abs(between(generator.normal(size=(300, 4)), groups)) < 0.1
    assert between(groups[:, None].astype(np.float64), groups) == pytest.approx(1.0)
    assert between(generator.normal(size=(300, 1)), np.arange(300)) == 0.0
