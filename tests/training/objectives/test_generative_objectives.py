"""Autoencoders with a penalty, variational and adversarial ones, against slow, obvious versions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from benchmarks.frechet import frechet
from headstart.core import catalog, random
from headstart.core.contracts import Backbone, Batch, Objective
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError, RecipeError
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.modalities.image.image import Image
from headstart.models.backbones.linear import Linear
from headstart.models.backbones.mlp import Mlp
from headstart.training.latent.adversarial import accuracy, judging, misled, slope, told_apart
from headstart.training.latent.latent import IN_TRAINING, OutputDistribution, flat
from headstart.training.objectives.aae import Aae
from headstart.training.objectives.ali import Ali
from headstart.training.objectives.autoencoder import Autoencoder, crowding, felt_slope
from headstart.training.objectives.vae import Vae
from tests.helpers.specs import picture_spec, text_spec

SPEC = picture_spec(1, 12, 12)
DIGITS = picture_spec(1, 8, 8)
Change = Callable[..., Augment]


@pytest.fixture(scope="module")
def digits() -> tuple[Batch, Augment]:
    """scikit-learn's digits, 1,797 of 8 x 8, and an augmentation that leaves them alone."""
    flat_pixels, _ = load_digits(return_X_y=True)
    pixels = (np.asarray(flat_pixels).reshape(-1, 1, 8, 8) * 15.9375).astype(np.uint8)
    modality = Image()
    modality.fit([{"input": pixels[0, 0]}], Budget())
    modality.fit_stored([{"x": pixels}])
    batch = {"x": torch.from_numpy(pixels), "key": random.keys(0, 0, torch.arange(len(pixels)))}
    return batch, Augment(modality, shift=0)


def learned(backbone: Backbone, objective: Objective, rows: Batch, steps: int, lr: float = 2e-3) -> dict[str, float]:
    """So many steps of Adam over batches of 128; the logs of the last."""
    optimizer = torch.optim.Adam([*backbone.parameters(), *objective.parameters()], lr, betas=(0.5, 0.999))
    logs: dict[str, Tensor] = {}
    for i in range(steps):
        chosen = torch.randperm(len(rows["key"]), generator=torch.Generator().manual_seed(i))[:128]
        step = objective(backbone, {"x": rows["x"][chosen], "key": random.keys(0, i, chosen)})
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
        objective.after_step(backbone)
        logs = step.logs
    return {name: float(value) for name, value in logs.items()}


def gradients(module: nn.Module, loss: Tensor) -> list[Tensor]:
    parameters = list(module.parameters())
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, found, strict=True)]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(one, other, strict=True))


# variational


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("scale", ["standard", "unit"])
def test_the_vae_s_loss_equals_the_evidence_bound(
    pictures: Batch, augment: Change, likelihood: str, scale: str
) -> None:
    change, backbone = augment(scale, shift=0).eval(), Mlp(SPEC, widths=(20, 7))
    objective = Vae(backbone, pictures, change, code=3, beta=2.0, likelihood=likelihood)  # pyright: ignore[reportArgumentType]
    objective.variance.fill_(0.7)
    ready = change(pictures)
    seen, noise = pictures["x"] / 255.0, random.normal(pictures["key"], 3, IN_TRAINING)
    total = 0.0
    for row in range(96):
        one = {"x": ready["x"][row : row + 1]}
        mean, spread = objective.squeezer(backbone(one))[0].chunk(2)
        code = torch.distributions.Normal(mean, (spread / 2).exp())
        kl = torch.distributions.kl_divergence(code, torch.distributions.Normal(0.0, 1.0)).sum()
        painted = objective.generator((mean + (spread / 2).exp() * noise[row])[None])[0]
        if likelihood == "bernoulli":
            p = painted.sigmoid()
            likely = (seen[row] * p.log() + (1 - seen[row]) * (1 - p).log()).sum()
        else:
            likely = torch.distributions.Normal(painted, math.sqrt(0.7)).log_prob(ready["x"][row]).sum()
        total += (-likely + 2 * kl).item()
    step = objective(backbone, pictures)
    assert step.loss.item() == pytest.approx(total / 96 / 144, rel=1e-4)


