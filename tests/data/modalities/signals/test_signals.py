"""Whole series with labels from every layout to rows: nothing of one series lies on both sides, lengths may differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.signals.statistics import EACH, statistics
from headstart.data.prepare import prepare
from headstart.data.storage.gather import ragged_rows
from headstart.data.store import Store
from tests.helpers.gestures import CLASSES, folder, gestures, label, long_table, ts, tsv

COUNT = 60


def stored(place: Path, given: object, **options: object) -> Store:
    return prepare(given, place / "out", **options)  # pyright: ignore[reportArgumentType]


def as_written(store: Store) -> dict[bytes, str]:
    """The values of every row and its label."""
    rows = np.arange(sum(store.splits.values()))
    values = ragged_rows(store.take(rows), "x")
    return {one.round(4).tobytes(): str(name) for one, name in zip(values, store.labels_of(rows), strict=True)}


def wanted(channels: int = 2) -> dict[bytes, str]:
    made = enumerate(gestures(COUNT, channels))
    return {series.astype(np.float32).round(4).tobytes(): label(row) for row, series in made}


def test_a_long_table_is_a_row_for_each_series_whatever_the_order_of_its_rows(tmp_path: Path) -> None:
    head, *lines = long_table(COUNT).splitlines()
    np.random.default_rng(0).shuffle(lines)
    (tmp_path / "t.csv").write_text("\n".join([head, *lines]) + "\n")
    assert as_written(stored(tmp_path, tmp_path / "t.csv", modality="signals")) == wanted()


def test_folders_of_tables_are_classes(tmp_path: Path) -> None:
    store = stored(tmp_path, folder(tmp_path, COUNT))
    assert store.manifest["modality"] == "signals"
    assert as_written(store) == wanted()


def test_files_of_the_archives_are_known_by_their_lines(tmp_path: Path) -> None:
    (tmp_path / "t.ts").write_text(ts(COUNT))
    assert as_written(stored(tmp_path, tmp_path / "t.ts")) == wanted()
    (tmp_path / "t.tsv").write_text(tsv(COUNT))
    (tmp_path / "b").mkdir()
    numbered = {str(number + 1): name for number, name in enumerate(CLASSES)}
    found = as_written(stored(tmp_path / "b", tmp_path / "t.tsv"))
    assert {values: numbered[name] for values, name in found.items()} == wanted(1)


def test_the_two_files_of_a_data_set_are_its_parts(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "Gestures_TRAIN.tsv").write_text(tsv(45))
    (tmp_path / "d" / "Gestures_TEST.tsv").write_text(tsv(30, seed=1))
    assert stored(tmp_path, tmp_path / "d").splits == {"train": 45, "test": 30}


def test_an_id_that_comes_again_in_another_part_is_another_series(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "train.csv").write_text(long_table(45))
    (tmp_path / "d" / "test.csv").write_text(long_table(30, seed=1))
    assert stored(tmp_path, tmp_path / "d", modality="signals").splits == {"train": 45, "test": 30}


def test_arrays_with_labels_and_rows_of_cells_without_an_id(tmp_path: Path) -> None:
    values = np.stack([series[:30] for series in gestures(COUNT, 3)])
    np.savez(tmp_path / "t.npz", x=values, y=np.array([label(row) for row in range(COUNT)]))
    store = stored(tmp_path, tmp_path / "t.npz", modality="signals")
    assert store.take(np.arange(2))["x"].shape == (2, 30, 3)
    lines = [",".join([*map(str, series[:, 0]), label(row)]) for row, series in enumerate(values.round(4).tolist())
             for series in [np.array(series)]]  # fmt: skip
    (tmp_path / "w.csv").write_text("\n".join([",".join([*(f"t{n}" for n in range(30)), "label"]), *lines]) + "\n")
    (tmp_path / "b").mkdir()
    wide = stored(tmp_path / "b", tmp_path / "w.csv", modality="signals")
    assert wide.take(np.arange(2))["x"].shape == (2, 30, 1)
    assert set(wide.labels_of(np.arange(COUNT))) == set(CLASSES)


def test_people_are_never_divided_between_parts(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(long_table(COUNT))
    store = stored(tmp_path, tmp_path / "t.csv", modality="signals", group="person")
    groups = [{example["group"] for example in store.examples(part)} for part in store.splits]
    assert len(groups) > 1
    assert sum(map(len, groups)) == len(set.union(*groups)) == 6


def test_two_labels_in_one_series_are_refused(tmp_path: Path) -> None:
    lines = long_table(COUNT).splitlines()
    lines[5] = lines[5].replace("slow", "fast")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError) as caught:
        stored(tmp_path, tmp_path / "t.csv", modality="signals")
    assert caught.value.code == "HS-D790"


def test_padding_is_zero_and_marked_and_gaps_come_from_the_past(tmp_path: Path) -> None:
    rows = [np.array([1.0, np.nan, 3.0, 5.0]), np.array([2.0, 4.0]), np.array([7.0, 8.0, 9.0])]
    store = stored(tmp_path, [rows[row % 3] + row // 3 for row in range(30)], modality="signals")
    batch = store.modality.collate(store.take(np.arange(3)))
    again = [store.modality.read({"input": np.append(row, [np.nan] * 3)}, Budget())["input"] for row in rows]
    assert [len(row) for row in again] == [4, 2, 3]
    assert batch["keep"].sum(1).tolist() == [4, 2, 3]
    assert (batch["x"][:, 0, 0][~batch["keep"]] == 0).all()
    assert batch["x"][0, 0, 0, 1] == batch["x"][0, 0, 0, 0]


def test_scales_come_from_train_rows_alone(tmp_path: Path) -> None:
    def made(factor: float) -> Store:
        home = tmp_path / str(factor)
        home.mkdir()
        return stored(home, {"train": gestures(30), "test": [factor * one for one in gestures(30, seed=1)]},
                      modality="signals")  # fmt: skip

    one, other = (made(factor).modality.spec for factor in (1.0, 100.0))
    assert one.sizes == other.sizes
    saved = [(tmp_path / str(factor) / "out" / "signals.json").read_text() for factor in (1.0, 100.0)]
    assert saved[0] == saved[1]


def test_statistics_are_those_of_a_plain_line() -> None:
    found = statistics([np.arange(5.0)[:, None]])[0]
    assert len(found) == EACH + 1
    np.testing.assert_allclose(found[:4], [2, np.sqrt(2), 0, 4], rtol=1e-6)
    np.testing.assert_allclose(found[[6, 9, 10, 11, 13]], [2, 2, 1, 0, 0.25], rtol=1e-6)


@pytest.mark.parametrize("task", ["classify", "regress"])
def test_a_model_answers_series_of_any_length_from_its_directory(tmp_path: Path, task: str) -> None:
    names = [label(row) if task == "classify" else (1.0, 4.0, 9.5)[row % 3] + row / 1000 for row in range(COUNT)]
    lines = [f"{row},{values[0]},{values[1]},{names[row]}" for row, one in enumerate(gestures(COUNT)) for values in one]
    (tmp_path / "t.csv").write_text("\n".join(["id,x,y,label", *lines]) + "\n")
    hs.finetune(tmp_path / "t.csv", out=tmp_path / "m", start="scratch", task=task, modality="signals")
    model = hs.load(tmp_path / "m")
    asked = gestures(30, seed=5)
    answers = model.predict(asked)
    scored = hs.evaluate(tmp_path / "m", tmp_path / "t.csv")
    assert len(scored.rows) > 3
    if task == "classify":
        assert np.mean([one["label"] == label(row) for row, one in enumerate(answers)]) > 0.9
        assert [one["label"] for one in model.predict(asked[0])] == [answers[0]["label"]]
    else:
        off = [one["value"] - (1.0, 4.0, 9.5)[row % 3] for row, one in enumerate(answers)]
        assert np.mean(np.abs(off)) < 1.5
