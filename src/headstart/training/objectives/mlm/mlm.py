"""Masked language modelling: some tokens of a text are replaced, and a head predicts those only."""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Objective, Step
from headstart.core.contracts.needs import Needs, vectors_of
from headstart.core.random import uniform
from headstart.models.nn.bits_per_byte import LANGUAGE_MODEL, bits_per_byte, byte_sizes
from headstart.models.nn.crossentropy import even_shares, linear_cross_entropy
from headstart.training.hiding import check_share
from headstart.training.objectives.mlm.spans import drawn, spans_of, tokens_of, words_of

Spans = Literal["token", "word", "span"]

_STREAM = 2  # which units; then whether they are masked, lengths of spans, other words
_MASKED, _RANDOM = 0.8, 0.1  # of the hidden places; the rest keep their word (Devlin et al. 2019, section 3.1)


class Mlm(Objective):
    """Replace some tokens of a text, encode the row, predict what stood there (Devlin et al. 2019).

    Only the hidden places [n, D] go through the head and the vocabulary, which is the dearest product of a small model:
    with 16,000 ids at a width of 256 it would cost as much as five layers. The vocabulary's vectors are the backbone's
    own. Loss: the mean over rows of the cross entropy at their hidden places.

    hide   share of the tokens that is hidden (0.3: Wettig et al. 2023, section 3, more than BERT's 0.15)
    spans  what is hidden together: "token", a piece of a word; "word", all pieces of a word (Cui et al. 2021); "span",
           one to ten whole words in a row, which are also replaced or kept together (Joshi et al. 2020)
    """

    metrics = LANGUAGE_MODEL
    needs = Needs(layouts=frozenset({"ids"}), causal=False, token_vectors=True, mask=True, feed="packed")
    advice: ClassVar[Mapping[str, Any]] = {"plan.beta2": 0.95}

    ordinary: Tensor
    begins: Tensor
    sizes: Tensor

    def __init__(
        self, backbone: Backbone, sample: Batch, augment: Augment, *, hide: float = 0.3, spans: Spans = "token"
    ) -> None:
        super().__init__(backbone, augment)
        check_share(hide)
        vocabulary = augment.modality.vocabulary
        assert vocabulary is not None
        assert vocabulary.mask is not None  # both are needed
        self.hide, self.spans, self.mask, self.vocab = hide, spans, vocabulary.mask, vocabulary.size
        vocab, width = vectors_of(backbone).shape
        ordinary = torch.ones(vocab, dtype=torch.bool)
        ordinary[list(vocabulary.marks)] = False
        ordinary[self.vocab :] = False  # public models round their vocabulary up
        self.register_buffer("ordinary", ordinary, persistent=False)
        begins = torch.ones(vocab, dtype=torch.bool)
        if spans != "token":
            known = torch.from_numpy(vocabulary.begins())
            begins[: len(known)] = known
        self.register_buffer("begins", begins, persistent=False)
        self.register_buffer("sizes", byte_sizes(vocabulary.byte_sizes(), vocab), persistent=False)
        self.dense = nn.Linear(backbone.width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocab))

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        ready = self.augment(batch)
        units = self._units(ready)
        rows, places = self._hidden(ready, units).nonzero(as_tuple=True)  # [n] each
        target = ready["x"][rows, places]
        tokens = backbone({**ready, "x": self._replaced(ready, units, rows, places)})
        seen = self.norm(F.gelu(self.dense(tokens.body[rows, places])))  # [n, E]
        share = even_shares(rows, len(ready["x"]))
        loss, each = linear_cross_entropy(seen, vectors_of(backbone), self.bias, target, share)
        return Step(loss, {"bits_per_byte": bits_per_byte(each, self.sizes[target])})

    def chance_loss(self, batch: int) -> float | None:
        return math.log(self.vocab)

    def _units(self, ready: Batch) -> Tensor:
        """What is hidden together: number of the unit of each place in its row, [B, T]."""
        ids, document = ready["x"], ready.get("document")
        if self.spans == "token":
            return tokens_of(ids)
        if self.spans == "word":
            return words_of(ids, self.begins, self.ordinary, document)
        draws = uniform(ready["key"], ids.shape[1], _STREAM + 2)
        return spans_of(ids, self.begins, self.ordinary, document, self.hide, draws)

    def _hidden(self, ready: Batch, units: Tensor) -> Tensor:
        """The hidden places, [B, T] bool: units drawn until they are a share of a row's ordinary places."""
        return drawn(units, self.ordinary[ready["x"]] & ready["keep"], self.hide, ready["key"], _STREAM)

    def _replaced(self, ready: Batch, units: Tensor, rows: Tensor, places: Tensor) -> Tensor:
        """The ids with most hidden ones masked, and some replaced by any other ordinary id."""
        ids = ready["x"].clone()
        _, length = ids.shape
        by = units[rows, places] if self.spans == "span" else places
        fate = uniform(ready["key"], length, _STREAM + 1)[rows, by]  # [n]
        known = self.ordinary.nonzero()[:, 0]
        random = known[(uniform(ready["key"], length, _STREAM + 3)[rows, places] * len(known)).long()]
        now = ids[rows, places]
        now = torch.where(fate < _MASKED, self.mask, torch.where(fate < _MASKED + _RANDOM, random, now))
        ids[rows, places] = now
        return ids
