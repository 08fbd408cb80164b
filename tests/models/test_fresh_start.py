"""`fresh:MODEL`: the network of a model with fresh weights, and the same checks before it is built."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core.errors import DataError
from headstart.models.artifact import seal
from headstart.models.open_start import open_start


@pytest.fixture
def model(tmp_path: Path) -> Path:
    pictures = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    hs.pretrain(pictures, out=tmp_path / "m", backbone="mlp", steps=2, settings={"backbone.widths": [16, 4]})
    return tmp_path / "m"


def test_it_has_the_shapes_and_not_the_weights(model: Path) -> None:
    own, start = open_start(str(model)), open_start(f"fresh:{model}")
    assert own is not None
    assert start is not None
    learned, (one, again) = own.backbone().state_dict(), ({}, {})
    for state in (one, again):
        torch.manual_seed(0)
        state.update(start.backbone().state_dict())
    assert {name: tensor.shape for name, tensor in one.items()} == {n: t.shape for n, t in learned.items()}
    assert not any(torch.equal(one[name], learned[name]) for name in one if name.endswith("weight"))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert len(start.seen()) == 0


def test_a_config_that_asks_for_more_than_the_files_hold_is_refused(model: Path) -> None:
    config = json.loads((model / "config.json").read_text("utf-8"))
    config["headstart"]["backbone"]["widths"] = [100_000, 100_000]
    (model / "config.json").write_text(json.dumps(config), "utf-8")
    seal(model)
    for name in (str(model), f"fresh:{model}"):
        start = open_start(name)
        assert start is not None
        with pytest.raises(DataError):
            start.backbone()
