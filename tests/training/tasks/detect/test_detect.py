"""Detection: what labels become, what answers say in pixels of the original, and that rectangles are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.assemble import Parts, finetuning
from headstart.cli import run
from headstart.core import catalog
from headstart.core.errors import ContractError, DataError, RecipeError
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.evaluation.evaluate import evaluate
from headstart.inference.export import export
from headstart.inference.predictor import Predictor
from headstart.training.tasks.detect.nearest_thumbnail import nearest
from tests.helpers.rectangles import rectangles, written
from tests.helpers.runs import learn

SMALL = {"backbone.kind": "cnn", "backbone.channels": [16, 32, 32], "task.width": 32, "task.depth": 1,
         "augment.shift": 0, "augment.flip": False}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    place = tmp_path_factory.mktemp("rectangles")
    return prepare(written(place / "raw", {"train": 120, "valid": 16, "test": 60}), place / "data")


def parts_of(store: Store, **said: Any) -> Parts:
    named = {name.replace("__", "."): value for name, value in said.items()}
    return finetuning(override(Recipe(), {**SMALL, **named}), store, device="cpu")


@pytest.fixture(scope="module")
def trained(store: Store) -> Parts:
    torch.set_num_threads(1)
    parts = parts_of(store, plan__steps=90, plan__lr=3e-3, plan__check=0.5)
    learn(parts)
    return parts


def test_rectangles_are_found(store: Store, trained: Parts) -> None:
    found = evaluate(Predictor(trained.modality, trained.trainee), store)
    assert found.headline == "map50"
    assert found.scores["map50"] > 0.8
    assert found.scores["map50_low"] <= found.scores["map50"] <= found.scores["map50_high"]
    assert found.scores["map50"] >= found.scores["map"] > 0.4
    assert found.scores["baseline_map50"] < 0.3
    assert {row["class"] for row in found.per_class} == {"red", "blue"}
    assert sum(row["boxes"] for row in found.per_class) == sum(len(e["label"]["boxes"]) for e in found.examples)


def test_answers_lie_in_pixels_of_the_original(store: Store, trained: Parts) -> None:
    """The same picture in twice the size: the same boxes, twice as large."""
    predictor = Predictor(trained.modality, trained.trainee)
    pixels, _ = rectangles(np.random.default_rng(1), 40, 64)
    large = np.repeat(np.repeat(pixels, 2, 0), 2, 1)
    one, two = predictor.predict([pixels, large])
    assert one["boxes"]
    near = [max(_iou(2 * np.array(box), np.array(other)) for other in two["boxes"]) for box, score in
            zip(one["boxes"], one["scores"], strict=True) if score > 0.5]  # fmt: skip
    assert near
    assert min(near) > 0.9
    assert np.array(two["boxes"]).max() > 64


def _iou(one: np.ndarray, other: np.ndarray) -> float:
    both = np.prod((np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])).clip(0))
    return float(both / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - both))


def test_answers_are_sorted_and_few_of_a_kind_overlap(store: Store, trained: Parts) -> None:
    for answer in Predictor(trained.modality, trained.trainee).answers(store, store.rows("test")):
        assert answer["scores"] == sorted(answer["scores"], reverse=True)
        assert all(score > 0.05 for score in answer["scores"])
        boxes = [(np.array(box), name) for box, name in zip(answer["boxes"], answer["labels"], strict=True)]
        for place, (box, name) in enumerate(boxes):
            assert all(_iou(box, other) < 0.61 for other, called in boxes[:place] if called == name)


def test_labels_become_boxes_in_stored_pixels(store: Store, trained: Parts) -> None:
    task = trained.trainee.objective
    label = {"size": [80, 64], "boxes": [[0, 40, 32, 80]], "labels": ["red"]}
    made = task.label({"label": label, "origin": "x"}, {})  # pyright: ignore[reportAttributeAccessIssue]
    assert made["boxes"].tolist() == [[0, 20, 32, 40]]
    assert made["boxes"].dtype == np.float32
    assert made["y"].tolist() == [1]
    empty = task.label({"label": {**label, "boxes": [], "labels": []}}, {})  # pyright: ignore[reportAttributeAccessIssue]
    assert empty["boxes"].tolist() == [[-100] * 4]
    with pytest.raises(DataError, match="never seen"):
        task.label({"label": {**label, "labels": ["green"]}}, {})  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(DataError, match="must be boxes: found str"):
        task.label({"label": "red"}, {})  # pyright: ignore[reportAttributeAccessIssue]


def test_settings_follow_from_the_boxes() -> None:
    cls = catalog.load("tasks", "detect")
    square = {"size": [100, 100], "boxes": [[0, 0, 20, 20], [0, 0, 50, 50]], "labels": ["b", "a"]}
    settled = cls.infer_settings([square, {**square, "boxes": [], "labels": []}, None])
    assert settled["classes"] == ["a", "b"]
    assert settled["sizes"] == pytest.approx([0.2 + 0.05 * 0.3, 0.5 - 0.05 * 0.3])
    assert settled["objects"] == 1.0
    assert cls.infer_settings([{**square, "boxes": [], "labels": []}]) == {"classes": []}


CONVOLUTIONS = {"model_type": "resnet", "num_channels": 3, "embedding_size": 8, "hidden_sizes": [8, 16, 16, 32],
                "depths": [1, 1, 1, 1], "layer_type": "basic"}  # fmt: skip


@pytest.mark.parametrize(
    # of a public network, 1 x 2 places are no scale of 32 x 48 pixels
    ("backbone", "settings", "scales"),
    [("vit", {"width": 24, "depth": 1}, 1), ("resnet", {"depth": 10, "width": 4}, 4), ("dictionary", {"words": 8}, 1),
     ("timm", {"architecture": "resnet10t"}, 5), ("hf", {"config": CONVOLUTIONS}, 3)],
)  # fmt: skip
def test_networks_of_one_scale_and_of_several_can_detect(
    store: Store, backbone: str, settings: dict[str, Any], scales: int
) -> None:
    said = {f"backbone.{name}": value for name, value in settings.items()}
    plain = {"task.width": 16, "task.depth": 1, "backbone.kind": backbone}
    parts = finetuning(override(Recipe(), {**plain, **said}), store, device="cpu")
    batch = next(parts.batches.stream(0))
    assert len(parts.trainee.backbone.pyramid(parts.modality.ready(batch))) == scales
    loss = parts.trainee.objective(parts.trainee.backbone, batch).loss
    assert torch.isfinite(loss)


def test_a_detector_of_transformers_is_not_taken_over(store: Store) -> None:
    with pytest.raises(ContractError, match="HS-C289"):
        finetuning(override(Recipe(), {"backbone.kind": "hf", "backbone.config": {"model_type": "detr"}}), store)


def test_the_head_has_the_last_word_on_its_pace_and_the_user_the_very_last(store: Store) -> None:
    plan = parts_of(store).plan
    assert (plan.batch, plan.lr, plan.epochs, plan.schedule) == (8, 1e-3, 30, "cosine")
    assert parts_of(store, plan__batch=16).plan.batch == 16


@pytest.mark.parametrize("backbone", ["mlp", "linear"])
def test_networks_without_places_are_refused(store: Store, backbone: str) -> None:
    with pytest.raises(ContractError, match="HS-C287"):
        finetuning(override(Recipe(), {"backbone.kind": backbone}), store, device="cpu")


@pytest.mark.parametrize("said", [{"task.threshold": 1.0}, {"task.shared": 0.0}, {"task.most": 0},
                                  {"task.sizes": [0.5, 0.1]}, {"task.objects": 0.0}])  # fmt: skip
def test_settings_that_mean_nothing_are_refused(store: Store, said: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        finetuning(override(Recipe(), {**SMALL, **said}), store, device="cpu")


def test_a_probe_is_refused(store: Store) -> None:
    with pytest.raises(ContractError):
        finetuning(override(Recipe(), {**SMALL, "tuning.kind": "probe"}), store, device="cpu")


def test_the_simple_rival_takes_the_boxes_of_the_picture_that_looks_alike() -> None:
    generator = np.random.default_rng(0)
    known = generator.integers(0, 256, (5, 3, 24, 32), dtype=np.uint8)
    asked = (known[[3, 0]] // 2 + 20).astype(np.uint8)  # darker and flatter, but the same
    assert nearest(known, asked).tolist() == [3, 0]


def test_the_verbs_work_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = written(tmp_path / "raw", {"train": 24, "test": 12})
    data, model = str(tmp_path / "data"), str(tmp_path / "model")
    small = [f"{name}={json.dumps(value)}" for name, value in SMALL.items()]
    assert run(["prepare", str(table), "--out", data, "--quiet"]) == 0
    words = ["finetune", data, "--out", model, "--steps", "4", "--quiet", *small]
    assert run(words) == 0
    capsys.readouterr()
    assert run(["evaluate", model, data, "--out", str(tmp_path / "report"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"map50", "map50_low", "map"} <= set(said["scores"])
    assert "said: orange" in (tmp_path / "report" / "report.html").read_text("utf-8")
    for kind in ("jsonl", "csv", "parquet"):
        out = tmp_path / f"answers.{kind}"
        assert run(["predict", model, str(tmp_path / "raw" / "pictures"), "--out", str(out), "--quiet"]) == 0
        assert out.stat().st_size > 0
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text("utf-8").splitlines()]
    assert len(answers) == 36
    assert set(answers[0]) == {"origin", "boxes", "labels", "scores"}


@pytest.mark.parametrize("form", ["pt2", pytest.param("onnx", marks=pytest.mark.slow)])
def test_an_export_gives_what_every_place_says(store: Store, trained: Parts, tmp_path: Path, form: str) -> None:
    predictor = Predictor(trained.modality, trained.trainee)
    made = export(predictor, form, tmp_path / "out")
    assert made.difference < 1e-4
    batch = predictor.batch(store, store.rows("test")[:3])
    if form == "pt2":
        with torch.no_grad():
            said = torch.export.load(tmp_path / "out" / "model.pt2").module()(batch["x"])
    else:
        runtime = pytest.importorskip("onnxruntime")
        session = runtime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
        said = torch.from_numpy(session.run(None, {"pixels": batch["x"].numpy()})[0])
    assert said.shape[0] == 3
    assert said.shape[2] == 4 + 2
    sure = said[0, said[0, :, 4:].amax(1) > 0.6]
    answer = predictor.answers(store, store.rows("test")[:1])[0]
    assert len(sure) >= sum(score > 0.6 for score in answer["scores"])
