"""Several targets on one network: their loss, gaps, skill and heads against the tasks taken one by one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import headstart as hs
from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch, Task
from headstart.core.errors import DataError, RecipeError, UsageError

Build = Callable[..., Any]
SIZES = ("tiny", "small", "middling", "large", "huge")
Made = tuple[Any, Backbone, Batch, list[dict[str, Any]]]


def rows(count: int = 40, *, gaps: bool) -> list[dict[str, Any]]:
    """A class and a number a row; with gaps each fourth row lacks the one, each fifth the other."""
    made = [{"kind": "abc"[i % 3], "size": float(i) / 7} for i in range(count)]
    lacking = [{name for name, every in (("kind", 4), ("size", 5)) if gaps and i % every == 0} for i in range(count)]
    return [{name: one for name, one in row.items() if name not in less}
            for row, less in zip(made, lacking, strict=True)]  # fmt: skip


@pytest.fixture
def make(build: Build) -> Callable[..., Made]:
    """The task, its network, a batch with targets, and the examples."""

    def made(*, gaps: bool = False, **settings: Any) -> Made:
        setup = build()
        trainee, batch = setup.trainee, setup.batches.sample(40)
        labels = rows(gaps=gaps)
        cls = catalog.load("tasks", "multitask")
        task = cls(trainee.backbone, batch, trainee.objective.augment, **cls.completed(labels, settings))
        examples = [{"label": label, "origin": f"row {i}"} for i, label in enumerate(labels)]
        y = np.stack([task.label(example, {})["y"] for example in examples])
        stirred(task)
        return task.eval(), trainee.backbone.eval(), {**batch, "y": torch.from_numpy(y)}, examples

    return made


def stirred(task: Task) -> None:
    torch.manual_seed(0)
    for weights in task.parameters():
        torch.nn.init.normal_(weights)


def alone(made: Made, name: str) -> tuple[Task, Batch, list[int]]:
    """The task of one target, the rows that have a label of it as its own batch, and their numbers."""
    task, _, batch, examples = made
    held = next(one for one in task.held if one.name == name)
    known = [i for i, example in enumerate(examples) if name in example["label"]]
    y = [held.task.label({**examples[i], "label": examples[i]["label"][name]}, {})["y"] for i in known]
    mine = {key: values[known] for key, values in batch.items() if key != "y"}
    return held.task, {**mine, "y": torch.from_numpy(np.stack(y))}, known


@pytest.mark.parametrize("gaps", [False, True])
def test_the_loss_is_the_mean_of_the_losses_of_the_tasks_alone_on_the_rows_that_they_know(
    make: Callable[..., Made], gaps: bool
) -> None:
    made = make(gaps=gaps)
    task, backbone, batch, _ = made
    parts = []
    for name in ("kind", "size"):
        one, own, _ = alone(made, name)
        parts.append(float(one(backbone, own).loss.detach()))
    assert float(task(backbone, batch).loss.detach()) == pytest.approx(np.mean(parts), rel=1e-5)


def test_answers_are_those_of_the_tasks_alone_and_the_network_is_passed_once(
    make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make()
    task, backbone, batch, _ = made
    with torch.no_grad():
        expected = [alone(made, name)[0].predict(backbone, batch) for name in ("kind", "size")]
    passes, encode = list[int](), backbone.encode
    monkeypatch.setattr(backbone, "encode", lambda *given: passes.append(1) or encode(*given))
    with torch.no_grad():
        found = task.predict(backbone, batch)
    assert found == [{"kind": one, "size": other} for one, other in zip(*expected, strict=True)]
    assert len(passes) == 1


def test_a_row_without_a_label_of_a_target_moves_only_the_other_heads(make: Callable[..., Made]) -> None:
    task, backbone, batch, _ = make(gaps=True)
    some = {name: values[4:5] for name, values in batch.items()}  # it has a size alone
    task(backbone, some).loss.backward()
    kind, size = ([p.grad for p in one.task.parameters()] for one in task.held)
    assert all(grad is None or not grad.any() for grad in kind)
    assert any(grad is not None and grad.any() for grad in size)


def test_a_batch_without_any_label_has_no_loss_and_a_gradient(make: Callable[..., Made]) -> None:
    task, backbone, batch, _ = make()
    step = task(backbone, {**batch, "y": torch.full_like(batch["y"], float("nan"))})
    step.loss.backward()
    assert float(step.loss.detach()) == 0


def test_skill_is_r2_and_the_share_of_the_errors_of_the_commonest_class_that_are_not_made(
    make: Callable[..., Made],
) -> None:
    task, backbone, batch, examples = make(gaps=True)
    with torch.no_grad():
        answers = task.predict(backbone, batch)
    scores = task.score(answers, examples)
    size = [
        (a["size"]["value"], e["label"]["size"]) for a, e in zip(answers, examples, strict=True) if "size" in e["label"]
    ]
    said, true = np.array(size).T
    kind = [
        (a["kind"]["label"], e["label"]["kind"]) for a, e in zip(answers, examples, strict=True) if "kind" in e["label"]
    ]
    right, most = np.mean([a == b for a, b in kind]), max(np.mean([b == c for _, b in kind]) for c in "abc")
    assert scores["size_skill"] == pytest.approx(1 - ((said - true) ** 2).sum() / ((true - true.mean()) ** 2).sum())
    assert scores["size_skill"] == pytest.approx(scores["size_r2"])
    assert scores["kind_skill"] == pytest.approx((right - most) / (1 - most))
    assert next(iter(scores.items())) == ("skill", pytest.approx((scores["size_skill"] + scores["kind_skill"]) / 2))
    assert task.answer.metric("skill").of(task.row_scores(answers, examples)) == pytest.approx(scores["skill"])


def test_scores_of_chosen_rows_are_those_of_these_rows_of_the_table(make: Callable[..., Made]) -> None:
    task, backbone, batch, examples = make(gaps=True)
    with torch.no_grad():
        answers = task.predict(backbone, batch)
    chosen = np.array([1, 2, 2, 7, 30, 31, 32, 33])
    found = task.scorer(answers, examples)(chosen)
    known = [row for row in chosen if "size" in examples[row]["label"]]
    error = [answers[row]["size"]["value"] - examples[row]["label"]["size"] for row in known]
    assert found["size_rmse"] == pytest.approx(np.sqrt(np.mean(np.square(error))))
    assert found["skill"] == pytest.approx(task.answer.metric("skill").of(task.row_scores(answers, examples)[chosen]))


def test_a_target_that_does_not_vary_has_no_skill_and_is_left_out(make: Callable[..., Made]) -> None:
    task, backbone, batch, examples = make()
    same = [{**example, "label": {**example["label"], "size": 2.0}} for example in examples]
    with torch.no_grad():
        answers = task.predict(backbone, batch)
    scores = task.score(answers, same)
    assert scores["skill"] == pytest.approx(scores["kind_skill"])
    only = [{**example, "label": {"size": 2.0}} for example in examples]
    assert task.score(answers, only)["skill"] == 0


def test_heads_that_are_solved_together_are_those_that_are_solved_alone(make: Callable[..., Made]) -> None:
    made = make(gaps=True)
    task, backbone, batch, _ = made
    with torch.no_grad():
        features, targets = task.examine(backbone, batch)
        fit = task.linear_probe().fit(features.numpy(), targets.numpy(), solver="ridge", seed=0)
        parts = []
        for name in ("kind", "size"):
            one, own, _ = alone(made, name)
            x, y = one.examine(backbone, own)
            parts.append(one.linear_probe().fit(x.numpy(), y.numpy(), solver="ridge", seed=0))
    np.testing.assert_allclose(fit.weight, np.concatenate([part.weight for part in parts], 1), rtol=1e-4, atol=1e-6)
    task.linear_probe().load(fit)
    read = task.linear_probe().read()
    np.testing.assert_allclose(read.weight, fit.weight, rtol=1e-6)


def test_what_is_said_of_a_target_stands_over_what_its_labels_decide() -> None:
    cls = catalog.load("tasks", "multitask")
    labels = [{"grade": i % 5, "name": "ab"[i % 2]} for i in range(20)]
    settled = cls.infer_settings(labels)
    assert {name: table["kind"] for name, table in settled["tasks"].items()} == {
        "grade": "classify",
        "name": "classify",
    }
    asked = cls.completed(labels, {"tasks": {"grade": {"kind": "regress", "interval": 0.8}}})["tasks"]["grade"]
    assert asked == {"kind": "regress", "mean": [2.0], "std": [pytest.approx(2**0.5)], "interval": 0.8}
    assert cls.completed(labels[:1], settled)["tasks"].keys() == settled["tasks"].keys()  # a draw without some classes


@pytest.mark.parametrize(
    ("labels", "said", "error", "words"),
    [
        ([1.5, 2.5], {}, DataError, "HS-D926"),
        ([{"a": "x"}, {"a": "y"}], {"b": {"kind": "regress"}}, UsageError, "HS-U927.*found b"),
        ([{"a": "x", "b": 1.5}] * 3, {}, DataError, "HS-D928.*target a"),
        ([{"a": "x"}, {"a": "y"}], {"a": {"kind": "detect"}}, RecipeError, "HS-R929.*classify or regress"),
        ([{"a": "0.5"}, {"a": "1.5"}, {"a": "2.5"}], {}, UsageError, "HS-U931.*classify and regress"),
    ],
)
def test_targets_that_cannot_be_learned_are_named(labels: Any, said: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        catalog.load("tasks", "multitask").completed(labels, {"tasks": said})


def test_all_targets_read_the_same(make: Callable[..., Made]) -> None:
    with pytest.raises(RecipeError, match=r"HS-R930.*task\.layers"):
        make(tasks={"kind": {"layers": True}})


def table(path: Path, *, permuted: bool = False) -> Path:
    """Texts whose words decide a class and a number, each unknown in some rows; `permuted`: the class is drawn."""
    generator = np.random.default_rng(0)
    with path.open("w", newline="") as file:
        made = csv.writer(file)
        made.writerow(["text", "kind", "size"])
        for number in range(400):
            kind, size = int(generator.integers(3)), int(generator.integers(1, 6))
            text = f"{('soup', 'film', 'room')[kind]} {SIZES[size - 1]} w{number} v{number % 37}"
            drawn = int(generator.integers(3)) if permuted else kind
            made.writerow([text, "" if number % 4 == 0 else f"k{drawn}", "" if number % 3 == 0 else size + 0.37 * kind])
    return path


@pytest.mark.parametrize("backbone", ["linear", "bag"])
def test_a_table_with_gaps_is_learned_saved_and_answered(tmp_path: Path, backbone: str) -> None:
    steps = {} if backbone == "linear" else {"steps": 60}
    tasks = {"settings": {"task.tasks": {"size": {"kind": "regress"}}}}
    model = hs.finetune(
        table(tmp_path / "t.csv"), target="kind,size", start="scratch", backbone=backbone, out=tmp_path / "run",
        **steps, **tasks,
    )  # fmt: skip
    scores = model.scores
    assert scores["kind_accuracy"] > 0.9
    assert scores["size_rmse"] < 0.8
    texts = ["film small w9 v1", "soup huge w9 v1"]
    answers = hs.load(tmp_path / "run").predict(texts)
    assert answers == model.predict(texts)
    assert [row["kind"] for row in answers] == ["k1", "k0"]
    assert [row["size"] for row in answers] == pytest.approx([2.37, 5.0], abs=1.2)
    assert {"kind_probability", "kind_probabilities"} <= set(answers[0])


def test_a_target_of_drawn_labels_gets_no_skill_beside_one_that_is_learned(tmp_path: Path) -> None:
    model = hs.finetune(
        table(tmp_path / "t.csv", permuted=True), target="kind,size", start="scratch", backbone="linear",
        out=tmp_path / "run", settings={"task.tasks": {"size": {"kind": "regress"}}},
    )  # fmt: skip
    assert model.scores["kind_skill_low"] < 0.1
    assert model.scores["size_skill"] > 0.5


def test_one_task_and_several_begin_with_the_heads_of_several(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"settings": {"task.tasks": {"size": {"kind": "regress"}}}}
    first = hs.finetune(
        table(tmp_path / "t.csv"), target="kind,size", start="scratch", backbone="linear", out=tmp_path / "a", **asked
    )
    again = hs.finetune(tmp_path / "t.csv", target="kind,size", start=first, labels=40, out=tmp_path / "b", **asked)
    one = hs.finetune(tmp_path / "t.csv", target="kind", task="classify", start=first, labels=40, out=tmp_path / "c")
    assert again.scores["skill"] > 0.5
    assert one.scores["accuracy"] > 0.9
