"""Prompts -> texts: how models generate text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import torch

from headstart.core import catalog
from headstart.core.contracts import Modality, Objective
from headstart.core.contracts.lm_head import LmHead
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.errors import ContractError, UsageError
from headstart.inference.detokenizer import Spelling, Stops
from headstart.models.batched_decoding import Pick, Speech, continued, reading, unspoken
from headstart.models.nn.sampling import drawn, likeliest
from headstart.models.public.inputs.input_ids import positions
from headstart.training.loop import Trainee, resting, unmoved

ROWS = 32  # texts written together


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to write.

    n            texts for every prompt
    max_tokens   most ids of a text
    temperature  logits are divided by it: below 1 likely words get likelier; 0 always takes the likeliest
    top_k        draw from so many likeliest ids (0: from all)
    top_p        draw from the fewest ids that hold this share of the probability together (1: from all)
    stop         strings before which a text ends
    seed         everything drawn follows from it
    """

    n: int = 1
    max_tokens: int = 100
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    stop: Sequence[str] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        _refuse(self.n < 1, "n", self.n, "1 or more")
        _refuse(self.max_tokens < 1, "max-tokens", self.max_tokens, "1 or more")
        _refuse(not 0 <= self.temperature < float("inf"), "temperature", self.temperature, "0 or more")
        _refuse(self.top_k < 0, "top-k", self.top_k, "0 or more")
        _refuse(not 0 < self.top_p <= 1, "top-p", self.top_p, "above 0 and at most 1")
        _refuse(isinstance(self.stop, str) or "" in self.stop, "stop", repr(self.stop), "strings that are not empty")
        if self.n > 1 and not self.temperature:
            fix = "ask for one text, or set a temperature above 0"
            raise UsageError(545, "greedy decoding always gives the same text", found=f"n={self.n}", fix=fix)

    def pick(self, generator: torch.Generator) -> Pick:
        """The next ids from logits."""
        if not self.temperature:
            return likeliest
        drawing = {"temperature": self.temperature, "top_k": self.top_k, "top_p": self.top_p}
        return partial(drawn, generator=generator, **drawing)


@dataclass(frozen=True, slots=True)
class Written:
    """A text and the prompt it goes on from.

    ended  "end" by the model's own mark, "stop" before a stop string, "tokens" after `max_tokens`, or "places" where
           the network has no further positions
    """

    prompt: str
    text: str
    ended: str
    tokens: int


