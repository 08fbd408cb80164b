"""Classify and regress against scikit-learn and slow formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from headstart.core import catalog
from headstart.core.contracts import Task
from headstart.core.errors import DataError, RecipeError

Build = Callable[..., Any]
UNKNOWN = {"unknown": "oos", "threshold": 0.5}


@pytest.fixture
def make(build: Build) -> Callable[..., Task]:
    """A task on the tiny store's pictures."""

    def made(kind: str, **settings: Any) -> Task:
        setup = build()
        trainee = setup.trainee
        sample = setup.batches.sample()
        return catalog.load("tasks", kind)(trainee.backbone, sample, trainee.objective.augment, **settings)

    return made


def said(task: Task, outputs: torch.Tensor) -> list[dict[str, Any]]:
    return task.linear_probe().decode(outputs)


def examples(labels: Any) -> list[dict[str, Any]]:
    return [{"label": label, "origin": f"row {i}"} for i, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["b", "a", "b"], ["a", "b"]),
        (["10", "2", "1"], ["1", "2", "10"]),
        ([3, 1, 2, 3], ["1", "2", "3"]),
        (["ja", "nein", "7", None], ["7", "ja", "nein"]),
        ([True, False], ["False", "True"]),
    ],
)
def test_classes_are_found_and_sorted_as_people_would(labels: list[Any], classes: list[str]) -> None:
    settled = catalog.load("tasks", "classify").infer_settings(labels)
    assert settled["classes"] == classes
    assert settled["multi_label"] is False
    assert settled["counts"] == [[str(label) for label in labels].count(name) for name in classes]


def test_one_class_is_refused_and_an_unseen_label_named(make: Callable[..., Task]) -> None:
    with pytest.raises(DataError, match="two classes"):
        make("classify", classes=["a"])
    with pytest.raises(DataError, match="'d'") as caught:
        make("classify", classes=["a", "b"]).label({"label": "d", "origin": "x.png"}, {})
    assert caught.value.where == "x.png"


def test_scores_equal_scikit_learn(make: Callable[..., Task]) -> None:
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

    generator = np.random.default_rng(0)
    for classes in (["x", "y"], ["1", "2", "10"]):
        task = make("classify", classes=classes)
        outputs = torch.from_numpy(generator.normal(size=(200, len(classes))))
        truth = generator.choice(classes, 200)
        answers = said(task, outputs)
        told = [answer["label"] for answer in answers]
        scores = task.score(answers, examples(truth))
        assert scores["accuracy"] == pytest.approx(accuracy_score(truth, told))
        assert scores["macro_f1"] == pytest.approx(f1_score(truth, told, average="macro"))
        assert task.row_scores(answers, examples(truth)).mean() == pytest.approx(scores["accuracy"])
        if len(classes) == 2:
            positive = functional.softmax(outputs, 1)[:, 1].numpy()
            assert scores["auc"] == pytest.approx(roc_auc_score(truth == "y", positive))


def test_a_class_that_training_never_saw_counts_as_missed(make: Callable[..., Task]) -> None:
    task = make("classify", classes=["a", "b"])
    answers = said(task, torch.tensor([[9.0, 0.0], [0.0, 9.0], [9.0, 0.0], [9.0, 0.0]]))
    scores = task.score(answers, examples(["a", "b", "new", "new"]))
    assert scores["accuracy"] == 0.5
    assert scores["macro_f1"] == pytest.approx((0.5 + 1.0 + 0.0) / 3)  # a: precision 1/3, recall 1
    assert "auc" not in scores


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_class_weights_multiply_rows(make: Callable[..., Task], smoothing: float) -> None:
    weights = {"a": 0.5, "c": 3.0}
    task = make("classify", classes=["a", "b", "c"], weights=weights, smoothing=smoothing)
    features, y = torch.randn(7, 8), torch.tensor([0, 1, 2, 2, 1, 0, 0])
    torch.nn.init.normal_(task.get_parameter("head.weight"))
    log = task.get_submodule("head")(features).log_softmax(1)
    slow = torch.zeros(())
    for row, target in enumerate(y.tolist()):
        wanted = torch.full((3,), smoothing / 3)
        wanted[target] += 1 - smoothing
        slow = slow - (0.5, 1.0, 3.0)[target] * (wanted * log[row]).sum() / 7
    torch.testing.assert_close(task.judge(features, y).loss, slow)


def test_automatic_weights_give_every_class_the_same_say(make: Callable[..., Task]) -> None:
    task = make("classify", classes=["a", "b"], counts=[30, 10], weights="auto")
    weight = task.get_buffer("class_weight")
    assert (weight * torch.tensor([30, 10])).tolist() == pytest.approx([20, 20])
    with pytest.raises(RecipeError, match="unknown class"):
        make("classify", classes=["a", "b"], weights={"z": 2.0})


