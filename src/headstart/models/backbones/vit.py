"""The vision transformer backbone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.choice import Choice, Circumstances
from headstart.core.contracts.interop import Interop
from headstart.core.contracts.ranges import Positive, Share, Size
from headstart.core.contracts.resize import Resize
from headstart.core.contracts.spec import Layout, Spec
from headstart.core.contracts.tokens import Tokens
from headstart.core.errors import ContractError
from headstart.models.nn.attention import blinkers
from headstart.models.nn.names import timm_config
from headstart.models.nn.patches import fitting, mask_of, patchify, picture_of, usual_patch
from headstart.models.nn.pixel_decoder import PlaceDecoder
from headstart.models.nn.positions import resampled, sincos
from headstart.models.nn.transformer import Block


def _settings_at(settings: Mapping[str, Any], learned: Spec, asked: Spec) -> dict[str, Any]:
    auto = settings.get("patch", "auto") == "auto"
    return {**settings, "patch": usual_patch(*picture_of(learned)[1:])} if auto else dict(settings)


def _weights_from(new: Vit, old: Vit) -> dict[str, Tensor]:
    """Learned positions are interpolated, fixed ones are those of this size."""
    places, theirs = new.embedding.pos_embed, old.embedding.pos_embed
    if isinstance(theirs, nn.Parameter):
        places = resampled(theirs.detach(), old.grid, new.grid)
    return {**old.state_dict(), "embedding.pos_embed": places}


class Vit(Backbone):
    """Vision transformer: patches that look at each other; can hide any of them.

    x [B, C, H, W] -> Tokens of grid (H / patch, W / patch), after a class token if there is one (prefix 1). Pre-norm,
    as in Dosovitskiy et al. (ICLR 2021); parameters carry timm's names behind `embedding.`.
    """

    layouts: ClassVar[frozenset[Layout]] = frozenset({"grid"})
    resize: ClassVar[Resize | None] = Resize(_settings_at, _weights_from)
    any_subset: ClassVar[bool] = True
    matmul_bound: ClassVar[bool] = True

    def __init__(
        self,
        spec: Spec,
        *,
        patch: Size | Literal["auto"] = "auto",
        width: Size = 192,
        depth: Size = 6,
        heads: Size = 3,
        mlp_ratio: Positive = 4.0,
        class_token: bool = True,
        positions: Literal["learned", "sincos"] = "learned",
        dropout: Share = 0.0,
        drop_path: Share = 0.0,
    ) -> None:
        super().__init__()
        self.width, self.picture = width, picture_of(spec)
        _, height, across = self.picture
        size = usual_patch(height, across) if patch == "auto" else patch
        self.patch, self.heads, self.mlp_ratio = size, heads, mlp_ratio
        _check(size, height, across, width, heads)
        self.grid = (height // size, across // size)
        self.embedding = _Embedding(self.picture[0], size, self.grid, width, class_token, positions)
        # the deeper the layer, the more often it is left out (Huang et al. 2016, section 3)
        rates = [drop_path * i / max(depth - 1, 1) for i in range(depth)]
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio, dropout, rate) for rate in rates)
        self.norm = nn.LayerNorm(width, eps=1e-6)

    @classmethod
    def learner(cls, about: Circumstances) -> Choice:
        return Choice("masked", "a vision transformer learns most from patches that are hidden")

    def embed(self, batch: Batch) -> Tokens:
        x, prefix = self.embedding(batch["x"]), self.embedding.prefix
        mask = mask_of(batch, self.grid)
        if mask is None:
            return Tokens.full(x, self.grid, prefix)
        keep = F.pad(mask.flatten(1) > 0, (prefix, 0), value=True)  # [B, prefix + places]
        return Tokens(x, keep, self.grid, prefix, padded=True)

    def encode(self, tokens: Tokens) -> Tokens:
        x = tokens.x  # [B, any subset of the places, D]
        bias = blinkers(tokens, causal=False) if tokens.padded else None
        for block in self.blocks:
            x = block(x, bias)
        return tokens.with_x(self.norm(x))

    def depths(self, batch: Batch) -> tuple[list[Tokens], Tokens]:
        tokens, inner = self.embed(batch), list[Tokens]()
        for block in self.blocks:
            tokens = tokens.with_x(block(tokens.x, blinkers(tokens, causal=False) if tokens.padded else None))
            inner.append(tokens.with_x(self.norm(tokens.x)))
        return inner[:-1], inner[-1]

    def layers(self) -> Sequence[nn.Module]:
        return [self.embedding, *self.blocks, self.norm]

    @property
    def decoder(self) -> Callable[[], nn.Module]:
        return partial(PlaceDecoder, self.width, self.grid, self.picture)

    @property
    def interop(self) -> Interop:
        """The same network to timm: its summary is the mean over the places, behind the last norm."""
        model_args = {
            "img_size": list(self.picture[1:]), "patch_size": self.patch, "embed_dim": self.width,
            "depth": len(self.blocks), "num_heads": self.heads, "mlp_ratio": self.mlp_ratio,
            "class_token": self.embedding.prefix == 1, "global_pool": "avg", "fc_norm": False,
        }  # fmt: skip
        about = {"input_size": self.picture, "fixed_input_size": True, "first_conv": "patch_embed.proj"}
        names = {"embedding.proj.": "patch_embed.proj.", "embedding.": ""}
        return Interop(timm_config("vit_base_patch16_224", model_args, about), names)


class _Embedding(nn.Module):
    """Patches, their positions and the class token. x [B, C, H, W] -> [B, prefix + places, D]."""

    def __init__(
        self, channels: int, patch: int, grid: tuple[int, int], width: int, class_token: bool, positions: str
    ) -> None:
        super().__init__()
        self.grid, self.prefix = grid, int(class_token)
        places = grid[0] * grid[1]
        self.proj = nn.Conv2d(channels, width, patch, patch)  # held as a convolution because timm does
        nn.init.xavier_uniform_(self.proj.weight.view(width, -1))
        self.cls_token = nn.Parameter(torch.randn(1, 1, width) * 0.02) if class_token else None
        if positions == "learned":
            self.pos_embed = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, self.prefix + places, width), std=0.02))
        else:
            fixed = F.pad(sincos(grid, width), (0, 0, self.prefix, 0))  # [prefix + places, D]
            self.register_buffer("pos_embed", fixed[None])

    def forward(self, x: Tensor) -> Tensor:
        # cutting and one matrix product: the same numbers as the convolution
        x = F.linear(patchify(x, self.grid), self.proj.weight.flatten(1), self.proj.bias)  # [B, places, D]
        if self.cls_token is not None:
            x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1).to(x.dtype), x], 1)
        return x + self.pos_embed


def _check(patch: int, height: int, across: int, width: int, heads: int) -> None:
    if patch < 1 or height % patch or across % patch:
        raise ContractError(
            203, "patches do not fit the picture", where="backbone.patch",
            found=f"patches of {patch} for {height} x {across} pixels",
            expected="one of " + ", ".join(map(str, fitting(height, across))), fix="choose one of these or 'auto'",
        )  # fmt: skip
    if width % heads:
        fits = ", ".join(str(n) for n in range(1, min(width, 32) + 1) if width % n == 0)
        raise ContractError(
            204, "the width is not a multiple of the number of heads", where="backbone.heads",
            found=f"{heads} heads for width {width}", expected=f"one of {fits}",
            fix="choose one of these, or another width",
        )  # fmt: skip
