"""Ready pixels as people see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image as Picture

from headstart.core.contracts.look import Look

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class PictureView:
    """Undoes `ready`: pixels were in [0, 1] before `mean` was taken off each channel and `std` divided it."""

    channels: int
    mean: Sequence[float]
    std: Sequence[float]

    @property
    def note(self) -> str:
        if self.channels in (1, 3):
            return ""
        return "the mean of two channels" if self.channels == 2 else f"the first three of {self.channels} channels"

    def denormalise(self, x: Tensor) -> Tensor:
        return x * per_channel(self.std, x) + per_channel(self.mean, x)

    def contrast(self, inside: Tensor, outside: Tensor) -> Look:
        """The mean of the rows."""
        return Look(picture=self.render(inside.float().mean(0, keepdim=True))[0])

    def render(self, x: Tensor) -> list[Picture.Image]:
        values = self.denormalise(x.detach().float())
        few = values[:, :3] if values.shape[1] != 2 else values.mean(1, keepdim=True)  # people see no more than three
        pixels = few.clamp(0, 1).mul(255).round().byte().cpu().numpy()  # [B, 1 or 3, H, W]
        return [Picture.fromarray(one[0] if len(one) == 1 else one.transpose(1, 2, 0)) for one in pixels]


def per_channel(values: Sequence[float], x: Tensor) -> Tensor:
    """One number a channel as [C, 1, 1] beside x."""
    return x.new_tensor(values)[:, None, None]
