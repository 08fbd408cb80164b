"""What is hidden together: single tokens, whole words or spans of words, and which of them are drawn."""

import math

import torch
from torch import Tensor

from headstart.core.random import uniform

_SHORTER = 0.2  # chance that a span ends behind a word, and the longest span (Joshi et al. 2020, section 3.1)
_LONGEST = 10


def tokens_of(ids: Tensor) -> Tensor:
    """Every place is a unit of its own. ids [B, T] -> number of each place's unit in its row, [B, T] int64."""
    return torch.arange(ids.shape[1], device=ids.device).expand_as(ids)


def words_of(ids: Tensor, begins: Tensor, ordinary: Tensor, document: Tensor | None) -> Tensor:
    """The pieces of a word are a unit, every mark is one. ids [B, T] -> unit of each place, [B, T] int64, ascending.

    begins [V] says which ids begin a word, ordinary [V] which are no marks, document [B, T] whose place it is:
    no word goes on behind a mark or in another document. What a row begins with counts as a word, even if it was cut.
    """
    return _starts(ids, begins, ordinary, document).cumsum(1) - 1


def spans_of(
    ids: Tensor, begins: Tensor, ordinary: Tensor, document: Tensor | None, hide: float, draws: Tensor
) -> Tensor:
    """Rows cut into spans of whole words, one behind the other; else as `words_of`. draws [B, T] in [0, 1).

    The lengths are geometric with p = 0.2, at most 10 words (mean 3.8), and at most the share of the row that is to be
    hidden, so that something is left of a short one. Joshi et al. (2020) throw spans at the row until enough is hidden;
    cutting it first gives the same lengths and needs no second throw where two would overlap. A span ends early with
    its document.
    """
    starts = _starts(ids, begins, ordinary, document)
    words = starts.cumsum(1) - 1  # [B, T] ascending, marks count too
    most = ((starts & ordinary[ids]).sum(1, keepdim=True) * hide).round().clamp(1, _LONGEST)  # [B, 1]
    lengths = torch.minimum(_geometric(draws), most)
    span = torch.searchsorted(lengths.cumsum(1), words.to(lengths.dtype), right=True)  # [B, T]
    return (starts & ((span != span.roll(1, 1)) | _apart(ids, ordinary, document))).cumsum(1) - 1


def drawn(units: Tensor, free: Tensor, share: float, key: Tensor, stream: int) -> Tensor:
    """Places of units drawn until `share` of a row's free places is reached as nearly as whole units can, [B, T] bool.

    At least one unit a row, where any of its places is free. units [B, T] int64, free [B, T] bool, key [B].
    """
    _, length = units.shape
    sizes = torch.zeros_like(units).scatter_add_(1, units, free.long())  # [B, T], of unit numbers
    order = uniform(key, length, stream).masked_fill(sizes == 0, 2.0).argsort(1)
    size = sizes.gather(1, order)
    wanted = (free.sum(1, keepdim=True) * share).round()
    # the unit that crosses the mark is in if more than half of it fits: too much and too little even out over rows
    fits = size.cumsum(1) - size / 2 <= wanted
    fits[:, 0] = True
    return torch.zeros_like(fits).scatter_(1, order, fits & (size > 0)).gather(1, units) & free


def _geometric(draws: Tensor) -> Tensor:
    """1 to 10 with probabilities 0.2 * 0.8 ** (length - 1), scaled up to sum to 1; draws in [0, 1), any shape."""
    longer = 1 - _SHORTER
    whole = 1 - longer**_LONGEST  # of the distribution, up to the longest
    return (torch.log1p(-draws * whole) / math.log(longer)).floor().add(1).clamp(1, _LONGEST)


def _starts(ids: Tensor, begins: Tensor, ordinary: Tensor, document: Tensor | None) -> Tensor:
    """Places at which a word or a mark starts, [B, T] bool."""
    return begins[ids] | _apart(ids, ordinary, document)


def _apart(ids: Tensor, ordinary: Tensor, document: Tensor | None) -> Tensor:
    """Places that belong to nothing before them, [B, T] bool: marks, and what follows a mark or begins a document."""
    usual = ordinary[ids]
    apart = ~usual | ~usual.roll(1, 1)
    if document is not None:
        apart = apart | (document != document.roll(1, 1))
    apart[:, 0] = True
    return apart
