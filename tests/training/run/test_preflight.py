"""Guards against silent ruin: each finds the fault that is planted, and says nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from headstart.assemble import Parts, finetuning
from headstart.core.contracts import Backbone, Group, Objective, Step, Tuning
from headstart.core.errors import InternalError
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.inference.round_trip import distance, same_answers
from headstart.models import artifact
from headstart.models.artifact import weights_digest
from headstart.training.run.preflight import Preflight, preflight
from headstart.training.tunings.full import Full
from headstart.training.tunings.lora import Lora
from tests.helpers.made import facts as facts_of

VIT = {"kind": "vit", "width": 24, "depth": 3, "heads": 2}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """300 grey pictures of three classes."""
    generator, classes = np.random.default_rng(0), np.arange(300) % 3
    pictures = (generator.integers(0, 100, (300, 8, 8)) + 70 * classes[:, None, None]).astype(np.uint8)
    given = {"train": (pictures, np.array(["a", "b", "c"])[classes])}
    return prepare(given, tmp_path_factory.mktemp("preflight") / "prepared", near="keep")


def parts_of(store: Store, tuning: str = "full", **settings: object) -> Parts:
    recipe = Recipe(verb="finetune", backbone=VIT, plan={"steps": 3}, tuning={"kind": tuning})
    return finetuning(override(recipe, settings), store, device="cpu")


def seen(parts: Parts, tuning: Tuning | None = None, *, fresh: bool = True) -> Preflight:
    used = tuning or parts.tuning
    assert used is not None
    return preflight(parts.trainee, used, parts.batches, fresh=fresh)


@pytest.mark.parametrize("tuning", ["full", "gradual", "probe"])
@pytest.mark.parametrize("task", [{}, {"task.hidden": 8}, {"task.weights": "auto"}, {"task.smoothing": 0.1}])
def test_a_sound_run_is_told_of_and_nothing_is_warned_of(store: Store, tuning: str, task: dict[str, object]) -> None:
    if tuning == "probe" and "task.hidden" in task:
        pytest.skip("a probe has a linear head")
    parts = parts_of(store, tuning, **task)
    found = seen(parts)
    assert found.warnings == ()
    head = sum(p.numel() for p in parts.trainee.objective.parameters())
    whole = head + sum(p.numel() for p in parts.trainee.backbone.parameters())
    assert (found.head, found.head_trained, found.parameters) == (head, head, whole)
    assert found.trained == (head if tuning == "probe" else whole)
    assert found.facts()["trained"] == found.trained
    assert found.maps == 12


@pytest.mark.parametrize("tuning", ["full", "gradual", "lora"])
def test_an_audit_leaves_everything_as_it_was(store: Store, tuning: str) -> None:
    parts = parts_of(store)
    used = {"full": Full(), "lora": Lora()}.get(tuning) or parts_of(store, tuning).tuning
    assert used is not None
    used.begin(parts.trainee.backbone)
    learner = (parts.trainee.backbone, parts.trainee.objective)
    before, modes = weights_digest(*learner), [m.training for part in learner for m in part.modules()]
    seen(parts, used)
    assert weights_digest(*learner) == before
    assert [m.training for part in learner for m in part.modules()] == modes
    assert all(p.grad is None for part in learner for p in part.parameters())


def test_batch_norm_keeps_its_statistics_through_an_audit(store: Store) -> None:
    parts = finetuning(Recipe(verb="finetune", backbone={"kind": "cnn"}, tuning={"kind": "full"}), store, device="cpu")
    before = {n: b.clone() for n, b in parts.trainee.backbone.named_buffers()}
    assert before
    seen(parts)
    assert all(torch.equal(before[n], b) for n, b in parts.trainee.backbone.named_buffers())


class Headless(Full):
    """The fault: somebody's tuning forgets the head."""

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        return [group for group in super().groups(backbone, task) if group.name != "head"]


class Halted(Full):
    """The fault: the head is listed, at a rate of 0."""

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        found = super().groups(backbone, task)
        found[-1].rate = 0.0
        return found