def test_several_labels_a_row(make: Callable[..., Task]) -> None:
    from sklearn.metrics import f1_score

    labels = [["sea", "sky"], ["sky"], [], ["sea"]]
    settled = catalog.load("tasks", "classify").infer_settings(labels)
    assert (settled["classes"], settled["multi_label"], settled["counts"]) == (["sea", "sky"], True, [2, 2])
    task = make("classify", **settled)
    targets = np.stack([task.label(example, {})["y"] for example in examples(labels)])
    assert targets.tolist() == [[1, 1], [0, 1], [0, 0], [1, 0]]
    outputs = torch.tensor([[2.0, 2.0], [2.0, 2.0], [-2.0, -2.0], [-1.0, -1.0]])
    answers = said(task, outputs)
    assert [answer["labels"] for answer in answers] == [["sea", "sky"], ["sea", "sky"], [], []]
    scores = task.score(answers, examples(labels))
    told = (outputs > 0).numpy()
    assert scores["macro_f1"] == pytest.approx(f1_score(targets, told, average="macro"))
    assert scores["micro_f1"] == pytest.approx(f1_score(targets, told, average="micro"))
    assert scores["accuracy"] == 0.5
    features = torch.randn(4, 8)
    each = functional.binary_cross_entropy_with_logits(task.get_submodule("head")(features), torch.from_numpy(targets))
    torch.testing.assert_close(task.judge(features, torch.from_numpy(targets)).loss, each)


@pytest.mark.parametrize("learned", [True, False])
def test_answers_of_no_class_equal_the_slow_rule(make: Callable[..., Task], learned: bool) -> None:
    classes = ["a", "b", "oos"] if learned else ["a", "b", "c"]
    task = make("classify", classes=classes, **UNKNOWN)
    outputs = torch.from_numpy(np.random.default_rng(0).normal(size=(300, 3)))
    told = set()
    for answer, row in zip(said(task, outputs), outputs.softmax(1).tolist(), strict=True):
        shares = dict(zip(classes, row, strict=True))
        assert answer["probabilities"] == pytest.approx(shares)
        known = {name: share for name, share in shares.items() if name != "oos"}
        best = max(known, key=lambda name: known[name])
        if known[best] < 0.5 or shares.get("oos", 0) > known[best]:
            assert answer["label"] == "oos"
            assert answer["probability"] == pytest.approx(1 - known[best])
        else:
            assert (answer["label"], answer["probability"]) == (best, pytest.approx(known[best]))
        told.add(answer["label"])
    assert told >= {"a", "b", "oos"}


@pytest.mark.parametrize("learned", [True, False])
def test_scores_of_rows_of_no_class_equal_slow_ones(make: Callable[..., Task], learned: bool) -> None:
    from sklearn.metrics import f1_score

    generator = np.random.default_rng(1)
    classes = ["a", "b", "oos"] if learned else ["a", "b"]
    task = make("classify", classes=classes, unknown="oos", threshold=0.6)
    truth = generator.choice(["a", "b", "oos"], 120).tolist()
    answers = said(task, torch.from_numpy(generator.normal(size=(120, len(classes)))))
    scores, told = task.score(answers, examples(truth)), [answer["label"] for answer in answers]
    assert list(scores) == ["accuracy", "macro_f1", "known_accuracy", "unknown_recall", "unknown_auc"]
    hits = [one == other for one, other in zip(told, truth, strict=True)]
    inside = [hit for hit, label in zip(hits, truth, strict=True) if label != "oos"]
    outside = [hit for hit, label in zip(hits, truth, strict=True) if label == "oos"]
    assert scores["accuracy"] == pytest.approx(np.mean(hits))
    assert scores["known_accuracy"] == pytest.approx(np.mean(inside))
    assert scores["unknown_recall"] == pytest.approx(np.mean(outside))
    assert scores["macro_f1"] == pytest.approx(f1_score(truth, told, average="macro"))
    doubt = [1 - max(answer["probabilities"][name] for name in ("a", "b")) for answer in answers]
    pairs = [(one, other) for one, yes in zip(doubt, truth, strict=True) if yes == "oos"
             for other, no in zip(doubt, truth, strict=True) if no != "oos"]  # fmt: skip
    assert scores["unknown_auc"] == pytest.approx(np.mean([(a > b) + 0.5 * (a == b) for a, b in pairs]))
    only = [i for i, label in enumerate(truth) if label == "oos"]
    assert task.score([answers[i] for i in only], examples(["oos"] * len(only))).keys() >= {"unknown_recall"}
    assert task.row_scores(answers, examples(truth)).tolist() == [float(hit) for hit in hits]


def test_rows_of_no_class_are_not_learned_where_the_head_has_no_output_for_them(make: Callable[..., Task]) -> None:
    task = make("classify", classes=["a", "b"], **UNKNOWN)
    assert task.label({"label": "b"}, {})["y"] == 1
    with pytest.raises(DataError, match="never seen"):
        task.label({"label": "oos"}, {})
    assert make("classify", classes=["a", "oos"], unknown="oos").label({"label": "oos"}, {})["y"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"unknown": "oos", "multi_label": True},
        {"unknown": "oos", "threshold": 1.1},
        {"unknown": "oos", "threshold": -0.1},
        {"threshold": 0.5},
    ],
)
def test_an_answer_of_no_class_that_cannot_be_given_is_refused(
    make: Callable[..., Task], wrong: dict[str, Any]
) -> None:
    with pytest.raises(RecipeError, match="HS-R217"):
        make("classify", classes=["a", "b"], **wrong)


