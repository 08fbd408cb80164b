"""The contract of every modality, checked on every file of the folder with a few raw records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Batch, Columns, Modality
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.duplicates import Fingerprint
from headstart.data.storage.gather import MemoryRows, rows_of, stacked
from tests.helpers.episodes import episodes
from tests.helpers.gestures import gestures
from tests.helpers.letters import dna
from tests.helpers.sentences import sentences
from tests.helpers.sounds import sound
from tests.helpers.table_rows import table_rows
from tests.helpers.waves import waves
from tests.helpers.worlds import every
from tests.outside.raw import groups, wheels

ROWS = 6

pytestmark = pytest.mark.parametrize("kind", every("modalities"))


def pictures() -> list[Any]:
    generator = np.random.default_rng(0)
    return [generator.integers(0, 256, (9, 7), dtype=np.uint8) for _ in range(ROWS)]


def texts() -> list[Any]:
    return sentences(ROWS)[0]


def tones() -> list[Any]:
    """Samples at 8,000 a second, of unequal length; one is shorter than a frame."""
    return [sound(100 + 150 * number, number) for number in range(ROWS)]


def sequences() -> list[Any]:
    return dna(ROWS)[0]


INPUTS: dict[str, Callable[[], list[Any]]] = {
    "audio": tones, "image": pictures, "text": texts, "sequence": sequences, "table": lambda: table_rows(ROWS)[0],
    "trajectory": lambda: list(episodes(ROWS)), "series": lambda: waves(ROWS), "signals": lambda: list(gestures(ROWS)),
    "tests.outside.signals:Signals": lambda: wheels(ROWS),
    "tests.outside.vectors:Vectors": lambda: list(groups(ROWS)[0]),
}  # fmt: skip


def records(kind: str) -> list[dict[str, Any]]:
    """A few raw records of a kind."""
    if kind not in INPUTS:
        pytest.fail(f"say in INPUTS what a few raw records of '{kind}' look like")
    return [{"input": value, "origin": f"row {number}"} for number, value in enumerate(INPUTS[kind]())]


@pytest.fixture
def made(kind: str, encoded: Columns) -> Modality:
    """A modality that learned from its records."""
    return measured(kind, encoded)


@pytest.fixture
def encoded(kind: str) -> Columns:
    """The records as the store would hold them."""
    return stacked(rows(kind, fresh(kind)))


@pytest.fixture
def columns(kind: str, made: Modality) -> Columns:
    """The records as the store would give them to `collate`."""
    return MemoryRows(made, rows(kind, made)).feed(np.arange(ROWS))


def fresh(kind: str) -> Modality:
    found: Modality = catalog.load("modalities", kind)()
    found.fit(records(kind), Budget())
    return found


def measured(kind: str, encoded: Columns) -> Modality:
    found = fresh(kind)
    found.fit_stored([encoded])
    return found


def rows(kind: str, modality: Modality) -> list[Columns]:
    return [modality.encode(modality.read(record, Budget())) for record in records(kind)]


def kept(batch: Batch, row: int) -> dict[str, torch.Tensor]:
    """One row of a batch without its padding: first places, or last ones of maps."""
    keep = batch.get("keep")
    if keep is None:
        return {name: t[row] for name, t in batch.items()}
    first = {name: t[row].shape[0] == keep.shape[1] for name, t in batch.items()}
    return {name: t[row][keep[row]] if first[name] else t[row][..., keep[row]] for name, t in batch.items()}


def equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """The same names with the same values and types."""
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype and bool((one[name] == other[name]).all()) for name in one
    )


def test_the_class_has_every_method_of_the_contract(kind: str) -> None:
    wanted = {name for name in vars(Modality) if not name.startswith("_")}
    assert wanted <= set(dir(catalog.load("modalities", kind)))


def test_a_saved_modality_repeats_the_training_exactly(
    kind: str, made: Modality, encoded: Columns, columns: Columns, tmp_path: Path
) -> None:
    made.save(tmp_path)
    again = catalog.load("modalities", kind).load(tmp_path)
    assert again.spec.sizes == made.spec.sizes
    assert again.spec.key == made.spec.key
    assert equal(made.ready(made.collate(columns)), again.ready(again.collate(columns)))
    assert equal(made.derive(encoded), again.derive(encoded))
    assert all(equal(one, other) for one, other in zip(rows(kind, made), rows(kind, again), strict=True))


def test_learning_twice_comes_out_equal(kind: str, made: Modality, encoded: Columns, columns: Columns) -> None:
    again = measured(kind, encoded)
    assert again.spec.key == made.spec.key
    assert again.spec.sizes == made.spec.sizes
    assert equal(again.ready(again.collate(columns)), made.ready(made.collate(columns)))


def test_what_settles_does_not_depend_on_the_rows_beside_it(kind: str, made: Modality, encoded: Columns) -> None:
    whole = made.derive(encoded)
    alone = [made.derive(stacked([row])) for row in rows_of(encoded)]
    if not whole:
        assert not any(alone)
        return
    assert all(equal(one, next(rows_of(other))) for one, other in zip(rows_of(whole), alone, strict=True))


def test_a_blank_collates_to_a_batch_like_any_other(made: Modality, columns: Columns) -> None:
    batch, blank = (
        made.ready(made.collate(given))
        for given in (columns, MemoryRows(made, [made.spec.empty] * ROWS).feed(np.arange(ROWS)))
    )
    assert blank.keys() == batch.keys()
    for name, values in batch.items():
        assert blank[name].dtype == values.dtype
        assert blank[name].ndim == values.ndim
        assert "keep" in batch or blank[name].shape == values.shape


def test_a_blank_is_what_encode_would_give(made: Modality, encoded: Columns) -> None:
    row = next(rows_of(encoded))
    assert set(row) <= set(made.spec.empty)
    for name, value in row.items():
        assert made.spec.empty[name].dtype == value.dtype
        assert f"{name}.offsets" in encoded or made.spec.empty[name].shape == value.shape


def test_equal_content_has_equal_fingerprints_and_other_content_others(kind: str, made: Modality) -> None:
    if made.duplicates is None:
        pytest.skip(f"{kind} leaves it to equal columns")
    marks = [made.duplicates.fingerprint(made.read(record, Budget())) for record in records(kind)]
    assert [made.duplicates.fingerprint(made.read(record, Budget())) for record in records(kind)] == marks
    assert all(isinstance(mark, Fingerprint) for mark in marks)
    assert len({mark.exact for mark in marks}) == len(marks)


def test_a_row_does_not_depend_on_its_batch(kind: str, made: Modality, columns: Columns) -> None:
    whole = made.ready(made.collate(columns))
    alone = made.ready(made.collate(MemoryRows(made, rows(kind, made)).feed(np.array([2]))))
    assert equal(kept(alone, 0), kept(whole, 2))


def test_ready_rows_are_finite_floats_or_known_ids_and_sizes_are_whole_numbers(
    made: Modality, encoded: Columns, columns: Columns
) -> None:
    ready, spec = made.ready(made.collate(columns))["x"], made.spec
    if spec.layout == "ids":
        assert ready.dtype == torch.int64
        assert 0 <= int(ready.min()) <= int(ready.max()) < spec.sizes["vocab"]
    else:
        assert ready.dtype == torch.float32
        assert torch.isfinite(ready).all()
    assert all(isinstance(size, int) and size > 0 for size in spec.sizes.values())
    plain, _ = made.baseline_features(encoded, encoded)
    assert plain.shape[0] == ROWS  # pyright: ignore[reportOptionalSubscript]
    assert plain.dtype == np.float32


def test_values_as_people_see_them_lie_between_0_and_1_and_every_row_can_be_shown(
    made: Modality, columns: Columns
) -> None:
    ready = made.ready(made.collate(columns))["x"]
    assert len(made.view.render(ready)) == ROWS
    seen = made.view.denormalise(ready)
    if seen.is_floating_point() and made.spec.layout == "grid":  # other numbers have no such range
        assert float(seen.min()) >= -1e-5
        assert float(seen.max()) <= 1 + 1e-5


def test_a_row_is_alike_to_itself(kind: str, made: Modality, encoded: Columns) -> None:
    if made.duplicates is None:
        pytest.skip(f"{kind} leaves it to equal columns")
    assert all(made.duplicates.alike(row, row) for row in rows_of(encoded))


def test_its_settings_can_be_given_again(made: Modality, columns: Columns) -> None:
    again = made.with_settings({})
    assert again.spec.sizes == made.spec.sizes
    assert equal(again.ready(again.collate(columns)), made.ready(made.collate(columns)))


def test_parts_of_a_row_can_be_hidden(made: Modality, encoded: Columns) -> None:
    if made.divides is None:
        pytest.skip("rows have no parts")
    for row in rows_of(encoded):
        for unit in made.divides.units:
            parts = made.divides.cut(made, row, unit, 40)
            count = len(parts.names)
            assert 1 <= count <= 44
            assert len(parts.where) == count
            assert not parts.shape or int(np.prod(parts.shape)) == count
            shown, hidden = parts.rows(np.ones((1, count), bool)), parts.rows(~np.eye(count, dtype=bool))
            assert len(shown) == parts.draws
            assert len(hidden) == count * parts.draws
            for one in shown:
                assert one.keys() == row.keys()
                assert all(np.array_equal(one[name], row[name], equal_nan=row[name].dtype.kind == "f") for name in row)
            nothing = parts.rows(np.zeros((1, count), bool))
            ready = made.ready(made.collate(MemoryRows(made, [*hidden, *nothing]).feed(np.arange(len(hidden) + 1))))
            assert all(bool(torch.isfinite(x).all()) for x in ready.values() if x.is_floating_point())
            look = parts.look(np.linspace(-1, 1, count))
            assert look.picture is not None or look.lines
