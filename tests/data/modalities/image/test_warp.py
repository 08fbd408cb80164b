"""Boxes and masks go where the pixels go: a bright rectangle is found again after every change."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from headstart.core import random
from headstart.core.contracts import Batch
from headstart.core.errors import ContractError, RecipeError
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.modalities.image.image import Image
from headstart.data.modalities.image.warp import Line, Motion

ROWS = 96
DARK, BRIGHT = 40, 220

# settings, by how many pixels a box may miss the pixels at most
MOVING: dict[str, tuple[dict[str, Any], float]] = {
    "shift": ({"shift": 6}, 0.0),
    "flip": ({"shift": 0, "flip": True}, 0.0),
    "turn": ({"shift": 0, "turn": True}, 0.0),
    "crop": ({"shift": 0, "crop": 0.4}, 1.0),
    "zoom": ({"shift": 0, "zoom": 2.5}, 1.0),
    "rotate": ({"shift": 0, "rotate": 40.0}, 1.5),
    "blur": ({"shift": 0, "blur": 1.0}, 1.0),
    "crop and zoom": ({"shift": 3, "crop": 0.4, "zoom": 2.0}, 1.0),
    "colours": ({"shift": 0, "jitter": (0.3, 0.3, 0.3), "gray": 0.5}, 0.0),
    "all": ({"shift": 3, "crop": 0.5, "zoom": 1.6, "flip": True, "turn": True, "rotate": 20.0,
             "jitter": (0.2, 0.2, 0.2), "gray": 0.3, "blur": 0.2}, 1.5),
}  # fmt: skip


def augment(**settings: Any) -> Augment:
    """An augmentation whose ready space is [0, 1]."""
    return Augment(Image(scale="unit"), **settings)


def bright(channels: int, height: int, width: int) -> Batch:
    """Dark pictures with a bright rectangle each: its box, a row without box, and a mask of 1 inside, 0 outside."""
    generator = torch.Generator().manual_seed(channels * 1000 + height)
    share = torch.rand(ROWS, 4, generator=generator)
    high, wide = ((0.3 + 0.3 * share[:, i]) * side for i, side in enumerate((height, width)))
    top, left = ((0.1 + 0.8 * share[:, 2]) * (height - high)).round(), (share[:, 3] * (width - wide)).round()
    box = torch.stack([left, top, left + wide.round(), top + high.round()], 1)  # [B, 4]
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    west, north, east, south = (edge[:, None, None] for edge in box.unbind(1))
    inside = (rows >= north) & (rows < south) & (columns >= west) & (columns < east)  # [B, H, W]
    x = torch.where(inside, BRIGHT, DARK).to(torch.uint8)[:, None].repeat(1, channels, 1, 1)
    boxes = torch.stack([box, torch.full_like(box, -100.0)], 1)  # [B, 2, 4]
    return {"x": x, "boxes": boxes, "mask": inside.long(), "key": random.keys(0, 0, torch.arange(ROWS))}


def lit(x: Tensor) -> Tensor:
    """Which pixels of a row [C, H, W] are nearer to its brightest than to its darkest, [H, W]."""
    grey = x.mean(0)
    return grey > (grey.max() + grey.min()) / 2


def around(lit: Tensor) -> Tensor:
    """The box around all lit pixels."""
    rows, columns = lit.any(1).nonzero()[:, 0], lit.any(0).nonzero()[:, 0]
    return torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).float()


def shapes(name: str) -> list[tuple[int, int, int]]:
    """Channels, height, width: squares alone can be turned, and a blur is wider in larger pictures."""
    if name in ("turn", "all"):
        return [(1, 40, 40), (3, 40, 40), (5, 40, 40)]
    return [(1, 40, 40), (3, 40, 48), (5, 40, 32)] if name == "blur" else [(1, 96, 96), (3, 96, 128), (5, 112, 80)]


@pytest.mark.parametrize("name", MOVING)
def test_a_box_is_where_the_bright_pixels_are(name: str) -> None:
    settings, far = MOVING[name]
    for shape in shapes(name):
        batch, (_, height, width) = bright(*shape), shape
        answer = augment(**settings)(batch)
        compared = 0
        for x, boxes in zip(answer["x"], answer["boxes"], strict=True):
            box = boxes[0]
            inner = box[0] > 3 and box[1] > 3 and box[2] < width - 3 and box[3] < height - 3
            # where a box touches the border the repeated edge may be bright too
            if inner:
                assert (around(lit(x)) - box).abs().max() <= far + 1e-3
                compared += 1
        assert compared >= ROWS // 4
        assert (answer["boxes"][:, 1] == -100).all()
        assert answer["boxes"].dtype == torch.float32


@pytest.mark.parametrize("name", [name for name in MOVING if name != "blur"])
def test_a_mask_covers_the_bright_pixels(name: str) -> None:
    for shape in shapes(name):
        batch = bright(*shape)
        answer = augment(**MOVING[name][0])(batch)
        assert answer["mask"].dtype == torch.int64
        assert set(answer["mask"].unique().tolist()) <= {-100, 0, 1}
        for x, mask in zip(answer["x"], answer["mask"], strict=True):
            known, marked = mask >= 0, mask == 1
            if marked.sum() > 400:
                found = lit(x) & known
                assert (found & marked).sum() / (found | marked).sum() > 0.95


@pytest.mark.parametrize("shape", [(1, 24, 32), (3, 32, 24), (5, 16, 16)])
def test_flips_and_shifts_are_exact(shape: tuple[int, int, int]) -> None:
    batch = bright(*shape)
    flipped = augment(shift=0, flip=True)(batch)
    turned = (flipped["x"] != batch["x"] * (1 / 255)).flatten(1).any(1)
    assert turned.any()
    assert torch.equal(flipped["mask"], torch.where(turned[:, None, None], batch["mask"].flip(2), batch["mask"]))
    left, top, right, bottom = batch["boxes"][:, 0].unbind(1)
    mirrored = torch.stack([shape[2] - right, top, shape[2] - left, bottom], 1)
    assert torch.equal(flipped["boxes"][:, 0], torch.where(turned[:, None], mirrored, batch["boxes"][:, 0]))
    moved = augment(shift=2)(batch)
    known = moved["mask"] >= 0
    assert torch.equal((moved["x"][:, 0] > 0.5)[known], moved["mask"][known] == 1)


def test_a_turn_is_one_of_the_eight_ways_to_lay_a_square() -> None:
    batch = bright(3, 16, 16)
    batch["x"] = torch.randint(0, 256, batch["x"].shape, generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    batch["mask"] = batch["x"][:, 0].long()
    answer = augment(shift=0, turn=True)(batch)
    seen = set()
    for row in range(ROWS):
        x = batch["x"][row] * (1 / 255)
        ways = {(k, m): torch.rot90(x.mT if m else x, k, (1, 2)) for k in range(4) for m in (False, True)}
        (way,) = [name for name, laid in ways.items() if torch.equal(laid, answer["x"][row])]
        assert torch.equal(answer["mask"][row], (answer["x"][row, 0] * 255).round().long())
        seen.add(way)
    assert len(seen) == 8


def test_only_squares_are_turned() -> None:
    with pytest.raises(ContractError, match="16 x 24") as caught:
        augment(turn=True)(bright(1, 16, 24))
    assert caught.value.code == "HS-C284"


def test_a_zoomed_picture_stands_in_its_mean_colour_as_often_here_as_there() -> None:
    batch = bright(3, 64, 48)
    # all of the picture is one object: the box says where the picture went
    batch["boxes"] = torch.tensor([0.0, 0.0, 48.0, 64.0]).expand(ROWS, 1, 4)
    batch["mask"] = torch.ones(ROWS, 64, 48, dtype=torch.int8)
    answer = augment(shift=0, zoom=3.0)(batch)
    sides = answer["boxes"][:, 0, 2:] - answer["boxes"][:, 0, :2]  # [B, 2]
    smaller = torch.tensor([48.0, 64.0]) / sides
    torch.testing.assert_close(smaller[:, 0], smaller[:, 1])
    assert 1 <= smaller.min() < 1.1
    assert 2.7 < smaller.max() <= 3 + 1e-4
    where = answer["boxes"][:, 0, 0] / (48 - sides[:, 0]).clamp_min(1e-3)
    assert 0.35 < where[sides[:, 0] < 40].mean() < 0.65
    mean = batch["x"].float().mean((2, 3)) / 255
    outside = answer["mask"] == -100
    assert outside.any()
    strayed = (answer["x"] - mean[:, :, None, None]).abs().amax(1)
    # a pixel whose middle lies outside may still hold half of one inside
    deep = torch.nn.functional.max_pool2d((~outside).float()[:, None], 3, 1, 1)[:, 0] == 0
    assert strayed[deep].max() < 1e-5


def test_the_mean_of_a_shrunk_picture_is_kept() -> None:
    """Every pixel covers a part of the source, so a chessboard becomes grey and does not flicker."""
    board = ((torch.arange(64)[:, None] + torch.arange(64)) % 2 * 255.0).expand(ROWS, 1, 64, 64)
    answer = augment(shift=0, zoom=4.0)({"x": board, "key": random.keys(0, 0, torch.arange(ROWS))})["x"]
    torch.testing.assert_close(answer.mean((1, 2, 3)), torch.full((ROWS,), 0.5), atol=0.01, rtol=0.0)
    line = Line(torch.tensor([-3.0]), torch.tensor([2.5]), torch.tensor([False]))
    slow = torch.zeros(8, 8)
    for row in range(8):
        low, high = -3 + row * 2.5, -3 + (row + 1) * 2.5
        for place in range(8):
            slow[row, place] = max(0.0, min(high, place + 1) - max(low, place)) / 2.5
    torch.testing.assert_close(line.covering(8)[0], slow)


def test_a_line_that_does_not_shrink_is_covered_as_it_is_interpolated() -> None:
    line = Line(torch.tensor([2.3, 0.0]), torch.tensor([0.6, 1.0]), torch.tensor([True, False]))
    torch.testing.assert_close(line.covering(16)[:, 2:-2], line.linear(16)[:, 2:-2])


def test_a_box_with_less_than_a_fifth_left_is_gone() -> None:
    still = torch.tensor([1.0]), torch.tensor([False])
    motion = Motion(down=Line(torch.tensor([0.0]), *still), across=Line(torch.tensor([10.0]), *still))
    boxes = torch.tensor([[[0, 0, 12, 8], [0, 0, 13, 8], [0, 0, 10, 8], [20, 2, 30, 9], [-100] * 4]]).float()
    moved = motion.boxes(boxes, 32, 32)[0]
    assert moved.tolist() == [[-100] * 4, [0, 0, 3, 8], [-100] * 4, [10, 2, 20, 9], [-100] * 4]


def test_what_comes_from_outside_is_unknown_and_belongs_to_no_box() -> None:
    """Shifted by three pixels to the right: the repeated edge on the left."""
    batch = bright(1, 24, 24)
    batch["mask"] = torch.full((ROWS, 24, 24), 7)
    batch["boxes"] = torch.tensor([0.0, 0.0, 24.0, 24.0]).expand(ROWS, 1, 4)
    answer = augment(shift=3)(batch)
    for boxes, mask in zip(answer["boxes"], answer["mask"], strict=True):
        left, top, right, bottom = boxes[0].long().tolist()
        assert (mask[top:bottom, left:right] == 7).all()
        assert (mask == 7).sum() == (bottom - top) * (right - left)


@pytest.mark.parametrize("settings", [{"erase": 1.0}, {"blur": 1.0}, {"jitter": (0.4, 0.4, 0.4)}, {"gray": 1.0}])
def test_what_moves_nothing_leaves_boxes_and_masks(settings: dict[str, Any]) -> None:
    batch = bright(3, 24, 32)
    batch["x"][:, 0] //= 2  # so that there is a colour to change
    answer = augment(shift=0, **settings)(batch)
    assert not torch.allclose(answer["x"], batch["x"] / 255)
    assert torch.equal(answer["boxes"], batch["boxes"])
    assert torch.equal(answer["mask"], batch["mask"])


@pytest.mark.parametrize("name", MOVING)
def test_motion_is_a_function_of_key_and_view_alone(name: str) -> None:
    batch, change = bright(3, 48, 48), augment(**MOVING[name][0])
    together = change(batch, view=1)
    some = [40, 3, 17]
    alone = change({column: values[some] for column, values in batch.items()}, view=1)
    for column in batch:
        torch.testing.assert_close(alone[column], together[column][some], atol=1e-5, rtol=0.0)
    assert not torch.equal(change(batch, view=0)["x"], together["x"])


def test_pixels_stay_with_their_boxes_in_half_precision() -> None:
    batch, change = bright(1, 224, 224), augment(shift=0, rotate=40.0, crop=0.5)
    few = {column: values[:16] for column, values in batch.items()}
    whole = change(few)
    with torch.autocast("cpu", torch.bfloat16):
        half = change(few)
    assert torch.equal(half["boxes"], whole["boxes"])
    assert torch.equal(half["mask"], whole["mask"])
    assert (half["x"] - whole["x"]).abs().max() < 0.01  # of values in [0, 1], rounded to 8 bits


@pytest.mark.parametrize("name", MOVING)
def test_eval_mode_changes_nothing(name: str) -> None:
    batch = bright(3, 24, 24)
    answer = augment(**MOVING[name][0]).eval()(batch)
    assert torch.equal(answer["x"], batch["x"] * (1 / 255))
    assert torch.equal(answer["boxes"], batch["boxes"])
    assert torch.equal(answer["mask"], batch["mask"])


def test_the_batch_is_left_as_it_was() -> None:
    batch = bright(3, 24, 24)
    before = {name: values.clone() for name, values in batch.items()}
    augment(**MOVING["all"][0])(batch)
    assert all(torch.equal(batch[name], values) for name, values in before.items())


def test_no_box_at_all_is_allowed() -> None:
    batch = bright(1, 16, 16)
    answer = augment(rotate=10.0)({**batch, "boxes": torch.zeros(ROWS, 0, 4)})
    assert answer["boxes"].shape == (ROWS, 0, 4)


def test_a_zoom_below_one_is_refused() -> None:
    with pytest.raises(RecipeError, match="zoom") as caught:
        augment(zoom=0.5)
    assert caught.value.code == "HS-R285"
