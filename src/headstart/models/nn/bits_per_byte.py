"""Bits per byte: how well a model guesses text, whatever its tokens are."""

import math

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts.metric import Metric, negative

LANGUAGE_MODEL = (
    Metric("bits_per_byte", lower_is_better=True, from_rows=negative),
    Metric("perplexity", lower_is_better=True, from_rows=lambda mean: np.exp(-mean), log="loss"),  # losses are in nats
)
"""How the numbers that a language model logs are read as scores."""


def byte_sizes(sizes_of_ids: np.ndarray, vocab: int) -> Tensor:
    """The sizes of a modality's ids [V], for `vocab` ids: public models round their number up, and the rest is 0."""
    sizes = torch.zeros(vocab)
    sizes[: len(sizes_of_ids)] = torch.from_numpy(sizes_of_ids)
    return sizes


def bits_per_byte(losses: Tensor, sizes: Tensor) -> Tensor:
    """Bits to write down the guessed tokens, for every byte of text they stand for; tokenizers can be compared by it.

    losses [n] in nats, sizes [n] bytes of the tokens that were to be guessed. For hidden words it is no full code of
    the text, since their neighbours are given, and compares only with other runs that hide as many.
    """
    return losses.detach().sum() / math.log(2) / sizes.sum().clamp_min(1)
