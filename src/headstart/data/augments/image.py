"""Image augmentation: whole batches at once, on any device, in one resampling and one colour transform."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.core.contracts import Augment, Batch, Modality
from headstart.core.random import uniform

_STREAM = 1000  # far from the streams that objectives draw from
_DRAWS = 18  # random numbers of one row and one view


class Image(Augment):
    """Change images at random: crop, flip, shift, rotate, jitter of colours, gray, blur, erase.

    batch["x"] uint8 or float [B, C, H, W] of values 0..255 -> as `modality.ready` gives it.

    crop    least part of the area that is kept (1: off), at an aspect of 3:4 to 4:3
    flip    mirror left and right in half the rows
    shift   pixels at most, never more than an eighth of the side, the edge is repeated
    rotate  degrees at most, to either side
    jitter  brightness, contrast, saturation: a factor between 1 - j and 1 + j each
    gray, blur, erase  probability of a row; blur has a sigma of 0.1 to 2 pixels at side 32, in proportion elsewhere,
            erase paints a rectangle of 2 to 33 % in the image's mean colour

    Crop, flip, shift and blur are linear along either side, so all of them are one small matrix for the rows and one
    for the columns; jitter and gray are one 3 x 3 matrix a row. Values are clamped once, at the end.
    """

    def __init__(
        self,
        modality: Modality,
        *,
        crop: float = 1.0,
        flip: bool = False,
        shift: int = 2,
        rotate: float = 0.0,
        jitter: tuple[float, float, float] = (0.0, 0.0, 0.0),
        gray: float = 0.0,
        blur: float = 0.0,
        erase: float = 0.0,
    ) -> None:
        super().__init__()
        self.modality = modality
        self.crop, self.flip, self.shift, self.rotate = crop, flip, shift, rotate
        self.jitter, self.gray, self.blur, self.erase = tuple(jitter), gray, blur, erase
        self._changes = crop < 1 or any((flip, shift, rotate, *jitter, gray, blur, erase))

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        if not (self.training and self._changes):
            return self.modality.ready(batch)
        x = batch["x"]
        u = uniform(batch["key"], _DRAWS, _STREAM + view)  # [B, 18]
        with torch.no_grad():
            if self.crop < 1 or self.rotate or self.blur:
                x = self._resample(x.float(), u)
            elif self.flip or self.shift:
                x = self._move(x, u)
            if any(self.jitter) or self.gray:
                x = self._colour(x.float(), u)
            if self.erase:
                x = self._erase(x, u)
        return self.modality.ready({**batch, "x": x})

    def _limits(self, height: int, width: int) -> tuple[int, int]:
        return min(self.shift, height // 8), min(self.shift, width // 8)

    def _move(self, x: Tensor, u: Tensor) -> Tensor:
        """Shift and flip by picking rows and columns: exact, and works on bytes."""
        b, c, h, w = x.shape
        down, right = (
            (u[:, i, None] * (2 * limit + 1)).floor().long() - limit for i, limit in enumerate(self._limits(h, w))
        )  # [B, 1]
        columns = torch.arange(w, device=x.device)
        if self.flip:
            columns = torch.where(u[:, 2, None] < 0.5, w - 1 - columns, columns)  # [B, W]
        rows = (torch.arange(h, device=x.device) + down).clamp(0, h - 1)  # [B, H]
        columns = (columns + right).clamp(0, w - 1)
        places = (rows[:, :, None] * w + columns[:, None, :]).view(b, 1, h * w).expand(b, c, h * w)
        return x.reshape(b, c, h * w).gather(2, places).view(b, c, h, w)

    def _resample(self, x: Tensor, u: Tensor) -> Tensor:
        """Crop, flip, shift, blur by one matrix along either side; a rotation comes first."""
        b, c, h, w = x.shape
        if self.rotate:
            x = _rotated(x, (2 * u[:, 3] - 1) * math.radians(self.rotate))
        area = self.crop + (1 - self.crop) * u[:, 4]
        aspect = torch.exp((2 * u[:, 5] - 1) * math.log(4 / 3)) if self.crop < 1 else torch.ones_like(area)
        part_h = (area / aspect).sqrt().clamp_max(1)  # [B] part of the height that is kept
        part_w = (area * aspect).sqrt().clamp_max(1)
        limit_h, limit_w = self._limits(h, w)
        top = (h - h * part_h) * u[:, 6] + ((2 * limit_h + 1) * u[:, 0]).floor() - limit_h
        left = (w - w * part_w) * u[:, 7] + ((2 * limit_w + 1) * u[:, 1]).floor() - limit_w
        flips = (u[:, 2] < 0.5) & self.flip
        down = _sampling(top, part_h, torch.zeros_like(flips), h)  # [B, H, H]
        across = _sampling(left, part_w, flips, w)  # [B, W, W]
        if self.blur:
            sigma = torch.where(u[:, 8] < self.blur, (0.1 + 1.9 * u[:, 9]) * max(h, w) / 32, 0.0)
            blur_down = _gaussian(sigma, h)
            down = blur_down @ down
            across = (blur_down if h == w else _gaussian(sigma, w)) @ across
        x = (x.reshape(b, c * h, w) @ across.mT).view(b, c, h, w)
        # channel by channel, because a broadcast product would copy `down` for each of them: 78 us an image, not 105
        return torch.stack([down @ x[:, i] for i in range(c)], 1)  # [B, C, H, W]

    def _colour(self, x: Tensor, u: Tensor) -> Tensor:
        """Brightness, contrast, saturation and gray as one matrix [C, C] and one offset for each row."""
        b, c, h, w = x.shape
        brightness, contrast, saturation = (
            1 + (2 * u[:, 10 + i] - 1) * strength for i, strength in enumerate(self.jitter)
        )
        saturation = torch.where(u[:, 13] < self.gray, 0.0, saturation)
        luma = _luma(c, x.device)  # [C]
        level = brightness * (x.mean((2, 3)) @ luma)  # [B] mean grey after the change of brightness
        scale = (brightness * contrast)[:, None, None]
        mixing = saturation[:, None, None] * torch.eye(c, device=x.device)
        mixing = scale * (mixing + (1 - saturation)[:, None, None] * luma.expand(c, c))  # [B, C, C]
        offset = ((1 - contrast) * level)[:, None, None]  # a grey offset stays what it is under any saturation
        return torch.baddbmm(offset, mixing, x.reshape(b, c, h * w)).clamp_(0, 255).view(b, c, h, w)

    def _erase(self, x: Tensor, u: Tensor) -> Tensor:
        """A rectangle in the image's mean colour. Areas as in Zhong et al. (AAAI 2020)."""
        _, _, h, w = x.shape
        side = (0.02 + 0.31 * u[:, 15, None]).sqrt()  # [B, 1]
        high, wide = side * h, side * w
        top, left = (h - high) * u[:, 16, None], (w - wide) * u[:, 17, None]
        rows = torch.arange(h, device=x.device)
        columns = torch.arange(w, device=x.device)
        inside = ((rows >= top) & (rows < top + high))[:, :, None] & ((columns >= left) & (columns < left + wide))[
            :, None
        ]
        inside &= u[:, 14, None, None] < self.erase  # [B, H, W]
        mean = x.float().mean((2, 3), keepdim=True).to(x.dtype)
        return torch.where(inside[:, None], mean, x)


