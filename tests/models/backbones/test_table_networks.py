"""Networks for tables: what they see of cells, how members learn, and a table from unlabelled rows to answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from headstart.commands.finetune import finetune
from headstart.commands.pretrain import pretrain
from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError
from headstart.inference.predictor import Predictor
from headstart.models.backbones.encoder import Encoder
from headstart.models.backbones.tabm import Tabm
from headstart.models.nn.cells import Cells
from headstart.training.heads import Members, by_member
from headstart.training.objectives.mcm import Mcm
from tests.helpers.worlds import built, needed, vectors

SPEC = Spec("cells", {"columns": 9, "cells": 4, "categories": 2, "codes": 3})


def batch(*rows: list[float]) -> dict[str, torch.Tensor]:
    cells = torch.tensor(rows)
    return {"cells": cells, "ranks": cells[:, 2:], "x": torch.zeros(len(rows), 9)}


def test_each_cell_has_a_vector_of_its_own() -> None:
    cells = Cells(SPEC, 5, 8)
    one, other = cells(batch([1, 2, 0.3, 0.7], [1, 0, 0.3, float("nan")]))
    assert one.shape == (4, 5)
    same = [torch.equal(a, b) for a, b in zip(one, other, strict=True)]
    assert same == [True, False, True, False]


def test_a_code_that_was_never_met_is_read_as_some_other() -> None:
    assert torch.isfinite(Cells(SPEC, 5, 8)(batch([200, -3, 0.5, 0.5]))).all()


def test_a_missing_number_is_no_small_one() -> None:
    cells = Cells(Spec("cells", {"columns": 1, "cells": 1}), 5, 8)
    least, missing = cells({"ranks": torch.tensor([[0.0], [float("nan")]]), "x": torch.zeros(2, 1)})
    assert not torch.allclose(least, missing)


def test_every_cell_is_a_place_and_one_that_is_missing_has_its_own_vector() -> None:
    torch.manual_seed(0)
    network = Encoder(SPEC, width=16, depth=2).eval()
    embedded = network.embed(batch([1, 2, 0.3, 0.7], [1, 2, 0.3, float("nan")]))
    assert embedded.grid == (4,)
    assert embedded.x.shape == (2, 4, 16)
    assert [torch.equal(*pair) for pair in embedded.x.unbind(1)] == [True, True, True, False]
    summary = network.summary(network.encode(embedded))
    assert not torch.allclose(summary[0], summary[1])


def test_places_of_cells_have_no_order() -> None:
    torch.manual_seed(0)
    network = Encoder(SPEC, width=16, depth=2).eval()
    tokens = network.embed(batch([1, 2, 0.3, 0.7]))
    order = [2, 0, 3, 1]
    turned = network.encode(tokens.with_x(tokens.x[:, order])).x
    assert torch.allclose(turned, network.encode(tokens).x[:, order], atol=1e-5)


def test_members_learn_alone_and_answer_together() -> None:
    torch.manual_seed(0)
    network, head = Tabm(SPEC, members=3, width=6).eval(), Members(18, 2, 3)
    ready = batch([1, 2, 0.3, 0.7], [1, 0, 0.3, float("nan")])
    features = network.summary(network(ready))
    alone, together = head(features), head.eval()(features)
    assert alone.shape == (6, 2)
    each = alone.unflatten(0, (2, 3))
    assert each.std(1).min() > 0
    assert torch.allclose(each.mean(1), together, atol=1e-6)
    assert by_member(torch.tensor([5, 7]), alone).tolist() == [5, 5, 5, 7, 7, 7]
    assert by_member(torch.tensor([5, 7]), together).tolist() == [5, 7]


def test_few_rows_are_learned_slowly_and_with_more_dropout() -> None:
    few, some, many, more = (Tabm.advised(Circumstances(SPEC, rows, "cpu"), task=True, pretrained=False)
                             for rows in (100, 1_000, 2_000, 100_000))  # fmt: skip
    assert few["plan.lr"] < some["plan.lr"] < many["plan.lr"]
    assert few["backbone.dropout"] > some["backbone.dropout"] > many["backbone.dropout"]
    assert many == more
    started = Tabm.advised(Circumstances(SPEC, 100, "cpu"), task=True, pretrained=True)
    assert "backbone.dropout" not in started  # it is that of the start


def test_the_loss_of_members_is_that_of_each() -> None:
    """The gradient of a member's weights does not depend on what the others say."""
    torch.manual_seed(0)
    head, features = Members(8, 1, 2), torch.randn(5, 8)
    head(features).square().mean().backward()
    assert head.weight.grad is not None
    first = head.weight.grad[:, :4].clone()
    head.zero_grad()
    with torch.no_grad():
        head.weight[:, 4:] += 3
    head(features).square().mean().backward()
    grad = head.weight.grad
    assert grad is not None
    assert torch.allclose(grad[:, :4], first)


