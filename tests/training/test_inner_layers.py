"""Heads that read inner layers: what they see, and that a model so trained answers the same when it is opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core.errors import ContractError
from headstart.models.backbones.cnn import Cnn
from headstart.models.backbones.encoder import Encoder
from headstart.models.backbones.linear import Linear
from headstart.models.backbones.vit import Vit
from headstart.training.inner_layers import row_vectors, vector_width
from tests.helpers.specs import picture_spec, text_spec

TEXTS = {"x": torch.arange(12).view(2, 6), "keep": torch.tensor([[True] * 6, [True] * 4 + [False] * 2])}
PICTURES = {"x": torch.rand(2, 1, 8, 8)}


@pytest.mark.parametrize(
    ("network", "batch", "parts"),
    [
        (Encoder(text_spec(20), width=8, depth=3, heads=2), TEXTS, 3),
        (Vit(picture_spec(1, 8, 8), width=8, depth=2, heads=2, patch=4), PICTURES, 2),
        (Linear(picture_spec(1, 8, 8), width=5), PICTURES, 1),
    ],
)
def test_every_layer_is_a_part_of_length_one_and_the_last_is_the_summary(network, batch, parts: int) -> None:
    network.eval()
    found = row_vectors(network, batch, layers=True)
    each = found.unflatten(1, (parts, -1))
    torch.testing.assert_close(each.norm(dim=2), torch.ones(2, parts))
    summary = torch.nn.functional.normalize(network.summary(network(batch)), dim=1)
    torch.testing.assert_close(each[:, -1], summary)
    assert vector_width(network, batch, layers=True) == found.shape[1]
    torch.testing.assert_close(row_vectors(network, batch, layers=False), network.summary(network(batch)))


def test_the_first_layer_of_an_encoder_is_that_of_an_encoder_of_one_layer() -> None:
    deep, flat = (Encoder(text_spec(20), width=8, depth=depth, heads=2).eval() for depth in (3, 1))
    flat.load_state_dict({name: deep.state_dict()[name] for name in flat.state_dict()})
    inner, _ = deep.depths(TEXTS)
    torch.testing.assert_close(inner[0].x, flat(TEXTS).x)


def test_scales_of_pictures_are_read_where_a_network_has_several() -> None:
    network = Cnn(picture_spec(1, 16, 16)).eval()
    x = {"x": torch.rand(2, 1, 16, 16)}
    assert row_vectors(network, x, layers=True).shape[1] > network.summary(network(x)).shape[1]


def test_a_model_that_reads_inner_layers_answers_the_same_when_it_is_opened(tmp_path: Path) -> None:
    hs.pretrain("digits", out=tmp_path / "start", backbone="vit", objective="masked", steps=2)
    settings = {"task.layers": True}
    model = hs.finetune(
        "digits", start=tmp_path / "start", labels=60, tuning="probe", out=tmp_path / "m", settings=settings
    )
    picture = np.zeros((1, 8, 8), np.uint8)
    again = type(model).load(tmp_path / "m")
    assert model.predict([picture]) == again.predict([picture])
    with pytest.raises(ContractError, match="inner layers"):
        hs.export(model, out=tmp_path / "e", format="transformers")
