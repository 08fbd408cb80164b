"""Segmentation: what it learns, how objects are told apart, and its scores by hand."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from headstart.assemble.rows import together
from headstart.core import catalog, random
from headstart.core.contracts import Backbone, Batch, Task
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError, DataError, RecipeError
from headstart.data.modalities.image.annotations import mask_of, packed
from headstart.data.modalities.image.image import Image
from headstart.evaluation.intervals import is_hits
from headstart.training.tasks.segment import overlaps
from headstart.training.tasks.segment.answer import Masks
from headstart.training.tasks.segment.instances import cores, matched, parted, without_small
from headstart.training.tasks.segment.pixel_baseline import PixelBaseline
from tests.helpers.discs import scenes

SEGMENT = catalog.load("tasks", "segment")


def labelled(masks: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    return [{"label": {"mask": packed(mask)}, "origin": f"row {i}"} for i, mask in enumerate(masks)]


def made(pixels: np.ndarray, kind: str = "cnn", **settings: Any) -> tuple[Image, Backbone, Batch]:
    """A modality that knows the pictures, a small backbone, and the pictures as one batch."""
    modality = Image(fit="stretch")
    modality.fit([{"input": pixels[0]}], Budget())
    modality.fit_stored([{"x": pixels[:, None]}])
    torch.manual_seed(0)
    usual = {"channels": (16, 32, 64), "norm": "group"} if kind == "cnn" else {}
    backbone = catalog.load("backbones", kind)(modality.spec, **{**usual, **settings})
    size = torch.tensor(pixels.shape[1:]).expand(len(pixels), 2)
    batch = {"x": torch.from_numpy(pixels[:, None]), "size": size, "key": random.keys(0, 0, torch.arange(len(pixels)))}
    return modality, backbone, batch


def task_of(modality: Image, backbone: Backbone, batch: Batch, settled: Mapping[str, Any]) -> Task:
    augment = modality.augment(modality, shift=0)
    return SEGMENT(backbone, batch, augment, **settled)


def learned(task: Task, backbone: Backbone, batch: Batch, rows: list[dict[str, Any]], steps: int) -> Task:
    columns = [task.label(row, {}) for row in rows]
    batch = {**batch, "mask": torch.from_numpy(together([one["mask"] for one in columns]))}
    optimizer = torch.optim.AdamW([*backbone.parameters(), *task.parameters()], 3e-3)
    for step in range(steps):
        some = torch.arange(8 * step, 8 * step + 8) % len(rows)
        loss = task(backbone, {name: values[some] for name, values in batch.items()}).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return task.eval()


@pytest.fixture
def one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_discs_are_found_and_touching_ones_told_apart_within_a_minute(one_thread: None) -> None:
    pixels, masks = scenes(40)
    rows, began = labelled(masks), time.process_time()
    modality, backbone, batch = made(pixels)
    settled = {**SEGMENT.infer_settings([row["label"] for row in rows]), "objects": True}
    task = learned(task_of(modality, backbone, batch, settled), backbone, batch, rows, 100)
    assert time.process_time() - began < 60
    unseen, truth = scenes(16, seed=1)
    _, _, asked = made(unseen)
    answers = task.predict(backbone.eval(), asked)
    scores = task.score(answers, labelled(truth))
    assert list(scores) == ["dice", "miou", "ap50"]
    assert scores["dice"] > 0.95
    assert scores["ap50"] > 0.8
    # without cores, discs that touch are one
    merged = [
        {**answer, "mask": packed(parted(mask_of(answer, "", Budget()) > 0, np.zeros((48, 48), bool)))}
        for answer in answers
    ]
    assert task.score(merged, labelled(truth))["ap50"] < 0.5


def test_classes_are_learned_and_unjudged_pixels_count_for_nothing() -> None:
    pixels, numbers = scenes(24, side=32, most=4)
    masks = [np.where(one > 0, 1 + one % 2, 0) for one in numbers]  # two classes
    for picture, mask in zip(pixels, masks, strict=True):
        picture[mask == 2] = 255 - picture[mask == 2] // 4
        mask[:8] = 255
    rows = labelled(masks)
    settled = SEGMENT.infer_settings([row["label"] for row in rows])
    assert (settled["values"], settled["ignore"], settled["objects"]) == ([0, 1, 2], 255, False)
    modality, backbone, batch = made(pixels)
    task = learned(task_of(modality, backbone, batch, settled), backbone, batch, rows, 80)
    answers = task.predict(backbone.eval(), batch)
    scores = task.score(answers, rows)
    assert list(scores) == ["miou", "dice"]
    assert scores["miou"] > 0.8
    wrong = [mask_of(answer, "", Budget()).copy() for answer in answers]
    for mask in wrong:
        mask[:8] = (mask[:8] + 1) % 3
    assert task.score([{"mask": packed(mask)} for mask in wrong], rows) == scores


def test_unjudged_pixels_do_not_change_the_loss() -> None:
    pixels, masks = scenes(4)
    modality, backbone, batch = made(pixels)
    task = task_of(modality, backbone, batch, {"classes": ["background", "a", "b"], "values": [0, 1, 2], "ignore": 255})
    mask = torch.from_numpy(np.stack(masks)) % 3
    mask[:, 10:20] = -100
    outputs = torch.randn(4, 3, 48, 48)
    changed = outputs.clone()
    changed[:, :, 10:20] = torch.randn(4, 3, 10, 48)
    assert torch.equal(task.judge(outputs, mask).loss, task.judge(changed, mask).loss)
    assert not torch.equal(task.judge(outputs, mask).loss, task.judge(changed, mask.clamp_min(0)).loss)
    nothing = torch.full_like(mask, -100)
    assert float(task.judge(outputs, nothing).loss) == 0.0


def test_the_loss_is_cross_entropy_and_soft_dice() -> None:
    modality, backbone, batch = made(scenes(4)[0])
    task = task_of(modality, backbone, batch, {"classes": ["no", "yes"], "values": [0, 1], "dice": 0.5})
    outputs, mask = torch.randn(1, 2, 48, 48), torch.zeros(1, 48, 48, dtype=torch.int16)
    mask[0, :5, :7] = 1
    share = outputs[0].softmax(0)[1].double()
    truth = mask[0].double()
    entropy = -(truth * share.log() + (1 - truth) * (1 - share).log()).mean()
    overlap = (2 * (share * truth).sum() + 1) / ((share**2).sum() + truth.sum() + 1)
    assert float(task.judge(outputs, mask).loss) == pytest.approx(float(entropy + 0.5 * (1 - overlap)), rel=1e-5)


def test_scores_by_hand() -> None:
    """Class 1: found 2, invented 1, missed 1. Background: found 4, invented 1, missed 1; one pixel is not judged."""
    modality, backbone, batch = made(scenes(4)[0])
    truth, told = np.array([[1, 1, 1, 0, 0, 0, 0, 0, 255]]), np.array([[1, 1, 0, 1, 0, 0, 0, 0, 1]])
    settled = {"values": [0, 1], "ignore": 255}
    task, rows = task_of(modality, backbone, batch, settled), labelled([truth])
    answers = [{"mask": packed(told)}]
    assert task.score(answers, rows) == pytest.approx({"dice": 4 / 6, "miou": (2 / 4 + 4 / 6) / 2})
    assert task.row_scores(answers, rows).tolist() == [[2, 1, 1]]
    found = task.answer.table(answers, rows)
    assert found[0] == pytest.approx({"class": "background", "pixels": 5, "iou": 4 / 6, "dice": 8 / 10})
    assert found[1] == pytest.approx({"class": "object", "pixels": 3, "iou": 2 / 4, "dice": 4 / 6})


@pytest.mark.parametrize("values", [[0, 1], [0, 1, 2], [3, 4], []])
def test_counts_of_rows_come_to_the_headline(values: list[int]) -> None:
    modality, backbone, batch = made(scenes(4)[0])
    generator = np.random.default_rng(0)
    classes = [str(value) for value in values] or ["background", "object"]
    drawn = [generator.choice(values or [0, 1, 7], (2, 6, 5)) for _ in range(9)]
    task = task_of(modality, backbone, batch, {"classes": classes, "values": values})
    answers, rows = [{"mask": packed(one[0])} for one in drawn], labelled([one[1] for one in drawn])
    name, value = next(iter(task.score(answers, rows).items()))
    assert task.answer.metric(name).of(task.row_scores(answers, rows)) == pytest.approx(value)
    assert name == ("dice" if len(values) < 3 and 3 not in values else "miou")


def test_a_class_that_train_never_saw_is_a_miss_and_nowhere_is_it_hidden() -> None:
    modality, backbone, batch = made(scenes(4)[0])
    task = task_of(modality, backbone, batch, {"values": [0, 1]})
    rows = labelled([np.array([[0, 1, 9, 9]])])
    assert task.row_scores([{"mask": packed(np.array([[0, 1, 1, 0]]))}], rows).tolist() == [[1, 1, 0]]
    with pytest.raises(DataError, match=r"row 0: .*never seen in the train split: found 9, expected 0, 1"):
        task.label(rows[0], {})


def test_objects_are_matched_above_half_of_their_union() -> None:
    truth, told = np.zeros((6, 12), int), np.zeros((6, 12), int)
    truth[:2, :4], told[:2, :3] = 1, 5  # 6 of 8: found
    truth[4:, :4], told[4:, :2] = 2, 6  # 4 of 8: not above half
    told[:2, 8:] = 7  # invented
    truth[4:, 8:] = 3  # missed
    assert matched(told, truth) == (1, 2, 2)
    assert matched(truth, truth) == (3, 0, 0)
    assert matched(np.zeros((2, 2), int), np.zeros((2, 2), int)) == (0, 0, 0)


def test_every_object_has_a_core_and_no_two_cores_touch() -> None:
    from scipy.ndimage import label

    _, masks = scenes(12)
    for mask, core in zip(masks, cores(torch.from_numpy(np.stack(masks))).numpy(), strict=True):
        assert label(core, np.ones((3, 3)))[1] == mask.max()
        assert sorted(np.unique(mask[core])) == list(range(1, mask.max() + 1))


def test_cores_are_the_deeper_half_as_a_slow_count_says() -> None:
    numbers = np.zeros((14, 20), np.int64)
    numbers[1:8, 1:8] = 1
    numbers[1:8, 8:11] = 2  # touches the first, depth 2 at most
    numbers[10, 3] = 3
    numbers[9:, 12:] = 4  # cut by the corner of the picture: what lies behind it is not known to be another
    depth = np.zeros(numbers.shape, int)
    for y in range(14):
        for x in range(20):
            reach = 0
            while (
                numbers[y, x]
                and (
                    numbers[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] == numbers[y, x]
                ).all()
                and reach < 12
            ):
                reach += 1
            depth[y, x] = reach
    peak = np.array([depth[numbers == n].max() for n in range(5)])
    wanted = (numbers > 0) & (depth > peak[numbers] / 2)
    found = cores(torch.from_numpy(np.stack([numbers, np.zeros_like(numbers), numbers - 100 * (numbers == 0)])))
    assert found[0].numpy().tolist() == wanted.tolist()
    assert not found[1].any()
    assert torch.equal(found[2], found[0])


def test_pieces_without_a_core_stay_and_every_pixel_has_an_owner() -> None:
    inside, core = np.zeros((9, 20), bool), np.zeros((9, 20), bool)
    inside[2:7, 1:11] = True
    core[4, 3] = core[4, 8] = True
    inside[2:5, 15:18] = True
    core[8, 19] = True  # outside of everything
    found = parted(inside, core)
    assert (found > 0).tolist() == inside.tolist()
    assert len(np.unique(found)) == 4
    assert (found[2:7, 1:6] == found[4, 3]).all()
    assert not parted(np.zeros((3, 3), bool), np.ones((3, 3), bool)).any()


def test_what_is_too_small_to_be_right_is_not_answered() -> None:
    numbers = np.array([[4, 4, 4, 0], [0, 2, 2, 0], [9, 0, 0, 0]])
    assert without_small(numbers, 2).tolist() == [[2, 2, 2, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert without_small(numbers, 0).max() == 3
    assert not without_small(numbers, 4).any()
    masks = [np.repeat([0, *range(1, 7)], 9)[None], np.repeat([0, 1], 5)[None]]
    assert SEGMENT.infer_settings([{"mask": packed(mask)} for mask in masks])["smallest"] == 2


@pytest.mark.parametrize(
    ("masks", "settled"),
    [
        ([np.array([[0, 255]])], ([0, 255], -1, False, ["background", "object"])),
        ([np.array([[0, 1, 255]])], ([0, 1], 255, False, ["background", "object"])),
        ([np.array([[0, 1]]), np.array([[0, 4]])], ([0, 1, 4], -1, False, ["background", "1", "4"])),
        ([np.array([[1, 2, 3]])], ([1, 2, 3], -1, False, ["1", "2", "3"])),
        ([np.arange(6)[None], np.arange(2)[None]], ([], -1, True, ["background", "object"])),
        ([np.arange(6)[None], np.arange(6)[None]], ([*range(6)], -1, False, ["background", *"12345"])),
        ([np.array([[0, 1, 2, 5, 6, 7]]), np.array([[0, 1]])],
         ([0, 1, 2, 5, 6, 7], -1, False, ["background", *"12567"])),
        ([np.array([[0, 300, 300, 0, 301]])], ([], -1, True, ["background", "object"])),
        ([np.arange(24)[None] % 12], ([*range(12)], -1, False, ["background", *map(str, range(1, 12))])),
    ],
)  # fmt: skip
def test_what_masks_settle(masks: list[np.ndarray], settled: tuple[Any, ...]) -> None:
    found = SEGMENT.infer_settings([{"mask": packed(mask)} for mask in masks] + [None])
    assert (found["values"], found["ignore"], found["objects"], found["classes"]) == settled
    assert sum(found["counts"]) == sum((mask != found["ignore"]).sum() for mask in masks)


def test_masks_keep_their_numbers_in_answers_and_lie_in_the_original() -> None:
    modality, backbone, batch = made(scenes(4)[0])
    task = task_of(modality, backbone, batch, {"values": [0, 255]})
    wide = {**batch, "size": torch.tensor([[96, 48], [10, 10], [48, 48], [31, 47]])}
    task.head.last.weight.data.zero_()
    task.head.last.bias.data[:] = torch.tensor([0.0, 1.0])
    answers = task.predict(backbone, wide)
    assert [mask_of(answer, "", Budget()).shape for answer in answers] == [(96, 48), (10, 10), (48, 48), (31, 47)]
    assert all((mask_of(answer, "", Budget()) == 255).all() for answer in answers)
    assert answers[0]["classes"] == {"background": 0.0, "object": 1.0}
    small = modality.placement.of((10, 10))
    assert (task.label({"label": {"mask": packed(np.eye(10, dtype=int) * 255)}}, {})["mask"] ==
            small.inward_mask(np.eye(10, dtype=int))).all()  # fmt: skip


def test_a_simple_model_sees_colours_and_what_lies_around_them() -> None:
    pixels, masks = scenes(12)
    modality, backbone, batch = made(pixels)
    rows = labelled(masks)
    task = task_of(modality, backbone, batch, {"objects": True})
    stored = {"x": pixels[:, None], "size": np.array([[48, 48]] * 12)}
    targets = {"mask": np.stack([task.label(row, {})["mask"] for row in rows])}
    baseline = PixelBaseline(task, modality, stored, targets, 0)  # pyright: ignore[reportArgumentType]
    seeing = baseline.predict(stored, 12)
    assert seeing.chosen
    assert task.score(seeing.answers, rows)["dice"] > 0.9  # bright discs
    assert task.score(seeing.answers, rows)["ap50"] < 0.5  # those that touch are one
    assert task.score(baseline.blind(stored, 12).answers, rows)["dice"] == 0.0


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("resnet", {"depth": 10, "width": 8}),
        ("vit", {"width": 24, "depth": 1, "patch": 8}),
        ("vit", {"width": 24, "depth": 1, "patch": 12}),
        ("cnn", {"shrink": "none"}),
        ("timm", {"architecture": "resnet10t", "model_args": {"in_chans": 1}}),
        ("timm", {"architecture": "convnext_atto", "model_args": {"dims": [8, 8, 16, 16], "depths": [1, 1, 1, 1]}}),
    ],
)
def test_any_backbone_with_maps_answers_every_pixel(kind: str, settings: dict[str, Any]) -> None:
    pixels, masks = scenes(4)
    modality, backbone, batch = made(pixels, kind, **settings)
    task = task_of(modality, backbone, batch, {"objects": True})
    mask = torch.from_numpy(np.stack([task.label(row, {})["mask"] for row in labelled(masks)]))
    step = task(backbone, {**batch, "mask": mask})
    step.loss.backward()
    assert all(p.grad is not None for p in task.parameters())
    assert task.outputs(backbone, batch).shape == (4, 3, 48, 48)
    assert task.answer.export().classes == ["background", "object", "core of object"]


@pytest.mark.parametrize(("kind", "settings"), [("mlp", {}), ("linear", {}), ("dictionary", {"pool": 2})])
def test_backbones_without_maps_are_refused(kind: str, settings: dict[str, Any]) -> None:
    modality, backbone, batch = made(scenes(4)[0], kind, **settings)
    with pytest.raises(ContractError, match=rf"HS-C311.*{kind} has no feature map"):
        task_of(modality, backbone, batch, {"objects": True})


def test_odd_settings_are_refused() -> None:
    modality, backbone, batch = made(scenes(4)[0])
    for settings, code in (
        ({"classes": ["sky"], "values": [0, 1]}, "HS-D431"),
        ({"classes": ["sky", "sea"], "values": [0, 1, 2]}, "HS-R310"),
        ({"classes": ["sky", "sea"], "values": [1, 0]}, "HS-R310"),
        ({"classes": ["sky", "sea"], "values": [0, 1], "weights": "auto"}, "HS-R311"),
    ):
        with pytest.raises((DataError, RecipeError)) as caught:
            task_of(modality, backbone, batch, settings)
        assert caught.value.code == code
    with pytest.raises(DataError, match="HS-D430"):
        SEGMENT.infer_settings(["cats"])
    with pytest.raises(DataError, match="HS-D430"):
        SEGMENT.infer_settings([{"boxes": []}])


def test_rare_classes_weigh_more_if_asked() -> None:
    modality, backbone, batch = made(scenes(4)[0])
    task = task_of(modality, backbone, batch, {"values": [0, 1], "counts": [900, 100], "weights": "auto"})
    weights = task.get_buffer("class_weight")
    assert weights.tolist() == pytest.approx([1000 / 1800, 1000 / 200])


def test_scales_pass_over_classes_that_are_not_there() -> None:
    counts = np.array([[[2.0, 1, 1, 0, 0, 0], [3, 0, 0, 0, 1, 0]], [[0, 0, 0, 0, 0, 0], [1, 1, 1, 2, 0, 1]]])
    assert overlaps.mean_dice(counts) == pytest.approx(np.array([[4 / 6, 0.5], [1.0, (0.5 + 0.8) / 2]]))
    assert overlaps.mean_iou(counts) == pytest.approx(np.array([[0.5, 0.5], [1.0, (1 / 3 + 2 / 3) / 2]]))
    metrics = Masks(("background", "object"), (), -1, objects=True).metrics
    assert not is_hits(np.ones((5, 3)), metrics["dice"])
    assert metrics["ap50"].fraction
