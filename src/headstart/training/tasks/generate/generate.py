"""Writing answers: a text in, a text out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Row, Step, Task
from headstart.core.contracts.answer import Answer, Aspect, HeadExport
from headstart.core.contracts.choice import Choice, Circumstances, Suits
from headstart.core.contracts.lm_head import HeadWeights, LmHead, Prompts
from headstart.core.contracts.metric import Metric
from headstart.core.contracts.needs import Needs, vectors_of
from headstart.core.contracts.ranges import Few
from headstart.core.contracts.vocabulary import Vocabulary
from headstart.core.errors import ContractError, DataError
from headstart.data.modalities.text.cleaning import clean
from headstart.models.batched_decoding import Speech, likeliest_texts, unspoken
from headstart.training.tasks.generate.chrf import sentence_chrf
from headstart.training.tasks.generate.nearest_prompt import NearestPrompt
from headstart.training.tasks.generate.prompt_answer import Joined, joined
from headstart.training.words.word_states import mean_over_rows


class Generate(Task):
    """Write the answer to a prompt, token by token.

    A row is begin, prompt, separator, answer, end: one text for the network (Radford et al. 2018, section 3.3). The
    separator is what the tokenizer puts between two texts, else a new line. Answer and end are learned, the prompt is
    only read. So that every answer fits into the network's `length`, longer prompts lose their end, here as in
    `predict`. Answers are written greedily.

    max_tokens  most ids of a written answer (0: as many as the longest that was learned from)
    tied        guess with the vectors of the vocabulary, else with weights of its own that begin as those (as the start
                does it, unless given)
    bias        add a bias to the guesses (as the start does it, unless given)
    """

    baseline = NearestPrompt
    needs = Needs(lm_head=True)

    longest: Tensor
    between: Tensor
    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        max_tokens: Few = 0,
        tied: bool = True,
        bias: bool = False,
    ) -> None:
        super().__init__(backbone, augment)
        self.max_tokens = max_tokens
        self.vocabulary, self.end = _written(augment.modality)
        self.answer = _Text(self.vocabulary.between)
        self.length, marks = self.vocabulary.length, int(self.vocabulary.places(np.zeros(1, np.int64))[0])
        self.before = len(self.vocabulary.encode_prompt(""))
        self.after = marks - self.before
        vectors = _vocabulary(backbone, own=not tied)
        self.register_parameter("weight", None if tied else nn.Parameter(vectors.detach().clone()))
        self.register_parameter("bias", nn.Parameter(vectors.new_zeros(len(vectors))) if bias else None)
        self.register_buffer("between", torch.tensor(list(self.vocabulary.between)), persistent=False)
        self.register_buffer("longest", torch.zeros((), dtype=torch.int64))  # ids of an answer that was learned from
        self.silent = unspoken(self.vocabulary.size, self.vocabulary.marks, {self.end}, len(vectors))

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        fits = about.causal and are_sentences(labels)
        return Suits(1, "the labels are texts, most of them different") if fits else None

    @classmethod
    def network(cls, about: Circumstances) -> Choice:
        return Choice("decoder", "generating text needs a causal network")

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        for label in labels:
            if label is not None:
                _text(label, "")
        return {}  # how long answers are in tokens is known while they are learned

    def label(self, example: Example, row: Row) -> Columns:
        where = str(example.get("origin", ""))
        ids = [*self.vocabulary.encode_prompt(_text(example["label"], where))[self.before :], self.end]
        most = self.length - self.before - len(self.between) - 1  # one place at least is the prompt's
        if len(ids) > most:
            needed = 1 << (self.length - most + len(ids) - 1).bit_length()
            raise DataError(
                422, "the answer is longer than the network reads", where=where, found=f"{len(ids)} tokens",
                expected=f"at most {most}", fix=f"set modality.length={needed}, or drop the row",
            )  # fmt: skip
        return {"y": np.array(ids, np.int64)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """Logits where the next id is one of the answer's [n, V]; that id, and how many its answer has, [n, 2]."""
        if self.training:
            self.longest.clamp_(min=batch["y"].shape[1])  # every batch has room for the longest of all rows
        ready = self.augment(batch)
        rows = joined(ready, self._prompts(batch, ready), self.between, batch["y"])
        states = backbone(rows.batch).x[:, :-1][rows.guessed[:, 1:]]  # [n, D]
        return nn.functional.linear(states, *self._weights(backbone)), _targets(rows)

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        scores = features.float()
        hits = scores.argmax(1) == targets[:, 0]
        return Step(mean_over_rows(scores, targets), {"token_accuracy": hits.float().mean().detach()})

    @property
    def lm_head(self) -> LmHead:
        reserved = len(self.between) - self.after  # beside the ids of the answer
        return LmHead(self._weights, self._load, Prompts(self._encode, lambda batch: reserved + batch["y"].shape[1]))

    def _weights(self, backbone: Backbone) -> tuple[Tensor, Tensor | None]:
        return vectors_of(backbone) if self.weight is None else self.weight, self.bias

    def _load(self, head: HeadWeights) -> None:
        with torch.no_grad():
            for own, given in ((self.weight, head.weight), (self.bias, head.bias)):
                if own is not None and given is not None:
                    own.copy_(given)

    def _encode(self, prompt: str) -> list[int]:
        room = max(1, self.length - len(self.between) - int(self.longest))
        return [*self.vocabulary.encode_prompt(clean(prompt))[:room], *self.vocabulary.between]

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        ready = self.augment(batch)
        sizes = self._prompts(batch, ready).tolist()
        begun = [[*row[:size], *self.vocabulary.between] for row, size in zip(ready["x"].tolist(), sizes, strict=True)]
        most = self.max_tokens or int(self.longest) or self.length
        room = [max(1, min(most, self.length - len(row))) for row in begun]
        speech = Speech(*self._weights(backbone), self.silent)
        with torch.autocast(ready["x"].device.type, enabled=False):  # memories are kept in single precision
            rows = likeliest_texts(backbone, speech, begun, end=self.end, most=room)
        return [self.decode(ids) for ids in rows]

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Logits of the next id at every place [B, T, V]; 0 where there is only padding."""
        ready = self.augment(batch)
        logits = nn.functional.linear(backbone(ready).x, *self._weights(backbone)).float()
        return logits * ready["keep"][..., None]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        """The mean of every answer's chrF, which also tells near misses apart, and the share of equal answers."""
        same = [predicted.split() == true.split() for predicted, true in _pairs(answers, examples)]
        return {"sentence_chrf": float(self.row_scores(answers, examples).mean()), "exact": float(np.mean(same))}

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return np.array([sentence_chrf(predicted, true) for predicted, true in _pairs(answers, examples)], np.float64)

    def _prompts(self, batch: Batch, ready: Batch) -> Tensor:
        """Ids of every prompt that are read, its mark in front included, [B]."""
        there = batch["keep"].sum(1).clamp_max(ready["x"].shape[1]) - self.after
        answer = self.longest.clamp_min(batch["y"].shape[1]) if "y" in batch else self.longest
        return there.minimum(self.length - len(self.between) - answer).clamp_min(1)

    def decode(self, ids: Sequence[int]) -> dict[str, Any]:
        return {"text": self.vocabulary.decode(ids).strip(" \n\t\ufffd")}


