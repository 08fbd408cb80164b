"""TabICL: a checkpoint that its own library wrote is converted, answers from kept rows, and is saved with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import headstart as hs
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.inference.predictor import Predictor
from headstart.models.backbones.tabicl import Tabicl
from headstart.models.public.converting import convert
from headstart.models.public.tabicl_checkpoint import architecture_in
from tests.helpers.table_rows import table_rows

SPEC = Spec("cells", {"columns": 3, "cells": 3})
TINY = {"embed_dim": 16, "col_num_blocks": 1, "col_nhead": 2, "col_num_inds": 4, "row_num_blocks": 1, "row_nhead": 2,
        "row_num_cls": 2, "icl_num_blocks": 1, "icl_nhead": 2, "zero_init": False}  # fmt: skip


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny converted checkpoints of the tabicl library with random weights, one for classes and one for numbers."""
    tabicl = pytest.importorskip("tabicl._model.tabicl", reason="the tabicl library is not installed")
    place = tmp_path_factory.mktemp("tabicl")
    for name, more in (("classes", {"max_classes": 4}), ("numbers", {"max_classes": 0, "num_quantiles": 9})):
        torch.manual_seed(0)
        config = {**TINY, **more}
        network = tabicl.TabICL(**config)
        torch.save({"config": config, "state_dict": network.state_dict()}, place / f"{name}.ckpt")
        convert(place / f"{name}.ckpt", place / name)
    return place


def learned(checkpoint: Path, place: Path, *, classes: int = 2, **more: Any) -> Predictor:
    rows, known = table_rows(150, classes=classes)
    frame = pd.DataFrame(rows).drop(columns="note").assign(who=[f"class {one}" for one in known])
    settings = {"backbone.checkpoint": str(checkpoint), "backbone.members": 2, **more}
    return hs.finetune(frame, target="who", modality="table", start="scratch", backbone="tabicl", out=place / "model",
                       settings=settings)  # fmt: skip


@pytest.mark.parametrize("classes", [2, 6])  # of the six the checkpoint knows four
def test_a_saved_model_answers_without_the_checkpoint(classes: int, checkpoints: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(checkpoints / "classes", tmp_path / "start")
    model = learned(tmp_path / "start", tmp_path, classes=classes)
    shutil.rmtree(tmp_path / "start")
    rows, _ = table_rows(12, classes=classes, seed=1)
    answers, again = model.predict(rows), Predictor.load(tmp_path / "model").predict(rows)
    assert [one["probabilities"] for one in again] == [one["probabilities"] for one in answers]
    assert len({one["probability"] for one in answers}) > 1


def test_an_answer_does_not_depend_on_the_rows_beside_it(checkpoints: Path, tmp_path: Path) -> None:
    model = learned(checkpoints / "classes", tmp_path)
    rows, _ = table_rows(12, seed=1)
    rows[3]["income"] = None
    together = model.predict(rows)
    alone = [model.predict([row])[0] for row in rows]
    for one, other in zip(together, alone, strict=True):
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-5)


def test_answers_are_those_of_the_library(checkpoints: Path) -> None:
    from tabicl import TabICLClassifier

    generator = np.random.default_rng(0)
    cells, asked = generator.normal(size=(40, 3)).astype(np.float32), generator.normal(size=(9, 3)).astype(np.float32)
    targets = (cells[:, 0] > 0).astype(np.int64)
    backbone = Tabicl(SPEC, checkpoint=str(checkpoints / "classes"), members=4,
                      architecture=dict(architecture_in(checkpoints / "classes")))  # fmt: skip
    backbone.begin()
    backbone.keep("classes", cells, targets)
    found = backbone.summary(backbone({"x": torch.from_numpy(asked)})).sigmoid()[:, 0].numpy()
    theirs = TabICLClassifier(n_estimators=4, random_state=0, model_path=checkpoints / "classes.ckpt",
                              allow_auto_download=False, device="cpu")  # fmt: skip
    theirs.fit(cells.astype(np.float64), targets)
    assert np.allclose(found, theirs.predict_proba(asked.astype(np.float64))[:, 1], atol=1e-4)


def test_numbers_are_answered(checkpoints: Path, tmp_path: Path) -> None:
    cells = np.random.default_rng(0).normal(size=(150, 3))
    frame = pd.DataFrame(cells, columns=list("abc")).assign(y=cells[:, 0] * 10 + 100)
    settings = {"backbone.checkpoint": str(checkpoints / "numbers"), "backbone.members": 2}
    model = hs.finetune(frame, target="y", modality="table", start="scratch", backbone="tabicl",
                        out=tmp_path / "model", settings=settings)  # fmt: skip
    rows = frame.drop(columns="y").to_dict("records")[:5]
    assert Predictor.load(tmp_path / "model").predict(rows) == model.predict(rows)
    assert all(60 < one["value"] < 140 for one in model.predict(rows))


def test_rows_that_do_not_differ_are_answered_with_what_is_usual(checkpoints: Path) -> None:
    backbone = Tabicl(SPEC, architecture=dict(architecture_in(checkpoints / "classes")))
    backbone.keep("classes", np.ones((4, 3)), np.array([0, 1, 1, 1]))
    said = backbone.summary(backbone({"x": torch.ones(2, 3)}))
    assert said.sigmoid().flatten().tolist() == pytest.approx([0.75, 0.75], abs=1e-4)


def test_a_checkpoint_of_the_other_kind_is_refused(checkpoints: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="HS-C843"):
        learned(checkpoints / "numbers", tmp_path)


def test_it_is_not_exported(checkpoints: Path, tmp_path: Path) -> None:
    learned(checkpoints / "classes", tmp_path)
    with pytest.raises(ContractError, match="HS-C844"):
        hs.export(tmp_path / "model", format="onnx", out=tmp_path / "exported")


def test_weights_of_another_network_are_refused(checkpoints: Path, tmp_path: Path) -> None:
    backbone = Tabicl(SPEC, checkpoint=str(checkpoints / "numbers"),
                      architecture=dict(architecture_in(checkpoints / "classes")))  # fmt: skip
    with pytest.raises(DataError, match="HS-D847"):
        backbone.begin()


@pytest.mark.parametrize("odd", [{"activation": "os.system"}, {"embed_dim": -1}, {"nothing": 1}, {"embed_dim": 7}])
def test_settings_that_the_library_does_not_have_are_refused(odd: dict[str, Any], checkpoints: Path) -> None:
    with pytest.raises(ContractError, match="HS-C841"):
        Tabicl(SPEC, architecture={**TINY, **odd})


def test_a_checkpoint_is_named_and_converted_first(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="HS-C842"):
        learned(Path(), tmp_path, **{"backbone.checkpoint": ""})
    (tmp_path / "a.ckpt").write_bytes(b"")
    with pytest.raises(ContractError, match=r"HS-C845.*hs\.convert"):
        learned(tmp_path / "a.ckpt", tmp_path)
    with pytest.raises(ContractError, match="HS-C846"):
        learned(tmp_path, tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(ContractError, match="HS-C846"):
        learned(tmp_path, tmp_path)


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "tabicl", None)
    monkeypatch.setitem(sys.modules, "tabicl._model.tabicl", None)
    with pytest.raises(UsageError, match=r"HS-U840.*headstart\[tabicl\]"):
        Tabicl(SPEC, architecture=TINY)
