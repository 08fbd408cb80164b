"""Tables as a user gives them: new rows are read as the model has learned to read them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headstart.commands.evaluate import evaluate
from headstart.commands.finetune import finetune
from headstart.commands.predict import predict
from headstart.core.errors import HeadstartError
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from tests.commands.conftest import Told
from tests.helpers.table_rows import table_rows


def written(place: Path, count: int, seed: int, **cells: object) -> Path:
    """A CSV file of that many rows, with other cells in some columns."""
    rows, known = table_rows(count, seed=seed)
    pd.DataFrame(rows).assign(**cells, who=np.array(["no", "yes"])[known]).to_csv(place, index=False)
    return place


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> tuple[Predictor, Path]:
    """A model of 400 clients, and their table."""
    place = tmp_path_factory.mktemp("tables")
    table = written(place / "clients.csv", 400, 0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEADSTART_CACHE", str(place / "cache"))
        return finetune(table, start="scratch", target="who", modality="table", out=place / "model"), table


def test_another_table_is_scored_whole_by_the_columns_of_the_model(
    clients: tuple[Predictor, Path], tmp_path: Path
) -> None:
    new = written(tmp_path / "new.csv", 120, 1, town="never seen")
    found: Evaluation = evaluate(clients[0], new, target="who", modality="table")
    assert len(found.rows) == 120
    assert found.scores["accuracy"] > 0.9
    assert "the model did not learn from them" in found.told


def test_rows_it_has_learned_from_are_known_in_another_file(clients: tuple[Predictor, Path], tmp_path: Path) -> None:
    lines = clients[1].read_text().splitlines(keepends=True)
    (tmp_path / "some.csv").write_text("".join([lines[0], *reversed(lines[1:201])]))
    found: Evaluation = evaluate(clients[0], tmp_path / "some.csv", target="who", modality="table")
    assert len(found.rows) < 60  # the part that was made of the data and not learned from
    assert "for the model learned from them" in found.told


def test_equal_rows_all_stay_where_many_are_equal(tmp_path: Path) -> None:
    rows = pd.DataFrame({"town": ["Oslo", "Hamar"] * 60, "floor": [1, 2, 3] * 40, "who": ["no", "yes"] * 60})
    rows.to_csv(tmp_path / "t.csv", index=False)
    model = finetune(tmp_path / "t.csv", start="scratch", target="who", out=tmp_path / "model")
    assert model.predict([{"town": "Oslo", "floor": 2}])[0]["label"] == "no"


def test_a_table_without_a_column_is_refused(clients: tuple[Predictor, Path], tmp_path: Path) -> None:
    pd.read_csv(clients[1]).drop(columns="age").to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(HeadstartError, match="age"):
        evaluate(clients[0], tmp_path / "less.csv", target="who", modality="table")


def test_a_column_is_left_out_by_the_verb_that_was_told_to(clients: tuple[Predictor, Path], tmp_path: Path) -> None:
    settings = {"modality.kinds": "note:drop"}
    model = finetune(clients[1], start="scratch", target="who", modality="table", out=tmp_path / "m", settings=settings)
    assert "note" not in (model.modality.columns or ())
    assert "note" in (clients[0].modality.columns or ())


def test_names_that_are_new_are_told_once(clients: tuple[Predictor, Path], tmp_path: Path) -> None:
    towns = ["Molde", "Narvik", *["Oslo"] * 118]
    new = written(tmp_path / "new.csv", 120, 1, town=towns)
    told = "cells of column town are names never seen in training (Molde, Narvik), first in new.csv:2"
    assert [one for one in predict(clients[0], new).warnings if "town" in one] == [f"2 {told}"]
    found: Evaluation = evaluate(clients[0], new, target="who", modality="table")
    assert [one for one in found.warnings if "town" in one] == [f"2 {told}"]


def test_names_that_are_rare_in_training_are_not_new(clients: tuple[Predictor, Path]) -> None:
    assert predict(clients[0], clients[1]).warnings == []


def test_names_without_a_code_are_not_new(tmp_path: Path) -> None:
    """A name that one of 2,000 train rows has is rare, not new."""
    rows, known = table_rows(2_000, seed=0)
    rows[0]["town"] = "Molde"
    table = pd.DataFrame(rows).assign(who=np.array(["no", "yes"])[known])
    model = finetune(table, start="scratch", backbone="linear", target="who", modality="table", out=tmp_path / "model")
    assert [one for one in predict(model, rows[:3]).warnings if "town" in one] == []
    (told,) = [one for one in predict(model, [{**rows[0], "town": "Narvik"}]).warnings if "town" in one]
    assert "(Narvik)" in told


def test_prepare_says_what_the_columns_are(headstart: Callable[..., Told], tmp_path: Path) -> None:
    table = written(tmp_path / "clients.csv", 100, 0)
    said = headstart("prepare", table, "--target", "who", "--modality", "table", "--out", tmp_path / "data").out
    assert "as numbers: age" in said
