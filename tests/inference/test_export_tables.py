"""Models of tables as ONNX: they answer as the model does, from cells that a stranger makes by what the export says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import headstart as hs
from headstart.inference.export import export
from headstart.inference.predictor import Predictor
from headstart.models.nn.trees import Trees
from tests.helpers.table_rows import table_rows

quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
BACKBONES = {
    "boosting": {"backbone.trees": 20, "backbone.depth": 4, "backbone.pairs": 3},
    "linear": {},
    "mlp": {"plan.steps": 20},
    "tabm": {"plan.steps": 60, "plan.lr": 5e-3, "backbone.width": 16},
    "encoder": {"plan.steps": 20, "backbone.width": 16},
}


def clients(count: int, seed: int, target: str) -> pd.DataFrame:
    """Rows with every kind of column; a name that is rare, and a number that is missing."""
    rows, known = table_rows(count, classes=3, seed=seed)
    frame = pd.DataFrame(rows)
    frame["answer"] = [f"class {one}" for one in known] if target == "classes" else frame["age"] * 2.5 + np.array(known)
    return frame


def model(backbone: str, target: str, place: Path) -> Predictor:
    settings: dict[str, Any] = BACKBONES[backbone]
    return hs.finetune(clients(300, 0, target), target="answer", modality="table", start="scratch", backbone=backbone,
                       out=place / "model", settings=settings)  # fmt: skip


def cells(usage: dict[str, Any], rows: pd.DataFrame, made: np.ndarray) -> np.ndarray:
    """x as `export.json` describes it; dates and texts, which are several numbers, are those of the model."""
    x = made.copy()
    for column in usage["columns"]:
        values = rows[column["name"]]
        if "codes" in column:
            known = {name: number for number, name in enumerate(column["codes"])}
            x[:, column["from"]] = [0 if pd.isna(one) else known.get(one, 1) for one in values]
        elif column["to"] - column["from"] == 1:
            x[:, column["from"]] = values.astype(float)
    return x


@quiet
@pytest.mark.parametrize(
    ("backbone", "target"),
    [
        ("boosting", "classes"),
        ("boosting", "numbers"),
        ("linear", "classes"),
        ("mlp", "numbers"),
        ("tabm", "classes"),
        ("encoder", "numbers"),
    ],
)
def test_onnx_answers_as_predict_does(
    backbone: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    predictor, asked = model(backbone, target, tmp_path), clients(40, 1, target).drop(columns="answer")
    asked.loc[3, "town"], asked.loc[4, "town"], asked.loc[5, "age"] = "Never", None, None
    done = export(predictor, "onnx", tmp_path / "out", asked)
    assert done.difference < 1e-5
    usage = json.loads((tmp_path / "out" / "export.json").read_text())
    x = cells(usage, asked, predictor.some(asked, 40)["x"].numpy())
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x})
    said = predictor.predict(asked)
    wanted = [list(one["probabilities"].values()) if "probabilities" in one else [one["value"]] for one in said]
    assert np.ptp(found, axis=0).max() > 0.1
    assert np.abs(found - np.array(wanted)).max() < 1e-5 * max(1.0, np.abs(wanted).max())
    assert "export.json" in (tmp_path / "out" / "README.md").read_text()


@quiet
def test_categories_are_told_by_their_bits_in_a_graph(tmp_path: Path) -> None:
    """Every code of 256, the sign bits of their four numbers among them."""
    draw = np.random.default_rng(0)
    trees = Trees(1, 3, 2, 4, categories=True)
    with torch.no_grad():
        trees.by_bits[:, 0] = True
        trees.left[:, 0], trees.right[:, 0] = 1, 2
        trees.value[:, 1], trees.value[:, 2] = torch.tensor([1.0, 2.0, 4.0]), 0.0
        trees.bits[:, 0] = torch.from_numpy(draw.integers(-(2**63), 2**63 - 1, (3, 4)))
        trees.extent.copy_(torch.tensor([3, 1]))
    trees.load_state_dict(trees.state_dict())  # as a file is read
    codes = torch.arange(256.0)[:, None]
    bits = trees.bits[:, 0].numpy().view(np.uint64)
    wanted = np.array([sum((1 << t) * ((int(bits[t, c // 64]) >> (c % 64)) & 1) for t in range(3)) for c in range(256)])
    assert np.array_equal(trees(codes)[:, 0].numpy(), wanted)
    graph = torch.export.export(trees, (codes[:5],), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)).module()
    assert np.array_equal(graph(codes)[:, 0].numpy(), wanted)
