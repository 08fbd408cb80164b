"""The contract of every modality, checked on every file of the folder with whatever its `blank` looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.fingerprint import Fingerprint

pytestmark = pytest.mark.parametrize("kind", catalog.kinds("modalities"))


def records(kind: str) -> list[dict[str, Any]]:
    """A few raw records of a kind; a new modality gets a line here only if none of these suits it."""
    generator = np.random.default_rng(0)
    return [{"input": generator.integers(0, 256, (9, 7), dtype=np.uint8), "origin": f"row {i}"} for i in range(6)]


@pytest.fixture
def learned(kind: str) -> tuple[Modality, dict[str, np.ndarray]]:
    """A modality that learned from its records, and the records as the store would give them."""
    made: Modality = catalog.load("modalities", kind)()
    made.learn(records(kind))
    rows = [made.encode(made.read(record)) for record in records(kind)]
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    made.measure([columns])
    return made, columns


def test_the_class_has_every_method_of_the_contract(kind: str) -> None:
    wanted = {name for name in vars(Modality) if not name.startswith("_")}
    assert wanted <= set(dir(catalog.load("modalities", kind)))


def test_a_saved_modality_repeats_the_training_exactly(
    kind: str, learned: tuple[Modality, dict[str, np.ndarray]], tmp_path: Path
) -> None:
    made, columns = learned
    made.save(tmp_path)
    again = catalog.load("modalities", kind).load(tmp_path)
    assert again.facts() == made.facts()
    assert again.storage() == made.storage()
    ready, other = made.ready(made.collate(columns)), again.ready(again.collate(columns))
    assert all(torch.equal(ready[name], other[name]) for name in ready)
    for record in records(kind):
        one, two = made.encode(made.read(record)), again.encode(again.read(record))
        assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_blank_has_the_shape_and_type_of_every_row(
    kind: str, learned: tuple[Modality, dict[str, np.ndarray]]
) -> None:
    made, columns = learned
    for name, value in made.blank().items():
        assert (value.shape, value.dtype) == (columns[name].shape[1:], columns[name].dtype)


def test_equal_content_has_equal_fingerprints_and_other_content_others(
    kind: str, learned: tuple[Modality, dict[str, np.ndarray]]
) -> None:
    made, _ = learned
    marks = [made.fingerprint(made.read(record)) for record in records(kind)]
    assert [made.fingerprint(made.read(record)) for record in records(kind)] == marks
    assert all(isinstance(mark, Fingerprint) for mark in marks)
    assert len({mark.exact for mark in marks}) == len(marks)


def test_a_row_does_not_depend_on_its_batch(kind: str, learned: tuple[Modality, dict[str, np.ndarray]]) -> None:
    made, columns = learned
    whole = made.ready(made.collate(columns))
    alone = made.ready(made.collate({name: value[2:3] for name, value in columns.items()}))
    assert all(torch.equal(whole[name][2:3], alone[name]) for name in whole)


def test_ready_rows_are_finite_floats_and_sizes_are_whole_numbers(
    kind: str, learned: tuple[Modality, dict[str, np.ndarray]]
) -> None:
    made, columns = learned
    ready = made.ready(made.collate(columns))["x"]
    assert ready.dtype == torch.float32
    assert torch.isfinite(ready).all()
    assert all(isinstance(size, int) and size > 0 for size in made.facts().values())
    plain, _ = made.plain(columns, columns)
    assert plain.shape[0] == 6
    assert plain.dtype == np.float32


def test_values_as_people_see_them_lie_between_0_and_1(
    kind: str, learned: tuple[Modality, dict[str, np.ndarray]]
) -> None:
    made, columns = learned
    seen = made.unit(made.ready(made.collate(columns))["x"])
    assert float(seen.min()) >= -1e-5
    assert float(seen.max()) <= 1 + 1e-5


def test_a_row_is_alike_to_itself(kind: str, learned: tuple[Modality, dict[str, np.ndarray]]) -> None:
    made, columns = learned
    row = {name: value[0] for name, value in columns.items()}
    assert made.alike(row, row)