def test_probabilities_stay_finite_for_huge_outputs(make: Callable[..., Task]) -> None:
    answers = said(make("classify", classes=["a", "b"]), torch.tensor([[1e30, -1e30], [-1e4, 1e4]]))
    assert [answer["label"] for answer in answers] == ["a", "b"]
    assert all(np.isfinite(list(answer["probabilities"].values())).all() for answer in answers)


def test_regression_learns_standardised_and_answers_in_the_unit(make: Callable[..., Task]) -> None:
    from scipy.stats import spearmanr
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    generator = np.random.default_rng(0)
    truth = (1000 + 50 * generator.normal(size=90)).tolist()
    settled = catalog.load("tasks", "regress").infer_settings(truth)
    assert settled == {"mean": [pytest.approx(np.mean(truth))], "std": [pytest.approx(np.std(truth))]}
    task = make("regress", **settled)
    targets = np.stack([task.label(example, {})["y"] for example in examples(truth)])
    assert abs(targets.mean()) < 1e-4
    assert targets.std() == pytest.approx(1, abs=1e-4)
    outputs = torch.from_numpy(targets + 0.3 * generator.normal(size=(90, 1)))
    answers = said(task, outputs)
    told = [answer["value"] for answer in answers]
    scores = task.score(answers, examples(truth))
    assert scores["rmse"] == pytest.approx(root_mean_squared_error(truth, told))
    assert scores["mae"] == pytest.approx(mean_absolute_error(truth, told))
    assert scores["r2"] == pytest.approx(r2_score(truth, told))
    assert scores["spearman"] == pytest.approx(spearmanr(truth, told)[0])  # pyright: ignore[reportArgumentType, reportIndexIssue]
    assert -task.row_scores(answers, examples(truth)).mean() == pytest.approx(scores["mse"])


def test_several_numbers_a_row(make: Callable[..., Task]) -> None:
    truth = [[1.0, 100.0], [2.0, 300.0], [3.0, 200.0]]
    task = make("regress", **catalog.load("tasks", "regress").infer_settings(truth))
    targets = torch.from_numpy(np.stack([task.label(example, {})["y"] for example in examples(truth)]))
    answers = said(task, targets)
    np.testing.assert_allclose([answer["value"] for answer in answers], truth, rtol=1e-5)
    assert task.score(answers, examples(truth))["rmse"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("label", ["many", None, float("nan"), float("inf"), [1.0, "x"], {}])
def test_a_target_that_is_no_number_is_bad_data(make: Callable[..., Task], label: Any) -> None:
    with pytest.raises(DataError) as caught:
        make("regress").label({"label": label, "origin": "table.csv:7"}, {})
    assert caught.value.where == "table.csv:7"


def test_targets_that_never_vary_do_not_divide_by_zero() -> None:
    assert catalog.load("tasks", "regress").infer_settings([5.0, 5.0]) == {"mean": [5.0], "std": [1.0]}


@pytest.mark.parametrize("kind", ["classify", "regress"])
def test_a_head_with_a_hidden_layer_cannot_be_solved(make: Callable[..., Task], kind: str) -> None:
    settings = {"classes": ["a", "b"]} if kind == "classify" else {}
    task = make(kind, hidden=4, **settings)
    targets = np.arange(20) % 2 if kind == "classify" else np.arange(20.0)[:, None]
    fit = task.linear_probe().fit(np.random.default_rng(0).normal(size=(20, 8)), targets, solver="logistic", seed=0)
    with pytest.raises(RecipeError, match="hidden"):
        task.linear_probe().load(fit)


@pytest.mark.parametrize("solver", ["logistic", "ridge", "svm"])
def test_a_fitted_head_separates_what_can_be_separated(make: Callable[..., Task], solver: str) -> None:
    generator = np.random.default_rng(0)
    truth = np.arange(90) % 3
    features = (4 * np.eye(3, 8)[truth] + generator.normal(size=(90, 8))).astype(np.float32)
    task = make("classify", classes=["a", "b", "c"])
    fit = task.linear_probe().fit(features, truth, solver=solver, seed=0)
    answers = said(task, torch.from_numpy(features @ fit.weight + fit.bias))
    assert task.score(answers, examples(np.array(["a", "b", "c"])[truth]))["accuracy"] > 0.95


def test_a_class_without_rows_is_never_the_answer(make: Callable[..., Task]) -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(40, 8)).astype(np.float32)
    task = make("classify", classes=["a", "b", "c"])
    for truth in (np.arange(40) % 2 * 2, np.full(40, 1)):
        fit = task.linear_probe().fit(features, truth, solver="logistic", seed=0)
        told = {answer["label"] for answer in said(task, torch.from_numpy(features @ fit.weight + fit.bias))}
        assert told <= set(np.array(["a", "b", "c"])[np.unique(truth)])
