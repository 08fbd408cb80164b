"""What a Llama-shaped decoder remembers of the ids it has read, and its layers in the form that reads on fastest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from headstart.models.nn.attention import NEVER, attend
from headstart.models.nn.rotary import turns

_ROOM = 64  # places that are made room for at once, at least


@dataclass(frozen=True, slots=True)
class Joined:
    """The weights of one layer, joined where they read the same states, turned to stand behind them: states @ weight.

    qkv [D, 3 * D] and wide [D, 2 * H] have the scales of their norms in them; out [D, D], narrow [H, D].
    """

    qkv: Tensor
    out: Tensor
    wide: Tensor
    narrow: Tensor

    @classmethod
    def of(
        cls, query: Tensor, key: Tensor, value: Tensor, out: Tensor, gate: Tensor, up: Tensor, down: Tensor, *,
        scales: tuple[Tensor, Tensor], heads: int,
    ) -> Joined:  # fmt: skip
        """From the seven weights [outputs, inputs] of a layer and the scales [D] of its two norms."""
        qkv = torch.cat([in_pairs(query, heads), in_pairs(key, heads), value]) * scales[0]
        # a product of few states with a weight that stands so is up to 4 times as fast as with one that lies
        return cls(*(w.T.contiguous() for w in (qkv, out, torch.cat([gate, up]) * scales[1], down)))


def in_pairs(weight: Tensor, heads: int) -> Tensor:
    """Rows of a query's or key's weight in another order: the two values that are turned together are neighbours, so
    that one complex product turns them. Both change alike, so that no score does. [D, D] -> [D, D]."""
    return weight.view(heads, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


class Memory:
    """Keys and values of every layer and place, in room that doubles when it is used up.

    layers  weights as they are now: a memory is made anew for every batch of texts
    """

    def __init__(self, layers: Sequence[Joined], *, heads: int, base: float, eps: float) -> None:
        self._layers, self._heads, self._base, self._eps = layers, heads, base, eps
        self._length = 0
        self._held = self._turn = torch.empty(0)

    def read(self, x: Tensor) -> Tensor:
        """Embedded ids [B, t, D] behind those read before -> their states before the last norm, [B, t, D]."""
        b, t, d = x.shape
        start, end = self._length, self._length + t
        if not start or end > self._held.shape[-2]:
            self._make_room(x, end)
        turn, ahead = self._turn[start:end, None], None
        if t > 1:  # no place sees a later one
            ahead = torch.full((t, end), NEVER, device=x.device).triu(start + 1)[None, None]
        x = x.reshape(b * t, d)
        for layer, (keys, values) in zip(self._layers, self._held, strict=True):
            qkv = torch.mm(F.rms_norm(x, (d,), None, self._eps), layer.qkv).view(b, t, 3, self._heads, -1)
            turned = _turned(qkv[:, :, :2], turn)  # [B, t, 2, heads, d]
            keys[:, :, start:end] = turned[:, :, 1].transpose(1, 2)
            values[:, :, start:end] = qkv[:, :, 2].transpose(1, 2)
            seen = attend(turned[:, :, 0].transpose(1, 2), keys[:, :, :end], values[:, :, :end], ahead)
            x = torch.addmm(x, seen.transpose(1, 2).reshape(b * t, d), layer.out)
            gate, up = torch.mm(F.rms_norm(x, (d,), None, self._eps), layer.wide).chunk(2, 1)
            x = torch.addmm(x, F.silu(gate) * up, layer.narrow)
        self._length = end
        return x.view(b, t, d)

    def _make_room(self, x: Tensor, needed: int) -> None:
        """Room for so many places and at least as many again as there were; what is remembered moves there."""
        b, _, d = x.shape
        each, room = d // self._heads, max(2 * self._length, -(-needed // _ROOM) * _ROOM)
        held = x.new_zeros(len(self._layers), 2, b, self._heads, room, each)
        if self._length:
            held[..., : self._length, :] = self._held[..., : self._length, :]
        self._held = held
        self._turn = torch.complex(*turns(room, each, self._base, x.device))  # [room, d / 2]


def _turned(x: Tensor, turn: Tensor) -> Tensor:
    """x [B, t, 2, heads, d] turned by the angles of its places, turn [t, 1, d / 2]: neighbours together."""
    b, t, two, heads, d = x.shape
    pairs = torch.view_as_complex(x.reshape(b, t, two * heads, d // 2, 2))
    return torch.view_as_real(pairs * turn).view(b, t, two, heads, d)
