"""Tagging: one tag a word, and the spans that the tags stand for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Plain, Row, Step, Task
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.look import Look, marked
from headstart.core.contracts.probe import LinearFit
from headstart.core.contracts.ranges import Few, Share
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import ContractError, DataError
from headstart.data import word_features
from headstart.models.nn.crf import Chain
from headstart.training.heads import HeadProbe, beside, layered, unseen_label
from headstart.training.linear.baseline import LinearBaseline
from headstart.training.linear.chain import ChainFit, fit_chain
from headstart.training.linear.words import fit_words
from headstart.training.tasks.tag.answer import Tags, every_tag_in, span_sets, tags_in
from headstart.training.words import tag_schemes
from headstart.training.words.outside import lower_outside
from headstart.training.words.sparse_features import Wanted, with_sparse, word_features_of
from headstart.training.words.word_states import check_worded, mean_over_rows, word_states, words_of

_LEARNED = 1_000  # words a feature; of more a random part is learned: a linear model hardly moves
_UNKNOWN = -1  # the number of a tag that nobody knows


class _Probe(HeadProbe):
    """One decision a word."""

    task: Tag

    def fit(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        if self.task.crf and targets.ndim == 2:
            return fit_chain(features, targets[:, 0], targets[:, 2], self.task.legal)
        y = targets[:, 0] if targets.ndim == 2 else targets
        known = y >= 0
        most = _LEARNED * features.shape[1]  # pyright: ignore[reportOptionalSubscript] - it has two sizes
        if known.sum() > most:
            left = np.random.default_rng(seed).permutation(np.flatnonzero(known))[most:]
            known[left] = False
        return fit_words(
            features if known.all() else features[known],
            y[known],
            len(self.task.tags),
            solver=solver,
            seed=seed,
            outside=None if self.task.scheme == "plain" else 0,
        )

    def load(self, fit: LinearFit) -> None:
        super().load(fit)
        if isinstance(fit, ChainFit):
            self.task.chain.load(fit.chain)
        elif self.task.crf:
            raise ContractError(271, "a linear model of single words cannot fit task.crf", fix="set task.crf=false")

    def features(self, modality: Modality, learned: Columns, asked: Columns) -> tuple[Plain, Plain]:
        vocabulary = check_worded(modality)
        grams, sides = vocabulary.word_grams, (learned, asked)
        rows = [np.concatenate([grams.of(words) for words, _ in vocabulary.words(columns)]) for columns in sides]
        return word_features.as_rows(rows[0], grams.width), word_features.as_rows(rows[1], grams.width)

    def decisions(self, modality: Modality, learned: Columns, targets: Columns) -> np.ndarray:
        return targets["y"][targets["y"] != IGNORED]

    def count(self, modality: Modality, asked: Columns, rows: int) -> int:
        return sum(len(words) for words, _ in check_worded(modality).words(asked))

    def regroup(self, outputs: Tensor, modality: Modality, asked: Columns) -> list[dict[str, Any]]:
        sizes = [len(words) for words, _ in check_worded(modality).words(asked)]
        return [answer for row in outputs.split(sizes) for answer in self.decode(row)]


class Tag(Task):
    """Give every word a tag: names of people and places, parts of speech.

    A word is read at its first piece. Tags that are unknown (None) are neither learned nor scored. Rows longer than the
    network reads are read in overlapping windows. Answers are
    legal: no span goes on that has not begun. Spans are scored as conlleval and seqeval do.

    labels  of the spans, or, where every word is tagged for itself, the tags (found in the train split unless given)
    scheme  how the data write spans: "bio" (IOB1 too), "bioes", or "plain" (found in the train split)
    crf     learn which tags follow each other (Lafferty et al. 2001; Lample et al. 2016)
    sparse  add a linear map of the letters, shape and neighbours of words to the head ("auto": where the network gives
            no vectors)
    """

    local: ClassVar[bool] = True
    probe = _Probe
    baseline = LinearBaseline
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "linear": {"backbone.kind": "linear"},
        "crf": {"backbone.kind": "linear", "task.crf": True},
    }
    advice: ClassVar[Mapping[str, Any]] = {"plan.batch": 16}

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        labels: Sequence[str] = (),
        scheme: tag_schemes.Scheme = "bio",
        crf: bool = False,
        hidden: Few = 0,
        dropout: Share = 0.0,
        sparse: Wanted = "auto",
    ) -> None:
        super().__init__(backbone, augment)
        self.scheme, self.crf = scheme, crf
        self.length = check_worded(augment.modality).length
        if len(labels) < (2 if scheme == "plain" else 1):
            raise DataError(407, "tagging needs tags", found=list(labels), fix="tag words of the train rows")
        self.tags = tag_schemes.every_tag(labels, scheme) if scheme != "plain" else list(labels)
        self.answer = Tags(self.tags, scheme)
        self._numbers = {name: number for number, name in enumerate(self.tags)}
        self._letters = all(len(tag) == 1 for tag in self.tags)  # then a row of tags can be read as a text
        self.sparse = word_features_of(sparse, backbone, augment.modality, len(self.tags))
        self.head = beside(layered(backbone.width, len(self.tags), hidden=hidden, dropout=dropout), self.sparse)
        self.legal = tag_schemes.legal(self.tags, scheme)
        self.chain = Chain(*self.legal, learned=crf)

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        tags = about.words and bool(labels) and all(isinstance(label, list | tuple) for label in labels)
        return Suits(1, "the rows are words with a tag each") if tags else None

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        seen = {tag for label in labels if label is not None for tag in tags_in(label, "") if tag is not None}
        scheme = tag_schemes.scheme_of(seen)
        names = seen if scheme == "plain" else {tag.partition("-")[2] for tag in seen} - {""}
        return {"labels": sorted(names), "scheme": scheme}

    @classmethod
    def show_label(cls, look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
        if example.get("label") is None:
            return super().show_label(look, example, words, modality)
        tags = tags_in(example["label"], str(example.get("origin", "")))
        every = [(place, place + 1, tag) for place, tag in enumerate(tags) if tag is not None]
        plain = tag_schemes.scheme_of([tag for _, _, tag in every]) == "plain"
        spans = every if plain else tag_schemes.spans(every_tag_in(example))
        spans = [span for span in spans if span[2] != tag_schemes.OUTSIDE]
        return replace(look, lines=marked(words, [(*span, "label") for span in spans]))

    def label(self, example: Example, row: Row) -> Columns:
        where = str(example.get("origin", ""))
        tags = tags_in(example["label"], where) if self.scheme == "plain" and not self.crf else every_tag_in(example)
        if self.scheme != "plain":
            tags = tag_schemes.tags_of(
                tag_schemes.spans(every_tag_in(example)), len(tags), bioes=self.scheme == "bioes"
            )
        odd = next((tag for tag in tags if tag is not None and tag not in self._numbers), None)
        if odd is not None:
            raise unseen_label(odd, where, f"one of {len(self.tags)} tags")
        return {"y": np.array([_UNKNOWN if tag is None else self._numbers[tag] for tag in tags], np.int64)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What is seen of words [n, F]; their tag (-1: unknown), the number of words of their row whose tag is known,
        and their place in it, [n, 3]."""
        states = self._seen(backbone, batch)
        _, there = words_of(batch)
        targets = batch["y"][:, : there.shape[1]]
        if targets.shape != there.shape or not torch.equal(targets != IGNORED, there):
            raise DataError(409, "words and tags differ in number", fix="give every word one tag")
        count, place = (targets >= 0).sum(1, keepdim=True), torch.arange(there.shape[1], device=there.device)
        return states[there], torch.stack([targets, count.expand_as(targets), place.expand_as(targets)], 2)[there]

    def _seen(self, backbone: Backbone, batch: Batch) -> Tensor:
        """What the head reads of each word, [B, W, F]."""
        return with_sparse(word_states(backbone, self.augment(batch), self.length), self.sparse, batch)

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        scores, known = self.head(features).float(), targets[:, 0] >= 0
        if not known.all():
            scores, targets = scores[known], targets[known]
        hits = scores.argmax(1) == targets[:, 0]
        loss = self._surprise(scores, targets) if self.crf else mean_over_rows(scores, targets[:, :2])
        return Step(loss, {"token_accuracy": hits.float().sum().detach() / max(1, len(hits))})

    def _surprise(self, scores: Tensor, targets: Tensor) -> Tensor:
        """The mean over rows of the loss of the chain a word, for words row behind row."""
        tags, _, place = targets.unbind(1)
        row = (place == 0).cumsum(0) - 1
        shape = int(row[-1]) + 1, int(place.max()) + 1
        whole, wanted = scores.new_zeros(*shape, scores.shape[1]), tags.new_zeros(shape)
        there = torch.zeros(shape, dtype=torch.bool, device=scores.device)
        whole[row, place], wanted[row, place], there[row, place] = scores, tags, True
        return (self.chain.surprise(whole, wanted, there) / there.sum(1)).mean()

    def settle(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        if self.scheme != "plain" and not self.crf:
            lower_outside(self, self.head, backbone, batches)

    def chance_loss(self, batch: int) -> float | None:
        return None if self.crf else math.log(len(self.tags))

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        rows = self._decoded(self.head(self._seen(backbone, batch)).float(), words_of(batch)[1])
        return [self._answer(tags) for tags in rows]

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Probabilities of tags at every place [B, T, K], else 0; a word's are those of its first piece."""
        ready = self.augment(batch)
        return self.head(backbone(ready).x).float().softmax(2) * ready["keep"][..., None]

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """The words of one row, from a linear model that knows nothing of a learned chain."""
        there = torch.ones(1, len(outputs), dtype=torch.bool, device=outputs.device)
        best = Chain(*self.legal, learned=False).to(outputs.device).best(outputs.float().log_softmax(1)[None], there)
        return [self._answer([self.tags[number] for number in row]) for row in best]

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        rows = _hits(answers, examples).sum(0)
        accuracy = float(rows[0] / max(1.0, rows.sum()))
        if self.scheme == "plain":
            return {"token_accuracy": accuracy}
        predicted, truth = span_sets(answers, examples)
        return {**tag_schemes.found_and_wanted(predicted, truth), "token_accuracy": accuracy}

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        if self.scheme == "plain":
            return _hits(answers, examples)
        return tag_schemes.counted(*span_sets(answers, examples))

    def preprocess(self, example: Example) -> Example:
        return check_worded(self.augment.modality).cut(example)

    def _decoded(self, scores: Tensor, there: Tensor) -> list[list[str]]:
        shares = scores if self.crf else scores.log_softmax(2)
        return [[self.tags[number] for number in row] for row in self.chain.best(shares, there)]

    def _answer(self, tags: list[str]) -> dict[str, Any]:
        if self.scheme == "plain":
            return {"tags": tags, "string": "".join(tags)} if self._letters else {"tags": tags}
        found = [{"start": begin, "end": end, "label": label} for begin, end, label in tag_schemes.spans(tags)]
        return {"tags": tags, "spans": found}


def _hits(answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
    """Words with the right and with a wrong tag, of each row [n, 2]; those of unknown tag do not count."""
    rows = [(answer["tags"], tags_in(example["label"], "")) for answer, example in zip(answers, examples, strict=True)]
    right = np.array([sum(a == b for a, b in zip(*row, strict=False)) for row in rows], np.float64)
    known = np.array([sum(tag is not None for tag in truth) for _, truth in rows], np.float64)
    return np.stack([right, known - right], 1)
