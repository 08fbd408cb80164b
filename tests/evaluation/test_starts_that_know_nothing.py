"""Starts that know nothing are not worth it: shuffled labels, weights of zero; weights that are NaN are refused."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import headstart as hs
from headstart.assemble import open_store
from headstart.core.errors import ContractError, DataError
from headstart.core.recipe import Recipe, override
from headstart.data.store import Store
from headstart.evaluation.gain import conclude, planned_cells, train_cells
from headstart.models import artifact
from headstart.models.trust.weights import check_numbers
from tests.helpers.letters import dna
from tests.helpers.sentences import sentences

SOLVED = ("pretrained", "scratch", "fresh", "baseline", "constant")
PROBE = {"tuning.kind": "probe"}


def verdict(target: Store, start: str, place: Path, *, arms: tuple[str, ...] = SOLVED, labels: int = 30) -> str:
    """What gain says of a start over the arms of these names, with three draws."""
    recipe, store = open_store(override(Recipe(verb="gain"), {"start": start, **PROBE}), target)
    planned = planned_cells(recipe, store, labels=[labels], seeds=3, device="cpu")
    cells = list(train_cells([one for one in planned if one[0].name in arms], store, folder=place, device="cpu"))
    assert all(np.isfinite(cell.row_scores).all() for cell in cells)
    return conclude(recipe, store, cells).verdict.verdict


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place, small = tmp_path_factory.mktemp("nothing") / "texts", {"backbone.width": 16, "backbone.depth": 2}
    hs.pretrain(sentences(60)[0], out=place, backbone="encoder", objective="masked", steps=2, settings=small)
    return place


@pytest.fixture
def filled(texts: Path, tmp_path: Path) -> Callable[[float], Path]:
    """A sealed copy of the model, all of whose weights are one number."""

    def copy(value: float) -> Path:
        place = tmp_path / "filled"
        shutil.copytree(texts, place)
        weights = load_file(place / "model.safetensors")
        changed = {name: torch.full_like(one, value) for name, one in weights.items()}
        save_file(changed, place / "model.safetensors", {"format": "pt"})
        artifact.seal(place)
        return place

    return copy


def genes(rows: int) -> pd.DataFrame:
    letters, labels = dna(rows, classes=2)
    return pd.DataFrame({"sequence": letters, "label": [f"kind {label}" for label in labels]})


def test_inner_layers_of_zeros_are_not_worth_it(filled: Callable[[float], Path], tmp_path: Path) -> None:
    data = hs.prepare(genes(200), out=tmp_path / "data", target="label", modality="sequence")
    arms = ("pretrained", "fresh", "baseline", "constant")
    assert verdict(data, f"core:{filled(0.0)}", tmp_path / "gain", arms=arms) != "worth it"


@pytest.mark.parametrize("prefix", ["", "core:"])
def test_weights_that_are_no_numbers_are_refused(prefix: str, filled: Callable[[float], Path], tmp_path: Path) -> None:
    rows, labels = sentences(40)
    own = pd.DataFrame({"text": rows, "label": list(map(str, labels))})
    with pytest.raises(DataError, match=r"HS-D932.*NaN in .*weight"):
        hs.finetune(genes(40) if prefix else own, target="label", start=f"{prefix}{filled(float('nan'))}",
                    tuning="probe", out=tmp_path / "tuned")  # fmt: skip


def test_infinite_masks_of_other_libraries_pass() -> None:
    network = torch.nn.Linear(2, 2)
    network.register_buffer("mask", torch.tensor([[0.0, -torch.inf], [0.0, 0.0]]))
    check_numbers(network, Path())
    network.weight.data[1, 0] = torch.nan
    with pytest.raises(DataError, match="NaN in weight"):
        check_numbers(network, Path())


def test_a_rival_that_reads_rows_in_another_form_is_told_before_anything_is_trained(tmp_path: Path) -> None:
    rows, labels = sentences(200)
    table = pd.DataFrame({"text": rows, "label": list(map(str, labels))})
    hs.pretrain([f"{row} zebra quark" for row in rows], out=tmp_path / "a", objective="lsa", backbone="bag")
    hs.pretrain(rows, out=tmp_path / "b", objective="lsa", backbone="bag")
    with pytest.raises(ContractError, match=r"another form.*rank"):
        hs.gain(table, target="label", start=tmp_path / "a", against=[tmp_path / "b"], labels=[20], seeds=3,
                out=tmp_path / "gain")  # fmt: skip
    assert not list(tmp_path.rglob("*.f32"))


@pytest.mark.slow
def test_linear_sources_with_shuffled_labels_are_worth_it_once_in_twenty_at_most(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    flat, y = load_digits(return_X_y=True)
    x, order = (flat.reshape(-1, 8, 8) * 15.9).astype(np.uint8), np.random.default_rng(0).permutation(len(flat))
    own, train, test = np.split(order[:1100], [500, 800])
    data = hs.prepare({"train": (x[train], y[train]), "test": (x[test], y[test])}, out=tmp_path / "data", near="keep")
    found: Counter[str] = Counter()
    for draw in range(20):
        start, shuffled = tmp_path / f"start {draw}", np.random.default_rng([1, draw]).permutation(y[own])
        hs.finetune((x[own], shuffled), out=start, start="scratch", backbone="linear")
        found[verdict(data, str(start), tmp_path / f"gain {draw}", arms=("pretrained", "scratch", "baseline"))] += 1
    assert found["worth it"] <= 1, found