@pytest.mark.parametrize("tuning", [Headless(), Halted()])
def test_a_frozen_head_is_found(store: Store, tuning: Tuning) -> None:
    found = seen(parts_of(store), tuning)
    assert any("75 of 75 parameters of the head are frozen" in one for one in found.warnings)
    assert found.head_trained == 0


def test_a_head_that_wants_no_gradient_is_found(store: Store) -> None:
    parts = parts_of(store)
    next(parts.trainee.objective.parameters()).requires_grad_(False)
    assert any("72 of 75 parameters of the head are frozen" in one for one in seen(parts).warnings)


def test_a_loss_that_does_not_depend_on_the_head_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = parts_of(store)
    task = parts.trainee.objective
    monkeypatch.setattr(task, "judge", lambda features, targets: Step(features.square().mean() + 1.0), raising=True)
    assert any("gets a gradient" in one for one in seen(parts).warnings)


def test_adapters_in_a_few_layers_are_found_and_everywhere_are_not(store: Store) -> None:
    few = parts_of(store)
    tuning = Lora(layers=(0,))
    tuning.begin(few.trainee.backbone)
    assert any("only 4 of 12 linear maps" in one for one in seen(few, tuning).warnings)
    every = parts_of(store)
    tuning = Lora()
    tuning.begin(every.trainee.backbone)
    found = seen(every, tuning)
    assert found.warnings == ()
    assert (found.adapted, found.reached, found.maps) == (12, 12, 12)
    assert "12 of 12 linear maps" in found.sentence()


def test_adapters_that_the_network_reads_past_are_found(store: Store) -> None:
    parts = parts_of(store)
    blocks = parts.trainee.backbone.get_submodule("blocks")
    for block in blocks.children():
        attention = block.get_submodule("attn")
        attention.add_module("proj", Past(attention.get_submodule("proj")))
    tuning = Lora()
    tuning.begin(parts.trainee.backbone)
    found = seen(parts, tuning)
    assert (found.adapted, found.reached) == (12, 9)
    assert any("3 of 12 adapters have no effect" in one for one in found.warnings)


class Past(nn.Module):
    """The fault: a network that multiplies with the weight itself, past the module that holds it."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x, self.inner.get_parameter("weight"), self.inner.get_parameter("bias"))


def test_a_head_that_is_not_fresh_is_found_unless_it_is_meant_to_go_on(store: Store) -> None:
    parts = parts_of(store)
    with torch.no_grad():
        for parameter in parts.trainee.objective.parameters():
            torch.nn.init.normal_(parameter, std=3.0)
    assert any("chance is 1.1" in one for one in seen(parts).warnings)
    assert seen(parts, fresh=False).warnings == ()


def saved(parts: Parts, path: Path) -> Predictor:
    facts = facts_of()
    artifact.save(
        path, config=parts.config(), backbone=parts.trainee.backbone, head=parts.trainee.objective,
        modality=parts.modality, facts=facts,
    )  # fmt: skip
    artifact.seal(path)
    return Predictor.load(path)


def test_a_head_that_was_lost_on_the_way_to_the_disk_is_found(store: Store, tmp_path: Path) -> None:
    parts = parts_of(store)
    with torch.no_grad():
        for parameter in parts.trainee.objective.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    trained, opened = Predictor(parts.modality, parts.trainee), saved(parts, tmp_path)
    same_answers(trained, opened, parts.store, parts.chosen[:32])
    torch.manual_seed(1)
    for parameter in opened.trainee.objective.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    with pytest.raises(InternalError, match="HS-X21"):
        same_answers(trained, opened, parts.store, parts.chosen[:32])


def test_distance_of_answers() -> None:
    one = {"label": "a", "probabilities": {"a": 0.5, "b": 0.5}, "more": [1, None, 2.0]}
    assert distance(one, one) == 0
    assert distance(one, {**one, "label": "b"}) == 0
    assert distance(one, {**one, "more": [1, None, 2.5]}) == pytest.approx(0.25)
    for other in ({"label": "a"}, {**one, "more": [1, None]}, {**one, "more": [1, 3.0, 2.0]}, {**one, "more": "x"}):
        assert distance(one, other) == float("inf")
    assert distance({"value": float("nan")}, {"value": 1.0}) == float("inf")
