"""Semantic roles: for every predicate of a sentence, who does what to whom, when and where."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Modality, Plain, Row, Step, Task
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.look import Look
from headstart.core.contracts.metric import Metric
from headstart.core.contracts.probe import LinearFit
from headstart.core.contracts.ranges import Few, Share
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import DataError
from headstart.data import word_features
from headstart.data.word_features import Letters
from headstart.models.nn.crf import Chain
from headstart.training.heads import HeadProbe, beside, layered, unseen_label
from headstart.training.linear.baseline import LinearBaseline
from headstart.training.linear.words import fit_words
from headstart.training.tasks.roles.answer import Predicates
from headstart.training.words import role_arguments, tag_schemes
from headstart.training.words.outside import lower_outside
from headstart.training.words.role_arguments import PREDICATE, arguments, predicates_of, spans_of, tags_wanted, truth
from headstart.training.words.role_features import of_sentence, pairs
from headstart.training.words.sparse_features import Wanted, word_features_of
from headstart.training.words.word_states import check_worded, mean_over_rows, uncut, word_states, words_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_NONE = -1  # in place of a predicate: the reading that finds them
_APART = 10  # words of distance to the predicate that are told apart
_MOST_DECISIONS = 40_000  # of a linear model: 20 seconds with 90 tags; twice as many gain .004 on PropBank
_MORE = (Metric("unlabelled_f1", fraction=True), Metric("predicate_f1", fraction=True))


class _Probe(HeadProbe):
    """One decision for every word and predicate."""

    task: Roles

    def fit(self, features: Plain, targets: np.ndarray, *, solver: str, seed: int) -> LinearFit:
        y = targets[:, 0] if targets.ndim == 2 else targets
        if len(y) > _MOST_DECISIONS:
            some = np.sort(np.random.default_rng(seed).permutation(len(y))[:_MOST_DECISIONS])
            features, y = features[some], y[some]
        return fit_words(features, y, len(self.task.tags), solver=solver, seed=seed, outside=0)

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        """The words of one reading, of a predicate that stands nowhere."""
        return [{"predicates": [self.task.decode(0, outputs)]}]

    def features(self, modality: Modality, learned: Columns, asked: Columns) -> tuple[Plain, Plain]:
        both = [check_worded(modality).words(columns) for columns in (learned, asked)]
        rows = [word_features.as_rows(np.concatenate([of_sentence(*row) for row in side])) for side in both]
        return rows[0], rows[1]

    def decisions(self, modality: Modality, learned: Columns, targets: Columns) -> np.ndarray:
        words = list(check_worded(modality).words(learned))
        y = torch.from_numpy(targets["y"])
        tags = [np.zeros(0, np.int64)]
        for row, (known, marked) in enumerate(words):
            rows, asked = torch.zeros(len(marked), dtype=torch.int64), torch.tensor(list(marked), dtype=torch.int64)
            tags.append(tags_wanted(y[row : row + 1], rows, asked, len(known), self.task.scheme).flatten().numpy())
        return np.concatenate(tags)

    def count(self, modality: Modality, asked: Columns, rows: int) -> int:
        return sum(len(words) * len(marked) for words, marked in check_worded(modality).words(asked))

    def regroup(self, outputs: Tensor, modality: Modality, asked: Columns) -> list[dict[str, Any]]:
        rows = list(check_worded(modality).words(asked))
        sizes = [len(words) for words, marked in rows for _ in marked]
        pieces = iter(outputs[: sum(sizes)].split(sizes))  # the readings that find predicates come last
        return [{"predicates": [self.task.decode(index, next(pieces)) for index in marked]} for _, marked in rows]


class Roles(Task):
    """Find the arguments of predicates and their roles (Gildea and Jurafsky 2002), by spans or by head words.

    A sentence is read once for each predicate, whose word is marked by a vector added to what is embedded; every word
    then gets a tag, from its own state, the predicate's and how far apart they are (as He et al. 2017 do). Which words
    are predicates is given, or, with `find`, learned from one more reading without a mark.

    roles      found in the train split unless given
    scheme     "bio" where arguments are spans, "plain" where they are single words (found in the train split)
    find       learn to find predicates, too ("auto": where rows have 1.5 predicates or more, so that all are marked)
    given      answer for the predicates that the data give; False: for those that are found
    sparse     add a linear map of words, predicates and how they lie to each other to the head ("auto": where the
               network gives no vectors)
    """

    local: ClassVar[bool] = True
    probe = _Probe
    baseline = LinearBaseline
    classics: ClassVar[Mapping[str, Mapping[str, Any]]] = {"linear": {"backbone.kind": "linear"}}
    advice: ClassVar[Mapping[str, Any]] = {"plan.batch": 16}

    mark: nn.Parameter
    sparse: Any  # WordFeatures or None

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        roles: Sequence[str] = (),
        scheme: tag_schemes.Scheme = "bio",
        find: bool = False,
        given: bool = True,
        hidden: Few = 0,
        dropout: Share = 0.0,
        sparse: Wanted = "auto",
    ) -> None:
        super().__init__(backbone, augment)
        self.scheme: tag_schemes.Scheme = scheme
        self.find, self.given = find, given
        self.length = check_worded(augment.modality).length
        if not roles:
            fix = "label arguments of train rows"
            raise DataError(414, "there are no roles to learn from", found="no argument", fix=fix)
        labels = [PREDICATE, *(role for role in roles if role != PREDICATE)]
        self.tags = tag_schemes.every_tag(labels, scheme) if scheme != "plain" else [tag_schemes.OUTSIDE, *labels]
        self._numbers = {label: number for number, label in enumerate(labels)}
        self.answer = Predicates((*tag_schemes.METRICS, *_MORE))
        self.sparse = word_features_of(sparse, backbone, augment.modality, len(self.tags), Letters())
        width = 2 * backbone.width + 2 * _APART + 1
        self.head = beside(layered(width, len(self.tags), hidden=hidden, dropout=dropout), self.sparse)
        self.chain = Chain(*tag_schemes.legal(self.tags, scheme), learned=False)
        with torch.no_grad():
            embedded = backbone.embed(augment.modality.ready(sample)).x
        length = embedded.std().clamp_min(1e-3) if embedded.numel() > 1 else 1.0  # a short one is overlooked for long
        self.mark = nn.Parameter(torch.randn(embedded.shape[2]) * length)

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        predicates = about.words and bool(labels) and all(isinstance(label, Mapping) for label in labels)
        return Suits(1, "the rows are sentences with their predicates") if predicates else None

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        rows = [predicates_of(label, "") for label in labels if label is not None]
        found = [span for row in rows for predicate in row for span in spans_of(predicate)]
        many = sum(map(len, rows)) >= 1.5 * max(1, len(rows))
        single = all(end - begin == 1 for begin, end, _ in found)
        return {"roles": sorted({role for _, _, role in found}), "scheme": "plain" if single else "bio", "find": many}

    @classmethod
    def show_label(cls, look: Look, example: Example, words: Sequence[str], modality: Modality) -> Look:
        if example.get("label") is None:
            return super().show_label(look, example, words, modality)
        true = predicates_of(example["label"], str(example.get("origin", "")))
        return replace(look, lines=role_arguments.shown(true, words))

    def label(self, example: Example, row: Row) -> Columns:
        """y [4 * spans]: predicate, first word, the word behind the last, and number of the role, again and again."""
        where = str(example.get("origin", ""))
        found: list[int] = []
        for predicate in predicates_of(example["label"], where):
            index = predicate["index"]
            found += [_NONE, index, index + 1, self._numbers[PREDICATE]]
            for begin, end, role in spans_of(predicate):
                if role not in self._numbers:
                    raise unseen_label(role, where, f"one of {len(self._numbers)} roles", "role")
                found += [index, begin, end, self._numbers[role]]
        return {"y": np.array(found or [IGNORED] * 4, np.int64)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the head sees of each word of each reading [n, F]; its tag and the number of tags of its row [n, 2]."""
        rows, asked = self._readings(batch, find=self.find)
        features = self._features(backbone, batch, rows, asked)  # [R, W, F]
        there = words_of(batch)[1][rows]
        count = torch.zeros(len(batch["x"]), dtype=torch.int64, device=rows.device).index_add_(0, rows, there.sum(1))
        tags = tags_wanted(batch["y"], rows, asked, there.shape[1], self.scheme)
        return features[there], torch.stack([tags, count[rows, None].expand_as(there)], 2)[there]

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        scores = self.head(features).float()
        hits = scores.argmax(1) == targets[:, 0]
        return Step(mean_over_rows(scores, targets), {"token_accuracy": hits.float().mean().detach()})

    def settle(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        lower_outside(self, self.head, backbone, batches)

    def chance_loss(self, batch: int) -> float | None:
        return math.log(len(self.tags))

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        batch = batch if self._are_given(batch) else {**batch, "mark": self._found(backbone, batch)}
        rows, asked = self._readings(batch, find=False)
        answers: list[dict[str, Any]] = [{"predicates": []} for _ in batch["x"]]
        if not len(rows):
            return answers
        features, there = self._features(backbone, batch, rows, asked), words_of(batch)[1][rows]
        scores = self.head(features).float().log_softmax(2)
        found = [self._arguments(tags) for tags in self.chain.best(scores, there)]
        for row, index, args in zip(rows.tolist(), asked.tolist(), found, strict=True):
            answers[row]["predicates"].append({"index": index, "args": role_arguments.named(args)})
        return answers

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        predicted, wanted = [arguments(answer["predicates"]) for answer in answers], truth(examples)
        scores = tag_schemes.found_and_wanted(predicted, wanted)
        bare = [[{argument[:2] for argument in row} for row in side] for side in (predicted, wanted)]
        scores["unlabelled_f1"] = tag_schemes.found_and_wanted(*bare)["f1"]
        if not self.given:
            places = [[{p["index"] for p in one["predicates"]} for one in side]
                      for side in (answers, [example["label"] for example in examples])]  # fmt: skip
            scores["predicate_f1"] = tag_schemes.found_and_wanted(*places)["f1"]
        return scores

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        return tag_schemes.counted([arguments(answer["predicates"]) for answer in answers], truth(examples))

    def preprocess(self, example: Example) -> Example:
        return check_worded(self.augment.modality).cut(example)

    def _readings(self, batch: Batch, *, find: bool) -> tuple[Tensor, Tensor]:
        """Row and predicate of every time a sentence is read, [R] each; the reading that finds them has none."""
        words_of(batch)
        rows, places = (batch["mark"] >= 0).nonzero(as_tuple=True)
        asked = batch["mark"][rows, places]
        if find:
            every = torch.arange(len(batch["x"]), device=rows.device)
            rows, asked = torch.cat([rows, every]), torch.cat([asked, torch.full_like(every, _NONE)])
        return rows, asked

    def _features(self, backbone: Backbone, batch: Batch, rows: Tensor, asked: Tensor) -> Tensor:
        """[R, W, F]: each word's state, its predicate's state, and on which side and how far apart they are."""
        ready = uncut(self.augment(batch))
        begins, _ = words_of(ready)
        known = asked >= 0
        places = begins[rows].gather(1, asked.clamp_min(0)[:, None])  # [R, 1]
        flags = torch.zeros(len(rows), ready["x"].shape[1], device=rows.device)
        flags = flags.scatter(1, places, known[:, None].float())
        reading = {name: ready[name][rows] for name in ("x", "keep", "begin")}
        states = word_states(backbone, reading, self.length, flags[..., None] * self.mark)  # [R, W, D]
        r, w, d = states.shape
        predicate = states.gather(1, asked.clamp_min(0)[:, None, None].expand(r, 1, d)) * known[:, None, None]
        apart = (torch.arange(w, device=rows.device) - asked[:, None]).clamp(-_APART, _APART) + _APART
        sides = functional.one_hot(apart, 2 * _APART + 1).to(states.dtype) * known[:, None, None]
        more = [] if self.sparse is None else [self.sparse.of(pairs(batch["sparse"][rows], asked))]
        return torch.cat([states, predicate.expand(r, w, d), sides, *more], 2)

    def sparse_rows(self, batch: Batch) -> csr_matrix:
        rows, asked = self._readings(batch, find=self.find)
        return word_features.as_rows(pairs(batch["sparse"][rows], asked)[words_of(batch)[1][rows]].cpu().numpy())

    def _are_given(self, batch: Batch) -> bool:
        """Does somebody say which words are predicates?"""
        words_of(batch)
        given = self.given and bool((batch["mark"] >= 0).any())
        if not given and not self.find:
            fix = "mark them (predicates), or train with task.find=true"
            raise DataError(410, "the predicates are not given, and this model was not trained to find them",
                            fix=fix)  # fmt: skip
        return given

    def _found(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Numbers of the words that are predicates [B, P], filled up with -1."""
        every = torch.arange(len(batch["x"]), device=batch["x"].device)
        scores = self.head(self._features(backbone, batch, every, torch.full_like(every, _NONE))).float()
        said = scores.argmax(2) == self.tags.index(PREDICATE if self.scheme == "plain" else f"B-{PREDICATE}")
        said &= words_of(batch)[1]
        order = said.int().argsort(dim=1, descending=True, stable=True)[:, : max(1, int(said.sum(1).max()))]
        return torch.where(said.gather(1, order), order, -1)

    def decode(self, index: int, outputs: Tensor) -> dict[str, Any]:
        """The arguments of one predicate, from the scores of its sentence's words [W, K]."""
        there = torch.ones(1, len(outputs), dtype=torch.bool, device=outputs.device)
        tags = self.chain.best(outputs.float().log_softmax(1)[None], there)[0]
        return {"index": index, "args": role_arguments.named(self._arguments(tags))}

    def _arguments(self, numbers: Sequence[int]) -> list[tag_schemes.Span]:
        tags = [self.tags[number] for number in numbers]
        if self.scheme == "plain":
            found = [(place, place + 1, tag) for place, tag in enumerate(tags) if tag != tag_schemes.OUTSIDE]
        else:
            found = tag_schemes.spans(tags)
        return [span for span in found if span[2] != PREDICATE]
