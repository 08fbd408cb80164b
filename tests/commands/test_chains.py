"""Chains: pretraining, a task, another task. Their lineage is told, and rows that any link learned from are found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import headstart as hs
from headstart.assemble import open_store
from headstart.core.recipe import Recipe
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.arms import arms_of

WIDTH = {"backbone.width": 8}


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise that is brighter on the left, or on the right."""
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 200, (count, 8, 8), dtype=np.uint8)
    x[::2, :, :4] += 50
    x[1::2, :, 4:] += 50
    return x, np.array(["left", "right"] * (count // 2))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Store:
    train, test = pictures(60, 1), pictures(40, 2)
    return prepare({"train": train, "test": test}, tmp_path_factory.mktemp("b") / "store", near="keep")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Components of some pictures, then a task whose rows hold ten test rows of the target under other names."""
    place = tmp_path_factory.mktemp("chain")
    hs.pretrain(pictures(80, 3)[0], out=place / "first", backbone="linear", objective="pca", settings=WIDTH)
    x = np.concatenate([pictures(50, 4)[0], pictures(40, 2)[0][:10]])
    rows = prepare({"train": (x, np.array(["one", "two"] * 30))}, place / "rows", near="keep")
    hs.finetune(rows, start=place / "first", out=place / "second", tuning="probe")
    return place


def test_every_link_is_told_in_the_facts_the_card_and_the_report(chain: Path, target: Store, tmp_path: Path) -> None:
    hs.finetune(target, start=chain / "second", out=tmp_path / "third", tuning="probe")
    facts = json.loads((tmp_path / "third" / "headstart.json").read_text())
    links = [(one["name"], one["verb"], one["learned"]) for one in facts["lineage"]]
    assert links == [("first", "pretrain", "pca"), ("second", "finetune", "classify")]
    for page in ("README.md", "report.html"):
        text = (tmp_path / "third" / page).read_text("utf-8")
        assert text.index("pretrain, pca") < text.index("finetune, classify"), page


def test_test_rows_that_a_link_learned_from_are_told_by_the_proof(chain: Path, target: Store, tmp_path: Path) -> None:
    said = {"labels": [20], "seeds": 1, "tuning": "probe", "settings": {"plan.steps": 1}}
    proof = hs.gain(target, start=chain / "second", out=tmp_path / "proof", **said)
    assert any("10 of 40 test rows were among the rows this model or its parents" in one for one in proof.warnings)


def test_a_model_that_the_chain_was_made_from_is_the_chain_without_its_last_step(chain: Path, target: Store) -> None:
    hs.pretrain(pictures(80, 5)[0], out=chain / "other", backbone="linear", objective="pca", settings=WIDTH)
    against = [str(chain / name) for name in ("first", "other")]
    said = Recipe(start=str(chain / "second"), tuning={"kind": "probe"}, gain={"against": against})
    recipe, store = open_store(said, target)
    without = {arm.name: arm.without for arm in arms_of(recipe, store, labels=20, seed=0, device="cpu")}
    names = ("scratch", "fresh", "against first", "against other", "baseline")
    assert [without[name] for name in names] == [True, True, True, False, False]


def test_a_frozen_network_still_carries_what_the_link_before_learned(tmp_path: Path, chain: Path) -> None:
    """Both tasks ask the same of the same frozen components, so that few labels learn from the first head."""
    many, few = pictures(400, 6), pictures(300, 7)
    hs.finetune({"train": many}, start=chain / "first", out=tmp_path / "many", tuning="probe")
    rows = prepare({"train": (few[0], np.char.add("the ", few[1]))}, tmp_path / "few", near="keep")
    model = hs.finetune(rows, start=tmp_path / "many", labels=8, out=tmp_path / "m", tuning="probe")
    assert model.path is not None
    history = (model.path / "history.jsonl").read_text()
    assert '"source"' in history
