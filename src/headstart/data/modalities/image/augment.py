"""Image augmentation: whole batches at once, on any device, in one resampling and one colour transform."""

import math
from typing import Any

import torch
from torch import Tensor

from headstart.core.contracts import Augment, Batch, Modality
from headstart.core.errors import ContractError, RecipeError
from headstart.core.random import uniform
from headstart.data.modalities.image.mixup import DRAWS, Mixing
from headstart.data.modalities.image.overlay import TRUE, bordered, boxed
from headstart.data.modalities.image.warp import Line, Motion, rectangles

_STREAM = 1000  # far from the streams that objectives draw from
# random numbers of one row and one view: 0, 1 shift; 2 flip; 3 rotate; 4 to 7 crop; 8, 9 blur; 10 to 12 jitter;
# 13 gray; 14 to 17 erase; 18 zoom; 19, 20 turn; the rest mixing
_OWN = 21


class ImageAugment(Augment):
    """Change images at random: crop, zoom, flip, turn, shift, rotate, jitter of colours, gray, blur, erase, mix.

    batch["x"] uint8 or float [B, C, H, W] of values 0..255 -> as `modality.ready` gives it. batch["boxes"] and
    batch["mask"] move along.

    crop    least part of the area that is kept (1: off), at an aspect of 3:4 to 4:3
    zoom    the picture gets smaller by a factor of at most this (1: off), and stands somewhere in its mean colour
    flip    mirror left and right in half the rows
    turn    one of the eight ways to lay a square: quarter turns and their mirror images; for pictures without an up and
            a down, such as cells, and only for square ones
    shift   pixels at most, never more than an eighth of the side, the edge is repeated
    rotate  degrees at most, to either side, the edge is repeated
    jitter  brightness, contrast, saturation: a factor between 1 - j and 1 + j each
    gray, blur, erase  probability of a row; blur has a sigma of 0.1 to 2 pixels at side 32, in proportion elsewhere,
            erase paints a rectangle of 2 to 33 % in the image's mean colour
            Channels that are no three colours have neither gray nor saturation: both leave them as they are, and
            contrast is about the mean of each.
    mixup, cutmix  alpha of Beta(alpha, alpha) (0: off; 0.2 and 1 are usual): each picture is mixed with the one before
            it in the batch, or gets a rectangle of it; with both, half of the rows each

    Crop, zoom, flip, shift and blur are linear along either side, so all of them are one small matrix for the rows and
    one for the columns; jitter and gray are one 3 x 3 matrix a row. Values are clamped once, at the end.

    Boxes are cut to what is seen of the picture; of a box that keeps less than a fifth of its area, a row of -100 is
    left. A turned box is the box around its turned corners. Masks take the nearest pixel, and -100 where a pixel comes
    from outside of the picture, a repeated edge too: what is painted there is not known. Erasing leaves both as they
    are, as an object behind another one is still there.

    Only a task whose targets can be mixed gets mixed rows: it hands in batch["mix"], its targets [B, ...], and gets
    back batch["other"], those of the neighbours, and batch["share"] [B], how much of a row is its own. The neighbour
    depends on the company, also on how a batch is cut into pieces; everything else is a function of the row's key.
    """

    def __init__(
        self,
        modality: Modality,
        *,
        crop: float = 1.0,
        zoom: float = 1.0,
        flip: bool = False,
        turn: bool = False,
        shift: int = 2,
        rotate: float = 0.0,
        jitter: tuple[float, float, float] = (0.0, 0.0, 0.0),
        gray: float = 0.0,
        blur: float = 0.0,
        erase: float = 0.0,
        mixup: float = 0.0,
        cutmix: float = 0.0,
    ) -> None:
        super().__init__()
        if zoom < 1:
            raise RecipeError(285, "zoom must be at least 1", where="augment.zoom", found=zoom, expected="1 or more")
        if min(mixup, cutmix) < 0:
            found = f"mixup={mixup}, cutmix={cutmix}"
            raise RecipeError(286, "mixup and cutmix must not be negative", where="augment", found=found)
        self.modality = modality
        self.crop, self.zoom, self.flip, self.turn, self.shift, self.rotate = crop, zoom, flip, turn, shift, rotate
        self.jitter, self.gray, self.blur, self.erase = tuple(jitter), gray, blur, erase
        self.mixing = Mixing(mixup, cutmix) if mixup or cutmix else None
        self._cuts = crop < 1 or zoom > 1
        self._resamples = self._cuts or bool(rotate)
        self._moves = self._resamples or any((flip, turn, shift))
        self._changes = self._moves or any((*jitter, gray, blur, erase, mixup, cutmix))

    def forward(self, batch: Batch, view: int = 0) -> Batch:
        if not (self.training and self._changes):
            return self.modality.ready(batch)
        x = batch["x"]
        changed = dict(batch)
        u = uniform(batch["key"], _OWN + (DRAWS if self.mixing else 0), _STREAM + view)  # [B, 21 or 25]
        with torch.no_grad():
            if self._moves or self.blur:
                motion = self._motion(u, *x.shape[2:])
                x = self._moved(x, motion, u)
                if self._moves and "boxes" in batch:
                    changed["boxes"] = motion.boxes(batch["boxes"], *x.shape[2:])
                if self._moves and "mask" in batch:
                    changed["mask"] = motion.mask(batch["mask"])
            if any(self.jitter) or self.gray:
                x = self._colour(x.float(), u)
            if self.erase:
                x = self._erase(x, u)
            if self.mixing is not None:
                if "mix" not in batch:  # nobody who learns from the batch can do so from mixed pictures
                    fix = "set augment.mixup=0 and augment.cutmix=0, or use --task classify"
                    where = "augment.mixup, augment.cutmix"
                    raise RecipeError(284, "mixup and cutmix need classes", where=where, fix=fix)
                x, changed["share"] = self.mixing(x.float(), u[:, _OWN:])
                changed["other"] = batch["mix"].roll(1, 0)
        return self.modality.ready({**changed, "x": x})

    def show(self, ready: Batch) -> list[Any]:
        shown = super().show(ready)
        if "mask" in ready:
            shown = [bordered(one, (mask.cpu().numpy(), TRUE)) for one, mask in zip(shown, ready["mask"], strict=True)]
        if "boxes" in ready:
            shown = [boxed(one, (boxes.cpu().numpy(), TRUE)) for one, boxes in zip(shown, ready["boxes"], strict=True)]
        return shown

    def _motion(self, u: Tensor, height: int, width: int) -> Motion:
        if self.turn and height != width:
            found, fix = f"{height} x {width} pixels", "set augment.turn=false, or prepare with modality.size=64"
            raise ContractError(284, "only square pictures can be turned", where="augment.turn", found=found, fix=fix)
        part_h, part_w = self._parts(u)
        upside = u[:, 19] < 0.5 if self.turn else None
        mirrored = u[:, 2] < 0.5 if self.flip or self.turn else None
        return Motion(
            down=Line(self._start(height, part_h, u[:, 0], u[:, 6]), part_h, upside),
            across=Line(self._start(width, part_w, u[:, 1], u[:, 7]), part_w, mirrored),
            angle=(2 * u[:, 3] - 1) * math.radians(self.rotate) if self.rotate else None,
            transposed=u[:, 20] < 0.5 if self.turn else None,
        )

    def _start(self, side: int, part: Tensor, moved: Tensor, placed: Tensor) -> Tensor:
        """Where the pieces of a side begin, [B] pixels, by random numbers for the shift and for the place in it."""
        limit = min(self.shift, side // 8)
        start = ((2 * limit + 1) * moved).floor()
        return (start + (side - side * part) * placed if self._cuts else start) - limit

    def _parts(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """The parts of the height and of the width that fill the new picture, [B] each; above 1 it gets smaller."""
        if not self._cuts:
            one = torch.ones_like(u[:, 0])
            return one, one
        area = self.crop + (1 - self.crop) * u[:, 4]
        aspect = torch.exp((2 * u[:, 5] - 1) * math.log(4 / 3)) if self.crop < 1 else torch.ones_like(area)
        smaller = self.zoom ** u[:, 18]
        return (area / aspect).sqrt().clamp_max(1) * smaller, (area * aspect).sqrt().clamp_max(1) * smaller

    def _moved(self, x: Tensor, motion: Motion, u: Tensor) -> Tensor:
        """The pictures moved and blurred; bytes stay bytes where whole pixels are moved."""
        if not (self._resamples or self.blur):
            return motion.picked(x)
        longest, x = max(x.shape[2:]), x.float()
        sigma = torch.where(u[:, 8] < self.blur, (0.1 + 1.9 * u[:, 9]) * longest / 32, 0.0) if self.blur else None
        return motion.resampled(x, sigma, x.mean((2, 3), keepdim=True) if self.zoom > 1 else None)

    def _colour(self, x: Tensor, u: Tensor) -> Tensor:
        """Brightness, contrast, saturation and gray as one matrix [C, C] and one offset for each row."""
        b, c, h, w = x.shape
        brightness, contrast, saturation = (
            1 + (2 * u[:, 10 + i] - 1) * strength for i, strength in enumerate(self.jitter)
        )
        saturation = torch.where(u[:, 13] < self.gray, 0.0, saturation)
        gray = _gray(c, x.device)
        level = brightness[:, None] * (x.mean((2, 3)) @ gray.T)  # [B, C] mean gray after the change of brightness
        scale = (brightness * contrast)[:, None, None]
        mixing = saturation[:, None, None] * torch.eye(c, device=x.device)
        mixing = scale * (mixing + (1 - saturation)[:, None, None] * gray)  # [B, C, C]
        offset = ((1 - contrast)[:, None] * level)[:, :, None]  # a gray offset stays what it is under any saturation
        return torch.baddbmm(offset, mixing, x.reshape(b, c, h * w)).clamp_(0, 255).view(b, c, h, w)

    def _erase(self, x: Tensor, u: Tensor) -> Tensor:
        """A rectangle in the image's mean colour. Areas as in Zhong et al. (AAAI 2020)."""
        _, _, h, w = x.shape
        side = (0.02 + 0.31 * u[:, 15]).sqrt()  # [B]
        high, wide = side * h, side * w
        inside = rectangles((h - high) * u[:, 16], (w - wide) * u[:, 17], high, wide, h, w)
        inside &= u[:, 14, None, None] < self.erase  # [B, H, W]
        return torch.where(inside[:, None], x.float().mean((2, 3), keepdim=True).to(x.dtype), x)


def _gray(channels: int, device: torch.device) -> Tensor:
    """What turns channels gray, [C, C]: for three colours their luma (ITU-R BT.601), else nothing is changed."""
    if channels == 3:
        return torch.tensor([0.299, 0.587, 0.114], device=device).expand(3, 3)
    return torch.eye(channels, device=device)
