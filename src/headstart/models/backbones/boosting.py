"""The backbone of boosted trees, with what linear models read beside them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice
from headstart.core.contracts.grown import Grown, TreeArrays
from headstart.core.contracts.ranges import Few, Share, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.cell_pairs import CellPairs
from headstart.models.nn.cells import need_table
from headstart.models.nn.trees import Trees

MOST_OUTPUTS, MOST_TREES = 100, 12_000


class Boosting(Backbone):
    """Gradient-boosted trees for tables, grown from the labels in one go, with a linear model beside them.

    x [B, F], and cells [B, C] where a modality has them, NaN where one is missing -> Tokens [B, 1, outputs + F] of
    grid (): the sums of the leaves, then x. Trees of histograms (Ke et al., NeurIPS 2017; scikit-learn grows them): a
    missing cell goes its own way, categories are divided into two sets. Held-out rows say how many trees are enough,
    and how much of the answer is the linear model's.

    outputs  sums, one a class or number, a single one for two classes (the task says how many)
    trees    trees of one output, at most
    leaves, depth   of a tree, at most
    rate     share of each tree that counts
    least    rows of a leaf, at least
    looked   share of the columns that each division of rows is chosen from; California housing has an RMSE of 0.438
             with half of them, 0.444 with all
    pairs    numbers, the most telling ones: the quotient, difference and sum of each two of them are cells too, where
             held-out rows are answered better so (0: never)
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"cells"})
    tuning_scratch: ClassVar[Choice | None] = Choice("probe", "trees are grown from all labels in one go")

    def __init__(
        self,
        spec: Spec,
        *,
        outputs: Size = 1,
        trees: Size = 1000,
        leaves: Size = 31,
        depth: Size = 16,
        rate: Share = 0.06,
        least: Size = 20,
        looked: Share = 0.5,
        pairs: Few = 8,
    ) -> None:
        super().__init__()
        need_table(spec)
        if outputs > MOST_OUTPUTS:
            raise ContractError(
                729, "too many outputs for boosted trees", where="backbone.outputs", found=outputs,
                expected=f"at most {MOST_OUTPUTS}", fix="use backbone linear or mlp",
            )  # fmt: skip
        if leaves < 2:
            raise ContractError(
                730, "a tree needs two leaves", where="backbone.leaves", found=leaves, fix="give 2 or more"
            )
        self.outputs, self.leaves, self.depth, self.rate, self.least = outputs, leaves, depth, rate, least
        self.looked = looked
        self.trees = min(trees, max(20, MOST_TREES // outputs))
        self.categories = spec.sizes.get("categories", 0)
        self.paired = min(pairs, spec.sizes.get("cells", spec.sizes["columns"]) - self.categories)
        self.pairs = CellPairs(self.paired * (self.paired - 1) // 2)
        self.sums = Trees(outputs, self.trees, leaves, depth, categories=bool(self.categories))
        self.width = outputs + spec.sizes["columns"]
        self._cells = spec.sizes.get("cells", spec.sizes["columns"])

    regrown: ClassVar[bool] = True

    @classmethod
    def has_weights(cls, settings: Mapping[str, Any]) -> bool:
        """None that are kept for another task: trees are grown anew."""
        return False

    def odd_weights(self) -> str:
        return self.pairs.odd(self._cells) or self.sums.odd(self._cells + self.pairs.width)

    @property
    def grown(self) -> Grown:
        return self

    def cells(self, batch: Batch) -> Tensor:
        return batch.get("cells", batch["x"])

    def more(self, cells: Tensor) -> Tensor:
        return self.pairs(cells)

    def load_pairs(self, pairs: np.ndarray) -> None:
        self.pairs.load(pairs)

    def load_trees(self, trees: TreeArrays) -> None:
        self.sums.load_arrays(trees)

    def embed(self, batch: Batch) -> Tokens:
        both = torch.cat([self.sums(self.pairs(self.cells(batch))), batch["x"]], 1)
        return Tokens.full(both[:, None], ())  # [B, 1, outputs + F]

    def encode(self, tokens: Tokens) -> Tokens:
        return tokens

    def layers(self) -> Sequence[nn.Module]:
        return []

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x[:, 0]
