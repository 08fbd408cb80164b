"""Cells of pairs of numbers: what they are, and that they come to where held-out rows speak for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from headstart.commands.finetune import finetune
from headstart.core.contracts.spec import Spec
from headstart.inference.predictor import Predictor
from headstart.models.backbones.boosting import Boosting
from headstart.models.nn.cell_pairs import CellPairs


def test_a_pair_is_a_quotient_a_difference_and_a_sum() -> None:
    pairs = CellPairs(1)
    pairs.load(np.array([[2, 1]]))
    cells = torch.tensor([[1.0, 4.0, 2.0], [0.0, 0.0, 3.0], [0.0, torch.nan, 3.0], [0.0, 3e38, 3e38]])
    made = pairs(cells)
    assert made.shape == (4, 3 + pairs.width)
    assert made[0, 3:].tolist() == [0.5, -2, 6]
    assert torch.isnan(made[1, 3:]).tolist() == [True, False, False]
    assert torch.isnan(made[2, 3:]).all()
    assert torch.isnan(made[3, 3:]).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("columns", "categories", "asked", "pairs"), [(5, 2, 8, 3), (9, 0, 4, 6), (9, 0, 0, 0), (2, 1, 8, 0)]
)
def test_there_are_no_more_pairs_than_numbers_give(columns: int, categories: int, asked: int, pairs: int) -> None:
    spec = Spec("cells", {"columns": columns, "categories": categories})
    assert len(Boosting(spec, pairs=asked, trees=2).pairs.chosen) == pairs


def test_pairs_of_columns_that_there_are_not_are_refused() -> None:
    network = Boosting(Spec("cells", {"columns": 3}), trees=2)
    assert network.odd_weights() == ""
    network.pairs.chosen[0, 0] = 3
    assert network.odd_weights() == "the number of a column"


def rmse(pairs: int, place: Path) -> float:
    """Of a target that is a quotient of two columns, among four; the model is saved and loaded."""
    generator = np.random.default_rng(0)
    cells = generator.uniform(1, 10, (900, 4)).astype(np.float32).round(2)
    table = pd.DataFrame(cells, columns=list("abcd")).assign(y=cells[:, 0] / cells[:, 1])
    finetune(table[:700], target="y", modality="table", start="scratch", backbone="boosting", out=place,
             settings={"backbone.pairs": pairs, "backbone.trees": 60, "backbone.rate": 0.2})  # fmt: skip
    said = [
        one["value"] for one in Predictor.load(place).predict(table.iloc[700:].drop(columns="y").to_dict("records"))
    ]
    return float(np.sqrt(np.mean((table["y"].iloc[700:] - said) ** 2)))


def test_a_quotient_is_learned_with_pairs(tmp_path: Path) -> None:
    assert rmse(4, tmp_path / "pairs") < 0.75 * rmse(0, tmp_path / "plain")
