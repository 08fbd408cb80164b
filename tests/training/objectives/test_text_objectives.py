"""Hidden words and next words against slower, obvious versions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core import catalog, random
from headstart.core.contracts import Augment, Backbone, Batch
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError, RecipeError
from headstart.data.modalities.text.augment import TextAugment
from headstart.data.modalities.text.text import Text
from headstart.data.storage.gather import MemoryRows, stacked
from headstart.models.nn.bits_per_byte import bits_per_byte
from headstart.training.objectives.causal import Causal
from headstart.training.objectives.masked import Masked
from headstart.training.objectives.mlm.mlm import Mlm, Spans
from tests.helpers.sentences import sentences

TEXTS, _ = sentences(200)
MARKS = (0, 1, 2, 3, 4)
MASK = 4


@pytest.fixture(scope="module")
def modality() -> Text:
    made = Text(vocab=400, length=40)
    made.fit_stored([stacked([made.encode(made.read({"input": text}, Budget())) for text in TEXTS])])
    return made


@pytest.fixture(scope="module")
def batch(modality: Text) -> Batch:
    """All 200 texts, padded, with their keys."""
    rows = [modality.encode(modality.read({"input": text}, Budget())) for text in TEXTS]
    made = modality.collate(MemoryRows(modality, rows).feed(np.arange(200)))
    return {**made, "key": random.keys(0, 0, torch.arange(200))}


@pytest.fixture
def augment(modality: Text) -> Augment:
    return TextAugment(modality)


def network(kind: str, modality: Text) -> Backbone:
    torch.manual_seed(0)
    settings = {"width": 24, "depth": 1, "dropout": 0.0}
    return catalog.load("backbones", kind)(modality.spec, **settings)


def masked(
    modality: Text, batch: Batch, augment: Augment, hide: float = 0.3, spans: Spans = "token"
) -> tuple[Backbone, Mlm]:
    backbone = network("encoder", modality)
    made = Masked(backbone, batch, augment, hide=hide, spans=spans).guess
    assert isinstance(made, Mlm)
    torch.nn.init.normal_(made.bias)
    return backbone, made


def hidden_of(words: Mlm, batch: Batch) -> Tensor:
    """Which places are to be guessed, [B, T] bool."""
    return words._hidden(batch, words._units(batch))


def replaced(words: Mlm, batch: Batch) -> Tensor:
    """The ids that the network sees, [B, T]."""
    rows, places = hidden_of(words, batch).nonzero(as_tuple=True)
    return words._replaced(batch, words._units(batch), rows, places)


SPANS: tuple[Spans, ...] = ("token", "word", "span")


@pytest.mark.parametrize("hide", [0.15, 0.3, 0.9])
def test_the_share_is_hidden_in_every_row_and_never_marks_or_padding(
    modality: Text, batch: Batch, augment: Augment, hide: float
) -> None:
    _, words = masked(modality, batch, augment, hide)
    hidden = hidden_of(words, batch)
    free = batch["keep"] & ~torch.isin(batch["x"], torch.tensor(MARKS))
    assert not bool((hidden & ~free).any())
    wanted = [max(1, round(hide * count)) for count in free.sum(1).tolist()]
    assert hidden.sum(1).tolist() == wanted


def test_a_row_of_marks_alone_hides_nothing(modality: Text, batch: Batch, augment: Augment) -> None:
    backbone, words = masked(modality, batch, augment)
    rows = {name: values[:2].clone() for name, values in batch.items()}
    rows["x"][0] = 3
    assert hidden_of(words, rows).sum(1).tolist()[0] == 0
    assert math.isfinite(words(backbone, rows).loss.item())


@pytest.mark.parametrize("spans", SPANS)
def test_the_loss_equals_the_slow_one_over_all_logits(
    spans: Spans, modality: Text, batch: Batch, augment: Augment
) -> None:
    backbone, words = masked(modality, batch, augment, spans=spans)
    rows = {name: values[:20] for name, values in batch.items()}
    step = words(backbone, rows)
    tokens = backbone({**rows, "x": replaced(words, rows)})
    logits = words.norm(F.gelu(words.dense(tokens.x))) @ backbone.token_vectors.T + words.bias  # [B, T, V]
    losses = F.cross_entropy(logits.transpose(1, 2), rows["x"], reduction="none")
    hidden = hidden_of(words, rows)
    torch.testing.assert_close(
        step.loss, torch.stack([a[b].mean() for a, b in zip(losses, hidden, strict=True)]).mean()
    )
    size = torch.from_numpy(modality.vocabulary.byte_sizes())[rows["x"][hidden]].sum()
    torch.testing.assert_close(step.logs["bits_per_byte"], losses[hidden].sum().detach() / math.log(2) / size)


@pytest.mark.parametrize("spans", SPANS)
def test_of_the_hidden_80_in_100_are_masked_10_changed_and_10_kept(
    spans: Spans, modality: Text, batch: Batch, augment: Augment
) -> None:
    _, words = masked(modality, batch, augment, hide=0.9, spans=spans)
    hidden = hidden_of(words, batch)
    ids = replaced(words, batch)
    assert torch.equal(ids[~hidden], batch["x"][~hidden])
    now, before = ids[hidden], batch["x"][hidden]
    assert len(now) > 2000
    assert float((now == MASK).float().mean()) == pytest.approx(0.8, abs=0.03)
    assert float((now == before).float().mean()) == pytest.approx(0.1, abs=0.03)
    changed = now[(now != MASK) & (now != before)]
    assert len(changed) / len(now) == pytest.approx(0.1, abs=0.03)
    assert not bool(torch.isin(changed, torch.tensor(MARKS)).any())
    assert len(changed.unique()) > 100


@pytest.mark.parametrize("spans", SPANS)
def test_a_row_is_hidden_alike_alone_and_in_company(
    spans: Spans, modality: Text, batch: Batch, augment: Augment
) -> None:
    _, words = masked(modality, batch, augment, spans=spans)
    together = hidden_of(words, batch)
    ids = replaced(words, batch)
    for row in (0, 57, 199):
        length = int(batch["keep"][row].sum())
        alone = {"x": batch["x"][row : row + 1, :length], "keep": batch["keep"][row : row + 1, :length],
                 "key": batch["key"][row : row + 1]}  # fmt: skip
        assert torch.equal(hidden_of(words, alone)[0], together[row, :length])
        assert torch.equal(replaced(words, alone)[0], ids[row, :length])


def test_guessing_gaps_needs_a_mask_token_and_a_backbone_that_looks_both_ways(
    modality: Text, batch: Batch, augment: Augment
) -> None:
    with pytest.raises(ContractError, match="HS-C225"):
        Masked(network("decoder", modality), batch, augment)
    with pytest.raises(ContractError, match="HS-C226"):
        Causal(network("encoder", modality), batch, augment)
    with pytest.raises(RecipeError, match="nothing to learn"):
        Masked(network("encoder", modality), batch, augment, hide=1.0)


@pytest.mark.parametrize("kind", ["decoder", "rnn"])
def test_the_causal_loss_is_cross_entropy_shifted_by_one(
    kind: str, modality: Text, batch: Batch, augment: Augment
) -> None:
    backbone = network(kind, modality)
    rows = {name: values[:20] for name, values in batch.items()}
    step = Causal(backbone, batch, augment)(backbone, rows)
    logits = backbone(rows).x[:, :-1] @ backbone.token_vectors.T
    losses = F.cross_entropy(logits.transpose(1, 2), rows["x"][:, 1:], reduction="none")
    keep = rows["keep"][:, 1:]
    torch.testing.assert_close(step.loss, torch.stack([a[b].mean() for a, b in zip(losses, keep, strict=True)]).mean())
    size = torch.from_numpy(modality.vocabulary.byte_sizes())[rows["x"][:, 1:][keep]].sum()
    torch.testing.assert_close(step.logs["bits_per_byte"], losses[keep].sum().detach() / math.log(2) / size)


def test_knowing_nothing_costs_the_logarithm_of_the_vocabulary(modality: Text, batch: Batch, augment: Augment) -> None:
    for kind, objective in (("encoder", Masked), ("decoder", Causal)):
        assert objective(network(kind, modality), batch, augment).chance_loss(8) == pytest.approx(math.log(400))


def test_bits_per_byte_by_hand() -> None:
    """Three tokens of 2, 1 and 2 bytes, guessed with probabilities 1/4, 1/2 and 1/8, and an end mark for nothing."""
    losses = torch.tensor([1 / 4, 1 / 2, 1 / 8, 1.0]).log().neg()
    sizes = torch.tensor([2.0, 1.0, 2.0, 0.0])
    assert float(bits_per_byte(losses, sizes)) == pytest.approx((2 + 1 + 3) / 5)


def test_bits_per_byte_of_a_uniform_guess_on_a_byte_level_tokenizer(modality: Text, augment: Augment) -> None:
    backbone = network("decoder", modality)
    torch.nn.init.zeros_(backbone.token_vectors)  # every id is as likely as any other
    rows = [modality.encode(modality.read({"input": "ship and tide"}, Budget()))] * 2
    given = {**modality.collate(MemoryRows(modality, rows).feed(np.arange(2))), "key": torch.arange(2)}
    step = Causal(backbone, given, augment)(backbone, given)
    guessed = given["x"].shape[1] - 1
    bits = guessed * math.log2(400) / len(" ship and tide")
    assert float(step.logs["bits_per_byte"]) == pytest.approx(bits, rel=1e-5)
    assert step.loss.item() == pytest.approx(math.log(400), rel=1e-5)


def test_penalties_on_the_states_equal_their_loops_and_hold_in_training_only(
    modality: Text, batch: Batch, augment: Augment
) -> None:
    backbone = network("rnn", modality)
    rows = {name: values[:6] for name, values in batch.items()}
    rows["document"] = (torch.arange(rows["x"].shape[1]) > 4).long().expand_as(rows["x"])
    bare = Causal(backbone, batch, augment)(backbone, rows).loss
    objective = Causal(backbone, batch, augment, ar=2.0, tar=3.0)
    states, expected = backbone(rows).x, bare
    for state, keep in zip(states, rows["keep"], strict=True):
        there = int(keep.sum())
        sizes = [state[t].square().mean() for t in range(there)]
        changes = [(state[t] - state[t - 1]).square().mean() for t in range(1, there) if t != 5]
        expected = expected + (2 * torch.stack(sizes).mean() + 3 * torch.stack(changes).mean()) / 6
    step = objective(backbone, rows)
    torch.testing.assert_close(step.loss, expected)
    torch.testing.assert_close(step.logs["penalty"], (expected - bare).detach())
    step.loss.backward()
    assert objective.eval()(backbone, rows).loss.item() == pytest.approx(bare.item())


@pytest.mark.parametrize("name", ["ar", "tar"])
def test_a_penalty_below_zero_is_refused(name: str, modality: Text, batch: Batch, augment: Augment) -> None:
    with pytest.raises(RecipeError, match=f"objective.{name}: .*must not be below 0"):
        Causal(network("rnn", modality), batch, augment, **{name: -1.0})
