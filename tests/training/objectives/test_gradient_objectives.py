"""Autoencoder, masked and contrastive objectives against slow, obvious versions."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from headstart.core.contracts import Batch
from headstart.core.errors import ContractError, RecipeError
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.models.backbones.mlp import Mlp
from headstart.models.backbones.vit import Vit
from headstart.training.objectives.autoencoder import Autoencoder
from headstart.training.objectives.contrastive import Contrastive, matching_loss
from headstart.training.objectives.mae import Mae
from headstart.training.objectives.masked import Masked
from headstart.training.objectives.supervised import Supervised
from tests.helpers.specs import picture_spec

SPEC = picture_spec(1, 12, 12)


def test_contrastive_loss_equals_the_double_loop() -> None:
    vectors = torch.randn(10, 6, generator=torch.Generator().manual_seed(1))
    loss, accuracy = matching_loss(vectors, 0.3)
    total, hits = 0.0, 0
    for i in range(10):
        partner, scores = (i + 5) % 10, {}
        for j in range(10):
            if j != i:
                scores[j] = torch.cosine_similarity(vectors[i], vectors[j], dim=0).item() / 0.3
        total += math.log(sum(math.exp(s) for s in scores.values())) - scores[partner]
        hits += max(scores, key=scores.__getitem__) == partner
    assert loss.item() == pytest.approx(total / 10, rel=1e-5)
    assert accuracy.item() == pytest.approx(hits / 10)


def test_contrastive_loss_is_float32_under_autocast() -> None:
    vectors = torch.randn(8, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside, _ = matching_loss(vectors, 0.2)
        assert matching_loss(vectors.bfloat16(), 0.2)[0].dtype == torch.float32
    assert torch.equal(inside, matching_loss(vectors, 0.2)[0])


def test_a_decoupled_pair_is_drawn_near_however_well_it_is_known() -> None:
    torch.manual_seed(0)
    vectors = torch.randn(6, 4)
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    rows = []
    for i in range(6):
        partner = (i + 3) % 6
        others = [(unit[i] @ unit[j] / 0.3).exp() for j in range(6) if j not in (i, partner)]
        rows.append(torch.stack(others).sum().log() - unit[i] @ unit[partner] / 0.3)
    torch.testing.assert_close(matching_loss(vectors, 0.3, decoupled=True)[0], torch.stack(rows).mean())
    # a pair that is known for sure: only the decoupled loss still draws it near
    known = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [1.0, 0.1], [-1.0, 0.1]])
    pulls = []
    for decoupled in (False, True):
        asked = known.clone().requires_grad_()
        matching_loss(asked, 0.1, decoupled=decoupled)[0].backward()
        assert asked.grad is not None
        pulls.append(asked.grad.norm().item())
    assert pulls[0] < 1e-3 < pulls[1]


def test_contrastive_learns_to_pick_partners(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone = Mlp(SPEC, widths=(64, 32))
    objective = Contrastive(backbone, pictures, augment(), projector=(32, 16))
    optimizer = torch.optim.Adam([*backbone.parameters(), *objective.parameters()], 1e-3)
    accuracy = 0.0
    for _ in range(40):
        step = objective(backbone, pictures)
        accuracy = step.logs["accuracy"].item()
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
    assert accuracy > 0.7
    assert not objective.needs.rows_independent


def test_masked_loss_equals_the_loop_over_hidden_patches(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone = Vit(SPEC, patch=4, width=48, depth=1).eval()
    objective = Masked(backbone, pictures, augment(), decoder_width=32, decoder_depth=1).eval()
    assert isinstance(objective.guess, Mae)
    shown, hidden = objective.guess._parts(pictures["key"])
    assert shown.shape == (96, 2)  # a quarter of 9 places
    assert torch.equal(torch.cat([shown, hidden], 1).sort(1).values, torch.arange(9).expand(96, 9))
    ready = objective.augment(pictures)
    guess = objective.guess._painted(backbone.encode(backbone.embed(ready).take(shown)), shown, hidden)
    errors: list[float] = []
    for row in range(96):
        for number, place in enumerate(hidden[row].tolist()):
            top, left = 4 * (place // 3), 4 * (place % 3)
            patch = ready["x"][row, :, top : top + 4, left : left + 4].flatten()
            patch = (patch - patch.mean()) / (patch.var(unbiased=False) + 1e-6).sqrt()
            errors.append((guess[row, number] - patch).square().mean().item())
    assert objective(backbone, pictures).loss.item() == pytest.approx(sum(errors) / len(errors), rel=1e-4)


def test_hidden_pixels_do_not_reach_the_guess(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone = Vit(SPEC, patch=4, width=48, depth=1).eval()
    objective = Masked(backbone, pictures, augment(), norm_pixels=False).eval()
    shown = objective.illustrate(backbone, pictures)
    blanked = {**pictures, "x": torch.where(shown["masked"] == 0, 0, pictures["x"])}
    again = objective.illustrate(backbone, blanked)
    where = shown["masked"] == 0
    assert torch.allclose(again["reconstruction"][where], shown["reconstruction"][where], atol=1e-5)
    assert torch.equal(shown["reconstruction"][~where], shown["input"][~where])


def test_masked_refuses_a_backbone_that_cannot_hide(pictures: Batch, augment: Callable[..., Augment]) -> None:
    with pytest.raises(ContractError, match=r"mlp has no map.*vit.*cnn"):
        Masked(Mlp(SPEC), pictures, augment())
    with pytest.raises(RecipeError, match="hide"):
        Masked(Vit(SPEC, patch=4), pictures, augment(), hide=1.0)
    with pytest.raises(ContractError, match="at least 2 equal patches"):
        Masked(Vit(SPEC, patch=12), pictures, augment())


def test_autoencoder_loss_equals_its_formula(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone, change = Mlp(SPEC, widths=(20, 5)), augment("unit").eval()
    ready = pictures["x"] / 255
    mse = Autoencoder(backbone, pictures, change)
    painted = mse.decoder(backbone({"x": ready}))
    assert mse(backbone, pictures).loss.item() == pytest.approx((painted - ready).square().mean().item(), rel=1e-5)
    bce = Autoencoder(backbone, pictures, change, loss="bce", output="sigmoid")
    p = bce.decoder(backbone({"x": ready})).sigmoid()
    slow = -(ready * p.log() + (1 - ready) * (1 - p).log()).mean().item()
    step = bce(backbone, pictures)
    assert step.loss.item() == pytest.approx(slow, rel=1e-4)
    assert step.logs["mse"].item() == pytest.approx((p - ready).square().mean().item(), rel=1e-4)


def test_sigmoid_needs_pixels_between_0_and_1(pictures: Batch, augment: Callable[..., Augment]) -> None:
    with pytest.raises(ContractError, match="standardised"):
        Autoencoder(Mlp(SPEC), pictures, augment(), output="sigmoid")
    with pytest.raises(ContractError, match="between 0 and 1"):
        Autoencoder(Mlp(SPEC), pictures, augment("unit"), loss="bce")


def test_noise_spoils_the_input_and_not_the_target(pictures: Batch, augment: Callable[..., Augment]) -> None:
    backbone, change = Mlp(SPEC, widths=(20,)), augment().eval()
    clean = change(pictures)["x"]
    for kind in ("mask", "gaussian"):
        objective = Autoencoder(backbone, pictures, change, noise=0.3, noise_kind=kind)  # pyright: ignore[reportArgumentType]
        shown = objective.illustrate(backbone, pictures)
        assert torch.equal(shown["input"], clean)
        changed = shown["spoilt"] != clean
        assert changed.float().mean().item() == pytest.approx(0.3 if kind == "mask" else 1.0, abs=0.02)
        again = objective.illustrate(backbone, {name: v[5:9] for name, v in pictures.items()})
        assert torch.equal(again["spoilt"], shown["spoilt"][5:9])


def test_supervised_settles_by_the_labels() -> None:
    assert Supervised.infer_settings(["cat", "dog", "cat"])["task"] == "classify"
    assert Supervised.infer_settings([1, 2, 3, None])["task"] == "classify"
    assert Supervised.infer_settings([0.5, 1.25, 3.0])["task"] == "regress"
    assert Supervised.infer_settings(["cat", "dog"])["settings"]["classes"] == ["cat", "dog"]
