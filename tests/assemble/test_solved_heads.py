"""Tunings whose head is solved: what is refused before anything is learned, which rows are held out, the default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.assemble import finetuning, resolve_finetuning
from headstart.commands.pretrain import pretrain
from headstart.core.errors import ContractError, RecipeError, UsageError
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.arms import arms_of
from tests.helpers.checkpoints import write_timm


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """800 pictures in colours, of two classes."""
    generator, classes = np.random.default_rng(0), np.arange(800) % 2
    pictures = (generator.integers(0, 100, (800, 32, 32, 3)) + 70 * classes[:, None, None, None]).astype(np.uint8)
    return prepare((pictures, classes), tmp_path_factory.mktemp("solved") / "prepared", near="keep")


@pytest.fixture(scope="module")
def start(store: Store, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A network of our own that has hardly learned."""
    out = tmp_path_factory.mktemp("start") / "own"
    pretrain(store, out=out, backbone="mlp", objective="autoencoder", steps=1, settings={"backbone.widths": [8, 4]})
    return str(out)


def recipe(start: str, tuning: str, labels: int = 100, **task: Any) -> Recipe:
    return Recipe(verb="finetune", start=start, tuning={"kind": tuning}, labels=labels, task=task)


@pytest.mark.parametrize("tuning", ["pairs", "lpft"])
def test_a_head_that_cannot_be_solved_is_refused_before_the_first_step(store: Store, start: str, tuning: str) -> None:
    with pytest.raises(RecipeError, match="HS-R210"):
        finetuning(recipe(start, tuning, hidden=8), store, device="cpu")


@pytest.mark.parametrize("tuning", ["pairs", "lpft"])
def test_fresh_weights_are_refused(store: Store, tuning: str) -> None:
    with pytest.raises(ContractError, match="HS-C267"):
        resolve_finetuning(recipe("scratch", tuning), store, device="cpu")


def test_rows_choose_weights_only_where_there_is_a_head_to_ask(store: Store, start: str) -> None:
    held = {kind: len(resolve_finetuning(recipe(start, kind, 600), store, device="cpu").held)
            for kind in ("pairs", "lpft", "full")}  # fmt: skip
    assert held == {"pairs": 0, "lpft": 60, "full": 60}


def test_a_proof_asks_the_same_tuning_of_fresh_weights_too(store: Store, start: str) -> None:
    arms = {arm.name: arm.recipe for arm in arms_of(recipe(start, "pairs"), store, labels=100, seed=0, device="cpu")}
    assert arms["fresh"].start == f"fresh:{start}"
    assert arms["fresh"].tuning["kind"] == "pairs"
    assert arms["scratch"].tuning.get("kind") != "pairs"


def test_a_rival_is_the_network_from_scratch_with_another_tuning_where_rows_without_labels_are_left(
    store: Store, start: str
) -> None:
    asked = recipe(start, "probe").with_part("gain", {"rival": ["selftrain"]})
    arms = {arm.name: arm for arm in arms_of(asked, store, labels=100, seed=3, device="cpu")}
    assert (arms["selftrain"].recipe.start, arms["selftrain"].recipe.tuning) == ("scratch", {"kind": "selftrain"})
    assert (arms["selftrain"].recipe.labels, arms["selftrain"].recipe.seed) == (100, 3)
    assert arms["selftrain"].recipe.backbone == arms["scratch"].recipe.backbone
    every = arms_of(asked, store, labels=len(store.rows("train")), seed=0, device="cpu")
    assert "selftrain" not in {arm.name for arm in every}
    with pytest.raises(UsageError, match="HS-U893"):
        arms_of(asked.with_part("gain", {"rival": ["spread"]}), store, labels=100, seed=0, device="cpu")


def test_few_labels_of_a_public_network_are_compared_and_its_norms_rest(store: Store, tmp_path: Path) -> None:
    write_timm("resnet", tmp_path)
    chosen = resolve_finetuning(recipe(str(tmp_path), "auto"), store, device="cpu")
    assert chosen.recipe.tuning["kind"] == "pairs"
    whole = resolve_finetuning(recipe(str(tmp_path), "full"), store, device="cpu")
    assert whole.recipe.tuning["norms"] == "rest"
