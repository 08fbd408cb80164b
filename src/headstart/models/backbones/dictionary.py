"""The backbone for very few labels: a dictionary of patches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.errors import ContractError
from headstart.core.tokens import Tokens
from headstart.models.nn.picture import picture_of
from headstart.models.nn.words import PatchWords

_FLOOR = 1e-4  # keeps the slope of a root finite where no word stood out; answers are about 1


class Dictionary(Backbone):
    """One layer of patch words, filled by the objective `kmeans`: strong with few labels, and no gradient steps.

    x [B, C, H, W] -> Tokens of grid (pool, pool) and width `words`: how much each word stands out in each region, to
    the `power`. Coates, Lee and Ng (AISTATS 2011) with a sparser code. `summary` is all regions in a row.

    words      patches in the dictionary
    kernel     side of a patch in pixels
    contrast   added to a patch's variance before it is brought to 1, so that noise on flat ground stays small
               (their 10 on pixels of 0..255 is 0.016 of the variance of MNIST, 0.025 of CIFAR-10)
    sparsity   standard deviations by which a word must stand out among all words
    both_ways  answer for the picture and its mirror image together: for things that have no left and right
    """

    def __init__(
        self,
        facts: Mapping[str, int],
        *,
        words: int = 400,
        kernel: int = 6,
        contrast: float = 0.016,
        sparsity: float = 1.5,
        pool: int = 4,
        power: float = 0.5,
        both_ways: bool = False,
    ) -> None:
        super().__init__()
        shape = picture_of(facts)
        if min(shape[1:]) < kernel:
            raise ContractError(
                205,
                "patches are larger than the pictures",
                where="backbone.kernel",
                found=kernel,
                expected=f"at most {min(shape[1:])}",
                fix=f"set backbone.kernel = {max(1, min(shape[1:]) // 2)}",
            )
        self.width, self.pool, self.power, self.both_ways = words, pool, power, both_ways
        self.words = PatchWords(shape, words, kernel, contrast=contrast, sparsity=sparsity, pool=pool)

    def embed(self, batch: Batch) -> Tokens:
        x = batch["x"]
        answers = self.words(x)  # [B, pool*pool, K]
        if self.both_ways:
            answers = (answers + self.words(x.flip(3))) / 2
        return Tokens.full(answers, (self.pool, self.pool))

    def encode(self, tokens: Tokens) -> Tokens:
        # a root weighs rare words up, as for word counts: +1 point on three data sets at 10 labels a class
        return tokens if self.power == 1 else tokens.with_x((tokens.x + _FLOOR) ** self.power)

    def layers(self) -> Sequence[nn.Module]:
        return [self.words]

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x.flatten(1)  # [B, pool*pool*K]
