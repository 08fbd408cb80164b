"""Average precision equals that of pycocotools, and counts of rows give it back."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from headstart.training.tasks.detect.answer import Boxes
from headstart.training.tasks.detect.average_precision import Matcher, ap50, counted, match, precisions

NAMES = ("cat", "dog", "owl")
Side = dict[str, Any]

MAP50 = Boxes(("a",)).metrics["map50"]


def drawn(seed: int, pictures: int, *, most: int = 8, ties: bool = True) -> tuple[list[Side], list[Side]]:
    """Answers near the truth, wrong ones, missed ones, pictures with nothing; scores that are often equal."""
    generator = np.random.default_rng(seed)
    answers, truths = [], []
    for _ in range(pictures):
        count = int(generator.integers(0, most)) * int(generator.random() > 0.2)
        corner = generator.uniform(0, 60, (count, 2))
        truth = np.concatenate([corner, corner + generator.uniform(4, 40, (count, 2))], 1).round(1)
        near = truth[generator.random(count) > 0.2] if count else truth
        near = np.repeat(near, 2, 0) + generator.normal(0, 2.5, (2 * len(near), 4))
        far = generator.uniform(0, 50, (int(generator.integers(0, 4)), 4))
        far[:, 2:] += far[:, :2] + 1
        told = np.concatenate([near, far])
        told[:, 2:] = np.maximum(told[:, 2:], told[:, :2] + 0.5)
        scores = generator.random(len(told))
        names = list(generator.choice(NAMES[:2], count))
        kept = np.repeat(np.arange(count), 2)[: len(near)]
        said = [names[k] if generator.random() > 0.1 else "owl" for k in kept] + list(generator.choice(NAMES, len(far)))
        truths.append({"boxes": truth.tolist(), "labels": names})
        answers.append(
            {"boxes": told.tolist(), "labels": said, "scores": (scores.round(1) if ties else scores).tolist()}
        )
    return answers, truths


def reference(answers: list[Side], truths: list[Side]) -> tuple[float, float]:
    """map50 and map of pycocotools."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def wide(box: list[float]) -> list[float]:
        return [box[0], box[1], box[2] - box[0], box[3] - box[1]]

    known = [
        {"image_id": i, "category_id": NAMES.index(name), "bbox": wide(box), "iscrowd": 0,
         "area": wide(box)[2] * wide(box)[3]}
        for i, one in enumerate(truths) for box, name in zip(one["boxes"], one["labels"], strict=True)
    ]  # fmt: skip
    found = [
        {"image_id": i, "category_id": NAMES.index(name), "bbox": wide(box), "score": score}
        for i, one in enumerate(answers)
        for box, name, score in zip(one["boxes"], one["labels"], one["scores"], strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": i} for i in range(len(truths))],
            "categories": [{"id": i, "name": name} for i, name in enumerate(NAMES)],
            "annotations": [{**one, "id": i + 1} for i, one in enumerate(known)],
        }
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(found), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[1]), float(judge.stats[0])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("ties", [False, True])
def test_it_equals_pycocotools(seed: int, ties: bool) -> None:
    pytest.importorskip("pycocotools")
    answers, truths = drawn(seed, 25, ties=ties)
    found = precisions(Matcher(NAMES).all(answers, truths), 3)
    map50, whole = reference(answers, truths)
    assert np.nanmean(found[0]) == pytest.approx(map50, abs=1e-6)
    assert np.nanmean(found) == pytest.approx(whole, abs=1e-6)


def test_more_than_a_hundred_detections_are_cut_as_pycocotools_cuts_them() -> None:
    pytest.importorskip("pycocotools")
    generator = np.random.default_rng(0)
    corner = generator.uniform(0, 200, (150, 2))
    boxes = np.concatenate([corner, corner + 10], 1)
    truths = [{"boxes": boxes[:120].tolist(), "labels": ["cat"] * 120}]
    answers = [{"boxes": boxes.tolist(), "labels": ["cat"] * 150, "scores": generator.random(150).tolist()}]
    found = precisions(Matcher(NAMES).all(answers, truths), 3)
    assert np.nanmean(found[0]) == pytest.approx(reference(answers, truths)[0], abs=1e-6)


def test_by_hand() -> None:
    """Right, wrong, right of 2 boxes: precision 1 up to a recall of one half, 2 / 3 beyond."""
    truth = {"boxes": [[0, 0, 10, 10], [20, 20, 30, 30]], "labels": ["cat", "cat"]}
    answer = {
        "boxes": [[0, 0, 10, 10], [50, 50, 60, 60], [20, 20, 30, 30]],
        "labels": ["cat"] * 3,
        "scores": [0.9, 0.8, 0.7],
    }
    rows = Matcher(NAMES).all([answer], [truth])
    assert precisions(rows, 3)[0, 0] == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)
    assert ap50(counted(rows[0], 3).astype(float)) == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_a_box_is_found_once_and_by_the_best() -> None:
    truth = np.array([[0.0, 0, 10, 10]])
    told = np.array([[0.0, 0, 10, 6], [0, 0, 10, 10], [0, 0, 10, 9]])
    right = match(told, truth)
    assert right[0].tolist() == [True, False, False]  # 0.6 of it, the first by score
    assert right[4].tolist() == [False, True, False]  # at 0.7 the first falls short


@pytest.mark.parametrize("seed", range(6))
def test_counts_of_rows_give_the_score_back(seed: int) -> None:
    answers, truths = drawn(seed, 60, ties=False)
    rows = Matcher(NAMES).all(answers, truths)
    counts = np.stack([counted(row, 3) for row in rows])
    exact = float(np.nanmean(precisions(rows, 3)[0]))
    assert MAP50.of(counts) == pytest.approx(exact, abs=0.01)
    both = np.stack([counts.mean(0), counts[:10].mean(0)])[:, None]
    assert MAP50.from_rows(both).shape == (2, 1)


def test_what_was_matched_once_is_remembered_and_a_changed_pair_is_not() -> None:
    answers, truths = drawn(0, 5)
    matcher = Matcher(NAMES)
    once = matcher.all(answers, truths)
    again = matcher.all([answers[2], answers[2]], [truths[2], truths[2]])
    assert again[0] is again[1] is once[2]
    other = matcher.all([answers[2]], [truths[3]])
    assert other[0] is not once[2]


@pytest.mark.parametrize(("told", "expected"), [([], 1.0), ([[0, 0, 5, 5]], 0.0)])
def test_where_there_is_nothing_to_find(told: list[list[int]], expected: float) -> None:
    answer = {"boxes": told, "labels": ["cat"] * len(told), "scores": [0.9] * len(told)}
    row = Matcher(NAMES).all([answer], [{"boxes": [], "labels": []}])[0]
    assert ap50(counted(row, 3).astype(float)) == expected
