"""Decision trees as tensors: many are walked down at once."""

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts.grown import TreeArrays
from headstart.models.nn.leaf_masks import MOST_LEAVES, LeafMasks

_WORD = 64  # categories whose bits are one number
_MANY = 1_000  # rows that walk down before masks of leaves are made, which takes as long as that
_VALUES = 1 << 20  # leaves of trees that are found at once
CODES = 4 * _WORD
_BITS = (np.uint64(1) << np.arange(_WORD, dtype=np.uint64)).view(np.int64)


class Trees(nn.Module):
    """Sums of the leaves that rows come to, one sum an output.

    cells [B, C], NaN where one is missing -> [B, outputs]. Fresh trees are single leaves of 0.
    """

    feature: Tensor
    threshold: Tensor
    missing_left: Tensor
    left: Tensor
    right: Tensor
    value: Tensor
    by_bits: Tensor
    bits: Tensor
    output: Tensor
    offset: Tensor
    extent: Tensor  # trees that have grown, and levels of the deepest one

    def __init__(self, outputs: int, trees: int, leaves: int, depth: int, *, categories: bool) -> None:
        super().__init__()
        count, nodes = outputs * trees, 2 * leaves - 1
        self.outputs, self.depth, self.categories = outputs, depth, categories
        places = torch.arange(nodes, dtype=torch.int16).expand(count, nodes)
        for name, values in {
            "feature": torch.zeros(count, nodes, dtype=torch.int32), "threshold": torch.zeros(count, nodes),
            "missing_left": torch.zeros(count, nodes, dtype=torch.bool), "left": places.clone(),
            "right": places.clone(), "value": torch.zeros(count, nodes),
            "by_bits": torch.zeros(count, nodes, dtype=torch.bool),
            "bits": torch.zeros(count, nodes if categories else 0, 4, dtype=torch.int64),
            "output": torch.arange(outputs).repeat(trees), "offset": torch.zeros(outputs),
            "extent": torch.zeros(2, dtype=torch.int64),
        }.items():  # fmt: skip
            self.register_buffer(name, values)
        self.register_buffer("bit", torch.from_numpy(_BITS.copy()) if categories else None, persistent=False)
        self.bit: Tensor
        self.bounds: tuple[int, int] = (0, 0)
        self.masks: LeafMasks | None = None
        self.walked = 0  # rows that were asked without them
        self.register_load_state_dict_post_hook(_bound)

    def forward(self, cells: Tensor) -> Tensor:
        if torch.compiler.is_exporting():
            return self._sums(cells)
        step = max(1, _VALUES // max(1, self.bounds[0]))
        self.walked += len(cells) if self.masks is None else 0
        sums = self._masked if self._are_many else self._sums
        return torch.cat([sums(part) for part in cells.split(step)]) if len(cells) else self._none(cells)

    @property
    def _are_many(self) -> bool:
        """Were so many rows asked, of trees so small, that masks of leaves are worth making?"""
        return self.walked >= _MANY and self.bounds[0] > 0 and self.left.shape[1] <= 2 * MOST_LEAVES - 1

    def _none(self, cells: Tensor) -> Tensor:
        return cells.new_zeros(0, self.outputs)

    def _masked(self, cells: Tensor) -> Tensor:
        if self.masks is None or self.masks.device != cells.device:
            count = self.bounds[0]
            names = "feature", "threshold", "missing_left", "left", "right", "value", "by_bits", "bits", "output"
            grown = {name: self.get_buffer(name)[:count] for name in names}
            self.masks = LeafMasks(**grown, outputs=self.outputs)
        return self.masks.sums(cells) + self.offset if self.masks.are_whole else self._sums(cells)

    def odd(self, cells: int) -> str:
        """What is wrong with trees that came from a file, for rows of so many cells; "" for trees as they grow."""
        count, levels = self.extent.tolist()
        if not (0 <= count <= len(self.output) and 0 <= levels <= self.depth):
            return (
                f"{count:,} trees of {levels:,} levels, where there is room for {len(self.output):,} of {self.depth:,}"
            )
        places = torch.arange(self.left.shape[1], device=self.left.device)
        stays = (self.left == places) & (self.right == places)
        below = (self.left > places) & (self.right > places)
        within = (self.left < len(places)) & (self.right < len(places))
        ends = torch.cat([torch.where(below & within, side, 0).long() for side in (self.left, self.right)], 1)
        parents = torch.zeros_like(self.left).scatter_add(1, ends, torch.ones_like(ends, dtype=self.left.dtype))
        return next((what for what, odd in {
            "the number of a column": (self.feature < 0) | (self.feature >= cells),
            "a child that is no later node of its tree": ~(within & (stays | below)),
            "a node below two others": parents[:, 1:] > 1,
            "a threshold that is no number": torch.isnan(self.threshold),
            "a value that is not finite": ~torch.isfinite(self.value),
            "the number of an output": (self.output < 0) | (self.output >= self.outputs),
            "a first sum that is not finite": ~torch.isfinite(self.offset),
        }.items() if bool(odd.any())), "")  # fmt: skip

    def _sums(self, cells: Tensor) -> Tensor:
        count, levels = self.bounds
        trees = torch.arange(count, device=cells.device)  # [T]
        node = torch.zeros(cells.shape[0], count, dtype=torch.int64, device=cells.device)  # [B, T]
        for _ in range(levels):
            node = self._below(cells, trees, node)
        leaves = self.value[trees, node]  # [B, T]
        sums = leaves.new_zeros(cells.shape[0], self.outputs).index_add(1, self.output[:count], leaves)
        return sums + self.offset

    def _below(self, cells: Tensor, trees: Tensor, node: Tensor) -> Tensor:
        """The node that follows for each row and tree, [B, T]."""
        cell = cells.gather(1, self.feature[trees, node].long())
        missing = torch.isnan(cell)
        goes_left = cell <= self.threshold[trees, node]
        if self.categories:
            code = cell.nan_to_num(0.0).clamp(0, CODES - 1).long()
            words = self.bits[trees, node]  # [B, T, 4]
            word = words.gather(2, (code // _WORD)[..., None])[..., 0]
            has_bit = (word & self.bit[code % _WORD]) != 0
            by_bits = self.by_bits[trees, node]
            goes_left = (by_bits & has_bit) | (~by_bits & goes_left)
        goes_left = (missing & self.missing_left[trees, node]) | (~missing & goes_left)
        # onnxruntime chooses between int64, not between int16 or bool
        return torch.where(goes_left, self.left[trees, node].long(), self.right[trees, node].long())

    def load_arrays(self, trees: TreeArrays) -> None:
        """Grown trees, at most as many and as large as there is room for; the rest are single leaves of 0."""
        assert len(trees.output) <= len(self.output), "more trees than there is room for"
        assert trees.feature.shape[1] <= self.feature.shape[1], "trees larger than there is room for"
        with torch.no_grad():
            places = torch.arange(self.left.shape[1], dtype=self.left.dtype, device=self.left.device)
            self.left.copy_(places.expand_as(self.left))
            self.right.copy_(places.expand_as(self.right))
            self.value.zero_()
            self.offset.copy_(torch.from_numpy(np.asarray(trees.offset, np.float32)))
            count, nodes = trees.feature.shape
            self.extent.copy_(torch.tensor([count, trees.levels]))
            self.output[:count] = torch.from_numpy(trees.output).to(self.output)
            for name in ("feature", "threshold", "missing_left", "left", "right", "value", "by_bits"):
                mine: Tensor = self.get_buffer(name)
                mine[:count, :nodes] = torch.from_numpy(_of(trees, name)).to(mine)
            if self.categories:
                self.bits[:count, :nodes] = torch.from_numpy(trees.bits).to(self.bits)
            _bound(self)


def _bound(trees: nn.Module, *_: object) -> None:
    """Note how many trees have grown, and how deep, as plain numbers; no more than there is room for."""
    assert isinstance(trees, Trees)
    count, levels = trees.extent.tolist()
    trees.masks, trees.walked = None, 0
    trees.bounds = max(0, min(count, len(trees.output))), max(0, min(levels, trees.depth))


def _of(trees: TreeArrays, name: str) -> np.ndarray:
    fields = {"feature": trees.feature, "threshold": trees.threshold, "missing_left": trees.missing_left,
              "left": trees.left, "right": trees.right, "value": trees.value, "by_bits": trees.by_bits}  # fmt: skip
    return fields[name]
