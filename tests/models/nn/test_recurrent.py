"""AWD-LSTM's ways of forgetting, against plain layers and their expectation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from headstart.core.contracts import Batch
from headstart.core.errors import RecipeError
from headstart.models.backbones.rnn import Rnn
from headstart.models.nn.dropout import DropWords, Locked, Recur, _in_one_piece
from tests.helpers.specs import text_spec

SPEC = text_spec(50)
OFF: dict[str, Any] = {"dropout_input": 0.0, "dropout_words": 0.0, "weight_drop": 0.0}
CELLS: list[type[nn.LSTM | nn.GRU]] = [nn.LSTM, nn.GRU]


@pytest.fixture
def batch() -> Batch:
    ids = torch.randint(0, 50, (6, 9), generator=torch.Generator().manual_seed(0))
    return {"x": ids, "keep": torch.ones(6, 9, dtype=torch.bool)}


def rnn(**settings: Any) -> Rnn:
    torch.manual_seed(0)
    return Rnn(SPEC, width=12, hidden=16, **settings)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_in_eval_mode_the_layers_run_as_they_are(cell: Any, batch: Batch) -> None:
    network = rnn(cell=cell, dropout=0.5).eval()
    x = network.words(batch["x"])
    for layer in network.cells:
        x = layer(x)[0]
    assert torch.equal(network(batch).x, x)


def test_without_any_rate_training_is_no_different(batch: Batch) -> None:
    network = rnn(dropout=0.0)
    assert torch.equal(network.train()(batch).x, network.eval()(batch).x)


@pytest.mark.parametrize("kind", CELLS)
def test_weight_drop_is_a_layer_that_wears_the_dropped_matrix(kind: type[nn.LSTM | nn.GRU]) -> None:
    torch.manual_seed(0)
    cell, recur, x = kind(8, 12, batch_first=True), Recur(0.5), torch.randn(3, 7, 8)
    torch.manual_seed(1)
    made = recur(cell, x)
    torch.manual_seed(1)
    dropped = recur.drop(cell.weight_hh_l0)
    assert 0.3 < float((dropped == 0).float().mean()) < 0.7
    twin = kind(8, 12, batch_first=True)
    twin.load_state_dict({**cell.state_dict(), "weight_hh_l0": dropped.detach()})
    torch.testing.assert_close(made, twin(x)[0])
    made.sum().backward()
    twin(x)[0].sum().backward()
    for name, parameter in cell.named_parameters():  # a weight that was left out learns nothing, the rest scaled up
        theirs = twin.get_parameter(name).grad
        assert parameter.grad is not None
        assert theirs is not None
        scale = (dropped != 0) / 0.5 if name == "weight_hh_l0" else 1.0
        torch.testing.assert_close(parameter.grad, theirs * scale, rtol=1e-4, atol=1e-5)


def test_weights_in_one_piece_are_the_same_weights() -> None:
    weights = [torch.randn(6, 4), torch.randn(6, 3), torch.randn(6), torch.randn(6)]
    made = _in_one_piece(weights)
    assert all(torch.equal(one, other) for one, other in zip(made, weights, strict=True))
    assert len({one.untyped_storage().data_ptr() for one in made}) == 1
    assert all(one.is_contiguous() for one in made)


def test_locked_dropout_hides_the_same_values_at_every_place_and_others_in_every_row() -> None:
    torch.manual_seed(0)
    made = Locked(0.3)(torch.ones(400, 5, 20))
    assert bool((made == made[:, :1]).all())
    assert not bool((made == made[:1]).all())
    assert made.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert float(made.mean()) == pytest.approx(1.0, abs=0.03)


def test_a_word_is_left_out_wherever_it_stands() -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 500, (40, 30))
    made = DropWords(500, 0.2)(torch.ones(40, 30, 4), ids)
    per_word = {number: made[ids == number].unique().tolist() for number in ids.unique().tolist()}
    assert all(len(values) == 1 for values in per_word.values())
    assert sum(values == [0.0] for values in per_word.values()) / len(per_word) == pytest.approx(0.2, abs=0.06)
    assert float(made.mean()) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("only", ["dropout_input", "dropout_words", "weight_drop", "dropout"])
def test_every_rate_changes_training_and_is_right_on_average(only: str, batch: Batch) -> None:
    """The mean of what the first layer reads, or of the states' own matrix, is that of eval mode."""
    network = rnn(**{"dropout": 0.0, **OFF, only: 0.4})
    torch.manual_seed(3)
    assert not torch.equal(network.train()(batch).x, network.eval()(batch).x)
    network.train()
    plain, weight = network.words(batch["x"]).detach(), network.cells[0].weight_hh_l0
    assert isinstance(weight, Tensor)
    if only.startswith("dropout_"):
        seen, wanted = torch.stack([network.embed(batch).x for _ in range(4000)]).mean(0), plain
    elif only == "weight_drop":
        seen, wanted = torch.stack([network.recur.drop(weight) for _ in range(4000)]).mean(0), weight.detach()
    else:
        seen, wanted = torch.stack([network.drop(plain) for _ in range(4000)]).mean(0), plain
    torch.testing.assert_close(seen, wanted, rtol=0.0, atol=0.06 * float(wanted.abs().max()))


def test_one_dial_sets_the_rates_that_are_not_said() -> None:
    network = rnn(dropout=0.3)
    rates = (network.drop.rate, network.drop_input.rate, network.recur.drop.rate, network.drop_words.rate)
    assert rates == pytest.approx((0.3, 0.3, 0.3, 0.03))
    assert rnn(dropout=0.3, weight_drop=0.5).recur.drop.rate == 0.5


@pytest.mark.parametrize("name", ["dropout", "dropout_input", "dropout_words", "weight_drop"])
def test_a_rate_of_one_or_more_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=f"backbone.{name}.*: .*below 1"):
        rnn(**{name: 1.0})
