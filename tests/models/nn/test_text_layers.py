"""The layers of text networks against slower, obvious versions."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn import crossentropy
from headstart.models.nn.attention import attend, blinkers
from headstart.models.nn.crossentropy import even_shares, linear_cross_entropy
from headstart.models.nn.dropout import Dropout
from headstart.models.nn.embedding import Words
from headstart.models.nn.rotary import head_width, turned, turns


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def given() -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """x [50, 8], weight [30, 8], bias [30], target [50], uneven shares [50] that sum to 1."""
    target = torch.randint(0, 30, (50,), generator=torch.Generator().manual_seed(0))
    share = torch.rand(50, generator=torch.Generator().manual_seed(1))
    return drawn(50, 8), drawn(30, 8, seed=1), drawn(30, seed=2), target, share / share.sum()


@pytest.mark.parametrize("values", [2 << 20, 30 * 7], ids=["one piece", "pieces of 7 rows"])
@pytest.mark.parametrize("with_bias", [True, False])
def test_cross_entropy_in_pieces_equals_that_of_all_logits(
    given: tuple[Tensor, ...], with_bias: bool, values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossentropy, "_VALUES", values)
    x, weight, bias, target, share = given
    quick = [one.clone().requires_grad_() for one in (x, weight, bias)]
    slow = [one.clone().requires_grad_() for one in (x, weight, bias)]
    loss, each = linear_cross_entropy(quick[0], quick[1], quick[2] if with_bias else None, target, share)
    logits = slow[0] @ slow[1].T + (slow[2] if with_bias else 0)
    wanted = F.cross_entropy(logits, target, reduction="none")
    torch.testing.assert_close(each, wanted.detach())
    torch.testing.assert_close(loss, (wanted * share).sum())
    (3 * loss).backward()
    (3 * (wanted * share).sum()).backward()
    for one, other in list(zip(quick, slow, strict=True))[: 3 if with_bias else 2]:
        torch.testing.assert_close(one.grad, other.grad)
    assert not each.requires_grad


def test_cross_entropy_without_gradients_is_the_same_loss(given: tuple[Tensor, ...]) -> None:
    x, weight, bias, target, share = given
    with_graph, _ = linear_cross_entropy(x, weight.clone().requires_grad_(), bias, target, share)
    with torch.no_grad():
        loss, each = linear_cross_entropy(x, weight, bias, target, share)
    assert torch.equal(loss, with_graph.detach())
    torch.testing.assert_close(loss, each @ share)


def test_cross_entropy_in_half_precision_is_close(given: tuple[Tensor, ...]) -> None:
    x, weight, bias, target, share = given
    weight, bias = weight.requires_grad_(), bias.requires_grad_()
    exact = linear_cross_entropy(x, weight, bias, target, share)[0]
    exact.backward()
    wanted = weight.grad
    assert wanted is not None
    weight.grad = None
    with torch.autocast("cpu", torch.bfloat16):
        loss, each = linear_cross_entropy(x, weight, bias, target, share)
    loss.backward()
    assert loss.dtype == each.dtype == torch.float32
    assert weight.grad is not None
    assert weight.grad.dtype == torch.float32
    torch.testing.assert_close(loss, exact, rtol=0.01, atol=0.01)
    torch.testing.assert_close(weight.grad, wanted, rtol=0.05, atol=0.005)


def test_even_shares_make_the_mean_of_the_means_of_rows() -> None:
    rows = torch.tensor([0, 0, 0, 2, 2, 3])  # row 1 has no place
    values = torch.tensor([1.0, 2.0, 6.0, 10.0, 20.0, 7.0])
    share = even_shares(rows, 4)
    assert float((share * values).sum()) == pytest.approx((3.0 + 15.0 + 7.0) / 3)
    assert float(share.sum()) == pytest.approx(1.0)


def test_rotary_equals_the_textbook_rotation_of_pairs() -> None:
    x = drawn(2, 3, 5, 8)  # [B, heads, N, d]
    cos, sin = turns(5, 8, 10_000.0, torch.device("cpu"))
    found = turned(x, cos, sin)
    for b, head, place, pair in product(range(2), range(3), range(5), range(4)):
        angle = torch.tensor(place * 10_000.0 ** (-2 * pair / 8))
        rotation = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
        wanted = rotation @ x[b, head, place, [pair, pair + 4]]
        torch.testing.assert_close(found[b, head, place, [pair, pair + 4]], wanted)


def test_rotary_scores_depend_on_the_distance_alone() -> None:
    cos, sin = turns(20, 8, 10_000.0, torch.device("cpu"))
    query, key = (turned(drawn(8, seed=seed).expand(20, 8), cos, sin) for seed in (0, 1))
    scores = query @ key.T
    torch.testing.assert_close(scores[:-1, :-1], scores[1:, 1:], atol=1e-5, rtol=1e-4)


def test_rotary_has_the_gradient_of_its_formula() -> None:
    x = drawn(2, 3, 6).double().requires_grad_()
    cos, sin = turns(3, 6, 100.0, torch.device("cpu"))
    assert torch.autograd.gradcheck(lambda value: turned(value, cos, sin), (x,))


def test_heads_of_odd_or_broken_width_are_refused() -> None:
    assert head_width(24, 4) == 6
    for width, heads in ((24, 5), (12, 4)):
        with pytest.raises(ContractError, match="even whole number"):
            head_width(width, heads)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_leaves_out_its_rate_and_scales_up_the_rest(rate: float) -> None:
    x = torch.ones(200, 501)
    torch.manual_seed(0)
    made = Dropout(rate)(x)
    assert float((made == 0).float().mean()) == pytest.approx(rate, abs=0.01)
    assert made[made != 0].unique().tolist() == pytest.approx([1 / (1 - rate)])
    columns = (made == 0).float().mean(0)  # no place is favoured
    assert float((columns - rate).abs().max()) < 0.2


def test_dropout_is_a_function_of_the_seed_and_nothing_in_eval_mode() -> None:
    x, layer = drawn(7, 11), Dropout(0.4)
    found = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        found.append(layer(x))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert layer.eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_dropout_passes_gradients_where_it_passes_values() -> None:
    x = torch.ones(5, 9, requires_grad=True)
    torch.manual_seed(0)
    made = Dropout(0.5)(x)
    made.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, made.detach())


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_blinkers_equal_the_double_loop(causal: bool, padded: bool, packed: bool) -> None:
    b, n = 3, 6
    keep = torch.arange(n) < torch.tensor([6, 4, 1])[:, None] if padded else torch.ones(b, n, dtype=torch.bool)
    part = torch.tensor([[0, 0, 1, 1, 1, 2], [3, 3, 3, 3, 4, 4], [5] * 6]) if packed else None
    found = blinkers(Tokens(drawn(b, n, 4), keep, (n,), document=part), causal=causal)
    if not (causal or padded or packed):
        assert found is None
        return
    assert found is not None
    seen = (found == 0).expand(b, 1, n, n)
    for row, place, other in product(range(b), range(n), range(n)):
        own = part is None or part[row, place] == part[row, other]
        wanted = bool(keep[row, other]) and bool(own) and (other <= place or not causal)
        assert bool(seen[row, 0, place, other]) == wanted


def test_attention_gives_no_weight_to_what_is_hidden_and_stays_finite() -> None:
    keep = torch.tensor([[True, True, False], [False, False, False]])
    bias = blinkers(Tokens(drawn(2, 3, 4), keep, (3,)), causal=False)
    query, key, value = (drawn(2, 1, 3, 4, seed=seed) for seed in range(3))
    found = attend(query, key, value, bias)
    alone = attend(query[:1, :, :2], key[:1, :, :2], value[:1, :, :2])
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found[:1, :, :2], alone)


def test_words_are_rows_of_their_table() -> None:
    words = Words(10, 4)
    ids = torch.tensor([[1, 9], [0, 1]])
    assert torch.equal(words(ids), words.weight[ids])
