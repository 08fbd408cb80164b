"""What a linear model sees of a word and a predicate: both, and how they lie to each other, as numbers of features."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from headstart.data.word_features import BEFORE, ENDING, SEPARATES, SEPARATOR, SHAPE, WORD, numbers

_NEAR = 10  # words of distance that are told apart
_MASK = (1 << 31) - 1


def pairs(words: Tensor, asked: Tensor) -> Tensor:
    """Features of words, and of each with the predicate of its row, int64 [R, W, 16 + 12].

    words [R, W, 16] are those of `word_features.numbers`, -1 behind a row's end; asked [R] is the place of the
    predicate. Without a predicate (asked -1) the last twelve are -1, and those of the word have other numbers.
    """
    words, known = words.long(), (asked >= 0)[:, None]
    count = words.shape[1]
    row, index = torch.arange(len(words), device=words.device), asked.clamp_min(0)
    own, verb = words[..., WORD], words[row, index, WORD][:, None]  # [R, W], [R, 1]
    ending, shape = words[..., ENDING], words[..., SHAPE]
    before = torch.where(asked > 0, words[row, (index - 1).clamp_min(0), WORD], -1)[:, None]
    place = torch.arange(count, device=words.device)[None]
    apart = (place - index[:, None]).clamp(-_NEAR, _NEAR) + _NEAR
    side = (place < index[:, None]).long()
    comma = _between(words[..., SEPARATES], index)
    features = torch.stack(
        [
            _mixed(1, verb.expand_as(own)), _mixed(2, apart), _mixed(3, apart, verb), _mixed(4, own, verb),
            _mixed(5, comma, side), _mixed(6, own, side), _mixed(7, words[row, index, ENDING][:, None], apart),
            _mixed(8, before.expand_as(own)), _mixed(9, ending, side, verb), _mixed(10, shape, apart),
            _mixed(11, words[..., BEFORE], side, verb), _mixed(12, comma, apart),
        ],
        2,
    )  # fmt: skip
    there = own >= 0
    features = torch.where((known & there)[..., None], features, -1)
    alone = torch.where(there[..., None], _mixed(13, words), -1)  # whoever looks for predicates weighs words otherwise
    return torch.cat([torch.where(known[..., None], words, alone), features], 2)


def of_sentence(words: Sequence[str], marked: Sequence[int]) -> np.ndarray:
    """The same of every word with every predicate of a sentence, int64 [predicates * words, M]."""
    known = torch.from_numpy(numbers(words)).expand(len(marked), -1, -1)
    return pairs(known, torch.tensor(list(marked), dtype=torch.int64)).flatten(0, 1).numpy()


def _between(separates: Tensor, index: Tensor) -> Tensor:
    """Does a comma, semicolon or colon stand between a word and the predicate, [R, W] of 0 and 1?"""
    sign = (separates == SEPARATOR).long()
    upto = sign.cumsum(1)  # with the word itself
    verb = upto.gather(1, index[:, None])
    ahead = upto - verb - sign  # words behind the predicate
    behind = verb - sign.gather(1, index[:, None]) - upto  # words before it
    return (torch.maximum(ahead, behind) > 0).long()


def _mixed(kind: int, *parts: Tensor) -> Tensor:
    """One number in [0, FEATURES) of several, the same for the same ones."""
    found = torch.full_like(parts[0] + parts[-1], kind * 0x9E3779B1 & _MASK)
    for part in parts:
        found = ((found * 1_000_003) ^ (part + 7)) & _MASK
    return (found * 2_654_435_761 & 0xFFFFFFFF) >> 14  # the upper 18 bits
