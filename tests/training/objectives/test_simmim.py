"""Squares painted over before a convolutional network: what is hidden, what is guessed, what is learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from headstart.core import random
from headstart.core.contracts import Backbone, Batch
from headstart.core.errors import ContractError, RecipeError
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.modalities.image.image import Image
from headstart.models.backbones.cnn import Cnn
from headstart.models.backbones.dictionary import Dictionary
from headstart.models.backbones.linear import Linear
from headstart.models.backbones.resnet import Resnet
from headstart.models.backbones.timm import Timm
from headstart.models.backbones.vit import Vit
from headstart.training.objectives.mae import Mae
from headstart.training.objectives.masked import Masked
from headstart.training.objectives.simmim import Simmim
from tests.helpers.specs import picture_spec

SPEC = picture_spec(1, 12, 12)


def painter(backbone: Backbone, batch: Batch, augment: Augment, **settings: Any) -> tuple[Masked, Simmim]:
    objective = Masked(backbone, batch, augment, **settings)
    assert isinstance(objective.guess, Simmim)
    return objective, objective.guess


def test_the_backbone_decides_what_is_hidden(pictures: Batch, augment: Callable[..., Augment]) -> None:
    assert isinstance(Masked(Vit(SPEC, patch=4), pictures, augment()).guess, Mae)
    public = Timm(SPEC, architecture="resnet18", model_args={"layers": [1, 1, 1, 1], "channels": [4, 4, 4, 8]})
    for backbone in (Cnn(SPEC), Resnet(SPEC, depth=10, width=4), public, Dictionary(SPEC, words=8, kernel=3)):
        assert isinstance(Masked(backbone, pictures, augment()).guess, Simmim)
    with pytest.raises(ContractError, match=r"HS-C221.*linear has no map"):
        Masked(Linear(SPEC), pictures, augment())


def test_the_loss_is_the_mean_over_hidden_pixels_of_each_row(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone = Cnn(SPEC, channels=(8, 16)).eval()
    objective, guess = painter(backbone, pictures, augment(), patch=5)
    objective.eval()
    hidden = guess._hidden(pictures["key"])
    ready = objective.augment(pictures)
    guessed = guess._guessed(backbone, ready, hidden)
    rows: list[float] = []
    for row in range(96):
        errors = [
            abs((guessed[row, 0, i, j] - ready["x"][row, 0, i, j]).item())
            for i in range(12)
            for j in range(12)
            if hidden[row, 0, i, j]
        ]
        rows.append(sum(errors) / len(errors))
    assert objective(backbone, pictures).loss.item() == pytest.approx(sum(rows) / 96, rel=1e-5)


def test_every_row_hides_as_many_squares_where_its_key_says(pictures: Batch, augment: Callable[..., Augment]) -> None:
    _, guess = painter(Cnn(SPEC), pictures, augment(), patch=4, hide=0.6)
    hidden = guess._hidden(pictures["key"])
    squares = hidden.view(96, 3, 4, 3, 4).float().mean((2, 4))  # [B, 3, 3]
    assert set(squares.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(squares.sum((1, 2)), torch.full((96,), 5.0))  # round(0.6 * 9)
    assert torch.equal(guess._hidden(pictures["key"][3:7]), hidden[3:7])
    assert len({tuple(row.flatten().tolist()) for row in squares}) > 48


@pytest.mark.parametrize(("side", "patch"), [(8, 1), (12, 2), (28, 5), (32, 5), (192, 32), (224, 37)])
def test_squares_are_a_sixth_of_the_picture(side: int, patch: int) -> None:
    modality = Image.of((side, side), 1, [0.5], [0.5])
    batch = {"x": torch.zeros(2, 1, side, side, dtype=torch.uint8), "key": random.keys(0, 0, torch.arange(2))}
    _, guess = painter(Resnet(modality.spec, depth=10, width=4), batch, Augment(modality))
    assert guess.patch == patch
    hidden = guess._hidden(batch["key"])
    assert hidden.shape == (2, 1, side, side)
    assert 0.4 < hidden.float().mean() < 0.75


def test_hidden_pixels_do_not_reach_the_guess(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone = Cnn(SPEC, channels=(8, 16)).eval()
    objective, guess = painter(backbone, pictures, augment())
    objective.eval()
    hidden = guess._hidden(pictures["key"])
    shown = objective.illustrate(backbone, pictures)
    other = {**pictures, "x": torch.where(hidden, 255 - pictures["x"], pictures["x"])}
    assert torch.equal(objective.illustrate(backbone, other)["reconstruction"], shown["reconstruction"])
    assert torch.equal(shown["reconstruction"][~hidden], shown["input"][~hidden])
    assert torch.equal(shown["masked"][~hidden], shown["input"][~hidden])
    assert shown["masked"][hidden].unique().numel() == 1  # the one colour


def test_the_colour_begins_as_the_mean_and_is_learned(pictures: Batch, augment: Callable[..., Augment]) -> None:
    change = augment("unit")
    backbone = Cnn(SPEC, channels=(8, 16))
    objective, guess = painter(backbone, pictures, change)
    assert guess.colour.item() == pytest.approx(pictures["x"].float().mean().item() / 255, rel=1e-4)
    objective(backbone, pictures).loss.backward()
    assert guess.colour.grad is not None
    assert guess.colour.grad.abs().sum() > 0


def test_pictures_that_the_map_does_not_divide_are_painted_whole(augment: Callable[..., Augment]) -> None:
    modality = Image.of((15, 22), 3, [0.5] * 3, [0.5] * 3)
    batch = {"x": torch.randint(0, 256, (4, 3, 15, 22), dtype=torch.uint8), "key": random.keys(0, 0, torch.arange(4))}
    backbone = Cnn(modality.spec, channels=(4, 8, 8))  # a map of 3 x 5
    objective, guess = painter(backbone, batch, Augment(modality))
    assert (guess.grid, guess.covered) == ((3, 5), (5, 5))
    assert {tuple(x.shape) for x in objective.illustrate(backbone, batch).values()} == {(4, 3, 15, 22)}
    assert torch.isfinite(objective(backbone, batch).loss)


@pytest.mark.parametrize("norm", ["batch", "group"])
def test_it_learns_to_paint_better_than_the_mean_colour(
    norm: Any, pictures: Batch, augment: Callable[..., Augment]
) -> None:
    backbone = Cnn(SPEC, channels=(16, 32), norm=norm)
    objective, _ = painter(backbone, pictures, augment(shift=0), patch=3)
    optimizer = torch.optim.Adam([*backbone.parameters(), *objective.parameters()], 3e-3)
    losses: list[float] = []
    for _ in range(60):
        step = objective(backbone, pictures)
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
        losses.append(step.loss.item())
    ready = augment().modality.ready(pictures)["x"]
    assert losses[-1] < 0.75 * (ready - ready.mean()).abs().mean().item()


@pytest.mark.parametrize("patch", [0, -1, 12, 99])
def test_squares_must_fit(patch: int, pictures: Batch, augment: Callable[..., Augment]) -> None:
    with pytest.raises(RecipeError, match=r"HS-R300.*objective.patch"):
        Masked(Cnn(SPEC), pictures, augment(), patch=patch)