def test_free_bits_ask_nothing_of_codes_that_say_little(pictures: Batch, augment: Change) -> None:
    backbone, change = Mlp(SPEC, widths=(20, 7)), augment(shift=0)
    paid = Vae(backbone, pictures, change, code=3)
    free = Vae(backbone, pictures, change, code=3, free_bits=50.0)
    free.load_state_dict(paid.state_dict())
    difference = free(backbone, pictures).loss - paid(backbone, pictures).loss
    kl = paid(backbone, pictures).logs["kl"]
    assert difference.item() == pytest.approx((3 * 50.0 - kl.item()) / 144, rel=1e-4)
    nothing = Vae(backbone, pictures, change, code=3, free_bits=50.0, beta=100.0)
    nothing.load_state_dict(paid.state_dict())
    assert same(gradients(nothing, nothing(backbone, pictures).loss), gradients(free, free(backbone, pictures).loss))


def test_the_variance_follows_the_errors_between_steps_only(pictures: Batch, augment: Change) -> None:
    backbone = Mlp(SPEC, widths=(20, 7))
    objective = Vae(backbone, pictures, augment(shift=0), likelihood="gaussian")
    first, again = objective(backbone, pictures), objective(backbone, pictures)
    assert torch.equal(first.loss, again.loss)
    objective.after_step(backbone)
    assert objective.variance.item() == pytest.approx(0.9 + 0.1 * first.logs["mse"].item())
    objective.eval()
    objective(backbone, {name: rows[:5] for name, rows in pictures.items()})
    objective.after_step(backbone)
    assert objective.variance.item() == pytest.approx(0.81 + 0.19 * first.logs["mse"].item())


def test_a_vae_learns_to_draw_digits_and_a_dear_code_collapses(digits: tuple[Batch, Augment]) -> None:
    rows, change = digits
    real = rows["x"].flatten(1).numpy() / 255.0
    found: dict[float, tuple[dict[str, float], float]] = {}
    for beta in (1.0, 1000.0):
        torch.manual_seed(0)
        backbone = Mlp(DIGITS, widths=(64, 32))
        objective = Vae(backbone, rows, change, code=6, beta=beta)
        logs = learned(backbone, objective, rows, 250)
        with torch.no_grad():
            new = change.modality.view.denormalise(objective.decode(objective.sample(rows["key"]))).flatten(1).numpy()
        found[beta] = logs, frechet(new, real)
    assert found[1.0][0]["active"] >= 3
    assert found[1000.0][0]["active"] == 0
    # 64 pixels whose variance adds up to 4.7; one mean digit for everything is off by all of it
    assert found[1.0][1] < 3.3 < 4.0 < found[1000.0][1]


# adversarial


def test_a_contest_s_losses_are_those_of_the_paper() -> None:
    real, made = torch.randn(9, 1), torch.randn(9, 1)
    slow = -sum(math.log(torch.sigmoid(r).item()) for r in real) / 9
    slow -= sum(math.log(1 - torch.sigmoid(m).item()) for m in made) / 9
    assert told_apart(real, made).item() == pytest.approx(slow, rel=1e-5)
    assert accuracy(torch.tensor([[1.0], [-1.0]]), torch.tensor([[-1.0], [-2.0]])).item() == 0.75


def test_who_is_misled_learns_nothing_from_it() -> None:
    discriminator, inputs = judging(5, 8), torch.randn(4, 5, requires_grad=True)
    logits = misled(discriminator, inputs)
    assert torch.equal(logits, discriminator(inputs))
    logits.sum().backward()
    assert inputs.grad is not None
    assert bool(inputs.grad.abs().sum() > 0)
    assert all(p.grad is None for p in discriminator.parameters())


