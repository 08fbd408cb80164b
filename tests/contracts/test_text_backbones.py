"""The contract of backbones that read token ids: padding, order, packed documents and the vocabulary."""

from __future__ import annotations

import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Backbone
from tests.helpers.worlds import World, built, needed, some

ONE_MEMORY = ("rnn",)  # documents of a packed row share it, as their docstring says
NUMBERED_PLACES = ("hf",)  # a BERT adds a vector of each place, so that a later document reads differently

pytestmark = [
    pytest.mark.parametrize("kind", catalog.kinds("backbones")),
    pytest.mark.parametrize("world", ["sentences"], indirect=True),
]


@pytest.fixture
def backbone(kind: str, world: World) -> Backbone:
    """A fresh network that answers without dropout, with weights large enough to show mistakes."""
    made = needed(built(kind, world), kind).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1.5)
    return made


def test_padding_behind_a_row_changes_nothing(backbone: Backbone, world: World) -> None:
    keep = world.batch["keep"]
    row = int(keep.sum(1).argmin())
    length = int(keep[row].sum())
    assert length < keep.shape[1]
    padded = some(world.batch, slice(row, row + 1))
    alone = {name: values if name == "key" else values[:, :length] for name, values in padded.items()}
    one, other = backbone(padded), backbone(alone)
    assert torch.allclose(one.x[:, :length], other.x, atol=1e-5)
    assert torch.allclose(backbone.summary(one), backbone.summary(other), atol=1e-5)
    noise = torch.where(padded["keep"], padded["x"], 77)
    assert torch.allclose(backbone.summary(backbone({**padded, "x": noise})), backbone.summary(one), atol=1e-5)


def test_a_causal_place_does_not_see_later_ones_and_any_other_does(backbone: Backbone, world: World) -> None:
    assert world.packed is not None
    rows = {name: values for name, values in some(world.packed, slice(0, 4)).items() if name != "document"}
    changed = rows["x"].clone()
    changed[:, 20] = (changed[:, 20] + 1) % world.spec.sizes["vocab"]
    one, other = backbone(rows).x, backbone({**rows, "x": changed}).x
    assert torch.allclose(one[:, :20], other[:, :20], atol=1e-5) == backbone.causal
    assert not torch.allclose(one[:, 20:], other[:, 20:], atol=1e-5)


def test_a_causal_backbone_reads_in_pieces_what_it_reads_in_one_go_and_any_other_says_no(
    backbone: Backbone, world: World
) -> None:
    assert world.packed is not None
    x = world.packed["x"][:3]
    with torch.inference_mode():
        if not backbone.causal:
            assert backbone.cache is None
            return
        memory, found = None, []
        for piece in (x[:, :5], x[:, 5:6], x[:, 6:7], x[:, 7:]):
            states, memory = backbone.cache(piece, memory)
            found.append(states)
        whole = backbone({"x": x, "keep": torch.ones_like(x, dtype=torch.bool)}).x
    assert torch.allclose(torch.cat(found, 1), whole, atol=1e-5)


def test_documents_of_a_packed_row_do_not_see_each_other(kind: str, backbone: Backbone, world: World) -> None:
    if kind in ONE_MEMORY:
        pytest.skip(f"{kind} has one memory for a row")
    assert world.packed is not None
    changed = world.packed["x"].clone()
    part = world.packed["document"]
    first = part == part[:, :1]  # [B, T] the document that each row begins with
    assert bool((~first).any(1).any())
    changed[first] = 77
    one, other = backbone(world.packed).x, backbone({**world.packed, "x": changed}).x
    assert torch.allclose(one[~first], other[~first], atol=1e-5)
    assert not torch.allclose(one[first], other[first], atol=1e-3)


def test_a_packed_document_is_read_as_if_it_were_alone(kind: str, backbone: Backbone, world: World) -> None:
    if kind in ONE_MEMORY + NUMBERED_PLACES:
        pytest.skip(f"{kind} promises less")
    assert world.packed is not None
    row = some(world.packed, slice(1, 2))
    together = backbone(row).x[0]
    documents = row["document"][0].unique()
    assert len(documents) > 1
    for number in documents:
        its = row["document"][0] == number
        alone = backbone({"x": row["x"][:, its], "keep": row["keep"][:, its]}).x[0]
        assert torch.allclose(together[its], alone, atol=1e-5)


def test_the_vocabulary_is_one_vector_an_id(backbone: Backbone, world: World) -> None:
    vocab, width = backbone.token_vectors.shape
    assert vocab >= world.spec.sizes["vocab"]
    assert width > 0
    assert any(backbone.token_vectors is parameter for parameter in backbone.layers()[0].parameters())