def _sampling(start: Tensor, part: Tensor, flips: Tensor, side: int) -> Tensor:
    """Matrices that stretch the piece of a line from `start` over `part` of it to the whole line, [B, side, side].

    Linear interpolation; every row of a matrix sums to 1. All arguments [B].
    """
    places = torch.arange(side, device=start.device, dtype=torch.float32)
    ahead = torch.where(flips[:, None], side - 1 - places, places)  # [B, side]
    source = (start[:, None] + (ahead + 0.5) * part[:, None] - 0.5).clamp(0, side - 1)
    return (1 - (source[:, :, None] - places).abs()).clamp_min_(0)


def _gaussian(sigma: Tensor, side: int) -> Tensor:
    """Matrices that blur a line, [B, side, side]; sigma [B] in pixels, 0 leaves the line as it is."""
    far = torch.arange(side, device=sigma.device)
    power = -far.square() / (2 * sigma.square() + 1e-6)[:, None]  # [B, side] by distance
    # weights below e^-16 are cut to 0: with denormal numbers this took 110 us an image of side 64, without them 12
    line = torch.where(power > -16, power, -torch.inf).exp_()
    both = torch.cat([line.flip(1), line[:, 1:]], 1)  # [B, 2 * side - 1]: from far left to far right
    weight = both.unfold(1, side, 1).flip(1)  # [B, side, side]; a power for each made it 20 us slower
    return weight / weight.sum(2, keepdim=True)


def _rotated(x: Tensor, angle: Tensor) -> Tensor:
    """Turn every image about its middle. x [B, C, H, W], angle [B] in radians; the edge is repeated."""
    b, _, h, w = x.shape
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    theta = torch.stack([cos, -sin * h / w, zero, sin * w / h, cos, zero], 1).view(b, 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _luma(channels: int, device: torch.device) -> Tensor:
    """Weights of the channels in grey, [C]: ITU-R BT.601 for three, their mean otherwise."""
    if channels == 3:
        return torch.tensor([0.299, 0.587, 0.114], device=device)
    return torch.full((channels,), 1 / channels, device=device)
