"""The same network with its weights in another order: it has learned nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor

from headstart.training.loop import Trainee

_LARGE = 1 << 16  # numbers of a tensor from which rows and columns change places, not every number


def shuffled(trainee: Trainee, seed: int) -> Iterator[Trainee]:
    """The same copy again and again, its weights in a new order each time. Within a tensor every number may take every
    place, so that weights that were drawn at random are as likely as their shuffled ones."""
    generator = torch.Generator().manual_seed(seed)
    made = copy.deepcopy(trainee)
    tensors = [one for part in (made.backbone, made.objective) for one in (*part.parameters(), *part.buffers())]
    while True:
        with torch.no_grad():
            for one in tensors:
                if one.is_floating_point() and one.numel() > 1:
                    one.copy_(_mixed(one, generator))
        yield made


def learned(trainee: Trainee) -> bool:
    """Is there a network whose weights could be others? A linear model with its weights in another order is as good a
    linear model, and trees with other numbers are no trees."""
    backbone = trainee.backbone
    return backbone.grown is None and any(one.numel() > 1 for one in backbone.parameters())


def _mixed(one: Tensor, generator: torch.Generator) -> Tensor:
    if one.numel() <= _LARGE or one.ndim < 2:
        order = torch.randperm(one.numel(), generator=generator).to(one.device)
        return one.flatten()[order].view_as(one)
    flat = one.flatten(1)
    rows, columns = (torch.randperm(size, generator=generator).to(one.device) for size in flat.shape)
    return flat[rows][:, columns].view_as(one)
