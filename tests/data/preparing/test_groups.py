"""Rows that belong together stay in one part: by a column, by a field of file names, or because they are related."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headstart.core.errors import DataError, UsageError
from headstart.data.prepare import prepare, taken
from headstart.data.preparing import groups
from headstart.data.preparing.split import by_group, group_keys
from headstart.data.store import Store
from tests.helpers.sounds import encoded, sound
from tests.outside.vectors import Vectors


class Relatives(Vectors):
    """Vectors whose first number is that of their family."""

    class _Kinship:
        def families(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
            return columns["x"][:, 0].astype(np.int64)

    kinship: Any = _Kinship()


RELATIVES = "tests.data.preparing.test_groups:Relatives"


def table(place: Path, **columns: list[Any]) -> Path:
    count = len(next(iter(columns.values())))
    texts = {"text": [f"row number {n} of all" for n in range(count)], "label": [f"{n % 2}" for n in range(count)]}
    pd.DataFrame({**texts, **columns}).to_csv(place / "t.csv", index=False)
    return place / "t.csv"


def parts_of_groups(store: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for part in store.splits:
        for example in store.examples(part):
            found.setdefault(example["group"], set()).add(part)
    return found


def vectors(families: list[int]) -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(len(families), 5))
    rows[:, 0] = families
    return rows.astype(np.float32)


def test_speakers_are_kept_apart_without_being_asked_and_it_is_said(tmp_path: Path) -> None:
    given = table(tmp_path, speaker=[f"s{n % 8}" for n in range(160)])
    store = prepare(given, tmp_path / "out", near="keep")
    assert all(len(parts) == 1 for parts in parts_of_groups(store).values())
    assert set(store.splits) == {"train", "valid", "test"}
    said = next(one for one in store.taken["used"] if one.startswith("column speaker as group"))
    assert said == "column speaker as group (8 values repeat; prepare --group none splits at random)"


def test_one_option_turns_it_off(tmp_path: Path) -> None:
    given = table(tmp_path, speaker=[f"s{n % 8}" for n in range(160)])
    store = prepare(given, tmp_path / "out", near="keep", group="none")
    assert all("group" not in example for example in store.examples("train"))
    assert not any("group" in one for one in store.taken["used"])


@pytest.mark.parametrize(
    "values", [[f"s{n}" for n in range(160)], ["one"] * 160, [""] * 160, [f"s{n % 2}" for n in range(160)]]
)
def test_a_column_whose_values_do_not_repeat_or_are_too_few_is_no_group(values: list[str], tmp_path: Path) -> None:
    store = prepare(table(tmp_path, speaker=values), tmp_path / "out", near="keep")
    assert all("group" not in example for example in store.examples("train"))


def test_given_parts_are_kept_and_shared_speakers_named(tmp_path: Path) -> None:
    speakers = [f"s{n % 8}" if n % 8 else f"s{n % 5}" for n in range(160)]
    given = table(tmp_path, speaker=speakers, split=["train", "train", "train", "test"] * 40)
    store = prepare(given, tmp_path / "out", near="keep")
    assert store.splits == {"train": 120, "test": 40}
    assert any("values of speaker lie in train and in other given parts (s3)" in one for one in store.warnings)


def test_shares_and_groups_together_make_new_parts(tmp_path: Path) -> None:
    given = table(tmp_path, speaker=[f"s{n % 8}" for n in range(160)], split=["train", "train", "train", "test"] * 40)
    store = prepare(given, tmp_path / "out", near="keep", group="speaker", split="train=.6,test=.4")
    assert all(len(parts) == 1 for parts in parts_of_groups(store).values())
    assert any(one.startswith("the given parts were not used") for one in store.warnings)


def names(*patterns: str) -> list[dict[str, Any]]:
    return [{"input": b"", "origin": name} for name in patterns]


def test_a_field_of_file_names_that_repeats_is_offered() -> None:
    rows = names(*(f"{digit}_{who}_{n}.wav" for digit in range(4) for who in ("ann", "bo", "cy") for n in range(3)))
    said = groups.grouping(rows, Relatives(), None, timed=False)
    assert said.name is None
    assert said.notes == ()  # Relatives are not files

    class Files(Relatives):
        files: Any = True

    said = groups.grouping(rows, Files(), None, timed=False)
    assert len(said.notes) == 1
    assert "field 2 of the file names repeats (ann, bo, cy)" in said.notes[0]
    assert said.notes[0].endswith("prepare --group name:2")
    labelled = [{**row, "label": row["origin"].split("_")[1]} for row in rows]
    assert groups.grouping(labelled, Files(), None, timed=False).notes == ()
    assert groups.grouping(rows, Files(), "name:2", timed=False).name == "name:2"
    of_name = groups.reader("name:2")
    assert of_name is not None
    assert {of_name(row) for row in rows} == {"ann", "bo", "cy"}
    with pytest.raises(DataError, match="no column 'name:9'"):
        groups.grouping(rows, Files(), "name:9", timed=False)


def test_recordings_are_grouped_by_a_field_of_their_names_unless_it_is_turned_off(tmp_path: Path) -> None:
    for digit in ("one", "two"):
        (tmp_path / "in" / digit).mkdir(parents=True)
        for number, who in enumerate(["ann", "bo", "cy", "di", "ed"] * 8):
            data = encoded(sound(900, seed=number + 100 * (digit == "two")))
            (tmp_path / "in" / digit / f"{who}_{number}.wav").write_bytes(data)
    store = prepare(tmp_path / "in", tmp_path / "a", near="keep")
    assert all(len(parts) == 1 for parts in parts_of_groups(store).values())
    assert set(parts_of_groups(store)) == {"ann", "bo", "cy", "di", "ed"}
    told = "field 1 of the file names as group (it repeats: ann, bo, cy, di and 1 more; "
    told += "prepare --group none splits at random)"
    assert told in store.taken["used"]
    free = prepare(tmp_path / "in", tmp_path / "b", near="keep", group="none")
    assert all("group" not in example for example in free.examples("train"))


@pytest.mark.parametrize(
    "patterns",
    [[f"IMG_{n:04}.jpg" for n in range(40)], [f"a_{n}_{k}.png" for n in range(10) for k in range(3)],
     [f"cat.{n}.jpg" for n in range(9)] + [f"dog_{n}_x.jpg" for n in range(9)]],
)  # fmt: skip
def test_counters_and_irregular_names_say_nothing(patterns: list[str]) -> None:
    class Files(Relatives):
        files: Any = True

    assert groups.grouping(names(*patterns), Files(), None, timed=False).notes == ()


def test_related_rows_across_parts_are_told_and_kept_together_when_asked(tmp_path: Path) -> None:
    rows = vectors([n // 4 for n in range(200)])
    store = prepare(rows, tmp_path / "a", modality=RELATIVES, split="train=.5,test=.5")
    told = next(one for one in store.warnings if "are related to train rows" in one)
    assert told.endswith("prepare --group similarity")
    store = prepare(rows, tmp_path / "b", modality=RELATIVES, split="train=.5,test=.5", group="similarity")
    assert all(len(parts) == 1 for parts in parts_of_groups(store).values())
    assert not any("related" in one for one in store.warnings)
    assert "similarity of rows as group" in store.taken["used"]


def test_unrelated_rows_are_no_reason_to_speak(tmp_path: Path) -> None:
    store = prepare(vectors(list(range(100))), tmp_path / "a", modality=RELATIVES)
    assert not any("related" in one for one in store.warnings)


def test_one_family_cannot_be_kept_apart(tmp_path: Path) -> None:
    rows = vectors([7] * 100)
    store = prepare(rows, tmp_path / "a", modality=RELATIVES)
    assert any(one.startswith("most rows are related (100% are of one family)") for one in store.warnings)
    with pytest.raises(DataError, match="all rows are related to each other"):
        prepare(rows, tmp_path / "b", modality=RELATIVES, group="similarity")


def test_data_of_which_nothing_is_known_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is not known which of these rows are related"):
        taken(table(tmp_path, speaker=["a", "b"] * 20), group="similarity")


def test_a_large_group_trains_and_every_part_has_a_group() -> None:
    for seed in range(30):
        sizes = [400, *np.random.default_rng(seed).integers(5, 40, 12)]
        keys = group_keys([f"{seed} {n}" for n, size in enumerate(sizes) for _ in range(size)])
        parts = by_group(keys, (0.8, 0.1, 0.1))
        assert (parts[:400] == 0).all()
        assert set(parts.tolist()) == {0, 1, 2}
        assert all(len(set(parts[keys == key].tolist())) == 1 for key in set(keys.tolist()))
