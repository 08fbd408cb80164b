"""All decisions of many trees at once, each of which strikes out leaves (QuickScorer: Lucchese et al., SIGIR 2015).

A decision to go right rules out the leaves of the left branch. Of the leaves that no decision rules out, the leftmost
is the one that a walk from the root comes to. Trees grown from histograms divide each column at 255 limits at most: a
table says for each place between two of them which leaves of all trees stay, and a row is a few lines of such tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

MOST_LEAVES = 62  # bits of a number that says which leaves are left
CODES = 256  # that a category can have
MOST_BYTES = 1 << 28  # of all tables; 1,000 trees and 256 limits take one megabyte a column
_SMALL = 31  # the same of a shorter number


@dataclass(frozen=True, slots=True)
class _Column:
    """The decisions by one column: the limits of its cells, rising [K], and the leaves that stay [rows, T] where a cell
    lies above 0, 1, ... K of them, for each code where it has codes; the last row is that of a missing cell."""

    column: int
    limits: Tensor
    stays: Tensor
    coded: bool

    def rows(self, cells: Tensor) -> Tensor:
        """The row of each cell [B]."""
        row = torch.searchsorted(self.limits, cells)
        if self.coded:
            row = row + cells.nan_to_num(0.0).clamp(0, CODES - 1).long() * (len(self.limits) + 1)
        return torch.where(torch.isnan(cells), len(self.stays) - 1, row)


class LeafMasks:
    """Trees of at most MOST_LEAVES leaves, whose children lie behind their parents, as masks of leaves.

    feature, left, right [T, N] integers, threshold, value [T, N], missing_left, by_bits [T, N] bool, bits [T, N, 4]: as
    `TreeArrays` says; bits is empty without categories. output [T]: what each tree adds to, one of `outputs` sums.
    """

    def __init__(
        self, *, feature: Tensor, threshold: Tensor, missing_left: Tensor, left: Tensor, right: Tensor, value: Tensor,
        by_bits: Tensor, bits: Tensor, output: Tensor, outputs: int,
    ) -> None:  # fmt: skip
        left, right = left.long(), right.long()
        count, nodes = left.shape
        trees, places = torch.arange(count, device=left.device), torch.arange(nodes, device=left.device)
        inner = left != places
        size = torch.ones_like(left)  # leaves below each node
        for node in range(nodes - 1, -1, -1):
            below = size[trees, left[:, node]] + size[trees, right[:, node]]
            size[:, node] = torch.where(inner[:, node], below, 1)
        first, reached = torch.zeros_like(left), torch.zeros_like(inner)  # the number of the first leaf below
        reached[:, 0] = True
        for node in range(nodes):
            goes = torch.nonzero(inner[:, node] & reached[:, node])[:, 0]
            one, other = left[goes, node], right[goes, node]
            first[goes, one] = first[goes, node]
            first[goes, other] = first[goes, node] + size[goes, one]
            reached[goes, one] = reached[goes, other] = True
        leaves = int(size[:, 0].max()) if count else 1
        assert leaves <= MOST_LEAVES, leaves
        kind = torch.int32 if leaves <= _SMALL else torch.int64
        below = size.gather(1, left)
        struck = ~(((torch.ones_like(below) << below) - 1) << first)
        real = inner & reached
        self._places = torch.arange(count, device=left.device)
        self._leaves = value.new_zeros(count, leaves)
        tree, node = torch.nonzero(~inner & reached, as_tuple=True)
        self._leaves[tree, first[tree, node]] = value[tree, node]
        self._output, self._outputs = output, outputs
        self._columns = self._tabled(
            real, feature.long(), threshold, missing_left, by_bits & real, bits, struck.to(kind)
        )
        self.are_whole = self._columns is not None
        """Could the tables be made? Else rows have to walk."""

    def _tabled(
        self, real: Tensor, feature: Tensor, threshold: Tensor, missing_left: Tensor, by_bits: Tensor, bits: Tensor,
        struck: Tensor,
    ) -> list[_Column] | None:  # fmt: skip
        """Each column's decisions of all trees, `real` [T, N], and the leaves that they strike out; None where tables
        of them would be too large."""
        found, trees, held = list[_Column](), self._places, 0
        for column in torch.unique(feature[real]).tolist():
            here = real & (feature == column)
            coded = by_bits & here
            limits = torch.unique(threshold[here & ~coded])
            size = (CODES if bool(coded.any()) else 1) * (len(limits) + 1)
            held += (size + 1) * len(trees) * struck.element_size()
            if held > MOST_BYTES:
                return None
            # [codes, limits + 1, T]: what stays where a cell lies above so many limits, and has this code
            stays = torch.full((size // (len(limits) + 1), len(limits) + 1, len(trees)), -1, dtype=struck.dtype,
                               device=struck.device)  # fmt: skip
            absent = stays.new_full((len(trees),), -1)
            for node in torch.nonzero(here.any(0))[:, 0].tolist():
                some = torch.nonzero(here[:, node])[:, 0]
                mask = struck[some, node]
                absent[some] &= torch.where(missing_left[some, node], -1, mask)
                by_code, plain = coded[some, node], ~coded[some, node]
                above = torch.searchsorted(limits, threshold[some[plain], node]) + 1
                stays[:, above, some[plain]] &= mask[plain]
                if bool(by_code.any()):
                    words = bits[some[by_code], node]  # [trees, 4]
                    ways = ((words[..., None] >> torch.arange(64, device=bits.device)) & 1).flatten(1).bool()
                    stays[:, 0, some[by_code]] &= torch.where(ways.T, -1, mask[by_code])
            for above in range(1, len(limits) + 1):
                stays[:, above] &= stays[:, above - 1]
            found.append(_Column(column, limits, torch.cat([stays.flatten(0, 1), absent[None]]), bool(coded.any())))
        return found

    @property
    def device(self) -> torch.device:
        return self._leaves.device

    def sums(self, cells: Tensor) -> Tensor:
        """cells [B, C] -> sums of leaves [B, outputs]."""
        left = self._leaves.new_full((1,), -1, dtype=torch.int32).expand(len(cells), len(self._leaves))
        for number, one in enumerate(self._columns or ()):
            stays = one.stays.index_select(0, one.rows(cells[:, one.column].contiguous()))  # [B, T]
            left = stays if number == 0 else left.bitwise_and_(stays)
        leaf = ((left & -left).double().log2() + 0.5).long()  # the lowest bit that is set
        values = self._leaves.view(-1)[leaf + self._places * self._leaves.shape[1]]
        return values.new_zeros(len(cells), self._outputs).index_add(1, self._output, values)