def rows(count: int, seed: int) -> pd.DataFrame:
    """Yes where two numbers have one sign, turned round in one town and where `paid` is missing."""
    generator = np.random.default_rng(seed)
    a, b = generator.normal(size=(2, count))
    town, paid = generator.integers(0, 3, count), generator.random(count)
    yes = ((a > 0) == (b > 0)) ^ (town == 1) ^ (paid < 0.3)
    cells: dict[str, Any] = {
        "a": a.round(3), "b": b.round(3), "town": np.array(["Oslo", "Bergen", "Hamar"])[town],
        "paid": np.where(paid < 0.3, np.nan, paid.round(3)),
    }  # fmt: skip
    return pd.DataFrame({**cells, "who": np.where(yes, "yes", "no")})


def test_vectors_have_no_cells_to_hide() -> None:
    world = vectors()
    network = needed(built("tabm", world), "tabm")
    with pytest.raises(ContractError, match="HS-C761"):
        Mcm(network, world.batch, world.modality.augment(world.modality))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rule")
    rows(1500, 0).to_csv(place / "train.csv", index=False)
    return place


SMALL = {"backbone.members": 4, "backbone.width": 32, "backbone.cell": 8}


def accuracy(model: Predictor) -> float:
    new = rows(300, 1)
    said = model.predict(new.drop(columns="who").replace({np.nan: None}).to_dict("records"))
    return float(np.mean([answer["label"] == who for answer, who in zip(said, new["who"], strict=True)]))


def test_it_learns_what_cells_say_together_and_that_one_is_missing(table: Path, tmp_path: Path) -> None:
    """A linear model is right in half of the rows."""
    model = finetune(table / "train.csv", target="who", modality="table", start="scratch", backbone="tabm",
                     settings={**SMALL, "plan.epochs": 40, "plan.lr": 5e-3}, out=tmp_path / "model")  # fmt: skip
    assert accuracy(model) > 0.9
    again = Predictor.load(tmp_path / "model")
    asked = [{"a": 1.0, "b": -0.2, "town": "never seen", "paid": None}, {"a": None, "b": 9e9, "town": "", "paid": 0.5}]
    assert again.predict(asked) == model.predict(asked)


def test_a_transformer_over_cells_learns_it_too(table: Path, tmp_path: Path) -> None:
    small = {"backbone.width": 32, "backbone.depth": 2}
    model = finetune(table / "train.csv", target="who", modality="table", start="scratch", backbone="encoder",
                     settings={**small, "plan.epochs": 40, "plan.batch": 64}, out=tmp_path / "model")  # fmt: skip
    assert accuracy(model) > 0.9
    again = Predictor.load(tmp_path / "model")
    asked = [{"a": 1.0, "b": -0.2, "town": "never seen", "paid": None}, {"a": None, "b": 9e9, "town": "", "paid": 0.5}]
    assert again.predict(asked) == model.predict(asked)


def test_a_transformer_over_cells_is_pretrained_and_gets_adapters(table: Path, tmp_path: Path) -> None:
    pretrain(table / "train.csv", target="who", modality="table", objective="masked", backbone="encoder",
             settings={"backbone.width": 16, "plan.steps": 30}, out=tmp_path / "start")  # fmt: skip
    model = finetune(table / "train.csv", start=str(tmp_path / "start"), target="who", tuning="lora",
                     settings={"plan.steps": 150, "plan.lr": 5e-3}, out=tmp_path / "model")  # fmt: skip
    assert accuracy(model) > 0.55


def test_rows_without_labels_first_and_labels_later(table: Path, tmp_path: Path) -> None:
    pretrain(table / "train.csv", target="who", modality="table", objective="masked", backbone="tabm",
             settings={**SMALL, "plan.steps": 60}, out=tmp_path / "start")  # fmt: skip
    more = {"plan.steps": 250, "plan.lr": 5e-3, "plan.batch": 256}
    model = finetune(table / "train.csv", start=str(tmp_path / "start"), target="who", tuning="full", settings=more,
                     out=tmp_path / "model")  # fmt: skip
    assert accuracy(model) > 0.85
