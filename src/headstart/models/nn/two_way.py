"""A memory that reads from left to right beside one that reads from right to left."""

import torch
from torch import Tensor, nn


class TwoWay(nn.Module):
    """Two gated recurrent units, one each way (Schuster and Paliwal 1997): [B, T, F], keep [B, T] -> [B, T, 2 * width].

    What is kept stands in front. The one that reads backwards begins at the last place that is kept, so that padding
    changes nothing.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.ahead = nn.GRU(inputs, width, batch_first=True)
        self.back = nn.GRU(inputs, width, batch_first=True)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        turned = self._turned(keep)
        return torch.cat([self.ahead(x)[0], _taken(self.back(_taken(x, turned))[0], turned)], 2) * keep[..., None]

    @staticmethod
    def _turned(keep: Tensor) -> Tensor:
        """Where each place lies when the kept ones are turned round, [B, T]; its own opposite."""
        place = torch.arange(keep.shape[1], device=keep.device).expand_as(keep)
        last = keep.sum(1, keepdim=True) - 1
        return torch.where(place <= last, last - place, place)


def _taken(x: Tensor, places: Tensor) -> Tensor:
    return x.gather(1, places[..., None].expand_as(x))
