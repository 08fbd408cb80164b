"""Raw tables for a model that has learned their columns are written once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.errors import DataError
from headstart.data.modalities.table.table import Table
from headstart.data.preparing import pipeline


def table(path: Path, seed: int, towns: Sequence[str] = ("Oslo", "Bergen", "Molde")) -> Path:
    draws = np.random.default_rng(seed)
    age, town = draws.normal(size=120), draws.integers(len(towns), size=120)
    rows = [f"{a:.3f},{towns[t]},{'yes' if a + t > 1 else 'no'}" for a, t in zip(age, town, strict=True)]
    path.write_text("\n".join(["age,town,y", *rows]) + "\n")
    return path


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was written, by the modality of each."""
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    seen, write = list[str](), pipeline.write

    def note(*asked: Any, **more: Any) -> None:
        seen.append(asked[1].modality)
        write(*asked, **more)

    monkeypatch.setattr(pipeline, "write", note)
    return seen


def test_a_table_is_prepared_once_for_a_start_with_other_columns(written: list[str], tmp_path: Path) -> None:
    one, other = table(tmp_path / "one.csv", 0), table(tmp_path / "other.csv", 1, ("Bodo", "Hamar"))
    start = hs.pretrain(one, modality="table", target="y", objective="masked", backbone="tabm", steps=2,
                        out=tmp_path / "start")  # fmt: skip
    assert written == ["table"]
    known = start.modality.spec.key
    tuned = hs.finetune(one, target="y", start=tmp_path / "start", steps=2, out=tmp_path / "same")
    assert written == ["table"]  # the same rows are in the cache
    assert tuned.modality.spec.key == known
    tuned = hs.finetune(other, target="y", start=tmp_path / "start", steps=2, out=tmp_path / "other")
    assert written == ["table", "table"]
    assert tuned.modality.spec.key == known
    for _ in range(2):
        hs.evaluate(tuned, other)  # asks for its columns as the model knows them, which is another preparation
        assert written == ["table", "table", "table"]


def test_prepared_data_in_the_cache_that_this_version_cannot_read_are_made_again(
    written: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given, load, asked = table(tmp_path / "t.csv", 0), Table.load, list[Path]()

    def old(directory: Path) -> Table:
        asked.append(directory)
        if len(asked) == 1:
            raise DataError(723, "the columns of the table cannot be read", found="KeyError('knots')")
        return load(directory)

    hs.finetune(given, target="y", start="scratch", backbone="linear", out=tmp_path / "first")
    monkeypatch.setattr(Table, "load", old)
    hs.finetune(given, target="y", start="scratch", backbone="linear", out=tmp_path / "second")
    assert written == ["table", "table"]