def test_the_slope_of_an_affine_judge_is_its_weight() -> None:
    judge = nn.Linear(5, 1)
    with torch.no_grad():  # as those do who only look
        found = slope(judge, torch.randn(7, 5))
    assert found.item() == pytest.approx(judge.weight.square().sum().item(), rel=1e-5)
    slope(judge, torch.randn(7, 5)).backward()
    assert judge.weight.grad is not None
    assert torch.allclose(judge.weight.grad, 2 * judge.weight)


def test_both_players_of_an_aae_follow_their_own_loss_alone(pictures: Batch, augment: Change) -> None:
    change, backbone = augment(shift=0).eval(), Mlp(SPEC, widths=(20, 7))
    objective = Aae(backbone, pictures, change, code=3, weight=0.3, penalty=2.0)
    ready = change(pictures)
    code, drawn = objective.encode(backbone, ready), random.normal(pictures["key"], 3, IN_TRAINING)
    judge = objective.discriminator
    real, made = judge(drawn).sigmoid(), judge(code.detach()).sigmoid()
    fooling = judge(code).sigmoid()
    p, seen = objective.generator(code).sigmoid(), pictures["x"] / 255.0
    missed = -(seen * p.log() + (1 - seen) * (1 - p).log()).mean()
    flat_enough = slope(judge, drawn) + slope(judge, code)
    judge_s = -real.log().mean() - (1 - made).log().mean() + 2.0 / 2 * flat_enough
    encoder_s = missed - 0.3 * fooling.log().mean()
    loss = objective(backbone, pictures).loss
    assert loss.item() == pytest.approx((judge_s + encoder_s).item(), rel=1e-4)
    assert same(gradients(judge, loss), gradients(judge, judge_s))
    for part in (backbone, objective.squeezer, objective.generator):
        assert same(gradients(part, loss), gradients(part, encoder_s))


def test_both_sides_of_ali_follow_their_own_loss_alone(pictures: Batch, augment: Change) -> None:
    change, backbone = augment(shift=0).eval(), Mlp(SPEC, widths=(20, 7))
    objective = Ali(backbone, pictures, change, code=3, cycle=4.0, penalty=2.0)
    ready, judge = change(pictures), objective.discriminator
    x, drawn = ready["x"], random.normal(pictures["key"], 3, IN_TRAINING)
    code, new = objective.encode(backbone, ready), objective.decode(drawn)
    real, made = judge(x, code.detach()).sigmoid(), judge(new.detach(), drawn).sigmoid()
    judge_s = -real.log().mean() - (1 - made).log().mean() + 2.0 / 2 * slope(judge, x, code)
    seen, dreamt = judge(x, code).sigmoid(), judge(new, drawn).sigmoid()
    p, white = objective.generator(code).sigmoid(), pictures["x"] / 255.0
    missed = -(white * p.log() + (1 - white) * (1 - p).log()).mean()
    players_s = -(1 - seen).log().mean() - dreamt.log().mean() + 4.0 * missed
    loss = objective(backbone, pictures).loss
    assert loss.item() == pytest.approx((judge_s + players_s).item(), rel=1e-4)
    assert same(gradients(judge, loss), gradients(judge, judge_s))
    for part in (backbone, objective.squeezer, objective.generator):
        assert same(gradients(part, loss), gradients(part, players_s))


@pytest.mark.parametrize("kind", ["aae", "ali"])
def test_adversaries_learn_to_draw_digits(digits: tuple[Batch, Augment], kind: str) -> None:
    rows, change = digits
    torch.manual_seed(0)
    backbone = Mlp(DIGITS, widths=(64, 32))
    objective = catalog.load("objectives", kind)(backbone, rows, change, code=6, hidden=64)
    real = rows["x"].flatten(1).numpy() / 255.0

    def distance() -> float:
        with torch.no_grad():
            return frechet(
                change.modality.view.denormalise(objective.decode(objective.sample(rows["key"]))).flatten(1).numpy(),
                real,
            )

    before = distance()
    logs = learned(backbone, objective, rows, 300)
    assert distance() < 2.0 < before
    assert 0.5 <= logs["accuracy"] < 0.99


