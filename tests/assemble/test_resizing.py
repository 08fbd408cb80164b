"""A start at another picture size: refused before any data are read, or trained, saved and opened there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import headstart as hs
from headstart.assemble import finetuning, open_start, open_store, pretraining
from headstart.core import recipe as recipes
from headstart.core.errors import ContractError, RecipeError
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.evaluation.arms import scratch_twin
from tests.helpers.programs import ROOT

SMALL: dict[str, dict[str, Any]] = {
    "cnn": {"channels": [4, 8], "residual": 0},
    "vit": {"width": 16, "depth": 1, "heads": 2},
    "mlp": {"widths": [8]},
    "linear": {"width": 8},
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Colour pictures of 16 x 16 with two classes, 30 to learn from and 10 to be judged by."""
    folder, generator = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for split, count in (("train", 30), ("test", 10)):
        for name, light in (("dark", 0), ("light", 120)):
            place = folder / split / name
            place.mkdir(parents=True)
            for i in range(count // 2):
                Image.fromarray((generator.integers(0, 120, (16, 16, 3)) + light).astype(np.uint8)).save(
                    place / f"{i}.png"
                )
    return folder


@pytest.fixture
def start(photos: Path, tmp_path: Path) -> Any:
    """Pretrain such a network with such an objective on the pictures as they are."""

    def made(backbone: str, objective: str) -> Path:
        path = tmp_path / backbone
        settings = {f"backbone.{name}": value for name, value in SMALL[backbone].items()} | {"plan.batch": 8}
        hs.pretrain(photos, backbone=backbone, objective=objective, steps=2, out=path, settings=settings)
        return path

    return made


def recipe(path: Path, size: Any, **tables: Any) -> Recipe:
    return Recipe(start=str(path), modality={"size": size}, plan={"steps": 1, "batch": 8}, **tables)


@pytest.mark.parametrize("backbone", ["mlp", "linear"])
def test_a_network_bound_to_its_size_is_refused_before_data_are_looked_for(start: Any, backbone: str) -> None:
    path = start(backbone, "autoencoder")
    with pytest.raises(ContractError, match=r"HS-C294.*found 24 x 16 .*expected 16 x 16 .*fix: leave modality.size"):
        open_store(recipe(path, [24, 16]), "nowhere")


def test_a_size_that_patches_do_not_divide_is_refused_before_data_are_looked_for(start: Any) -> None:
    path = start("vit", "masked")
    with pytest.raises(ContractError, match=r"HS-C203.*patches of 2 for 17 x 17"):
        open_store(recipe(path, 17), "nowhere")


def test_a_model_learns_and_answers_at_the_new_size(start: Any, photos: Path, tmp_path: Path) -> None:
    path, settings = start("vit", "masked"), {"modality.size": [24, 32], "plan.batch": 8}
    hs.finetune(photos, start=path, tuning="full", steps=2, out=tmp_path / "tuned", settings=settings)
    model = hs.load(tmp_path / "tuned")
    assert model.modality.spec.sizes == {"channels": 3, "height": 24, "width": 32}
    assert model.modality.mean == open_start(str(path)).modality().mean  # pyright: ignore
    asked = [str(photos / "test" / "dark" / "0.png")]
    assert len(model.predict(asked)) == 1
    again = hs.load(tmp_path / "tuned")
    assert np.array_equal(model.embed(asked), again.embed(asked))
    # and on to a third one, back to the square
    parts = finetuning(recipe(tmp_path / "tuned", 8, tuning={"kind": "full"}), photos, device="cpu")
    assert parts.modality.spec.sizes["height"] == 8
    assert parts.continued
    assert all(torch.equal(own, theirs) for own, theirs in zip(
        parts.trainee.objective.parameters(), model.trainee.objective.parameters(), strict=True
    ))  # fmt: skip


def test_masked_pretraining_goes_on_with_its_decoder_and_the_places_of_the_new_size(start: Any, photos: Path) -> None:
    path, same = start("vit", "masked"), {"kind": "masked"}
    before = hs.load(path).trainee.objective.state_dict()
    for size in (32, [8, 32]):  # the second has as many places as before
        parts = pretraining(recipe(path, size, objective=same), photos, device="cpu")
        after = parts.trainee.objective.state_dict()
        assert parts.continued
        places = [name for name in before if name.endswith("places")]
        assert len(places) == 1
        assert not torch.equal(after.pop(places[0]), before[places[0]])
        assert all(torch.equal(tensor, before[name]) for name, tensor in after.items())


def test_a_decoder_bound_to_the_size_begins_wholly_anew_and_it_is_said(start: Any, photos: Path) -> None:
    path = start("cnn", "vae")
    known = hs.load(path).trainee
    parts = pretraining(recipe(path, 32, objective={"kind": "vae"}), photos, device="cpu")
    assert not parts.continued
    assert any("vae is bound to pictures of 16 x 16 pixels" in warning for warning in parts.warnings)
    before, after = known.objective.state_dict(), parts.trainee.objective.state_dict()
    trained = [n for n, p in parts.trainee.objective.named_parameters() if p.ndim > 1 and before[n].shape == p.shape]
    assert trained
    assert not any(torch.equal(before[name], after[name]) for name in trained)
    backbones = (known.backbone.state_dict(), parts.trainee.backbone.state_dict())
    assert all(torch.equal(tensor, backbones[1][name]) for name, tensor in backbones[0].items())


def test_the_rival_from_scratch_is_the_same_network(start: Any, photos: Path) -> None:
    path = start("vit", "masked")
    asked, store = open_store(recipe(path, 32, tuning={"kind": "full"}), photos)
    tuned = finetuning(asked, None, device="cpu", store=store)
    fresh = finetuning(scratch_twin(asked, store), None, device="cpu", store=store)
    shapes = [{n: t.shape for n, t in one.trainee.backbone.state_dict().items()} for one in (tuned, fresh)]
    assert shapes[0] == shapes[1]
    assert shapes[0]["embedding.pos_embed"] == (1, 1 + 16 * 16, 16)  # patches of 2, as at 16 x 16


def test_gain_is_measured_at_the_new_size(start: Any, photos: Path, tmp_path: Path) -> None:
    settings = {"modality.size": 24, "plan.steps": 2, "plan.batch": 8}
    proof = hs.gain(
        photos, start=start("cnn", "contrastive"), labels=[10], seeds=1, out=tmp_path / "g", settings=settings
    )
    assert [cell["start"] for cell in proof.cells] == ["pretrained", "scratch", "fresh", "baseline", "constant"]


def test_the_size_that_data_have_may_be_said(photos: Path, start: Any) -> None:
    path = start("cnn", "contrastive")
    fresh = Recipe(modality={"size": 16}, backbone={"kind": "cnn"}, objective={"kind": "contrastive"})
    assert pretraining(fresh, photos, device="cpu").modality.spec.sizes["height"] == 16
    assert finetuning(recipe(path, 16), photos, device="cpu").modality.spec.sizes["height"] == 16
    assert finetuning(recipe(path, "auto"), photos, device="cpu").modality.spec.sizes["height"] == 16


def test_auto_takes_the_size_of_the_data(start: Any, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 20, 24, 3)).astype(np.uint8)
    labels = np.array(["a", "b"] * 15)
    path = start("cnn", "contrastive")
    assert finetuning(recipe(path, "auto"), (pixels, labels), device="cpu").modality.spec.sizes["width"] == 24
    unsaid = Recipe(start=str(path), plan={"steps": 1})
    assert finetuning(unsaid, (pixels, labels), device="cpu").modality.spec.sizes["width"] == 16


