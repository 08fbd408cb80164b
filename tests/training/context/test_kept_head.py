"""Models that answer from labelled rows: which rows are kept, that they are saved, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

import headstart as hs
from headstart.core.errors import ContractError, DataError, RecipeError
from headstart.inference.predictor import Predictor
from headstart.models.nn.kept_rows import KeptRows
from headstart.training.context.kept_head import _sample
from tests.helpers.table_rows import table_rows
from tests.hostile.conftest import seal_again

NEAREST = "tests.outside.nearest:Nearest"


def learned(place: Path, *, classes: int = 2, **settings: Any) -> Predictor:
    rows, known = table_rows(300, classes=classes)
    frame = pd.DataFrame(rows).assign(who=[f"class {one}" for one in known])
    wanted = {f"backbone.{name}": value for name, value in settings.items()}
    return hs.finetune(frame, target="who", modality="table", start="scratch", backbone=NEAREST, out=place / "model",
                       settings=wanted)  # fmt: skip


@pytest.mark.parametrize("classes", [2, 3])
def test_a_model_of_kept_rows_answers_alike_after_it_was_saved(classes: int, tmp_path: Path) -> None:
    model = learned(tmp_path, classes=classes, rows=1000)
    assert model.start is not None
    assert model.start.facts["scores"]["accuracy"] > 0.5
    rows, _ = table_rows(40, classes=classes, seed=1)
    assert Predictor.load(tmp_path / "model").predict(rows) == model.predict(rows)
    assert model.predict(rows[:1])[0]["label"] == model.predict(rows)[0]["label"]


def test_the_card_says_how_many_rows_a_model_contains(tmp_path: Path) -> None:
    model = learned(tmp_path, rows=50)
    said = "this model contains 50 of its train rows"
    assert model.start is not None
    assert any(said in one for one in model.start.facts["warnings"])
    assert said in (tmp_path / "model" / "README.md").read_text("utf-8")
    assert load_file(tmp_path / "model" / "model.safetensors")["kept.count"].item() == 50


def test_numbers_are_learned_from_kept_rows(tmp_path: Path) -> None:
    cells = np.random.default_rng(0).normal(size=(400, 2))
    frame = pd.DataFrame(cells, columns=["a", "b"]).assign(y=cells[:, 0] * 10 + 100)
    model = hs.finetune(frame, target="y", modality="table", start="scratch", backbone=NEAREST, out=tmp_path / "model",
                        settings={"backbone.values": True, "backbone.rows": 400})  # fmt: skip
    assert model.start is not None
    assert model.start.facts["scores"]["r2"] > 0.9


def test_a_sample_keeps_the_shares_of_the_classes_and_each_of_them() -> None:
    targets = np.array([0] * 900 + [1] * 99 + [2])
    kept = targets[_sample("classes", targets, 100, np.random.default_rng(0))]
    assert np.bincount(kept).tolist() == pytest.approx([90, 10, 1], abs=1)
    assert len(kept) == 100
    numbers = _sample("values", targets, 100, np.random.default_rng(0))
    assert len(set(numbers.tolist())) == 100


def test_it_takes_no_steps(tmp_path: Path) -> None:
    rows, known = table_rows(100)
    frame = pd.DataFrame(rows).assign(who=[f"class {one}" for one in known])
    with pytest.raises(ContractError, match="HS-C848"):
        hs.finetune(frame, target="who", modality="table", start="scratch", backbone=NEAREST, tuning="full",
                    out=tmp_path / "model")  # fmt: skip


def test_several_labels_are_no_task_for_it(tmp_path: Path) -> None:
    rows, known = table_rows(100)
    labelled = [{**row, "who": ["old", "rich"][: one + 1]} for row, one in zip(rows, known, strict=True)]
    with pytest.raises(RecipeError, match="HS-R849"):
        hs.finetune(pd.DataFrame(labelled), target="who", modality="table", start="scratch", backbone=NEAREST,
                    out=tmp_path / "model")  # fmt: skip


def test_rank_sees_no_labels_through_the_rows_of_a_start(tmp_path: Path) -> None:
    rows, _ = table_rows(200)
    coins = np.random.default_rng(0).random(200) < 0.5
    frame = pd.DataFrame(rows).assign(coin=np.where(coins, "heads", "tails"))
    start = hs.finetune(frame, target="coin", modality="table", start="scratch", backbone=NEAREST,
                        out=tmp_path / "model", settings={"backbone.rows": 1000})  # fmt: skip
    found = hs.rank(frame, [start], target="coin", modality="table", minutes=0.5).result
    (line,) = (one for one in found.standings if one.family == "own probe")
    assert line.score < 0.7  # coins; from the rows that the start keeps it would be 1


def test_rows_that_no_training_keeps_are_refused() -> None:
    kept = KeptRows(4, 2, 1)
    kept.load(np.ones((3, 2)), np.array([0, 1, 1]))
    assert kept.odd(2) == ""
    kept.count.fill_(5)
    assert "5 rows" in kept.odd(2)
    kept.count.fill_(3)
    kept.targets[1] = 2
    assert kept.odd(2) == "a target that is no class"
    assert kept.odd(0) == ""
    kept.cells[0, 0] = np.inf
    assert kept.odd(0) == "a cell that is infinite"


def test_a_written_model_with_odd_rows_is_refused(tmp_path: Path) -> None:
    learned(tmp_path, rows=50)
    file = tmp_path / "model" / "model.safetensors"
    tensors = load_file(file)
    tensors["kept.targets"][0] = 7
    save_file(tensors, file, {"format": "pt"})
    seal_again(tmp_path / "model")
    with pytest.raises(DataError, match=r"HS-D780.*a target that is no class"):
        Predictor.load(tmp_path / "model").predict(table_rows(1)[0])
