"""The convolutional backbone for token ids: letters of DNA, RNA and proteins, and their neighbours near and far."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.core import Core
from headstart.core.contracts.ranges import Share, Size
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.embedding import FROM_SCRATCH, Words, vocabulary_of

_FARTHEST = 16  # widest distance between the letters that one convolution sees


class Dilated(Backbone):
    """Convolutions over token ids that leave wider and wider gaps between the places they see: 1, 2, 4, 8, 16, 1, ...

    x int [B, T], keep [B, T] -> Tokens [B, T, width] of grid (T,), every place with a vector (Kalchbrenner et al. 2016;
    for proteins Yang, Fusi and Lu 2024). Each of `depth` blocks is a norm, a convolution over `kernel` places and a
    map of one place, with a shortcut. Places of another document of a packed row, and padding, count as zeros. The work
    grows with the length of a row, not with its square.

    pooling  how `summary` reads the places: "both" is the mean beside the strongest value of every channel, [B, 2 *
             width]: the strongest one shows a single letter that changed, which the mean of a long row hides
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"ids"})
    core: ClassVar[Core | None] = Core(
        frozenset({"width", "depth", "kernel"}),
        lambda network: {"blocks": network.blocks, "final_norm": network.final_norm},
    )
    advice: ClassVar[Mapping[str, Any]] = {"plan.lr": 2e-3, **FROM_SCRATCH}
    advice_tuned: ClassVar[Mapping[str, Any]] = {"plan.lr": 1e-3, "plan.epochs": 5}

    def __init__(
        self,
        spec: Spec,
        *,
        width: Size = 128,
        depth: Size = 5,
        kernel: Size = 5,
        dropout: Share = 0.1,
        pooling: Literal["both", "mean", "max"] = "both",
    ) -> None:
        super().__init__()
        self.width, self.pooling = width, pooling
        self.words = Words(vocabulary_of(spec), width)
        gaps = [1 << (place % (_FARTHEST.bit_length())) for place in range(depth)]
        self.blocks = nn.ModuleList(_Block(width, kernel, gap, dropout) for gap in gaps)
        self.final_norm = nn.LayerNorm(width)

    def embed(self, batch: Batch) -> Tokens:
        ids = batch["x"]
        return Tokens(self.words(ids), batch["keep"], (ids.shape[1],), document=batch.get("document"))

    def encode(self, tokens: Tokens) -> Tokens:
        places = tokens.x.shape[1]
        more = rounded(places) - places
        x, keep = F.pad(tokens.x, (0, 0, 0, more)), F.pad(tokens.keep, (0, more))
        document = None if tokens.document is None else F.pad(tokens.document, (0, more), value=-1)
        for block in self.blocks:
            x = block(x, keep, document)
        return tokens.with_x(self.final_norm(x[:, :places]))

    def layers(self) -> Sequence[nn.Module]:
        return [self.words, *self.blocks, self.final_norm]

    @property
    def token_vectors(self) -> Tensor:
        return self.words.weight

    def summary(self, tokens: Tokens) -> Tensor:
        if self.pooling == "mean":
            return tokens.pooled()
        highest = tokens.x.masked_fill(~tokens.keep[..., None], -torch.inf).amax(1)
        return highest if self.pooling == "max" else torch.cat([tokens.pooled(), highest], 1)


def rounded(places: int) -> int:
    """At least so many places, one of eight numbers between a power of two and the next: a convolution is prepared for
    every length that it meets, which is kept."""
    if torch.compiler.is_exporting():
        return places
    step = 1 << max(0, places.bit_length() - 4)
    return -(-places // step) * step


class _Block(nn.Module):
    """[B, T, D] -> [B, T, D]."""

    def __init__(self, width: int, kernel: int, gap: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.last_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.around = nn.Conv1d(width, width, kernel, dilation=gap)
        self.each = nn.Linear(width, width)
        self.drop = nn.Dropout(dropout)
        # places before and behind that the convolution reads
        self.before = gap * ((kernel - 1) // 2)
        self.behind = gap * (kernel - 1) - self.before

    def forward(self, x: Tensor, keep: Tensor, document: Tensor | None) -> Tensor:
        seen = F.gelu(self.norm(x)) * keep[..., None]
        wide = F.pad(seen, (0, 0, self.before, self.behind))  # [B, before + T + behind, D]
        found = self._whole(wide) if document is None else self._within(wide, document)
        return x + self.drop(self.each(F.gelu(self.last_norm(found))))

    def _whole(self, wide: Tensor) -> Tensor:
        return self.around(wide.transpose(1, 2)).transpose(1, 2)

    def _within(self, wide: Tensor, document: Tensor) -> Tensor:
        """The same convolution, one place of its kernel after the other, with other documents left out."""
        length, gap = document.shape[1], self.around.dilation[0]
        numbers = F.pad(document, (self.before, self.behind), value=-1)
        found = self.around.bias.expand(*document.shape, -1) if self.around.bias is not None else 0
        for place, weight in enumerate(self.around.weight.unbind(2)):  # [D, D]
            part = slice(place * gap, place * gap + length)
            own = (numbers[:, part] == document)[..., None]
            found = found + (wide[:, part] * own) @ weight.T
        assert isinstance(found, Tensor)
        return found