class Writer:
    """A model that writes. `behind` is what stands between a prompt and its text where both are shown.

    Raises ContractError for one that cannot: whose network sees what comes next, or which was taught something else.
    """

    def __init__(self, modality: Modality, trainee: Trainee, *, device: str = "cpu") -> None:
        vocabulary = modality.vocabulary
        if vocabulary is None:
            found, fix = f"one for data of kind {type(modality).__name__.lower()}", "use a model of texts"
            raise ContractError(161, "this model does not generate text", found=found, fix=fix)
        self._vocabulary, self._trainee = vocabulary, trainee
        backbone = trainee.backbone
        with resting(trainee), torch.inference_mode():
            reading(backbone)(torch.zeros(1, 1, dtype=torch.long, device=device), None)  # or says why it cannot
            head = _head(trainee.objective)
            weight, bias = head.weights(backbone)
        config, size = {} if backbone.interop is None else backbone.interop.config, vocabulary.size
        # the network may have room for more ids
        self._ends = _ends(vocabulary, config.get("eos_token_id")) & {*range(size)}
        silent = unspoken(size, vocabulary.marks, self._ends, len(weight))
        self._speech = Speech(weight.to(device), None if bias is None else bias.to(device), silent)
        self._most = positions(config)
        self._prompts = head.prompts
        self.behind = "" if self._prompts is None else "\n"  # an answer is a text of its own

    def write(
        self, prompts: Sequence[str], manner: Manner, heard: Callable[[str], None] | None = None
    ) -> list[Written]:
        """Texts for every prompt, `n` each, those of one prompt one behind the other; `heard` is told every piece."""
        rows = [prompt for prompt in prompts for _ in range(manner.n)]
        texts, done = [""] * len(rows), [("", 0)] * len(rows)
        for row, piece, ended, tokens in self.pieces(rows, manner):
            texts[row] += piece
            if heard is not None:
                heard(piece)
            if ended:
                done[row] = ended, tokens
        return [Written(prompt, text, *end) for prompt, text, end in zip(rows, texts, done, strict=True)]

    def stream(self, prompt: str, manner: Manner) -> Iterator[str]:
        """One text as it is written, in pieces of whole letters."""
        yield from (piece for _, piece, _, _ in self.pieces([prompt], manner) if piece)

    def pieces(self, prompts: Sequence[str], manner: Manner) -> Iterator[tuple[int, str, str, int]]:
        """One text a prompt, as it comes: the prompt's number, a piece, how the text ended ("" before), its ids so far.

        Pieces hold whole letters. UsageError for a prompt that fills all places the network has.
        """
        begun = [self._begun(prompt) for prompt in prompts]
        generator = torch.Generator(self._speech.device).manual_seed(manner.seed)
        order = sorted(range(len(prompts)), key=lambda row: len(begun[row]))
        for start in range(0, len(order), ROWS):
            rows = order[start : start + ROWS]
            texts = [self._opened(begun[row], manner) for row in rows]
            with unmoved(self._trainee):  # whoever reads a stream keeps gradients as they are
                yield from self._batch(rows, texts, manner.pick(generator))

    def _batch(self, rows: Sequence[int], texts: Sequence[_Text], pick: Pick) -> Iterator[tuple[int, str, str, int]]:
        """The texts of rows, step by step until the last has ended."""
        for ids in continued(self._trainee.backbone, self._speech, [text.begun for text in texts], pick):
            for row, text, one in zip(rows, texts, ids, strict=True):
                if one < 0 or text.ended:
                    continue
                piece = text.add(one)
                if piece or text.ended:
                    yield row, piece, text.ended, text.tokens
            if all(text.ended for text in texts):
                return

    def _opened(self, begun: list[int], manner: Manner) -> _Text:
        """The text behind what it begins with; an answer is spelled as a text of its own."""
        spelling = Spelling(self._vocabulary, begun if self._prompts is None else [])
        return _Text(begun, spelling, self._ends, manner, self._most)

    def _begun(self, prompt: str) -> list[int]:
        """The ids a text begins with: those of the prompt, or the mark that stands between texts."""
        opens = self._vocabulary.encode_prompt if self._prompts is None else self._prompts.encode
        ids = opens(prompt) or sorted(self._ends)[:1]
        if not ids:
            raise UsageError(546, "this model needs a prompt", fix="generate with --prompt TEXT")
        if self._most is not None and len(ids) >= self._most:
            raise UsageError(
                547, "the prompt is longer than the model reads", where=repr(prompt[:40]), found=f"{len(ids):,} tokens",
                expected=f"at most {self._most - 1:,}", fix="shorten it, or use a model with longer rows",
            )  # fmt: skip
        return ids


@dataclass(slots=True)
class _Text:
    """One text as it grows; `ended` says how, once it has."""

    begun: list[int]
    spelling: Spelling
    ends: frozenset[int]
    manner: Manner
    most: int | None
    ended: str = ""
    tokens: int = 0
    _stops: Stops = field(init=False)

    def __post_init__(self) -> None:
        self._stops = Stops(self.manner.stop)

    def add(self, one: int) -> str:
        """The piece of text that this id makes certain."""
        if one in self.ends:
            self.ended = "end"
            return self._stops.rest()
        self.tokens += 1
        piece = self._stops.add(self.spelling.add(one))
        if self._stops.met:
            self.ended = "stop"
        elif self.tokens == self.manner.max_tokens:
            self.ended = "tokens"
        elif self.most is not None and len(self.begun) + self.tokens >= self.most:
            self.ended = "places"
        return piece + self._stops.rest() if self.ended else piece


def _ends(vocabulary: Vocabulary, stated: object) -> frozenset[int]:
    """The marks that end a text: the tokenizer's, and those that the network's config states, one or a list."""
    listed = stated if isinstance(stated, list) else [stated]
    return frozenset(one for one in [vocabulary.end, *listed] if isinstance(one, int))


def _head(objective: Objective) -> LmHead:
    """What predicts the next token; ContractError where none was learned."""
    if objective.lm_head is None:
        fix = f"pretrain it with --objective {catalog.having('objectives.lm_head')}, on a causal network"
        raise ContractError(144, f"{type(objective).__name__.lower()} does not train a causal language model", fix=fix)
    return objective.lm_head


def _refuse(wrong: bool, name: str, found: object, expected: str) -> None:
    if wrong:
        raise UsageError(548, "setting is out of range", where=name, found=found, expected=expected)
