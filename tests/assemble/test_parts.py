"""Recipe -> parts: the resolved recipe repeats the run, no label is free, and nothing global is touched."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.assemble import finetuning, pick_device, pretraining
from headstart.core import recipe as recipes
from headstart.core.errors import ContractError, DataError, RecipeError, UsageError
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.data.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """300 grey pictures of three classes in train, 40 in valid, 40 in test; every third train row has no label."""
    generator = np.random.default_rng(0)

    def part(rows: int) -> tuple[np.ndarray, np.ndarray]:
        classes = np.arange(rows) % 3
        pictures = generator.integers(0, 100, (rows, 8, 8)) + 70 * classes[:, None, None]
        return pictures.astype(np.uint8), np.array(["a", "b", "c"])[classes]

    given = {name: part(rows) for name, rows in (("train", 300), ("valid", 40), ("test", 40))}
    return prepare(given, tmp_path_factory.mktemp("parts") / "prepared", near="keep")


def recipe(**tables: Any) -> Recipe:
    return Recipe(verb="finetune", backbone={"kind": "mlp", "widths": [8]}, plan={"steps": 3}, **tables)


def weights(parts: Any) -> list[torch.Tensor]:
    return [*parts.trainee.backbone.state_dict().values(), *parts.trainee.objective.state_dict().values()]


@pytest.mark.parametrize("make", [pretraining, finetuning])
def test_the_resolved_recipe_builds_the_same_parts_and_resolves_to_itself(
    store: Store, make: Any, tmp_path: Path
) -> None:
    tables = {"objective": {"kind": "autoencoder", "noise": 0.1}} if make is pretraining else {"labels": 30}
    first = make(recipe(seed=3, **tables), store, device="cpu")
    recipes.write(first.recipe, tmp_path / "r.toml")
    second = make(recipes.read(tmp_path / "r.toml"), store, device="cpu")
    assert recipes.differences(first.recipe, second.recipe) == []
    assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))
    assert all(torch.equal(first.batches.at(0)[name], t) for name, t in second.batches.at(0).items())


def test_building_leaves_every_global_random_state_alone(store: Store) -> None:
    before = (torch.random.get_rng_state(), repr(np.random.get_state()), random.getstate())  # noqa: NPY002
    finetuning(recipe(labels=30), store, device="cpu")
    assert torch.equal(torch.random.get_rng_state(), before[0])
    assert repr(np.random.get_state()) == before[1]  # noqa: NPY002
    assert random.getstate() == before[2]


def test_the_seed_decides_the_first_weights(store: Store) -> None:
    one, same, other = (finetuning(recipe(seed=seed), store, device="cpu") for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(weights(one), weights(same), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


def test_pretraining_sees_the_train_part_only(store: Store) -> None:
    table = {"objective": {"kind": "autoencoder"}}
    parts = pretraining(recipe(**table), store, device="cpu")
    assert set(parts.chosen) == set(store.rows("train"))
    assert set(parts.held) == set(store.rows("valid"))
    every = pretraining(recipe(**table, data={"all": True}), store, device="cpu")
    assert len(every.chosen) == 380


def test_no_label_is_free_with_a_number_of_labels(store: Store) -> None:
    parts = finetuning(recipe(labels=30, tuning={"kind": "full"}), store, device="cpu")
    assert len(parts.chosen) == 30
    assert set(parts.chosen) <= set(store.rows("train"))
    assert set(parts.held) <= set(parts.chosen)
    assert parts.batches.rows + len(parts.held) == 30


def test_with_all_labels_the_valid_part_picks_the_best_weights(store: Store) -> None:
    parts = finetuning(recipe(tuning={"kind": "full"}), store, device="cpu")
    assert set(parts.held) == set(store.rows("valid"))
    assert parts.batches.rows == 300


def test_valid_rows_that_will_be_scored_choose_no_weights(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    given = {
        name: (generator.integers(0, 255, (rows, 8, 8), np.uint8), np.array(["a", "b"] * (rows // 2)))
        for name, rows in (("train", 400), ("valid", 40))
    }
    store = prepare(given, tmp_path / "prepared", near="keep")
    parts = finetuning(recipe(tuning={"kind": "full"}), store, device="cpu")
    assert len(parts.held)
    assert not set(parts.held) & set(store.rows("valid"))


def test_a_budget_the_user_names_replaces_every_advised_budget(store: Store) -> None:
    advised = finetuning(Recipe(backbone={"kind": "mlp"}, tuning={"kind": "full"}), store, device="cpu").plan
    assert advised.steps is None
    named = finetuning(recipe(tuning={"kind": "full"}), store, device="cpu")
    assert named.plan.steps == 3


def test_batches_of_pretraining_fit_the_rows_unless_they_are_named(store: Store) -> None:
    said = {"verb": "pretrain", "objective": {"kind": "autoencoder"}, "backbone": {"kind": "mlp", "widths": [8]}}
    assert pretraining(Recipe(**said), store).plan.batch == 64
    assert pretraining(Recipe(**said, plan={"batch": 200}), store).plan.batch == 200
    assert pretraining(Recipe(verb="pretrain", objective={"kind": "pca"}), store).plan.batch == 256


def test_settings_without_a_kind_are_settings_of_the_chosen_kind(store: Store) -> None:
    given = Recipe(augment={"shift": 1}, objective={"noise": 0.2}, backbone={"widths": [4]}, plan={"steps": 1})
    kinds = recipes.override(given, {"objective.kind": "autoencoder", "backbone.kind": "mlp"})
    parts = pretraining(kinds, store, device="cpu")
    assert parts.recipe.augment["shift"] == 1
    assert parts.recipe.objective["noise"] == 0.2
    assert (
        finetuning(Recipe(backbone={"residual": 2}, plan={"steps": 1}), store, device="cpu").recipe.backbone["residual"]
        == 2
    )


def test_another_backbone_than_that_of_the_start_is_refused(store: Store, tmp_path: Path) -> None:
    import headstart as hs

    settings = {"backbone.widths": [8]}
    hs.pretrain(store, backbone="mlp", objective="autoencoder", steps=2, out=tmp_path / "p", settings=settings)
    with pytest.raises(ContractError, match="backbone"):
        finetuning(Recipe(start=str(tmp_path / "p"), backbone={"kind": "cnn"}), store, device="cpu")
    with pytest.raises(RecipeError, match="changed"):
        finetuning(Recipe(start=str(tmp_path / "p"), data={"hash": "0" * 64}), store, device="cpu")


def test_data_without_labels_cannot_be_fine_tuned(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (30, 8, 8), dtype=np.uint8)
    bare = prepare(pictures, tmp_path / "bare", near="keep")
    with pytest.raises(DataError, match="no labels"):
        finetuning(recipe(), bare, device="cpu")
    assert pretraining(recipe(objective={"kind": "autoencoder"}), bare, device="cpu").batches.rows > 0


@pytest.mark.parametrize("name", ["gpu", "cpu:a", "cpu:1", "cuda:99", ":", ""])
def test_a_device_that_is_not_there_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError):
        pick_device(name)


def test_auto_is_a_device_that_works() -> None:
    assert torch.zeros(1, device=pick_device("auto")).device.type == pick_device("auto").split(":")[0]
