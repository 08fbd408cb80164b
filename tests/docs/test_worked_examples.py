"""The pages that show how to write one file: the file is taken from the page and used as a reader would use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.assemble import pretraining
from headstart.core import catalog
from headstart.core.errors import ContractError, DataError
from headstart.core.random import keys
from headstart.core.recipe import Recipe, override
from tests.helpers.specs import picture_spec

Write = Callable[[str], list[str]]
SPEC = picture_spec(1, 8, 8)
QUICK: dict[str, Any] = {"plan.batch": 64}


def test_backbone_page_pretrains_saves_and_embeds(worked_example: Write, tmp_path: Path) -> None:
    assert worked_example("new_backbone.md") == ["rows"]
    settings = {**QUICK, "backbone.width": 16}
    model = hs.pretrain(
        "digits", out=tmp_path / "m", backbone="rows:Rows", objective="contrastive", steps=2, settings=settings
    )
    assert model.embed(np.zeros((3, 8, 8), np.uint8)).shape == (3, 16)


def test_backbone_page_holds_its_contract(worked_example: Write) -> None:
    worked_example("new_backbone.md")
    backbone = catalog.load("backbones", "rows:Rows")(SPEC)
    tokens = backbone({"x": torch.randn(4, 1, 8, 8)})
    assert tokens.x.shape == (4, 8, backbone.width)
    assert tokens.grid == (8,)
    listed = [id(p) for layer in backbone.layers() for p in layer.parameters()]
    assert sorted(listed) == sorted(id(p) for p in backbone.parameters())


def test_objective_page_pretrains_and_learns(worked_example: Write, tmp_path: Path) -> None:
    assert worked_example("new_objective.md") == ["rotation"]
    model = hs.pretrain(
        "digits", out=tmp_path / "m", backbone="mlp", objective="rotation:Rotation", steps=150, settings=QUICK
    )
    assert model.path is not None
    lines = (model.path / "history.jsonl").read_text("utf-8").splitlines()
    accuracy = [row["accuracy"] for row in map(json.loads, lines) if "accuracy" in row]
    assert np.mean(accuracy[-5:]) > 0.5  # chance is 0.25


def test_objective_page_turns_each_row_by_its_own_key(worked_example: Write) -> None:
    worked_example("new_objective.md")
    import rotation  # pyright: ignore[reportMissingImports]

    x, turn = torch.randn(4, 1, 8, 8), torch.tensor([0, 1, 2, 3])
    slowly = torch.stack([torch.rot90(one, int(k), (1, 2)) for one, k in zip(x, turn, strict=True)])
    assert torch.equal(rotation.turned(x, turn), slowly)


def test_objective_page_refuses_what_it_cannot_turn(worked_example: Write, tmp_path: Path) -> None:
    worked_example("new_objective.md")
    wide = np.random.default_rng(0).integers(0, 255, (50, 8, 12), dtype=np.uint8)
    with pytest.raises(ContractError, match="not square"):
        hs.pretrain(wide, out=tmp_path / "m", backbone="mlp", objective="rotation:Rotation", steps=1)


@pytest.mark.parametrize("tuning", ["probe", "full"])
def test_task_page_finetunes_scores_and_answers(worked_example: Write, tmp_path: Path, tuning: str) -> None:
    assert worked_example("new_task.md") == ["ordinal"]
    model = hs.finetune(
        "digits", start="scratch", backbone="linear", task="ordinal:Ordinal", tuning=tuning, out=tmp_path / "m",
        steps=100, settings=QUICK,
    )  # fmt: skip
    scores = hs.evaluate(model, "digits").scores
    assert scores["mae_low"] < scores["mae"] < 2.5 < 3.3  # guessing one grade for all is off by 2.5 at best
    (answer,) = model.predict(np.zeros((1, 8, 8), np.uint8))
    assert answer["label"] == str(answer["grade"])


def test_task_page_says_which_grade_is_unknown(worked_example: Write) -> None:
    worked_example("new_task.md")
    import ordinal  # pyright: ignore[reportMissingImports]

    digits = hs.prepare("digits")
    augment = digits.modality.augment(digits.modality)
    sample = digits.modality.collate(digits.take(np.arange(4)))
    task = ordinal.Ordinal(catalog.load("backbones", "linear")(SPEC), sample, augment, grades=("low", "high"))
    assert task.label({"label": "high"}, {})["y"].tolist() == [1.0]
    with pytest.raises(DataError, match="unknown grade"):
        task.label({"label": "middling"}, {})


def test_modality_page_prepares_normalises_and_trains(worked_example: Write, tmp_path: Path) -> None:
    assert worked_example("new_modality.md") == ["vectors", "vectors_augment"]
    spectra = np.random.default_rng(0).normal(5.0, 2.0, (200, 12)).astype(np.float32)
    store = hs.prepare(spectra, out=tmp_path / "data", modality="vectors:Vectors")
    assert sum(store.splits.values()) == 200
    rows = store.rows("train")
    ready = store.modality.ready(store.modality.collate(store.take(rows)))["x"]
    assert ready.shape == (len(rows), 12)
    assert torch.allclose(ready.mean(0), torch.zeros(12), atol=1e-4)
    assert torch.allclose(ready.std(0, correction=0), torch.ones(12), atol=1e-3)

    settings = {"backbone.kind": "mlp", "objective.kind": "autoencoder"}
    parts = pretraining(override(Recipe(), {"plan.steps": 40, "plan.batch": 32, **settings}), store)
    losses = [float(progress.loss) for progress in hs.train(parts.trainee, parts.batches, parts.plan)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_modality_page_refuses_bad_rows_and_leaves_copies_out(worked_example: Write, tmp_path: Path) -> None:
    worked_example("new_modality.md")
    spectra = np.random.default_rng(0).normal(size=(60, 12)).astype(np.float32)
    spectra[7] = spectra[3]
    store = hs.prepare(spectra, out=tmp_path / "copies", modality="vectors:Vectors")
    assert store.manifest["rejected"] == {"exact duplicate": 1}
    spectra[11, 2] = np.nan
    with pytest.raises(DataError, match="has a hole"):
        hs.prepare(spectra, out=tmp_path / "holes", modality="vectors:Vectors")


def test_modality_page_augments_by_key_and_rests_in_eval_mode(worked_example: Write, tmp_path: Path) -> None:
    worked_example("new_modality.md")
    spectra = np.random.default_rng(0).normal(size=(60, 12)).astype(np.float32)
    modality = hs.prepare(spectra, out=tmp_path / "data", modality="vectors:Vectors").modality
    augment = modality.augment(modality)
    batch = {"x": torch.from_numpy(spectra[:8]), "key": keys(0, 0, torch.arange(8))}
    some = {name: values[[5, 2]] for name, values in batch.items()}
    assert torch.equal(augment(some)["x"], augment(batch)["x"][[5, 2]])
    assert not torch.equal(augment(batch, view=0)["x"], augment(batch, view=1)["x"])
    assert torch.equal(augment.eval()(batch)["x"], modality.ready(batch)["x"])
    assert torch.allclose(modality.view.denormalise(modality.ready(batch)["x"]), batch["x"], atol=1e-5)


def test_python_page_s_own_loop_learns(worked_example: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert worked_example("python.md") == ["own_loop"]
    import own_loop  # pyright: ignore[reportMissingImports]

    losses = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    assert len(losses) == 4
    assert losses[-1] < losses[0]
    assert not own_loop.backbone.any_subset
