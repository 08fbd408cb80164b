"""Several texts written at once, an id each a step."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import torch
from torch import Tensor

from headstart.core import catalog
from headstart.core.contracts import Backbone, ReadOn
from headstart.core.errors import ContractError
from headstart.models.nn.sampling import likeliest

Pick = Callable[[Tensor], Tensor]
"""Logits [B, V] -> the next ids [B]."""


class Speech:
    """States -> logits, of which those of ids that are never written are infinitely low.

    weight [V, D] and bias [V] as `LmHead.weights` gives them; `banned` ids.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, banned: Sequence[int]) -> None:
        # 16,000 x 256 by one state: 1.2 ms standing, 4.9 ms lying
        self._weight = weight.detach().T.contiguous()  # [D, V]
        self._bias = weight.new_zeros(len(weight)) if bias is None else bias.detach().clone().to(weight)
        self._bias[list(banned)] = -torch.inf

    @property
    def device(self) -> torch.device:
        return self._weight.device

    def logits(self, states: Tensor) -> Tensor:
        """[B, D] -> [B, V]."""
        return torch.addmm(self._bias, states, self._weight)


def unspoken(vocab: int, marks: Sequence[int], ends: AbstractSet[int], size: int) -> list[int]:
    """Ids that are never written, of an output of `size`: marks but those that end a text, and what is no token."""
    return sorted(({*marks} - ends) | {*range(vocab, size)})


def reading(backbone: Backbone) -> ReadOn:
    """How it reads on behind what it has read; ContractError for a network that sees what comes next."""
    if backbone.cache is None:
        name, able = type(backbone).__name__.lower(), catalog.having("backbones.cache")
        fix = f"use a model with backbone {able}, or a public causal one, such as GPT-2 or Llama"
        raise ContractError(143, f"{name} cannot generate text: it is not causal", fix=fix)
    return backbone.cache


@torch.inference_mode()
def continued(backbone: Backbone, speech: Speech, begun: Sequence[Sequence[int]], pick: Pick) -> Iterator[list[int]]:
    """The next id of every text, step by step without end; -1 for a text whose beginning is still being read.

    begun: the ids that texts begin with, one at least. All texts stand at the same place at every step: those that
    begin with fewer ids write already while the others read on. So nothing is padded, and each is written as it would
    be alone. The backbone has to be in eval mode.
    """
    lengths = torch.tensor([len(ids) for ids in begun])
    least, most = int(lengths.min()), int(lengths.max())
    given = torch.nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in begun], batch_first=True)  # [B, most]
    given, lengths = given.to(speech.device), lengths.to(speech.device)
    read = reading(backbone)
    states, memory = read(given[:, :least], None)
    place = least
    while True:
        ids = pick(speech.logits(states[:, -1]))  # [B]
        if place < most:
            reads = lengths > place
            yield ids.masked_fill(reads, -1).tolist()
            ids = torch.where(reads, given[:, place], ids)
        else:
            yield ids.tolist()
        states, memory = read(ids[:, None], memory)
        place += 1


def likeliest_texts(
    backbone: Backbone, speech: Speech, begun: Sequence[Sequence[int]], *, end: int, most: Sequence[int]
) -> list[list[int]]:
    """What the model says behind every beginning, always the likeliest id: up to the mark `end`, or `most` ids."""
    texts: list[list[int]] = [[] for _ in begun]
    open_rows = {*range(len(begun))}
    for ids in continued(backbone, speech, begun, likeliest):
        for row in [row for row in open_rows if ids[row] >= 0]:
            if ids[row] != end:
                texts[row].append(ids[row])
            if ids[row] == end or len(texts[row]) == most[row]:
                open_rows.remove(row)
        if not open_rows:
            break
    return texts
