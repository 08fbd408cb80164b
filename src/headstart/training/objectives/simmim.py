"""SimMIM: squares of a picture are covered by one colour, and their pixels predicted."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.needs import Needs
from headstart.core.errors import ContractError, RecipeError
from headstart.core.random import uniform
from headstart.models.nn.patches import picture_of, unpatchify
from headstart.models.nn.sizes import outcome
from headstart.training.hiding import check_share

_STREAM = 2


class Simmim(Objective):
    """Cover squares of a picture with one learned colour, encode all of it, predict the pixels below.

    SimMIM (Xie et al., CVPR 2022), for networks that cannot leave places out. The colour stands in the picture itself
    and begins as the mean one. Every place of the last map [B, h*w, D] predicts the pixels it covers by one affine map
    (the paper's head; heavier ones did not help there). Loss: mean absolute error over the hidden pixels of a row, mean
    over rows. The statistics of a batch norm are those of covered pictures; see docs/pretraining.md.

    hide   share of the squares that is hidden
    patch  their side in pixels; "auto" is a sixth of the picture's (there 32 of 192 pixels), of rows lower than six,
           such as series, a thirty-second of the width. Squares at the right and lower edge are cut where the side is
           no multiple
    """

    needs = Needs(layouts=frozenset({"grid"}))
    # as for `mae`
    advice: ClassVar[Mapping[str, Any]] = {"augment.crop": 0.5, "plan.beta2": 0.95}

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        hide: float = 0.6,
        patch: int | Literal["auto"] = "auto",
    ) -> None:
        super().__init__(backbone, augment)
        check_share(hide)
        self.shape = picture_of(augment.modality.spec)
        (channels, height, width), ready = self.shape, augment.modality.ready(sample)
        self.patch = _side(patch, height, width)
        self.squares = (-(-height // self.patch), -(-width // self.patch))
        count = self.squares[0] * self.squares[1]
        self.hidden = min(max(round(count * hide), 1), count - 1)
        self.grid = _map_of(backbone, ready)
        self.covered = (-(-height // self.grid[0]), -(-width // self.grid[1]))
        self.colour = nn.Parameter(ready["x"].mean((0, 2, 3))[:, None, None])  # [C, 1, 1]
        self.pixels = nn.Linear(backbone.width, channels * self.covered[0] * self.covered[1])

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        hidden = self._hidden(batch["key"])
        missed = (self._guessed(backbone, ready, hidden) - ready["x"]).abs() * hidden
        rows = missed.sum((1, 2, 3)) / (hidden.sum((1, 2, 3)) * self.shape[0])  # [B]
        return Step(rows.mean(), {"mae": rows.mean().detach()})

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            ready = self.augment(batch)
            hidden, x = self._hidden(batch["key"]), ready["x"]
            painted = torch.where(hidden, self._guessed(backbone, ready, hidden).to(x.dtype), x)
            return {"input": x, "masked": self._covered(x, hidden), "reconstruction": painted}

    def _hidden(self, key: Tensor) -> Tensor:
        """Which pixels are hidden, [B, 1, H, W] bool: as many squares of every row, a function of its key alone."""
        _, height, width = self.shape
        rows, columns = self.squares
        order = uniform(key, rows * columns, _STREAM).argsort(1).argsort(1)  # [B, squares]: the rank of each
        squares = (order < self.hidden).view(-1, 1, rows, columns)
        return squares.repeat_interleave(self.patch, 2).repeat_interleave(self.patch, 3)[:, :, :height, :width]

    def _covered(self, x: Tensor, hidden: Tensor) -> Tensor:
        return torch.where(hidden, self.colour.to(x.dtype), x)

    def _guessed(self, backbone: Backbone, ready: Batch, hidden: Tensor) -> Tensor:
        """All the pixels as the network guesses them, [B, C, H, W] float32."""
        tokens = backbone({**ready, "x": self._covered(ready["x"], hidden)})
        channels, height, width = self.shape
        size = (self.grid[0] * self.covered[0], self.grid[1] * self.covered[1])
        painted = unpatchify(self.pixels(tokens.body).float(), self.grid, channels, *size)
        if size == (height, width):
            return painted
        return F.interpolate(painted, size=(height, width), mode="bilinear", align_corners=False)


def _side(patch: int | Literal["auto"], height: int, width: int) -> int:
    """The side of a square; RecipeError if there are not at least two in a picture."""
    usual = width / 32 if height < 6 < width else min(height, width) / 6
    side = max(1, round(usual)) if isinstance(patch, str) else patch
    if side < 1 or side >= max(height, width):
        raise RecipeError(
            300, "the squares do not fit the pictures", where="objective.patch", found=patch,
            expected=f"1 to {max(height, width) - 1} pixels", fix="set objective.patch=auto",
        )  # fmt: skip
    return side


def _map_of(backbone: Backbone, ready: Batch) -> tuple[int, int]:
    """Rows and columns of the last map; ContractError for a network whose places are not those of a picture."""
    grid = outcome(backbone, ready).grid
    if len(grid) != 2:
        raise ContractError(
            221, f"{type(backbone).__name__.lower()} has no map of the picture, so nothing can be hidden",
            where="objective", found="simmim", expected="a backbone with a map of the picture",
            fix="use backbone 'vit', 'cnn' or 'resnet', or the objective 'autoencoder' with noise",
        )  # fmt: skip
    return grid[0], grid[1]
