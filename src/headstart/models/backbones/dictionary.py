"""The backbone for very few labels: a dictionary of patches."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.ranges import Few, Size
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.patches import at_most, columns_of, picture_of, shrunk
from headstart.models.nn.scattering import Scattering
from headstart.models.nn.visual_words import PatchWords, mirrored

_FLOOR = 1e-4  # keeps the slope of a root finite where no word stood out; answers are about 1


class Dictionary(Backbone):
    """One layer of patch words, filled by the objective `kmeans`: strong with few labels, and no gradient steps.

    x [B, C, H, W] -> Tokens of grid (pool, pool): how much each word stands out in each region, to the `power`, and
    behind the words how strongly waves run through it, if any. Coates, Lee and Ng (AISTATS 2011) with a sparser code.
    `summary` is all regions in a row. Of rows that are padded, such as sounds, the regions divide what is there; waves
    run through the padding too.

    side       larger pictures are shrunk to so many pixels on their longer side first, 0: not. A patch should be a
               piece of a thing, not its grain: hand signs of 100 x 100 at 10 labels a class score .83 at 24 pixels,
               .82 at 32, .80 at 40, .77 at 64, and every pixel costs time
    words      patches in the dictionary
    kernel     side of a patch in pixels
    contrast   added to a patch's variance before it is brought to 1, so that noise on flat ground stays small
               (their 10 on pixels of 0..255 is 0.016 of the variance of MNIST, 0.025 of CIFAR-10)
    sparsity   standard deviations by which a word must stand out among all words
    waves      octaves of wavelets whose scattering is added (Bruna and Mallat, TPAMI 2013), 0: none. 3 add 2.4 points
               on CIFAR-10 at 10 labels a class, nothing on Fashion-MNIST, and take 3 to 10 times as long
    both_ways  answer for the picture and its mirror image together: for things that have no left and right
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})
    resize: ClassVar[Resize | None] = Resize()

    def __init__(
        self,
        spec: Spec,
        *,
        side: Size = 32,
        words: Size = 400,
        kernel: Size = 6,
        contrast: float = 0.016,
        sparsity: float = 1.5,
        pool: Size = 4,
        power: float = 0.5,
        waves: Few = 0,
        both_ways: bool = False,
    ) -> None:
        super().__init__()
        shape = at_most(picture_of(spec), side)
        if min(shape[1:]) < kernel:
            expected, fix = f"at most {min(shape[1:])}", f"set backbone.kernel = {max(1, min(shape[1:]) // 2)}"
            raise ContractError(
                205, "patches are larger than the pictures", where="backbone.kernel", found=kernel, expected=expected,
                fix=fix,
            )  # fmt: skip
        self.pool, self.power, self.both_ways = pool, power, both_ways
        self.words = PatchWords(shape, words, kernel, contrast=contrast, sparsity=sparsity, pool=pool)
        self.waves = Scattering(shape, waves, pool) if waves else None
        self.width = words + (0 if self.waves is None else shape[0] * self.waves.paths)

    @classmethod
    def learner(cls, about: Circumstances) -> Choice:
        return Choice("kmeans", "a dictionary is made of clusters of patches")

    def embed(self, batch: Batch) -> Tokens:
        x, columns = shrunk(batch["x"], self.words.size), columns_of(batch, self.words.size[1])
        answers = self._answers(x, columns)
        if self.both_ways:
            answers = (answers + self._answers(mirrored(x, columns), columns)) / 2
        return Tokens.full(answers, (self.pool, self.pool))

    def _answers(self, x: Tensor, columns: Tensor | None) -> Tensor:
        """[B, pool*pool, D]."""
        words = self.words(x, columns)
        return words if self.waves is None else torch.cat([words, self.waves(x)], 2)

    def encode(self, tokens: Tokens) -> Tokens:
        # a root weighs rare words up, as for word counts: +1 point on three data sets at 10 labels a class
        return tokens if self.power == 1 else tokens.with_x((tokens.x + _FLOOR) ** self.power)

    def layers(self) -> Sequence[nn.Module]:
        return [self.words]

    def summary(self, tokens: Tokens) -> Tensor:
        return tokens.x.flatten(1)  # [B, pool*pool*D]
