"""Image augmentation against slow, obvious versions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchvision.transforms.v2.functional as V

from headstart.core import random
from headstart.core.contracts import Batch
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.modalities.image.image import Image
from headstart.data.modalities.image.warp import gaussian, rotated


def augment(**settings: Any) -> Augment:
    """An augmentation whose ready space is [0, 1]."""
    return Augment(Image(scale="unit"), **settings)


@pytest.fixture
def batch() -> Batch:
    """Smooth colour pictures 24 x 32 of values 40..200, so that nothing is clamped."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(64, 3, 6, 8, generator=generator)
    x = torch.nn.functional.interpolate(coarse, size=(24, 32), mode="bilinear") * 160 + 40
    return {"x": x.round().to(torch.uint8), "key": random.keys(0, 0, torch.arange(64))}


def test_shift_repeats_the_edge_and_moves_at_most_so_far(batch: Batch) -> None:
    answer = augment(shift=2)(batch)["x"] * 255
    moves: set[tuple[int, int]] = set()
    padded = torch.nn.functional.pad(batch["x"].float(), (2, 2, 2, 2), mode="replicate")
    for row in range(64):
        fits = {
            (down, right)
            for down in range(5)
            for right in range(5)
            if torch.allclose(padded[row, :, down : down + 24, right : right + 32], answer[row], atol=1e-3)
        }
        assert fits
        moves |= fits
    assert len(moves) > 15


def test_shift_is_never_more_than_an_eighth_of_the_side() -> None:
    small = {"x": torch.eye(8).mul(255).to(torch.uint8)[None, None], "key": torch.tensor([3])}
    moved = [augment(shift=5)({**small, "key": torch.tensor([k])})["x"] for k in range(30)]
    assert all(picture[0, 0, 2:6, 2:6].sum() >= 2 for picture in moved)  # the diagonal is at most two places off


def test_flip_turns_about_half_of_the_rows(batch: Batch) -> None:
    answer, plain = augment(shift=0, flip=True)(batch)["x"], batch["x"] / 255
    turned = [torch.allclose(a, p.flip(-1), atol=1e-6) for a, p in zip(answer, plain, strict=True)]
    kept = [torch.allclose(a, p, atol=1e-6) for a, p in zip(answer, plain, strict=True)]
    assert all(t != k for t, k in zip(turned, kept, strict=True))
    assert 20 <= sum(turned) <= 44


def test_crop_of_a_ramp_is_a_flatter_ramp_inside_it() -> None:
    ramp = torch.arange(32.0).expand(64, 1, 24, 32) * 8
    answer = augment(crop=0.25, shift=0)({"x": ramp, "key": random.keys(0, 0, torch.arange(64))})["x"] * 255
    middle = answer[:, 0, 0, 8:24]
    steps = middle[:, 1:] - middle[:, :-1]  # [64, 15] pixels of the source a pixel, times 8
    assert torch.allclose(steps, steps[:, :1].expand(64, 15), atol=1e-2)
    assert steps.min() >= 8 * (0.25 * 3 / 4) ** 0.5 - 1e-2
    assert steps.max() <= 8 + 1e-2
    assert steps.std() > 0.3
    assert torch.allclose(answer[:, 0, 0], answer[:, 0, 23], atol=1e-3)


def test_a_whole_crop_changes_nothing(batch: Batch) -> None:
    answer = augment(crop=1.0, shift=0, blur=1e-9)(batch)["x"]
    assert torch.allclose(answer, batch["x"] / 255, atol=1e-5)


def test_colours_equal_torchvision_one_after_the_other(batch: Batch) -> None:
    changed = augment(shift=0, jitter=(0.1, 0.0, 0.0))(batch)["x"]
    factor = (changed.mean((1, 2, 3)) / (batch["x"] / 255).mean((1, 2, 3))).tolist()
    assert 0.9 <= min(factor) < max(factor) <= 1.1
    for strength, operation in (((0.0, 0.2, 0.0), V.adjust_contrast), ((0.0, 0.0, 0.2), V.adjust_saturation)):
        answer = augment(shift=0, jitter=strength)(batch)["x"]
        for row in range(8):
            picture = batch["x"][row] / 255
            errors = [
                (operation(picture, factor) - answer[row]).abs().max().item()
                for factor in torch.linspace(0.8, 1.2, 401).tolist()
            ]
            assert min(errors) < 2e-3


def test_gray_makes_the_channels_equal_to_the_luma(batch: Batch) -> None:
    answer = augment(shift=0, gray=1.0)(batch)["x"]
    luma = V.rgb_to_grayscale(batch["x"] / 255)
    assert torch.allclose(answer, luma.expand_as(answer), atol=1e-3)


def test_blur_equals_torchvision_away_from_the_edge(batch: Batch) -> None:
    x = batch["x"][:4].float()
    blurred = gaussian(torch.full((4,), 1.5), 24)[:, None] @ x @ gaussian(torch.full((4,), 1.5), 32).mT[:, None]
    theirs = V.gaussian_blur(x, [15, 15], [1.5, 1.5])
    assert torch.allclose(blurred[..., 7:-7, 7:-7], theirs[..., 7:-7, 7:-7], atol=0.05)


def test_rotation_equals_torchvision_in_the_middle(batch: Batch) -> None:
    x = batch["x"][:1].float()
    ours = rotated(x, torch.tensor([0.3]))
    both = [V.rotate(x, sign * 57.29578 * 0.3, V.InterpolationMode.BILINEAR) for sign in (1.0, -1.0)]
    middle = (slice(None), slice(None), slice(9, 15), slice(9, 23))
    assert min((ours[middle] - turned[middle]).abs().max().item() for turned in both) < 0.5


def test_erase_paints_one_rectangle_in_the_mean_colour(batch: Batch) -> None:
    answer, plain = augment(shift=0, erase=1.0)(batch)["x"], batch["x"] / 255
    for row in range(64):
        mean = plain[row].mean((1, 2), keepdim=True)
        painted = ((answer[row] - mean).abs() < 5e-3).all(0)  # [H, W]
        same = ((answer[row] - plain[row]).abs() < 1e-6).all(0)
        assert bool((painted | same).all())
        assert 0.005 < (~same).float().mean() < 0.4


def test_every_change_together_keeps_pixels_in_range(batch: Batch) -> None:
    strong = augment(crop=0.1, flip=True, rotate=45, jitter=(0.8, 0.8, 0.8), gray=0.3, blur=0.5, erase=0.5)
    answer = strong(batch)["x"]
    assert answer.shape == batch["x"].shape
    assert answer.min() >= 0
    assert answer.max() <= 1
    some = {name: values[10:13] for name, values in batch.items()}
    assert torch.allclose(strong(some)["x"], answer[10:13], atol=1e-6)
