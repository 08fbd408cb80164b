"""Maps of several scales to numbers for every pixel."""

from __future__ import annotations

import pytest
import torch

from headstart.models.nn.pyramid import MapHead


@pytest.mark.parametrize(
    ("sizes", "picture"),
    [
        ([(24, 32), (12, 16), (6, 8)], (3, 24, 32)),  # as a cnn gives them
        ([(6, 8), (3, 4)], (1, 24, 32)),  # a stem of four pixels: two scales are missing
        ([(4, 4)], (3, 64, 64)),  # one scale of patches
        ([(15, 21), (7, 10), (3, 5)], (1, 30, 42)),  # sides that halve to odd ones
        ([(9, 9), (9, 9)], (1, 9, 9)),  # nothing shrinks
    ],
)
def test_every_pixel_gets_its_numbers_and_every_scale_is_read(
    sizes: list[tuple[int, int]], picture: tuple[int, int, int]
) -> None:
    torch.manual_seed(0)
    widths = [4 * (i + 1) for i in range(len(sizes))]
    head = MapHead(widths, sizes, picture, 3, width=8)
    maps = [torch.randn(2, w, *size, requires_grad=True) for w, size in zip(widths, sizes, strict=True)]
    pixels = torch.randn(2, *picture)
    out = head(maps, pixels)
    assert out.shape == (2, 3, *picture[1:])
    out.square().sum().backward()
    assert all(one.grad is not None and bool(one.grad.abs().sum() > 0) for one in maps)
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in head.parameters())
    alone = head([one[:1] for one in maps], pixels[:1])
    torch.testing.assert_close(alone, out[:1])  # a row does not depend on its company


def test_a_head_of_full_scale_maps_needs_no_picture_of_its_own() -> None:
    head = MapHead([4], [(8, 8)], (1, 8, 8), 2, width=8)
    maps = torch.randn(1, 4, 8, 8)
    assert torch.equal(head([maps], torch.zeros(1, 1, 8, 8)), head([maps], torch.ones(1, 1, 8, 8)))
    finer = MapHead([4], [(4, 4)], (1, 8, 8), 2, width=8)
    maps = torch.randn(1, 4, 4, 4)
    assert not torch.equal(finer([maps], torch.zeros(1, 1, 8, 8)), finer([maps], torch.rand(1, 1, 8, 8)))