def are_sentences(labels: Sequence[Any]) -> bool:
    """Are they texts of several words, most of which occur once? Names of classes are neither."""
    texts = [label for label in labels if isinstance(label, str)]
    if len(texts) < max(2, len(labels)) or 2 * len(set(texts)) <= len(texts):
        return False
    return float(np.mean([len(text.split()) for text in texts])) >= 3


def _targets(rows: Joined) -> Tensor:
    """Ids to be guessed, and how many their row has, [n, 2]."""
    counts = rows.guessed.sum(1, keepdim=True).expand_as(rows.ids)
    return torch.stack([rows.ids, counts], 2)[:, 1:][rows.guessed[:, 1:]]


def _written(modality: Modality) -> tuple[Vocabulary, int]:
    """Ids that can be written, and the one that ends a text; ContractError for other data."""
    found, vocabulary = f"data of kind {type(modality).__name__.lower()}", modality.vocabulary
    if vocabulary is not None:
        if vocabulary.end is not None and vocabulary.between:
            return vocabulary, vocabulary.end
        found = "a tokenizer without an end mark or a new line"
    fix = "use texts, or another --task"
    raise ContractError(281, "the task generate cannot use these data", found=found, fix=fix)


def _vocabulary(backbone: Backbone, *, own: bool) -> Tensor:
    """Weights that an output begins with, [V, D]; ContractError for a network that cannot write."""
    name = type(backbone).__name__.lower()
    if not backbone.causal:
        fix = "use a causal network: --backbone decoder or rnn, or a public one such as GPT-2"
        raise ContractError(282, f"{name} is not causal, so it cannot learn to generate text", fix=fix)
    vocabulary = vectors_of(backbone)
    if vocabulary.shape[1] == backbone.width:
        return vocabulary
    if own:  # the start brings weights of the right width
        return vocabulary.new_zeros(len(vocabulary), backbone.width)
    found = f"{vocabulary.shape[1]} and {backbone.width}"
    raise ContractError(227, "token embeddings and backbone differ in width", found=found, fix="use another backbone")


def _text(label: Any, where: str) -> str:
    """An answer; DataError if it is no text."""
    if isinstance(label, str):
        return clean(label)
    found, fix = repr(label)[:60], "pass --target with the column of the answers, or another --task"
    raise DataError(421, "the answer is not text", where=where, found=found, expected="a text", fix=fix)


def _pairs(answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[tuple[str, str]]:
    return [
        (answer["text"], _text(example["label"], str(example.get("origin", ""))))
        for answer, example in zip(answers, examples, strict=True)
    ]


class _Text(Answer):
    """A text; `between` are the ids between a prompt and its answer."""

    def __init__(self, between: Sequence[int]) -> None:
        chrf = Metric("sentence_chrf", fraction=True, hub="chrf")
        super().__init__((chrf, Metric("exact", fraction=True, hub="exact_match")))
        self._between = list(between)

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        return str(side["text"] if "text" in side else side["label"])

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """How like the text stays: chrF beside the answer to the row."""
        return [Aspect("the text", lambda other: sentence_chrf(other["text"], answer["text"]))]

    def pipeline(self, modality: str) -> str:
        return "text-generation"

    def export(self) -> HeadExport:
        note = (
            "It gives the logits of the next token, and was taught to write an answer behind a prompt: the\n"
            f"mark that begins a text, where there is one, the prompt, the ids {self._between}, the answer."
        )
        return HeadExport(facts={"between": self._between}, note=note)
