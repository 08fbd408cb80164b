"""States of words: rows longer than the network reads are read in windows, each word where most stands around it."""

import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Backbone, Batch, Modality
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.errors import ContractError, DataError

_TOGETHER = 32  # windows read at once


def check_worded(modality: Modality) -> Vocabulary:
    """The ids that words are made of; ContractError if the rows are something else."""
    if modality.vocabulary is None:
        fix = "use texts, or another --task"
        raise ContractError(270, "this task needs texts", found="data that are not texts", fix=fix)
    return modality.vocabulary


def words_of(batch: Batch) -> tuple[Tensor, Tensor]:
    """Where the words of a batch begin [B, W], and which of them exist; DataError for texts that nobody has cut."""
    if "begin" not in batch:
        fix = 'give columns of words (CoNLL), or lists: {"tokens": [...], "tags": [...]}'
        raise DataError(408, "this task needs words, and these rows are whole texts", fix=fix)
    return batch["begin"].clamp_min(0), batch["begin"] >= 0


def uncut(ready: Batch) -> Batch:
    """A ready batch with its rows whole again."""
    if "whole" not in ready:
        return ready
    keep = ready["there"].clone()
    keep[:, : ready["keep"].shape[1]] = ready["keep"]  # of which the augmentation may have hidden words
    return {**ready, "x": ready["whole"], "keep": keep}


def mean_over_rows(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy of words [n, K]: the mean over rows of each row's mean, so that a batch may be cut.

    targets [n, 2]: the class of each word, and how many words of its row there are.
    """
    y, words = targets.unbind(1)
    share = 1.0 / words
    return (functional.cross_entropy(scores, y, reduction="none") * share).sum() / share.sum().clamp_min(1e-12)


def word_states(backbone: Backbone, ready: Batch, length: int, added: Tensor | None = None) -> Tensor:
    """The state of each word's first piece, [B, W, D]. `added` [B, T, E], if given, is added to what is embedded."""
    begins, _ = words_of(ready)
    states = place_states(backbone, uncut(ready), length, added)
    return states.gather(1, begins[..., None].expand(-1, -1, states.shape[2]))


def place_states(backbone: Backbone, ready: Batch, length: int, added: Tensor | None = None) -> Tensor:
    """States of all places [B, T, D], whatever T is; windows overlap by half of `length`."""
    keep = ready["keep"]
    b, t = keep.shape
    if t <= length:
        return _read(backbone, ready["x"], keep, added)
    half = length // 2
    windows = ((keep.sum(1) - half).clamp_min(1) + half - 1) // half  # [B] how many each row needs
    rows = torch.repeat_interleave(torch.arange(b, device=keep.device), windows)  # [n]
    firsts = windows.cumsum(0) - windows
    number = torch.arange(len(rows), device=keep.device) - firsts[rows]
    places = number[:, None] * half + torch.arange(length, device=keep.device)  # [n, length]
    inside, places = places < t, places.clamp_max(t - 1)
    ids, seen = ready["x"][rows[:, None], places], keep[rows[:, None], places] & inside
    more = None if added is None else added[rows[:, None], places]
    pieces = [
        _read(backbone, ids[part], seen[part], None if more is None else more[part])
        for part in torch.arange(len(rows), device=keep.device).split(_TOGETHER)
    ]
    states = torch.cat(pieces)  # [n, length, D]
    place = torch.arange(t, device=keep.device).expand(b, t)
    best = ((place - half // 2).clamp_min(0) // half).minimum(windows[:, None] - 1)  # the window it lies deepest in
    return states[firsts[:, None] + best, (place - best * half).clamp_max(length - 1)]


def _read(backbone: Backbone, ids: Tensor, keep: Tensor, added: Tensor | None) -> Tensor:
    tokens = backbone.embed({"x": ids, "keep": keep})
    if added is not None:
        tokens = tokens.with_x(tokens.x + added)
    return backbone.encode(tokens).x
