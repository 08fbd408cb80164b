"""Overlaps, suppression, assignment and losses of boxes, by hand and by slower versions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from headstart.training.tasks.detect.boxes import distinct, overlap, pairwise_iou
from headstart.training.tasks.detect.dense_head import Places, Towers, decoded, losses, owners, quality_focal, spread


def test_overlap_by_hand() -> None:
    """Two squares of 4 that share 2 x 4, and two that lie apart: hull 3 x 1, union 2."""
    one = torch.tensor([[0.0, 0, 4, 4], [0, 0, 1, 1]])
    other = torch.tensor([[2.0, 0, 6, 4], [2, 0, 3, 1]])
    iou, giou = overlap(one, other)
    assert iou.tolist() == pytest.approx([8 / 24, 0.0])
    assert giou.tolist() == pytest.approx([8 / 24, -1 / 3])
    assert torch.equal(pairwise_iou(one, other).diagonal(), iou)


def test_overlap_equals_torchvision() -> None:
    ops = pytest.importorskip("torchvision.ops")
    boxes = [torch.rand(30, 4, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1)]
    one, other = (torch.cat([b[:, :2], b[:, :2] + b[:, 2:]], 1) for b in boxes)
    torch.testing.assert_close(pairwise_iou(one, other), ops.box_iou(one, other))
    torch.testing.assert_close(overlap(one, other)[1], ops.generalized_box_iou(one, other).diagonal())


def test_suppression_equals_torchvision() -> None:
    ops = pytest.importorskip("torchvision.ops")
    generator = torch.Generator().manual_seed(0)
    corner = 40 * torch.rand(200, 2, generator=generator)
    boxes = torch.cat([corner, corner + 5 + 20 * torch.rand(200, 2, generator=generator)], 1)
    scores, kinds = torch.rand(200, generator=generator), torch.randint(0, 3, (200,), generator=generator)
    kept = distinct(boxes, scores, kinds, 0.4)
    assert torch.equal(kept, ops.batched_nms(boxes, scores, kinds, 0.4))
    assert len(distinct(boxes[:0], scores[:0], kinds[:0], 0.4)) == 0


def test_quality_focal_loss_by_hand_and_as_the_focal_loss() -> None:
    logit = torch.tensor([0.0, 2.0])
    found = quality_focal(logit, torch.tensor([0.8, 0.0]))
    p = 1 / (1 + math.exp(-2.0))
    assert found.tolist() == pytest.approx([0.3**2 * math.log(2), p**2 * -math.log(1 - p)])
    hard = torch.tensor([1.0, 0.0])
    focal = (1 - torch.where(hard > 0, logit.sigmoid(), 1 - logit.sigmoid())) ** 2  # Lin et al., equation 4
    expected = focal * functional.binary_cross_entropy_with_logits(logit, hard, reduction="none")
    torch.testing.assert_close(quality_focal(logit, hard), expected)


def places() -> Places:
    """A picture of 32 x 64 with maps of stride 8 and 16."""
    return Places.of((32, 64), [(4, 8), (2, 4)])


def test_places_lie_in_the_middle_of_their_cells_row_by_row() -> None:
    found = places()
    assert found.centre[:3].tolist() == [[4, 4], [12, 4], [20, 4]]
    assert found.centre[8].tolist() == [4, 12]
    assert found.centre[32].tolist() == [8, 8]
    assert found.cell[[0, 32]].tolist() == [[8, 8], [16, 16]]


def test_what_a_place_says_is_a_centre_and_the_logarithm_of_sides() -> None:
    raw = torch.zeros(40, 4)
    raw[0] = torch.tensor([0.5, -0.25, math.log(2), 0.0])
    found = decoded(raw, places())
    assert found[1].tolist() == [12 - 16, 4 - 16, 12 + 16, 4 + 16]  # nothing learned: four places wide
    assert found[0].tolist() == pytest.approx([8 - 32, 2 - 16, 8 + 32, 2 + 16])


def test_places_near_the_centre_answer_for_a_box_on_the_maps_of_its_size() -> None:
    """20 x 20 about (20, 12): 2.5 places of the fine map, 1.25 of the coarse one, which is too small there."""
    boxes = torch.tensor([[[10.0, 2, 30, 22], [-100, -100, -100, -100]]])
    owner = owners(boxes, places(), radius=1.0)[0]
    near = {(x, y) for x, y in places().centre[owner == 0].tolist()}
    assert near == {(x, y) for x in (12, 20, 28) for y in (4, 12, 20)}
    assert set(owner.tolist()) == {0, -1}
    assert not (owner[32:] >= 0).any()


def test_a_tiny_box_between_places_has_the_nearest_one() -> None:
    owner = owners(torch.tensor([[[7.0, 7, 9, 10]]]), places(), radius=1.0)[0]
    assert (owner >= 0).sum() >= 1
    assert places().centre[owner == 0][0].tolist() in ([4, 4], [4, 12], [12, 4], [12, 12])


def test_of_two_boxes_a_place_takes_the_smaller() -> None:
    boxes = torch.tensor([[[0.0, 0, 40, 28], [10, 2, 30, 22]]])
    owner = owners(boxes, places(), radius=1.0)[0]
    inside = ((places().centre - torch.tensor([20.0, 12.0])).abs() <= 8).all(1)
    assert set(owner[:32][inside[:32]].tolist()) == {1}


def test_rows_without_boxes_pay_for_scores_alone() -> None:
    scores, raw = torch.zeros(2, 40, 3), torch.zeros(2, 40, 4)
    truth = torch.tensor([[[10.0, 2, 30, 22]], [[-100, -100, -100, -100]]])
    owner = owners(truth, places(), 1.0)
    wrong, far, _ = losses(scores, decoded(raw, places()), owner, truth, torch.tensor([[2], [-100]]))
    assert far[1] == 0
    assert far[0] > 0
    assert float(wrong[1]) == pytest.approx(120 * 0.25 * math.log(2), rel=1e-5)


def test_losses_equal_the_loop_over_places() -> None:
    generator = torch.Generator().manual_seed(0)
    scores, raw = (torch.randn(2, 40, n, generator=generator) for n in (3, 4))
    truth = torch.tensor([[[10.0, 2, 30, 22], [30, 5, 60, 30]], [[5, 5, 20, 25], [-100, -100, -100, -100]]])
    kinds, boxes = torch.tensor([[2, 0], [1, -100]]), decoded(raw, places())
    owner = owners(truth, places(), 1.0)
    wrong, far, _ = losses(scores, boxes, owner, truth, kinds)
    for row in range(2):
        paid, apart = 0.0, 0.0
        for place in range(40):
            quality = torch.zeros(3)
            if (mine := int(owner[row, place])) >= 0:
                iou, giou = overlap(boxes[row, place], truth[row, mine])
                quality[kinds[row, mine]] = iou
                apart += 1 - float(giou)
            paid += float(quality_focal(scores[row, place], quality).sum())
        assert float(wrong[row]) == pytest.approx(paid, rel=1e-4)
        assert float(far[row]) == pytest.approx(apart, rel=1e-4)


@pytest.mark.parametrize(
    ("sizes", "strides", "expected"),
    [
        ((20, 95), (4, 8, 16, 32), (1, 2)),  # 8 and 16
        ((6, 20), (4, 8, 16, 32), (-1, 2)),  # 2, which has to be made, and 4
        ((40, 60), (16,), (0, 1)),
        ((20, 200), (16,), (-1, 3)),  # 8, 16 and 32 from one map
        ((20, 300), (1, 2, 4), (2, 5)),  # 4, 8, 16, 32, 64
    ],
)  # fmt: skip
def test_maps_suit_the_sizes_of_boxes(
    sizes: tuple[float, float], strides: tuple[float, ...], expected: tuple[int, int]
) -> None:
    assert spread(sizes, strides) == expected


def test_an_untrained_head_gives_every_class_one_percent_and_a_usual_box() -> None:
    towers = Towers(16, 3, 2)
    with torch.no_grad():
        scores, boxes = towers([torch.randn(2, 16, 4, 8), torch.randn(2, 16, 2, 4)])
    assert scores.shape == (2, 40, 3)
    assert boxes.shape == (2, 40, 4)
    assert float(scores.sigmoid().mean()) == pytest.approx(0.01, rel=0.3)
    assert float(boxes.abs().mean()) < 0.5
    assert np.isfinite(boxes.numpy()).all()
