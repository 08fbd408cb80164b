"""Choices are made before anything is built, and building changes none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from headstart.assemble import Only, build, resolve_finetuning, resolve_pretraining
from headstart.core import recipe as recipes
from headstart.core.errors import UsageError
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.data.store import Store
from tests.helpers import recordings


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """200 grey pictures of two classes."""
    generator = np.random.default_rng(0)
    classes = np.arange(200) % 2
    pictures = (generator.integers(0, 100, (200, 8, 8)) + 70 * classes[:, None, None]).astype(np.uint8)
    return prepare((pictures, classes), tmp_path_factory.mktemp("resolve") / "prepared", near="keep")


CASES: list[tuple[Any, dict[str, Any]]] = [
    (resolve_pretraining, {}),
    (resolve_pretraining, {"objective": {"kind": "autoencoder"}}),
    (resolve_pretraining, {"objective": {"kind": "supervised"}, "backbone": {"kind": "mlp"}}),
    (resolve_finetuning, {}),
    (resolve_finetuning, {"labels": 20, "tuning": {"kind": "probe"}, "backbone": {"kind": "cnn"}}),
]


@pytest.mark.parametrize(("resolve", "tables"), CASES)
def test_everything_is_chosen_before_a_network_is_built(
    store: Store, resolve: Any, tables: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(nn.Module, "__init__", lambda *given, **settings: pytest.fail("a network was built"))
        resolved = resolve(Recipe(**tables), store, device="cpu")
    parts = build(resolved)
    assert recipes.differences(resolved.recipe, parts.recipe) == []
    assert parts.reasons == resolved.reasons
    assert all(resolved.recipe.as_dict()[name]["kind"] for name in ("modality", "augment", "backbone"))


def test_a_resolved_recipe_resolves_to_itself(store: Store) -> None:
    once = resolve_finetuning(Recipe(labels=20), store, device="cpu")
    again = resolve_finetuning(once.recipe, store, device="cpu")
    assert recipes.differences(once.recipe, again.recipe) == []
    assert np.array_equal(once.rows, again.rows)


def test_a_run_that_keeps_to_a_part_of_the_rows_never_reads_the_hidden_ones(store: Store) -> None:
    train = store.rows("train")
    only = Only(labelled=train[:10], hidden=train[10:20])
    run = resolve_finetuning(Recipe(labels=20, tuning={"kind": "spread"}), store, device="cpu", only=only)
    assert np.array_equal(run.chosen, train[:10])
    assert not set(run.unlabelled) & set(train[:20])
    assert len(run.unlabelled) == len(train) - 20


def test_labels_of_recorded_steps_are_whole_episodes(tmp_path: Path) -> None:
    store = prepare(recordings.driven(12), tmp_path / "data")
    runs = [resolve_finetuning(Recipe(labels=3, seed=seed, task={"kind": "imitate"}), store, device="cpu")
            for seed in (0, 1)]  # fmt: skip
    train = store.rows("train")
    drawn = list[set[bytes]]()
    for run in runs:
        names = set(store.wholes_of(run.chosen))
        assert len(names) == 3
        whole = [row for row, one in zip(train, store.wholes_of(train), strict=True) if one in names]
        assert run.chosen.tolist() == whole
        drawn.append(names)
    assert drawn[0] != drawn[1]
    with pytest.raises(UsageError, match=r"HS-U520.*found 8 labelled train episodes"):
        resolve_finetuning(Recipe(labels=9, task={"kind": "imitate"}), store, device="cpu")
