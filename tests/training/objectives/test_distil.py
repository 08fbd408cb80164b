"""Learning from a teacher: a slow average of the network itself, and a model that is given."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import headstart as hs
from headstart.assemble import pretraining
from headstart.core.contracts import Batch, Modality
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError, RecipeError
from headstart.core.recipe import Recipe
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.modalities.image.image import Image
from headstart.data.modalities.text.augment import TextAugment
from headstart.data.modalities.text.text import Text
from headstart.data.storage.gather import stacked
from headstart.evaluation.validation import findings
from headstart.inference.predictor import Predictor
from headstart.models import artifact
from headstart.models.backbones.bag import Bag
from headstart.models.backbones.cnn import Cnn
from headstart.models.backbones.mlp import Mlp
from headstart.models.open_start import open_teacher
from headstart.training.objectives.distil import frozen
from headstart.training.objectives.distil.distil import Distil
from headstart.training.objectives.distil.frozen import FrozenTeacher, bridged, directions
from headstart.training.objectives.distil.momentum import MomentumTeacher, deviation
from tests.helpers.made import facts as facts_of
from tests.helpers.runs import learn
from tests.helpers.specs import picture_spec

SPEC = picture_spec(1, 12, 12)
Change = Callable[..., Augment]


def own(backbone: Mlp | Cnn, batch: Batch, augment: Augment, **settings: Any) -> tuple[Distil, MomentumTeacher]:
    objective = Distil(backbone, batch, augment, **settings)
    assert isinstance(objective.lesson, MomentumTeacher)
    return objective, objective.lesson


def taught(backbone: Mlp | Cnn, batch: Batch, augment: Augment, teacher: Path) -> tuple[Distil, FrozenTeacher]:
    objective = Distil(backbone, batch, augment, teacher=str(teacher), width=24)
    assert isinstance(objective.lesson, FrozenTeacher)
    return objective, objective.lesson


def texts() -> Text:
    made = Text(vocab=300, length=8)
    made.fit_stored(
        [stacked([made.encode(made.read({"input": one}, Budget())) for one in ("one two three", "four five six")])]
    )
    return made


def model(path: Path, modality: Modality, *, seed: int = 0) -> Path:
    """A finished model directory with an untrained network for data of that modality."""
    torch.manual_seed(seed)
    spec = modality.spec
    kind = {"kind": "image" if spec.layout == "grid" else "text"}
    backbone = Mlp(spec, widths=(20,)) if spec.layout == "grid" else Bag(spec, width=8)
    network = {"kind": "mlp", "widths": [20]} if spec.layout == "grid" else {"kind": "bag", "width": 8}
    config = {
        "backbone": network,
        "facts": dict(spec.sizes),
        "modality": kind,
        "augment": kind,
        "objective": {"kind": "lsa"},
    }
    data = {"source": ["x"], "rows": 0, "hash": "", "licence": "", "modality": kind["kind"]}
    about = facts_of(weights=artifact.weights_digest(backbone), verb="pretrain", data=data)
    artifact.save(
        path, config=config, backbone=backbone, head=torch.nn.Identity(), modality=modality, facts=about,
    )  # fmt: skip
    artifact.seal(path)
    return path


def test_the_loss_is_the_angle_to_what_the_teacher_says_of_the_other_view(pictures: Batch, augment: Change) -> None:
    backbone = Mlp(SPEC, widths=(16, 8))
    objective, lesson = own(backbone, pictures, augment(crop=0.5), projector=(12, 6))
    for parameter in lesson.teacher.parameters():
        parameter.mul_(1.5)
    objective.train()
    views = [objective.augment(pictures, view=view) for view in (0, 1)]
    both = torch.cat([view["x"] for view in views])
    said = lesson.predictor(lesson.projector(backbone.summary(backbone({"x": both})))).chunk(2)
    wanted = lesson.target(lesson.teacher.summary(lesson.teacher({"x": both}))).chunk(2)
    total = 0.0
    for mine, theirs in ((said[0], wanted[1]), (said[1], wanted[0])):
        for row in range(96):
            total += 2 - 2 * torch.cosine_similarity(mine[row], theirs[row], dim=0).item()
    assert objective(backbone, pictures).loss.item() == pytest.approx(total / 192, rel=1e-4)


def test_no_gradient_reaches_the_teacher(pictures: Batch, augment: Change) -> None:
    backbone = Mlp(SPEC, widths=(16, 8))
    objective, lesson = own(backbone, pictures, augment(), projector=(12, 6))
    objective(backbone, pictures).loss.backward()
    frozen = [*lesson.teacher.parameters(), *lesson.target.parameters()]
    assert all(p.grad is None and not p.requires_grad for p in frozen)
    assert all(p.grad is not None for p in [*lesson.projector.parameters(), *lesson.predictor.parameters()])


def test_the_teacher_is_the_moving_average(pictures: Batch, augment: Change) -> None:
    backbone = Mlp(SPEC, widths=(8,))
    objective, lesson = own(backbone, pictures, augment(), decay=0.5)
    weight = next(backbone.parameters())
    kept = weight.detach().clone()
    for step in range(1, 13):
        with torch.no_grad():
            weight += 1
        objective.after_step(backbone)
        decay = min(0.5, (1 + step) / (10 + step))
        kept = decay * kept + (1 - decay) * weight.detach()
        assert torch.allclose(next(lesson.teacher.parameters()), kept, rtol=1e-5)


def test_the_teacher_is_state_and_survives_saving(pictures: Batch, augment: Change) -> None:
    backbone = Mlp(SPEC, widths=(8,))
    objective, lesson = own(backbone, pictures, augment())
    with torch.no_grad():
        next(backbone.parameters()).add_(1)
    objective.after_step(backbone)
    other, again = own(Mlp(SPEC, widths=(8,)), pictures, augment())
    other.load_state_dict(objective.state_dict())
    assert torch.equal(next(again.teacher.parameters()), next(lesson.teacher.parameters()))
    assert again.steps.item() == 1


def test_spread_is_one_where_vectors_lie_evenly_and_none_where_they_are_the_same() -> None:
    even = functional.normalize(torch.randn(4000, 16), dim=1)
    assert deviation(even).item() == pytest.approx(1.0, abs=0.02)
    assert deviation(even[:1].expand(50, 16)).item() == pytest.approx(0.0, abs=1e-4)
    axis = torch.eye(4)[[0, 0, 1, 1]]  # deviation 1/2 along two of four directions
    assert deviation(axis).item() == pytest.approx(0.5)


def test_it_refuses_texts_and_odd_averages(pictures: Batch, augment: Change) -> None:
    with pytest.raises(RecipeError, match="HS-R302"):
        Distil(Mlp(SPEC), pictures, augment(), decay=1.5)
    with pytest.raises(RecipeError, match="HS-R302"):
        Distil(Mlp(SPEC), pictures, augment(), projector=())
    with pytest.raises(ContractError, match="HS-C303"):
        Distil(Mlp(SPEC), pictures, TextAugment(texts()))


def test_a_given_teacher_is_met_after_standardising_both(pictures: Batch, augment: Change, tmp_path: Path) -> None:
    change = augment(shift=1)
    teacher = model(tmp_path / "teacher", change.modality)
    backbone = Mlp(SPEC, widths=(16, 8))
    objective, lesson = taught(backbone, pictures, change, teacher)
    ready = objective.augment(pictures)
    large = artifact.Artifact.open(teacher).backbone().eval()
    wanted = functional.pad(large.summary(large(ready)), (0, 4))  # 20 values, zeros behind them
    said = lesson.projector(backbone.summary(backbone(ready)))
    wanted, said = ((v - v.mean(0)) / (v.var(0, unbiased=False) + 1e-5).sqrt() for v in (wanted, said))
    cosines = [torch.cosine_similarity(a, b, dim=0).item() for a, b in zip(said, wanted, strict=True)]
    assert objective(backbone, pictures).loss.item() == pytest.approx(1 - sum(cosines) / 96, rel=1e-3)


def test_a_small_network_learns_to_see_as_its_teacher(pictures: Batch, augment: Change, tmp_path: Path) -> None:
    change = augment(shift=0)
    teacher = model(tmp_path / "teacher", change.modality)
    backbone = Mlp(SPEC, widths=(32, 16))
    objective, _ = taught(backbone, pictures, change, teacher)
    optimizer = torch.optim.Adam([*backbone.parameters(), *objective.parameters()], 3e-3)
    losses: list[float] = []
    for _ in range(60):
        step = objective(backbone, pictures)
        optimizer.zero_grad()
        step.loss.backward()
        optimizer.step()
        losses.append(step.loss.item())
    assert losses[0] == pytest.approx(1.0, abs=0.25)
    assert losses[-1] < 0.4


def test_the_teacher_is_neither_saved_nor_needed_until_it_is_asked(
    pictures: Batch, augment: Change, tmp_path: Path
) -> None:
    change = augment()
    teacher = model(tmp_path / "teacher", change.modality)
    backbone = Mlp(SPEC, widths=(16, 8))
    objective, lesson = taught(backbone, pictures, change, teacher)
    objective(backbone, pictures)
    assert {name.split(".")[1] for name in objective.state_dict()} == {"projector", "even", "taught_by"}
    assert bytes(lesson.taught_by.tolist()).hex() == artifact.Artifact.open(teacher).facts["weights"]
    absent, _ = taught(backbone, pictures, change, tmp_path / "gone")
    absent.load_state_dict(objective.state_dict())
    with pytest.raises(ContractError, match=r"HS-C301.*gone: the teacher is missing"):
        absent(backbone, pictures)


def test_a_run_does_not_go_on_with_another_teacher(pictures: Batch, augment: Change, tmp_path: Path) -> None:
    change = augment()
    teachers = [model(tmp_path / str(seed), change.modality, seed=seed) for seed in (1, 2)]
    backbone = Mlp(SPEC, widths=(16, 8))
    first, _ = taught(backbone, pictures, change, teachers[0])
    first(backbone, pictures)
    second, _ = taught(backbone, pictures, change, teachers[1])
    second.load_state_dict(first.state_dict())
    with pytest.raises(RecipeError, match="HS-R301"):
        second(backbone, pictures)


def test_the_teacher_gets_its_own_size_colours_and_scale(pictures: Batch, augment: Change, tmp_path: Path) -> None:
    theirs = Image.of((6, 9), 3, [0.4, 0.5, 0.6], [0.2, 0.3, 0.1])
    teacher = model(tmp_path / "teacher", theirs)
    backbone = Mlp(SPEC, widths=(16, 8))
    objective, lesson = taught(backbone, pictures, augment().eval(), teacher)
    seen: list[torch.Tensor] = []
    objective(backbone, pictures)
    assert lesson._frozen is not None
    lesson._frozen.backbone.blocks[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))  # pyright: ignore
    objective(backbone, pictures)
    shown = pictures["x"].float() / 255
    small = functional.interpolate(shown, size=(6, 9), mode="bilinear", antialias=True)
    wanted = (small.expand(-1, 3, -1, -1) - torch.tensor([0.4, 0.5, 0.6])[:, None, None]) / torch.tensor(
        [0.2, 0.3, 0.1]
    )[:, None, None]
    assert torch.allclose(seen[0].view(96, 3, 6, 9), wanted, atol=1e-4)


def test_grey_is_the_luminance_of_colours() -> None:
    x = torch.tensor([1.0, 0.5, 0.0])[None, :, None, None].expand(2, 3, 4, 4)
    assert torch.allclose(bridged(x, (1, 4, 4)), torch.full((2, 1, 4, 4), 0.299 + 0.5 * 0.587))
    assert bridged(x, (3, 4, 4)) is not None
    assert bridged(x, (3, 8, 2)).shape == (2, 3, 8, 2)


def test_a_teacher_of_other_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"HS-C300.*the teacher reads other data.*vocab"):
        open_teacher(str(model(tmp_path / "reader", texts())), frozenset({"grid"}))
    with pytest.raises(ContractError, match=r"HS-C300.*nothing that was trained"):
        open_teacher("scratch", frozenset({"grid"}))


def test_random_directions_keep_angles() -> None:
    vectors = functional.normalize(torch.randn(40, 900, generator=torch.Generator().manual_seed(0)), dim=1)
    vectors[1] = functional.normalize(vectors[0] + 0.5 * vectors[1], dim=0)
    turned = functional.normalize(vectors @ directions(900, 400), dim=1)
    error = (turned @ turned.T - vectors @ vectors.T).fill_diagonal_(0)
    assert error.square().mean().sqrt().item() < 1.2 * 400**-0.5
    assert torch.equal(directions(3, 5), torch.eye(3, 5))
    assert torch.equal(directions(900, 400)[:5], directions(905, 400)[:5])


def test_what_was_taught_opens_and_is_tuned_where_the_teacher_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    small: dict[str, Any] = {"plan.batch": 32, "augment.shift": 1}
    teacher = hs.pretrain("digits", out=tmp_path / "teacher", objective="kmeans", settings={"backbone.words": 32,
                          "backbone.kernel": 3}).path  # fmt: skip
    said = {**small, "objective.teacher": str(teacher), "backbone.channels": [8, 16]}
    student = hs.pretrain(
        "digits", out=tmp_path / "student", objective="distil", backbone="cnn", steps=6, settings=said
    )
    assert student.path is not None
    facts = json.loads((student.path / "headstart.json").read_text())
    assert [parent["name"] for parent in facts["lineage"]] == ["teacher teacher"]
    with pytest.raises(ContractError, match="HS-C301"):
        hs.pretrain("digits", out=tmp_path / "x", objective="distil", backbone="cnn", steps=2,
                    settings={"objective.teacher": str(tmp_path / "nowhere")})  # fmt: skip
    assert not (tmp_path / "x").exists()  # said before anything is written
    shutil.rmtree(tmp_path / "teacher")
    assert hs.load(student.path).embed([np.zeros((8, 8), np.uint8)]).shape == (1, 16)
    tuned = hs.finetune("digits", start=student.path, out=tmp_path / "tuned", steps=3, settings=small)
    assert tuned.predict([np.zeros((8, 8), np.uint8)])[0]["label"] is not None


@pytest.mark.parametrize("collapsed", [False, True])
def test_a_collapsed_teacher_is_named_and_a_sound_one_is_not(
    collapsed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    plan = {"steps": 30, "batch": 64, "lr": 3e-3}
    recipe = Recipe(objective={"kind": "distil"}, backbone={"kind": "cnn", "channels": [8, 16]}, plan=plan)
    parts = pretraining(recipe, "digits", device="cpu")
    assert isinstance(parts.trainee.objective, Distil)
    lesson = parts.trainee.objective.lesson
    assert isinstance(lesson, MomentumTeacher)
    if collapsed:  # both say one vector, and the loss is content
        for projector in (lesson.projector, lesson.target):
            torch.nn.init.zeros_(projector[-1].weight)  # pyright: ignore[reportArgumentType]
            torch.nn.init.ones_(projector[-1].bias)  # pyright: ignore[reportArgumentType]
        lesson.projector.requires_grad_(False)
    outcome, predictor = learn(parts), Predictor(parts.modality, parts.trainee, device=parts.device)
    said = [line for line in findings(parts, predictor, outcome) if line.startswith("collapsed teacher")]
    assert len(said) == collapsed


@pytest.mark.parametrize(("ours", "theirs", "fits"), [(5, 5, True), (1, 3, True), (3, 1, True), (5, 3, False)])
def test_a_teacher_of_other_channels_is_refused_unless_grey_becomes_colours(ours: int, theirs: int, fits: bool) -> None:
    if fits:
        frozen._check_channels(ours, theirs, "t")
        return
    with pytest.raises(ContractError, match=r"found 3 channels, expected the 5 of the data"):
        frozen._check_channels(ours, theirs, "t")
