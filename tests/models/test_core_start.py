"""`core:MODEL`: the inner layers of a model begin a network for data of another kind."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

import headstart as hs
from headstart.assemble import open_store
from headstart.cli import run
from headstart.core.errors import ContractError, UsageError
from headstart.core.recipe import Recipe
from headstart.evaluation.arms import scratch_twin
from headstart.models.open_start import open_start
from tests.helpers.letters import dna
from tests.helpers.sentences import sentences

SMALL = {"backbone.width": 16, "backbone.depth": 2}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("core") / "texts"
    hs.pretrain(sentences(60)[0], out=place, backbone="encoder", objective="masked", steps=2, settings=SMALL)
    return place


@pytest.fixture(scope="module")
def genes() -> pd.DataFrame:
    rows, labels = dna(60, classes=2)
    return pd.DataFrame({"sequence": rows, "label": [f"kind {label}" for label in labels]})


def opened(name: str, data: pd.DataFrame):
    recipe, store = open_store(Recipe(start=name), data)
    start = open_start(name)
    assert start is not None
    return recipe, store, start.on(store.modality, store.manifest["modality"])


def test_inner_layers_are_those_of_the_model_and_the_first_ones_are_made_for_the_data(texts, genes) -> None:
    own, (_, store, start) = open_start(str(texts)), opened(f"core:{texts}", genes)
    assert own is not None
    learned, made = own.backbone().state_dict(), start.backbone().state_dict()
    inner = [name for name in made if name.startswith(("blocks.", "final_norm."))]
    assert inner
    assert all(torch.equal(made[name], learned[name]) for name in inner)
    words = "embeddings.tok_embeddings.weight"
    assert len(made[words]) == store.modality.spec.sizes["vocab"] != len(learned[words])


def test_fresh_inner_layers_have_the_shapes_and_not_the_weights(texts, genes) -> None:
    learned, fresh = (opened(f"{name}core:{texts}", genes)[2].backbone().state_dict() for name in ("", "fresh:"))
    assert {name: one.shape for name, one in learned.items()} == {name: one.shape for name, one in fresh.items()}
    assert not any(torch.equal(learned[n], fresh[n]) for n in fresh if n.startswith("blocks.") and fresh[n].ndim > 1)


def test_the_network_from_scratch_beside_it_has_the_same_sizes(texts, genes) -> None:
    recipe, store, _ = opened(f"core:{texts}", genes)
    twin = scratch_twin(recipe, store)
    assert (twin.start, twin.backbone["kind"], twin.backbone["width"], twin.backbone["depth"]) == (
        "scratch", "encoder", 16, 2,
    )  # fmt: skip


def test_a_table_is_read_by_inner_layers_of_texts_and_the_lineage_says_so(texts, tmp_path: Path) -> None:
    rows = pd.DataFrame({"age": range(40), "height": [n % 7 for n in range(40)], "label": ["a", "b"] * 20})
    model = hs.finetune(rows, target="label", start=f"core:{texts}", out=tmp_path / "m", steps=1)
    assert model.path is not None
    facts = json.loads((model.path / "headstart.json").read_text())
    assert [(one["name"], one["verb"]) for one in facts["lineage"]] == [("inner layers of texts", "pretrain")]
    assert facts["data"]["modality"] == "table"
    assert len(model.predict([{"age": 3, "height": 1}])) == 1


def test_the_whole_model_is_refused_with_the_words_that_work(texts, tmp_path: Path, capsys) -> None:
    rows, labels = dna(40, classes=2)
    data = tmp_path / "genes.csv"
    pd.DataFrame({"sequence": rows, "label": [f"kind {one}" for one in labels]}).to_csv(data, index=False)
    words = ["finetune", str(data), "--out", str(tmp_path / "m"), "--steps", "1", "--quiet", "--from"]
    assert run([*words, str(texts)]) == 78
    fix = capsys.readouterr().err.strip().rpartition("--from ")[2]
    assert fix == f"core:{texts}"
    assert run([*words, fix]) == 0


def test_a_network_without_inner_layers_of_its_own_is_refused(tmp_path: Path, genes) -> None:
    hs.pretrain("digits", out=tmp_path / "m", backbone="mlp", objective="autoencoder", steps=1)
    with pytest.raises(ContractError, match="no inner layers"):
        opened(f"core:{tmp_path / 'm'}", genes)


def test_data_that_the_network_does_not_read_are_refused(tmp_path: Path) -> None:
    hs.pretrain(sentences(60)[0], out=tmp_path / "m", backbone="dilated", objective="masked", steps=1, settings=SMALL)
    rows = pd.DataFrame({"age": range(40), "height": [n % 7 for n in range(40)], "label": ["a", "b"] * 20})
    with pytest.raises(ContractError, match="dilated does not read these data"):
        hs.finetune(rows, target="label", start=f"core:{tmp_path / 'm'}", out=tmp_path / "t", steps=1)


def test_scratch_has_no_inner_layers() -> None:
    with pytest.raises(UsageError, match="no trained layers"):
        open_start("core:scratch")
