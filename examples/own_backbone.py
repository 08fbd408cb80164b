"""A network of your own, pretrained and saved without any edit inside of headstart.

    python examples/own_backbone.py [FOLDER FOR THE RESULTS]

It is named by its import path, `own_backbone:Columns`; `import own_backbone` before you open the model again.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from torch import nn

import headstart as hs
from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens


class Columns(Backbone):
    """Read a picture column by column with a GRU.

    x [B, C, H, W] -> Tokens [B, W, width] of grid (W,). Cho et al. (EMNLP 2014).
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})

    def __init__(self, spec: Spec, *, width: int = 32) -> None:
        super().__init__()
        self.width = width
        self.enter = nn.Linear(spec.sizes["channels"] * spec.sizes["height"], width)
        self.scan = nn.GRU(width, width, batch_first=True)

    def embed(self, batch: Batch) -> Tokens:
        x = batch["x"].permute(0, 3, 1, 2).flatten(2)  # [B, W, C * H]
        return Tokens.full(self.enter(x), (x.shape[1],))

    def encode(self, tokens: Tokens) -> Tokens:
        x, _ = self.scan(tokens.x)  # [B, W, width]
        return tokens.with_x(x)

    def layers(self) -> Sequence[nn.Module]:
        return [self.enter, self.scan]


def main(out: Path) -> None:
    settings = {"backbone.width": 16, "plan.batch": 64}
    model = hs.pretrain(
        "digits", backbone="own_backbone:Columns", objective="contrastive", steps=30, settings=settings, out=out
    )
    print("vectors of three digits:", model.embed("digits")[:3].shape)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/own_backbone"))