# what all of them share


@pytest.mark.parametrize("backbone", ["mlp", "linear", "cnn", "resnet", "vit"])
@pytest.mark.parametrize("kind", ["autoencoder", "vae", "aae", "ali"])
def test_what_is_painted_from_a_code_is_the_reconstruction(
    pictures: Batch, augment: Change, kind: str, backbone: str
) -> None:
    small = {"vit": {"width": 24, "depth": 1, "patch": 4}, "resnet": {"width": 4, "depth": 10}}.get(backbone, {})
    network: Backbone = catalog.load("backbones", backbone)(SPEC, **small).eval()
    change = augment().eval()
    objective: Objective = catalog.load("objectives", kind)(network, pictures, change).eval()
    with torch.no_grad():
        code = objective.encode(network, change(pictures))
        painted = objective.decode(code)
    assert code.ndim == 2
    shown = objective.illustrate(network, pictures)
    assert torch.allclose(painted, shown["reconstruction"], atol=1e-5)
    if kind != "autoencoder":
        assert torch.equal(shown["sample"], objective.decode(objective.sample(pictures["key"])))


@pytest.mark.parametrize("kind", ["vae", "aae", "ali"])
def test_codes_that_nobody_has_seen_are_a_function_of_their_keys(pictures: Batch, augment: Change, kind: str) -> None:
    backbone = Mlp(SPEC, widths=(20, 7))
    objective: Objective = catalog.load("objectives", kind)(backbone, pictures, augment(), code=4)
    key = random.keys(3, 0, torch.arange(5000))
    codes = objective.sample(key)
    assert codes.shape == (5000, 4)
    assert torch.equal(objective.sample(key[7:9]), codes[7:9])
    assert codes.mean(0).abs().max() < 0.06
    assert (codes.T.cov() - torch.eye(4)).abs().max() < 0.08


def test_a_plain_autoencoder_cannot_draw() -> None:
    assert Autoencoder.latent is not None
    assert Autoencoder.latent.sample is None


def test_painted_logits_look_as_their_sigmoid_does(pictures: Batch, augment: Change) -> None:
    logits = torch.randn(3, 1, 12, 12)
    for scale in ("standard", "unit"):
        change = augment(scale)
        looks = OutputDistribution(change, pictures, "bernoulli").mean(logits)
        assert torch.allclose(change.modality.view.denormalise(looks), logits.sigmoid(), atol=1e-6)
        assert torch.equal(OutputDistribution(change, pictures, "gaussian").mean(logits), logits)


