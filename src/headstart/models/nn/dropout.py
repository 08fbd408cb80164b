"""Dropouts: of values, of whole rows of them, of words and of weights."""

import itertools

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Set values to 0 at random with probability `rate` and scale up the rest; in eval mode nothing (Srivastava 2014).

    torch's own draws one number a value, which on a CPU takes as long as a small matrix product: 16 bits are enough, so
    that one draw of 64 serves four values (7.5 instead of 18.7 ms for a million). The rate is met to 1/65536.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        if x.device.type != "cpu":
            return nn.functional.dropout(x, self.rate)
        drawn = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(1 << 63), None)
        kept = drawn.view(torch.int16)[: x.numel()].view(x.shape) >= round(self.rate * (1 << 16)) - (1 << 15)
        return x * kept.to(x.dtype).mul_(1 / (1 - self.rate))


class Locked(Dropout):
    """Dropout with one mask a row, the same at all its places (Gal and Ghahramani 2016). x [B, T, D] -> [B, T, D]."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        b, _, d = x.shape
        return x * nn.functional.dropout(x.new_ones(b, 1, d), self.rate)


class DropWords(nn.Module):
    """Leave whole words of the vocabulary out, the same ones in all of a batch, and scale up the rest; vectors
    [B, T, D] of ids [B, T] -> [B, T, D]."""

    def __init__(self, vocab: int, rate: float) -> None:
        super().__init__()
        self.vocab, self.rate = vocab, rate

    def forward(self, vectors: Tensor, ids: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return vectors
        return vectors * nn.functional.dropout(vectors.new_ones(self.vocab, 1), self.rate)[ids]


class Recur(nn.Module):
    """Run a layer over its places, x [B, T, D] -> [B, T, H]; in train mode without some of the weights of its memory.

    One mask a batch on the matrix from state to state (DropConnect, Wan et al. 2013). A mask on the states themselves
    would make the memory forget at every place; this one is the same at all of them. In eval mode the layer runs as it
    is.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.drop = Dropout(rate)

    def forward(self, cell: nn.LSTM | nn.GRU, x: Tensor) -> Tensor:
        if not self.training or not self.drop.rate:
            return cell(x)[0]
        weights = [cell.weight_ih_l0, self.drop(cell.weight_hh_l0), cell.bias_ih_l0, cell.bias_hh_l0]
        if x.device.type == "cuda":
            weights = _in_one_piece(weights)
        start = x.new_zeros(1, len(x), cell.hidden_size)
        if isinstance(cell, nn.LSTM):
            return torch.lstm(x, (start, start), weights, True, 1, 0.0, True, False, True)[0]
        return torch.gru(x, start, weights, True, 1, 0.0, True, False, True)[0]


def _in_one_piece(weights: list[Tensor]) -> list[Tensor]:
    """The same values one behind the other in memory, where cuDNN expects them; else it copies them, and warns."""
    flat = torch.cat([weight.flatten() for weight in weights])
    ends = list(itertools.accumulate(weight.numel() for weight in weights))
    return [flat[end - weight.numel() : end].view_as(weight) for end, weight in zip(ends, weights, strict=True)]
