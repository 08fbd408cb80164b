"""Pictures moved in batches, each row by a motion of its own, and the boxes and masks in them moved alike."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

GONE = -100.0  # what stands where there is no box, or where the class of a pixel is unknown
_KEPT = 0.2  # part of a box that must stay: a strip of less shows its border, not what it is (YOLOv5 asks for a tenth)


@dataclass(frozen=True, slots=True)
class Line:
    """The piece of a line of pixels that is stretched to the whole line, one a row.

    start  [B] where it begins, in pixels from the line's outer edge
    part   [B] its length as a share of the line; above 1 the line shrinks
    flips  [B] is it mirrored? None: none is
    """

    start: Tensor
    part: Tensor
    flips: Tensor | None = None

    def sources(self, side: int) -> Tensor:
        """Where each pixel comes from, [B, side]; 0 is the middle of the first pixel."""
        ahead = self._ahead(torch.arange(side, device=self.start.device, dtype=torch.float32))
        return self.start[:, None] + (ahead + 0.5) * self.part[:, None] - 0.5

    def picks(self, side: int) -> Tensor:
        """The same in whole pixels, the edge repeated, [B, side] int64, for a line that only moves by whole pixels."""
        ahead = self._ahead(torch.arange(side, device=self.start.device))
        return (ahead + self.start.long()[:, None]).clamp(0, side - 1)

    def linear(self, side: int) -> Tensor:
        """Matrices [B, side, side] of linear interpolation that repeat the edge; every row of one sums to 1."""
        source = self.sources(side).clamp(0, side - 1)
        places = torch.arange(side, device=source.device, dtype=torch.float32)
        return (1 - (source[:, :, None] - places).abs()).clamp_min_(0)

    def covering(self, side: int) -> Tensor:
        """Matrices [B, side, side]: the mean of what a pixel covers, 0 outside; as `linear` where nothing shrinks."""
        wide = self.part.clamp_min(1)[:, None, None]  # pixels of the source under one pixel
        places = torch.arange(side, device=self.start.device, dtype=torch.float32)
        away = (self.sources(side)[:, :, None] - places).abs()
        return ((wide + 1) / 2 - away).clamp_(0, 1) / wide

    def moved(self, low: Tensor, high: Tensor, side: int) -> tuple[Tensor, Tensor]:
        """Where intervals [B, M] of the line go, uncut."""
        low, high = ((edge - self.start[:, None]) / self.part[:, None] for edge in (low, high))
        if self.flips is None:
            return low, high
        flips = self.flips[:, None]
        return torch.where(flips, side - high, low), torch.where(flips, side - low, high)

    def seen(self, side: int) -> tuple[Tensor, Tensor]:
        """From where to where the changed line shows the line itself, [B, 1] each."""
        ends = self.start.new_tensor([0.0, side]).expand(len(self.start), 2)
        low, high = self.moved(ends[:, :1], ends[:, 1:], side)
        return low.clamp(0, side), high.clamp(0, side)

    def _ahead(self, places: Tensor) -> Tensor:
        """The places [side] from first to last, or from last to first where the line is mirrored, [B or 1, side]."""
        if self.flips is None:
            return places[None]
        return torch.where(self.flips[:, None], len(places) - 1 - places, places)


@dataclass(frozen=True, slots=True)
class Motion:
    """How each picture of a batch moves: it is transposed, turned about its middle, and a piece of that is stretched.

    down, across  the piece's rows and columns
    angle         [B] in radians; None: nothing is turned
    transposed    [B] bool, for square pictures; None: nothing is transposed
    """

    down: Line
    across: Line
    angle: Tensor | None = None
    transposed: Tensor | None = None

    def picked(self, x: Tensor) -> Tensor:
        """Pictures of any type [B, C, H, W] moved by whole pixels without an angle, exactly; the edge is repeated."""
        b, c, h, w = x.shape
        rows, columns = self.down.picks(h), self.across.picks(w)  # [B, H], [B, W]
        places = (rows[:, :, None] * w + columns[:, None, :]).view(b, 1, h * w).expand(b, c, h * w)
        return self._transposed(x).reshape(b, c, h * w).gather(2, places).view(b, c, h, w)

    def resampled(self, x: Tensor, sigma: Tensor | None, colour: Tensor | None) -> Tensor:
        """Pictures [B, C, H, W], linear between pixels, by one small matrix for the rows and one for the columns.

        sigma   [B] pixels of a blur, which goes into the same matrices
        colour  [B, C, 1, 1] of what lies outside of the picture; None repeats the edge
        """
        b, c, h, w = x.shape
        x = self._transposed(x)
        x = x if self.angle is None else rotated(x, self.angle)
        if colour is None:
            down, across = self.down.linear(h), self.across.linear(w)  # [B, H, H], [B, W, W]
        else:
            x = x - colour  # so that 0 stands for what lies outside
            down, across = self.down.covering(h), self.across.covering(w)
        if sigma is not None:
            blur_down = gaussian(sigma, h)
            down = blur_down @ down
            across = (blur_down if h == w else gaussian(sigma, w)) @ across
        x = (x.reshape(b, c * h, w) @ across.mT).view(b, c, h, w)
        # channel by channel, because a broadcast product would copy `down` for each of them: 78 us an image, not 105
        x = torch.stack([down @ x[:, i] for i in range(c)], 1)  # [B, C, H, W]
        return x if colour is None else x + colour

    def boxes(self, boxes: Tensor, height: int, width: int) -> Tensor:
        """Boxes [B, M, 4] around what they held, cut to what is seen of the picture; rows of -100 for lost ones."""
        if self.transposed is not None:
            boxes = torch.where(self.transposed[:, None, None], boxes[..., [1, 0, 3, 2]], boxes)
        if self.angle is not None:
            boxes = _around(boxes, self.angle, height, width)
        left, top, right, bottom = boxes.unbind(-1)  # [B, M]
        left, right = self.across.moved(left, right, width)
        top, bottom = self.down.moved(top, bottom, height)
        whole = (right - left) * (bottom - top)
        left, right = (edge.clamp(*self.across.seen(width)) for edge in (left, right))
        top, bottom = (edge.clamp(*self.down.seen(height)) for edge in (top, bottom))
        area = (right - left) * (bottom - top)
        lost = (area <= 0) | (area < _KEPT * whole)  # rows of -100 have no area
        return torch.stack([left, top, right, bottom], -1).masked_fill(lost[..., None], GONE)

    def mask(self, mask: Tensor) -> Tensor:
        """Masks [B, H, W] by the nearest pixel; -100 for what comes from outside of the picture."""
        b, h, w = mask.shape
        y, x = self.down.sources(h)[:, :, None], self.across.sources(w)[:, None, :]
        inside = _within(y, h) & _within(x, w)  # [B, H, W]
        if self.angle is not None:
            y, x = _turned(y, x, self.angle, h, w)
            inside &= _within(y, h) & _within(x, w)
        places = (_nearest(y, h) * w + _nearest(x, w)).view(b, h * w)
        moved = self._transposed(mask).reshape(b, h * w).gather(1, places).view(b, h, w)
        return moved.masked_fill(~inside, int(GONE))

    def _transposed(self, x: Tensor) -> Tensor:
        """x [B, ..., H, W]"""
        if self.transposed is None:
            return x
        return torch.where(self.transposed.view(-1, *[1] * (x.ndim - 1)), x.mT, x)


def rotated(x: Tensor, angle: Tensor) -> Tensor:
    """Turn every image about its middle. x [B, C, H, W], angle [B] in radians; the edge is repeated."""
    b, _, h, w = x.shape
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    theta = torch.stack([cos, -sin * h / w, zero, sin * w / h, cos, zero], 1).view(b, 2, 3)
    with torch.autocast(x.device.type, enabled=False):  # in bfloat16 the border of 224 pixels was 3 pixels off
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def gaussian(sigma: Tensor, side: int) -> Tensor:
    """Matrices that blur a line, [B, side, side]; sigma [B] in pixels, 0 leaves the line as it is."""
    far = torch.arange(side, device=sigma.device)
    power = -far.square() / (2 * sigma.square() + 1e-6)[:, None]  # [B, side] by distance
    # weights below e^-16 are cut to 0: with denormal numbers this took 110 us an image of side 64, without them 12
    line = torch.where(power > -16, power, -torch.inf).exp_()
    both = torch.cat([line.flip(1), line[:, 1:]], 1)  # [B, 2 * side - 1]: from far left to far right
    weight = both.unfold(1, side, 1).flip(1)  # [B, side, side]; a power for each made it 20 us slower
    return weight / weight.sum(2, keepdim=True)


def rectangles(top: Tensor, left: Tensor, high: Tensor, wide: Tensor, height: int, width: int) -> Tensor:
    """Which pixels lie in a rectangle, [B, height, width] bool; its place and sides [B] in pixels."""
    rows, columns = (torch.arange(side, device=top.device) for side in (height, width))
    top, left = top[:, None], left[:, None]
    down = (rows >= top) & (rows < top + high[:, None])  # [B, H]
    across = (columns >= left) & (columns < left + wide[:, None])  # [B, W]
    return down[:, :, None] & across[:, None]


def _turned(y: Tensor, x: Tensor, angle: Tensor, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Where `rotated` takes the pixel at [B, H, 1], [B, 1, W] from, [B, H, W] each."""
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    return cos * y + sin * x + (height - 1) / 2, cos * x - sin * y + (width - 1) / 2


def _around(boxes: Tensor, angle: Tensor, height: int, width: int) -> Tensor:
    """The boxes [B, M, 4] around the corners of boxes that `rotated` has turned."""
    cos, sin = angle.cos()[:, None], angle.sin()[:, None]
    left, top, right, bottom = boxes.unbind(-1)  # [B, M]
    x, y = (left + right - width) / 2, (top + bottom - height) / 2  # middle of the box from that of the picture
    half_x, half_y = (right - left) / 2, (bottom - top) / 2
    x, y = cos * x + sin * y + width / 2, cos * y - sin * x + height / 2
    half_x, half_y = cos.abs() * half_x + sin.abs() * half_y, cos.abs() * half_y + sin.abs() * half_x
    return torch.stack([x - half_x, y - half_y, x + half_x, y + half_y], -1)


def _nearest(source: Tensor, side: int) -> Tensor:
    """The pixel in whose middle or next to it a place lies, int64; the edge for places outside."""
    return (source + 0.5).floor().long().clamp(0, side - 1)


def _within(source: Tensor, side: int) -> Tensor:
    """Does a place lie in one of the line's pixels?"""
    return (source >= -0.5) & (source < side - 0.5)
