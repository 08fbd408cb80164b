"""The masked autoencoder: pictures with most of their patches hidden, and a small decoder that paints them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.needs import Needs
from headstart.core.contracts.ranges import Size
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.core.random import uniform
from headstart.models.nn.patches import patchify, picture_of, unpatchify
from headstart.models.nn.positions import sincos
from headstart.models.nn.sizes import layout
from headstart.models.nn.transformer import Block
from headstart.training.hiding import check_share

_STREAM = 2


class Mae(Objective):
    """Hide most patches of a picture, encode the rest, predict the pixels of the hidden ones.

    He et al. (CVPR 2022). The backbone sees only the kept places [B, K, D]; a small decoder puts a learned token at the
    hidden ones and paints only those. Loss: mean squared error over hidden patches. Needs a backbone with `any_subset`.

    hide         share of the patches that is hidden
    decoder_*    size of the decoder
    norm_pixels  bring every hidden patch to mean 0 and variance 1 first (their table 1d: better features)
    """

    needs = Needs(layouts=frozenset({"grid"}), any_subset=True)
    # a mild crop is enough beside the hiding (section 4.1 and appendix A.1)
    advice: ClassVar[Mapping[str, Any]] = {"augment.crop": 0.5, "plan.beta2": 0.95}

    places: Tensor

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        hide: float = 0.75,
        decoder_width: Size = 128,
        decoder_depth: Size = 2,
        decoder_heads: Size = 4,
        norm_pixels: bool = True,
    ) -> None:
        super().__init__(backbone, augment)
        check_share(hide)
        self.norm_pixels = norm_pixels
        self.shape = picture_of(augment.modality.spec)
        self.grid = _picture_grid(backbone, {**sample, "x": augment.modality.ready(sample)["x"]})
        places = self.grid[0] * self.grid[1]
        self.kept = min(max(round(places * (1 - hide)), 1), places - 1)  # at least one, and at least one is hidden
        channels, height, width = self.shape
        self.enter = nn.Linear(backbone.width, decoder_width)
        self.blank = nn.Parameter(torch.randn(decoder_width) * 0.02)  # stands where a patch is hidden
        self.register_buffer("places", sincos(self.grid, decoder_width))  # [N, decoder_width]
        self.blocks = nn.ModuleList(Block(decoder_width, decoder_heads) for _ in range(decoder_depth))
        self.norm = nn.LayerNorm(decoder_width)
        self.pixels = nn.Linear(decoder_width, channels * height * width // places)

    @classmethod
    def network(cls, about: Circumstances) -> Choice:
        return Choice("vit", "hiding patches needs a backbone that takes any subset of places")

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        shown, hidden = self._parts(batch["key"])
        guess = self._painted(backbone.encode(backbone.embed(ready).take(shown)), shown, hidden)
        truth = _pick(patchify(ready["x"], self.grid), hidden)  # [B, N - K, pixels]
        if self.norm_pixels:
            mean, deviation = _contrast(truth)
            truth = (truth - mean) / deviation
        loss = (guess - truth).square().mean()
        return Step(loss, {"mse": loss.detach()})

    def illustrate(self, backbone: Backbone, batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            ready = self.augment(batch)
            shown, hidden = self._parts(batch["key"])
            guess = self._painted(backbone.encode(backbone.embed(ready).take(shown)), shown, hidden)
            patches = patchify(ready["x"], self.grid)  # [B, N, pixels]
            if self.norm_pixels:
                # the truth's own mean and contrast, as in the paper's figures: only the shapes are guessed
                mean, deviation = _contrast(_pick(patches, hidden))
                guess = guess * deviation + mean
            where = hidden[..., None].expand_as(guess)
            seen = patches.scatter(1, where, 0.0)
            painted = patches.scatter(1, where, guess.to(patches.dtype))
        pictures = {"input": patches, "masked": seen, "reconstruction": painted}
        return {name: unpatchify(values, self.grid, *self.shape) for name, values in pictures.items()}

    def _parts(self, key: Tensor) -> tuple[Tensor, Tensor]:
        """Places to show [B, K] and to hide [B, N - K]: a function of each row's key alone."""
        order = uniform(key, len(self.places), _STREAM).argsort(1)  # [B, N]
        return order[:, : self.kept], order[:, self.kept :]

    def _painted(self, tokens: Tokens, shown: Tensor, hidden: Tensor) -> Tensor:
        """The decoder: what the hidden patches hold, [B, N - K, pixels]."""
        x = self.enter(tokens.x)  # [B, prefix + K, decoder_width]
        body = x[:, tokens.prefix :] + self.places[shown]
        blanks = (self.blank + self.places[hidden]).to(x.dtype)  # [B, N - K, decoder_width]
        x = torch.cat([x[:, : tokens.prefix], body, blanks], 1)
        for block in self.blocks:
            x = block(x)
        return self.pixels(self.norm(x[:, -hidden.shape[1] :])).float()


def _pick(patches: Tensor, index: Tensor) -> Tensor:
    """patches [B, N, P], index [B, K] -> [B, K, P]."""
    return patches.gather(1, index[..., None].expand(-1, -1, patches.shape[-1]))


def _contrast(patches: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every patch, [B, K, 1] each; 1e-6 as in the authors' code."""
    return patches.mean(-1, keepdim=True), (patches.var(-1, keepdim=True, unbiased=False) + 1e-6).sqrt()


def _picture_grid(backbone: Backbone, ready: Batch) -> tuple[int, int]:
    grid = layout(backbone, ready)
    height, width = ready["x"].shape[-2:]
    if len(grid) != 2 or height % grid[0] or width % grid[1] or grid[0] * grid[1] < 2:
        raise ContractError(
            222, "the places are not patches of the picture", where="objective",
            found=f"a grid {grid} for {height} x {width} pixels", expected="at least 2 equal patches",
            fix="use backbone 'vit' with a patch that divides the picture",
        )  # fmt: skip
    return grid[0], grid[1]
