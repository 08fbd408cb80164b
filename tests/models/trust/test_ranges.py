"""Sizes and shares that no network has are refused before anything is built, with one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import headstart as hs
from headstart.core import catalog
from headstart.core.errors import DataError, HeadstartError, RecipeError
from headstart.core.files import seal
from headstart.models.artifact import Artifact
from tests.helpers.checkpoints import BERT, write_hf

OWN = ["heads", "width", "depth", "patch", "mlp_ratio", "dropout"]


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_dropout_prob", 1e308), ("attention_probs_dropout_prob", -0.1), ("num_attention_heads", 0),
        ("num_attention_heads", -2), ("hidden_size", -16), ("vocab_size", 0), ("max_position_embeddings", 0),
        ("type_vocab_size", 0), ("type_vocab_size", -1), ("num_hidden_layers", -1), ("vocab_size", 1 << 23),
    ],
)  # fmt: skip
def test_a_public_config(name: str, value: float, tmp_path: Path) -> None:
    write_hf("bert", BERT, tmp_path / "bert")
    changed(tmp_path / "bert" / "config.json", lambda config: config.update({name: value}))
    (tmp_path / "t.txt").write_text("a b c\nd e f\n" * 10)
    with pytest.raises(HeadstartError) as caught:
        hs.embed(str(tmp_path / "bert"), ["a b c"])
    assert caught.value.exit_code in (65, 78)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "model"
    settings = {"backbone.width": 12, "backbone.depth": 1, "backbone.patch": 4, "plan.steps": 1}
    hs.pretrain("digits", out=out, backbone="vit", objective="masked", settings=settings)
    return out


@pytest.mark.parametrize("value", [-2, 1e308, "many"])
@pytest.mark.parametrize("name", OWN)
def test_a_setting_of_ours(name: str, value: object, tmp_path: Path) -> None:
    words = {"backbone": "vit", "objective": "masked", "out": tmp_path / "out"}
    with pytest.raises(RecipeError, match=rf"backbone\.{name}"):
        hs.pretrain("digits", settings={f"backbone.{name}": value}, **words)


@pytest.mark.parametrize("value", [-2, 0, 1e308, None])
@pytest.mark.parametrize("name", OWN[:3])
def test_a_setting_in_a_model_of_ours(name: str, value: object, model: Path) -> None:
    with pytest.raises(RecipeError, match=rf"backbone\.{name}"):
        Artifact.open(_copy(model, name, value)).backbone()


def _copy(model: Path, name: str, value: object) -> Path:
    copy = model.with_name(f"{name}-{value}")
    shutil.copytree(model, copy)
    changed(copy / "config.json", lambda config: config["headstart"]["backbone"].update({name: value}))
    seal(copy, {"format": 1})
    return copy


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.pop("lineage"), lambda facts: facts.update(lineage={}),
        lambda facts: facts.update(scores=[]),
        lambda facts: facts.update(lineage=[{"name": 3}]), lambda facts: facts.update(weights=12),
        lambda facts: facts.update(weights="0" * 63), lambda facts: facts["data"].update(rows="many"),
        lambda facts: facts["data"].pop("licence"), lambda facts: facts.update(warnings="text"),
        lambda facts: facts.update(cost=None),
    ],
)  # fmt: skip
def test_what_a_model_says_of_itself(change: Callable[[dict[str, Any]], object], model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "model")
    changed(tmp_path / "model" / "headstart.json", change)
    seal(tmp_path / "model", {"format": 1})
    with pytest.raises(DataError) as caught:
        hs.finetune("digits", start=tmp_path / "model", out=tmp_path / "out", labels=20)
    assert caught.value.code == "HS-D353"


@pytest.mark.parametrize(
    ("family", "kind", "name", "value"),
    [
        ("objectives", "masked", "decoder_heads", -2), ("objectives", "mae", "decoder_depth", 0),
        ("objectives", "vae", "code", 0), ("objectives", "vae", "beta", float("nan")),
        ("objectives", "kmeans", "patches", -1), ("objectives", "aae", "penalty", -1.0),
        ("objectives", "ali", "hidden", 0), ("objectives", "distil", "width", 1 << 30),
        ("tasks", "classify", "dropout", 1e308), ("tasks", "classify", "hidden", -1),
        ("tasks", "regress", "dropout", -0.1),
        ("tasks", "segment", "width", 0), ("tasks", "detect", "width", 0), ("tasks", "generate", "max_tokens", -1),
        ("tasks", "tag", "dropout", 1.0), ("tasks", "roles", "hidden", -1),
    ],
)  # fmt: skip
def test_settings_of_objectives_and_tasks(family: str, kind: str, name: str, value: float) -> None:
    cls = catalog.load(family, kind)
    catalog.check(cls, {name: catalog.defaults(cls)[name]}, f"{family[:-1]}")
    with pytest.raises(RecipeError, match=rf"HS-R104.*{family[:-1]}\.{name}"):
        catalog.check(cls, {name: value}, f"{family[:-1]}")
