"""A model of trees as a start: trees are grown anew for every task, and nothing that they have learned leaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import headstart as hs
from headstart.core.errors import DataError, UsageError
from headstart.inference.predictor import Predictor
from tests.helpers.table_rows import table_rows


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Predictor, Path]:
    """Trees that know labels drawn by coin; the answers of another task stand in `who` and `much`."""
    place = tmp_path_factory.mktemp("grown")
    rows, known = table_rows(300, classes=3)
    frame = pd.DataFrame(rows)
    frame["coin"] = np.where(np.random.default_rng(0).random(300) < 0.5, "heads", "tails")
    frame.to_csv(place / "coins.csv", index=False)
    frame = frame.drop(columns="coin")
    frame.assign(who=[f"class {one}" for one in known]).to_csv(place / "who.csv", index=False)
    frame.assign(much=frame["age"] * 1.5).to_csv(place / "much.csv", index=False)
    settings = {"backbone.least": 2, "backbone.pairs": 0, "backbone.trees": 80}
    return hs.finetune(place / "coins.csv", target="coin", modality="table", start="scratch", backbone="boosting",
                       out=place / "model", settings=settings), place  # fmt: skip


@pytest.mark.parametrize(("name", "score"), [("who", "accuracy"), ("much", "r2")])
def test_another_task_grows_trees_anew_and_says_so(name: str, score: str, model: tuple[Predictor, Path]) -> None:
    start, place = model
    tuned = hs.finetune(place / f"{name}.csv", target=name, modality="table", start=start, out=place / name)
    assert tuned.start is not None
    assert tuned.start.facts["scores"][score] > 0.8
    assert any("grown anew" in one for one in tuned.start.facts["warnings"])
    assert tuned.start.config["backbone"]["least"] == 2  # a setting of the start


def test_gain_refuses_a_start_of_which_nothing_is_kept(model: tuple[Predictor, Path]) -> None:
    with pytest.raises(UsageError, match="HS-U784"):
        hs.gain(model[1] / "who.csv", target="who", start=model[0], labels=[50], seeds=1, out=model[1] / "gain")


def test_rank_sees_no_labels_through_the_trees_of_a_start(model: tuple[Predictor, Path]) -> None:
    found = hs.rank(model[1] / "coins.csv", [model[0]], target="coin", modality="table", minutes=0.2).result
    (line,) = (one for one in found.standings if one.family == "own probe")
    assert line.score < 0.65  # coins; by trees that know them it would be nearly 1


def test_a_column_that_the_start_reads_is_no_target(model: tuple[Predictor, Path]) -> None:
    with pytest.raises(DataError, match=r"HS-D213.*the model reads this column: learn town with start=.scratch"):
        hs.finetune(model[1] / "coins.csv", target="town", modality="table", start=model[0], out=model[1] / "town")
