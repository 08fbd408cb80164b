"""Trees taken out of scikit-learn give its answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from headstart.core.contracts.spec import Spec
from headstart.models.backbones.boosting import Boosting
from headstart.training.trees.growing import Form, Rows, arrays_of, grow

CODES = 40


def cells(count: int, seed: int) -> np.ndarray:
    """Two categories of 40 codes and three numbers, a fifth of them missing, some of them equal."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(count, 3)).astype(np.float32)
    numbers[:, 1] = numbers[:, 1].round(1)
    numbers[generator.random(numbers.shape) < 0.2] = np.nan
    return np.concatenate([generator.integers(0, CODES, (count, 2)).astype(np.float32), numbers], 1)


def wanted(form: Form, x: np.ndarray, outputs: int) -> np.ndarray:
    score = np.nan_to_num(x[:, 2]) + (x[:, 0] % 3 == 1) + np.isnan(x[:, 3])
    if form == "classes":
        return np.digitize(score, np.quantile(score, np.linspace(0, 1, max(2, outputs) + 1)[1:-1])).astype(np.int64)
    several = np.stack([score * (number + 1) for number in range(outputs)], 1).astype(np.float32)
    return several if form == "values" else (several > 1).astype(np.float32)


@pytest.mark.parametrize(
    ("form", "outputs"), [("classes", 1), ("classes", 4), ("values", 1), ("values", 2), ("labels", 3)]
)
def test_our_trees_answer_as_those_they_were_taken_from(form: Form, outputs: int) -> None:
    x, asked = cells(600, 0), cells(300, 1)
    asked[:5, 0] = 200  # codes that no train row has
    asked[5:9] = np.nan
    network = Boosting(Spec("cells", {"columns": 5, "categories": 2}), outputs=outputs, trees=30, depth=6)
    forest = grow(form, Rows(x, wanted(form, x, outputs), None), network, seed=0, rounds=[30] * outputs)
    network.load_trees(arrays_of(forest, network))
    again = Boosting(Spec("cells", {"columns": 5, "categories": 2}), outputs=outputs, trees=30, depth=6)
    again.load_state_dict(load(save(network.state_dict())))
    said = again.sums(torch.from_numpy(asked)).numpy()
    assert np.ptp(said[:, 0]) > 0.5
    assert np.abs(said - forest.outputs(asked, outputs)).max() < 2e-6


def test_a_class_that_no_row_has_is_never_answered() -> None:
    x = cells(200, 0)
    network = Boosting(Spec("cells", {"columns": 5, "categories": 2}), outputs=4, trees=10)
    forest = grow("classes", Rows(x, 2 * wanted("classes", x, 1), None), network, seed=0, rounds=[10])
    network.load_trees(arrays_of(forest, network))
    said = network.sums(torch.from_numpy(x)).softmax(1)
    assert set(said.argmax(1).tolist()) == {0, 2}
    assert float(said[:, [1, 3]].max()) < 1e-6


def test_fresh_trees_say_nothing() -> None:
    network = Boosting(Spec("cells", {"columns": 5}), outputs=2, trees=10)
    assert network.sums(torch.from_numpy(cells(3, 0))).abs().max() == 0
