"""Hidden words: texts with some of their tokens replaced, and a head that guesses those tokens only."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Packable, Step
from headstart.core.errors import ContractError
from headstart.core.random import uniform
from headstart.models.nn.crossentropy import even_shares, linear_cross_entropy
from headstart.training.bytewise import bits_per_byte, byte_sizes

_STREAM = 2
_MASKED, _RANDOM = 0.8, 0.1  # of the hidden places; the rest keep their word (Devlin et al. 2019, section 3.1)


class HiddenWords(nn.Module):
    """Replace some tokens, encode the row, guess what stood there (Devlin et al. 2019).

    Only the hidden places [n, D] go through the head and the vocabulary, which is the dearest product of a small model:
    with 16,000 ids at a width of 256 it would cost as much as five layers. The vocabulary's vectors are the backbone's
    own. Loss: the mean over rows of the cross entropy at their hidden places.
    """

    ordinary: Tensor
    sizes: Tensor

    def __init__(self, backbone: Backbone, augment: Augment, *, hide: float) -> None:
        super().__init__()
        modality = augment.modality
        assert isinstance(modality, Packable)
        facts = modality.facts()
        if "mask" not in facts:
            fix = "use objective 'causal', or a tokenizer that has a mask token"
            raise ContractError(224, "there is no mask token to hide words with", where="objective", fix=fix)
        if backbone.causal:
            name = type(backbone).__name__.lower()
            fix = "use objective 'causal', or backbone 'encoder'"
            raise ContractError(225, f"{name} sees only what came before, and cannot fill gaps", fix=fix)
        self.augment, self.hide, self.mask = augment, hide, facts["mask"]
        vocab, width = backbone.vocabulary().shape
        ordinary = torch.ones(vocab, dtype=torch.bool)
        ordinary[list(modality.marks)] = False
        ordinary[facts["vocab"] :] = False  # public models round their vocabulary up
        self.register_buffer("ordinary", ordinary, persistent=False)
        self.register_buffer("sizes", byte_sizes(modality.sizes(), vocab), persistent=False)
        self.dense = nn.Linear(backbone.width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocab))

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        places, rows = self._hidden(ready)
        target = ready["x"][rows, places]
        tokens = backbone({**ready, "x": self._replaced(ready, rows, places)})
        seen = self.norm(F.gelu(self.dense(tokens.body[rows, places])))  # [n, E]
        share = even_shares(rows, len(ready["x"]))
        loss, each = linear_cross_entropy(seen, backbone.vocabulary(), self.bias, target, share)
        return Step(loss, {"bits_per_byte": bits_per_byte(each, self.sizes[target])})

    def _hidden(self, ready: Batch) -> tuple[Tensor, Tensor]:
        """Places and rows of the hidden tokens, [n] each: a share of each row's ordinary ones, at least one."""
        free = self.ordinary[ready["x"]] & ready["keep"]  # [B, T]
        _, length = free.shape
        drawn = uniform(ready["key"], length, _STREAM).masked_fill(~free, 2.0)
        order = drawn.argsort(1)  # the free places first
        count = (free.sum(1) * self.hide).round().clamp_min(1)  # [B]
        wanted = (torch.arange(length, device=free.device) < count[:, None]) & (drawn.gather(1, order) < 2.0)
        rows, ranks = wanted.nonzero(as_tuple=True)
        return order[rows, ranks], rows

    def _replaced(self, ready: Batch, rows: Tensor, places: Tensor) -> Tensor:
        """The ids with most hidden ones masked, and some replaced by any other ordinary id."""
        ids = ready["x"].clone()
        _, length = ids.shape
        drawn = uniform(ready["key"], length, _STREAM + 1)[rows, places]  # [n]
        known = self.ordinary.nonzero()[:, 0]
        spread = (drawn - _MASKED) / _RANDOM  # in [0, 1) where a random id is due
        random = known[(spread.clamp(0, 0.9999) * len(known)).long()]
        now = ids[rows, places]
        now = torch.where(drawn < _MASKED, self.mask, torch.where(drawn < _MASKED + _RANDOM, random, now))
        ids[rows, places] = now
        return ids