def test_prepared_data_of_another_size_are_taken_only_if_that_is_said(start: Any, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (30, 24, 24, 3)).astype(np.uint8)
    store = prepare((pixels, np.array(["a", "b"] * 15)), tmp_path / "prepared")
    path = start("cnn", "contrastive")
    with pytest.raises(ContractError, match="HS-C151"):
        finetuning(Recipe(start=str(path)), store, device="cpu")
    assert finetuning(recipe(path, 24), store, device="cpu").modality.spec.sizes["height"] == 24
    with pytest.raises(RecipeError, match="HS-R123"):
        finetuning(recipe(path, 32), store, device="cpu")


def test_the_recipes_of_progressive_resizing_fit_each_other(photos: Path, tmp_path: Path) -> None:
    folder = ROOT / "recipes"
    tiny = {"plan.steps": 2, "plan.batch": 8}
    small, full = folder / "sizes_1_small.toml", folder / "sizes_2_full.toml"
    hs.finetune(photos, recipe=small, out=tmp_path / "small", settings={**tiny, "backbone.channels": [4, 8]})
    again = recipes.override(recipes.read(full), {**tiny, "start": str(tmp_path / "small")})
    parts = finetuning(again, photos, device="cpu")
    assert parts.continued
    assert parts.modality.spec.sizes == {"channels": 3, "height": 32, "width": 32}