def test_what_cannot_be_painted_is_refused(pictures: Batch, augment: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    change = augment()
    with monkeypatch.context() as patched:
        patched.setattr(type(change.modality.view), "denormalise", lambda self, x: 5 * x)
        with pytest.raises(ContractError, match=r"between 0 and 1.*gaussian"):
            Vae(Mlp(SPEC), pictures, change)
        Vae(Mlp(SPEC), pictures, change, likelihood="gaussian")
    monkeypatch.setattr(type(change.modality), "spec", text_spec(9))
    for kind in (Vae, Aae, Ali):
        with pytest.raises(ContractError, match=r"HS-C303.*does not learn from these data.*layout ids, expected grid"):
            kind(Mlp(SPEC), pictures, change)


# sparse and contractive


def test_crowding_counts_numbers_whatever_their_scale() -> None:
    one, all_alike = torch.zeros(1, 16), torch.full((1, 16), -3.0)
    one[0, 5] = 7.0
    assert crowding(one).item() == pytest.approx(1 / 4)
    assert crowding(all_alike).item() == pytest.approx(1.0)
    some = torch.randn(5, 16)
    assert torch.allclose(crowding(some), crowding(1000 * some))
    slow = [row.abs().mean().item() / row.square().mean().sqrt().item() for row in some]
    assert crowding(some).tolist() == pytest.approx(slow, rel=1e-5)


def test_the_felt_slope_is_the_jacobian_s_norm_in_the_mean(pictures: Batch, augment: Change) -> None:
    backbone = Linear(SPEC, width=6)
    objective = Autoencoder(backbone, pictures, augment(shift=0))
    (decoder,) = (m for m in objective.decoder.modules() if isinstance(m, nn.Linear))
    jacobian = decoder.weight @ backbone.affine.weight  # [144, 144]
    x = torch.randn(4000, 1, 12, 12, requires_grad=True)
    found = felt_slope(objective.decoder(backbone({"x": x})), x, random.keys(0, 0, torch.arange(4000)))
    assert found.mean().item() == pytest.approx(jacobian.square().sum().item() / 144, rel=0.05)


def test_penalties_are_added_in_training_only(pictures: Batch, augment: Change) -> None:
    change, backbone = augment(shift=0), Mlp(SPEC, widths=(20, 7))
    plain = Autoencoder(backbone, pictures, change)
    both = Autoencoder(backbone, pictures, change, sparse=0.5, contractive=2.0)
    both.load_state_dict(plain.state_dict())
    bare, step = plain(backbone, pictures), both(backbone, pictures)
    added = 0.5 * step.logs["crowding"] + 2.0 * step.logs["slope"]
    assert step.loss.item() == pytest.approx((bare.loss + added).item(), rel=1e-5)
    assert step.logs["crowding"].item() == pytest.approx(crowding(flat(backbone(change(pictures)))).mean().item())
    with torch.no_grad():  # a look at a ruined step does so in training mode
        assert torch.equal(both(backbone, pictures).loss, step.loss)
    assert torch.equal(both.eval()(backbone, pictures).loss, plain.eval()(backbone, pictures).loss)


def test_penalties_do_what_they_are_for(digits: tuple[Batch, Augment]) -> None:
    rows, change = digits
    found: dict[str, dict[str, float]] = {}
    for name, settings in {"plain": {}, "sparse": {"sparse": 0.3}, "contractive": {"contractive": 1.0}}.items():
        torch.manual_seed(0)
        backbone = Mlp(DIGITS, widths=(64, 32))
        objective = Autoencoder(backbone, rows, change, **settings)
        learned(backbone, objective, rows, 250)
        x = change.modality.ready(rows)["x"].requires_grad_()
        painted = objective.decoder(backbone({"x": x}))
        found[name] = {
            "mse": (painted - x).square().mean().item(),
            "crowding": crowding(flat(backbone({"x": x}))).mean().item(),
            "slope": felt_slope(painted, x, rows["key"]).mean().item(),
        }
    assert found["sparse"]["crowding"] < 0.7 * found["plain"]["crowding"]
    assert found["sparse"]["mse"] < 2 * found["plain"]["mse"]
    assert found["contractive"]["slope"] < 0.7 * found["plain"]["slope"]
    assert found["contractive"]["mse"] < 2 * found["plain"]["mse"]


def test_weights_below_zero_and_codes_of_nothing_are_refused(pictures: Batch, augment: Change) -> None:
    with pytest.raises(RecipeError, match="contractive"):
        Autoencoder(Mlp(SPEC), pictures, augment(), contractive=-1.0)
    with pytest.raises(RecipeError, match="beta"):
        Vae(Mlp(SPEC), pictures, augment(), beta=-1.0)
    for kind in (Vae, Aae, Ali):
        with pytest.raises(RecipeError, match=r"objective\.code"):
            kind(Mlp(SPEC), pictures, augment(), code=0)
