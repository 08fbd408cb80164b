"""A network that reads labelled rows of a table beside others, and says of these how probable the label 1 is."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

CELLS, ROWS = 10, 13  # numbers that a cell and a row bring
_WIDE, _NARROW = 0.5, 0.16  # widths of kernels, in units of half of the ranks


def evidence(x: Tensor, kinds: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """x [B, n, C] (NaN where a cell is missing; categories are codes), kinds [B, C] True for categories, y [B, m] 0.0
    or 1.0 of the first m rows, both of which occur -> of cells [B, n, C, CELLS], of rows [B, n, ROWS].

    A cell brings its scaled value, its rank among labelled rows, whether it is missing or a category, how often cells
    like it occur, and the labels of rows like it in this column, under three kernels. A row brings its label if it has
    one, how many labels there are of each kind, and the answers of kernel ridge regressions. What a labelled row brings
    is computed without its own label, so that labelled and other rows look alike. No row depends on an unlabelled one.
    """
    n, m, size = x.shape[1], y.shape[1], x.shape[2]
    missing = x.isnan()
    x = x.nan_to_num(0.0)
    known, there = x[:, :m], (~missing[:, :m]).to(x.dtype)
    count = there.sum(1, keepdim=True).clamp_min(1)
    mean = (known * there).sum(1, keepdim=True) / count
    std = (((known - mean).square() * there).sum(1, keepdim=True) / count).sqrt().clamp_min(1e-6)
    z = ((x - mean) / std).clamp(-4, 4) * ~missing
    rank = _ranks(x, known, there) * ~missing
    wide, narrow = (_likeness(x, rank, missing, kinds, m, width) for width in (_WIDE, _NARROW))  # [B, C, n, m]
    rate = y.mean(1, keepdim=True)
    target = (y - rate) / (rate * (1 - rate)).sqrt().clamp_min(1e-3)  # [B, m]
    others = 1 - torch.eye(n, m, dtype=x.dtype, device=x.device)  # a labelled row does not see its own label
    number = (~kinds[:, None, :]).to(x.dtype)
    cells = [z * number, rank * number, missing.to(x.dtype), (1 - number).expand_as(z)]
    for kernel, smoothing in ((narrow, 1.0), (narrow, 6.0), (wide, 6.0)):
        seen = kernel * others
        cells.append((torch.einsum("bcnm,bm->bcn", seen, target) / (seen.sum(3) + smoothing)).transpose(1, 2))
    alike = (narrow * others).sum(3).transpose(1, 2)
    cells += [alike.log1p() / 3, (alike / m).clamp(0, 1)]
    part = z[:, :m] * target[..., None]
    total = part.sum(1, keepdim=True)
    cells.append(torch.cat([total - part, total.expand(-1, n - m, -1)], 1) / m * number)  # how the column goes with y
    linear = z * number
    sums = (linear @ linear[:, :m].transpose(1, 2)) / size
    sums = sums + (wide * kinds[:, :, None, None]).sum(1) / size
    sums = sums + missing.to(x.dtype) @ missing[:, :m].to(x.dtype).transpose(1, 2) / size
    near, nearer = (torch.exp(-factor * (1 - kernel).mean(1) * math.sqrt(size))
                    for factor, kernel in ((2.0, wide), (4.0, narrow)))  # fmt: skip
    asked = ((sums, (0.1, 1.0, 10.0)), (narrow.mean(1), (0.3, 3.0)), (near, (0.3, 2.0)), (nearer, (0.3,)))
    answers = [_ridge(kernel, target, penalty) for kernel, penalties in asked for penalty in penalties]
    blank = torch.zeros(len(x), n, dtype=x.dtype, device=x.device)
    given = torch.cat([target, blank[:, m:]], 1)
    labelled = (torch.arange(n, device=x.device) < m).to(x.dtype).expand(len(x), -1)
    odds = (rate / (1 - rate)).log().clamp(-5, 5).expand(-1, n)
    rows = [given, labelled, odds, blank + math.log(m) / 5, blank + math.log(size) / 3, *answers]
    return torch.stack(cells, 3), torch.stack(rows, 2)


def _ranks(x: Tensor, known: Tensor, there: Tensor) -> Tensor:
    """The share of labelled rows below each value, ties half, as numbers from -1 to 1."""
    order = known.masked_fill(there == 0, torch.inf).transpose(1, 2).sort(2).values.contiguous()
    at = x.transpose(1, 2).contiguous()
    below = torch.searchsorted(order, at, right=False) + torch.searchsorted(order, at, right=True)
    return (below / there.sum(1)[:, :, None].clamp_min(1) - 1).clamp(-1, 1).transpose(1, 2)


def _likeness(x: Tensor, rank: Tensor, missing: Tensor, kinds: Tensor, m: int, width: float) -> Tensor:
    """From 0 to 1, how alike the cells of rows are to those of labelled rows, [B, C, n, m]: of one category, both
    missing, or near in rank."""
    value, place, lost = x.transpose(1, 2), rank.transpose(1, 2), missing.transpose(1, 2)
    same = (value[..., None] - value[:, :, None, :m]).abs() < 0.5
    near = torch.exp(-0.5 * ((place[..., None] - place[:, :, None, :m]).abs() / width).square())
    found = torch.where(kinds[:, :, None, None], same.to(near), near)
    both = lost[..., None] & lost[:, :, None, :m]
    return torch.where(lost[..., None] | lost[:, :, None, :m], both.to(near), found)


def _ridge(kernel: Tensor, target: Tensor, penalty: float) -> Tensor:
    """Kernel ridge regression, kernel [B, n, m] and target [B, m] -> [B, n]: what labelled rows are given by the other
    labelled ones, and unlabelled rows by all."""
    m = target.shape[1]
    inverse = torch.linalg.inv(kernel[:, :m] + penalty * torch.eye(m, dtype=kernel.dtype, device=kernel.device))
    weights = (inverse @ target[..., None])[..., 0]
    own = target - weights / inverse.diagonal(dim1=1, dim2=2)
    return torch.cat([own, (kernel[:, m:] @ weights[..., None])[..., 0]], 1).clamp(-4, 4)


class PriorNetwork(nn.Module):
    """x [B, n, C], kinds [B, C], y [B, m] as in `evidence` -> logits [B, n - m] of the rows without labels.

    A token a cell and one a row; attention over the tokens of a row, then over the labelled rows of a column, as
    Hollmann et al. (Nature 2025) alternate them; then the rows' tokens alone. The order of columns makes no difference,
    and no row sees an unlabelled one.
    """

    def __init__(self, width: int = 64, layers: int = 2, body_width: int = 128, body_layers: int = 3) -> None:
        super().__init__()
        self.cells, self.rows = nn.Linear(CELLS, width), nn.Linear(ROWS, width)
        self.columns = nn.ModuleList(_Attention(width) for _ in range(layers))
        self.down = nn.ModuleList(_Attention(width) for _ in range(layers))
        self.mix = nn.ModuleList(_Perceptron(width) for _ in range(layers))
        self.wider = nn.Linear(width, body_width)
        self.body = nn.ModuleList(
            nn.ModuleList([_Attention(body_width), _Perceptron(body_width)]) for _ in range(body_layers)
        )
        self.out = nn.Sequential(nn.LayerNorm(body_width), nn.Linear(body_width, 1))

    def forward(self, x: Tensor, kinds: Tensor, y: Tensor) -> Tensor:
        with torch.no_grad():
            cells, rows = evidence(x, kinds, y)
        known = y.shape[1]
        h = torch.cat([self.rows(rows)[:, :, None], self.cells(cells)], 2)  # [B, n, 1 + C, width]
        batch, n, c, width = h.shape
        for across, down, mix in zip(self.columns, self.down, self.mix, strict=True):
            h = across(h.reshape(batch * n, c, width), c).view(batch, n, c, width)
            h = down(h.transpose(1, 2).reshape(batch * c, n, width), known).view(batch, c, n, width).transpose(1, 2)
            h = mix(h)
        h = self.wider(h[:, :, 0])
        for layer in self.body:
            attention, mix = layer.children()
            h = mix(attention(h, known))
        return self.out(h)[:, known:, 0] + rows[:, known:, 2]  # beside how often the label is 1


class _Attention(nn.Module):
    """h [B, n, width] -> the same, each with what it reads of the first `known`."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads, self.norm = heads, nn.LayerNorm(width)
        self.query, self.pair, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)

    def forward(self, h: Tensor, known: int) -> Tensor:
        z, (batch, n, width) = self.norm(h), h.shape
        query = self.query(z).view(batch, n, self.heads, -1).transpose(1, 2)
        key, value = self.pair(z[:, :known]).view(batch, -1, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        read = functional.scaled_dot_product_attention(query, key, value)
        return h + self.out(read.transpose(1, 2).reshape(batch, n, width))


class _Perceptron(nn.Sequential):
    def __init__(self, width: int) -> None:
        super().__init__(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, input: Tensor) -> Tensor:
        return input + super().forward(input)
