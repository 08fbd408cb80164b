"""Transcribing: what is said in a recording, letter by letter, and when."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from headstart.core.contracts import Augment, Backbone, Batch, Columns, Example, Row, Step, Task
from headstart.core.contracts.choice import Circumstances, Suits
from headstart.core.contracts.ranges import Few, Share
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import DataError
from headstart.data.labels.over_time import are_transcripts
from headstart.models.nn.moment_head import MomentHead, there
from headstart.models.nn.sizes import trying
from headstart.models.nn.time_axis import over_time, seconds_per_moment
from headstart.training.tasks.transcribe import decoding
from headstart.training.tasks.transcribe.decoding import BLANK, Guide
from headstart.training.tasks.transcribe.edit_distance import letter_errors, word_errors
from headstart.training.tasks.transcribe.letter_model import MOST, LetterModel
from headstart.training.tasks.transcribe.moments import Moments, moments_of
from headstart.training.tasks.transcribe.similar_row import SimilarRow
from headstart.training.tasks.transcribe.transcript import Transcript

Case = Literal["lower", "keep"]

_SETTLED_ON = 100  # held-out rows by which the weight of the letter model is chosen
_WEIGHTS, _BONUSES = (0.25, 0.5, 1.0, 1.5), (0.0, 1.0, 2.0)


class Transcribe(Task):
    """Write down what is said, learned from recordings and their texts alone (CTC, Graves et al., ICML 2006).

    The network's places along time are read by a memory in both directions; every moment says a letter or nothing
    new. Words are found with their times. A search among `beam` texts, guided by a model of letters that is learned
    from the transcripts, is used where it lowers the word error rate on held-out rows.

    letters   what can be written, in order (those of the train transcripts unless given)
    case      "lower": capitals are written small; "keep": as they are given
    memory    width of the memory, each way; 0: none, every moment is read for itself
    dropout   share of values in front of the memory and behind it that training leaves out
    beam      texts that are followed at once; 0: only the likeliest path is read
    order     letters of an n-gram of the model of letters; 0: there is none
    grams     different n-grams that are kept at most (as many as the train transcripts may have unless given)
    """

    baseline = SimilarRow
    local: ClassVar[bool] = True
    advice: ClassVar[Mapping[str, Any]] = {
        "plan.batch": 16, "plan.lr": 2e-3,
        "augment.shift": 0.0, "augment.crop": 1.0,  # what is cut off a sound is said all the same
        "backbone.channels": (16, 32, 48), "backbone.residual": 0,  # a moment every 40 ms; letters may be as short
    }  # fmt: skip

    guide: Tensor

    def __init__(
        self,
        backbone: Backbone,
        sample: Batch,
        augment: Augment,
        *,
        letters: str = "",
        case: Case = "lower",
        memory: Few = 64,
        dropout: Share = 0.0,
        beam: Few = 8,
        order: Few = 5,
        grams: Few = 0,
    ) -> None:
        super().__init__(backbone, augment)
        if not letters:
            fix = "label rows of the train split with texts"
            raise DataError(508, "transcribing needs letters", found="no transcript", fix=fix)
        letters = "".join(letter for letter in letters if case == "keep" or letter == letter.lower())
        self.letters, self.case, self.beam = letters, case, beam
        self.answer = Transcript(letters, self._normal)
        self._numbers = {letter: number for number, letter in enumerate(letters, 1)}
        ready = augment.modality.ready(sample)
        with trying(backbone):
            width = over_time(backbone(ready), ready)[0].shape[2]
        self.head = MomentHead(width, len(letters) + 1, memory=memory, dropout=dropout)
        self.spelling = LetterModel(len(letters), order, min(grams, MOST))
        self.register_buffer("guide", torch.zeros(3))  # beam or not; weight of the letter model; what a letter is worth
        self._moments = Moments(augment, partial(moments_of, backbone))

    @classmethod
    def suits(cls, labels: Sequence[Any], about: Circumstances) -> Suits | None:
        fits = about.spec.rate > 0 and are_transcripts(labels)
        return Suits(2, "the labels are texts of what is said over time") if fits else None

    @classmethod
    def infer_settings(cls, labels: Sequence[Any]) -> dict[str, Any]:
        texts = [_text(label, "") for label in labels if label is not None]
        kept = {letter for text in texts for letter in text}
        grams = sum(max(len(text), len(text.lower())) + 1 for text in texts)
        every = {small for letter in kept for small in letter.lower()} | kept
        return {"letters": "".join(sorted(every)), "grams": min(grams, MOST)}

    def meet(self, labels: Sequence[Any]) -> None:
        known = (self._normal(label) for label in labels if label is not None)
        self.spelling.learn([self._numbers[letter] for letter in text if letter in self._numbers] for text in known)

    def label(self, example: Example, row: Row) -> Columns:
        where = str(example.get("origin", ""))
        text = self._normal(example["label"], where)
        odd = sorted({letter for letter in text if letter not in self._numbers})
        if odd:
            found, fix = "'" + "".join(odd)[:40] + "'", "add train rows with these letters, or drop the row"
            what = "the transcript has letters that no train transcript has"
            raise DataError(507, what, where=where, found=found, expected=f"of '{self.letters[:80]}'", fix=fix)
        ids = [self._numbers[letter] for letter in text]
        needed = len(ids) + sum(one == other for one, other in pairwise(ids))
        self._moments.check(row, needed, where)
        return {"y": np.array(ids, np.int64)}

    def examine(self, backbone: Backbone, batch: Batch) -> tuple[Tensor, Tensor]:
        """Whole rows, since moments decide together: what is seen of every moment [B, T, F]; how many moments there
        are, and the letters, filled up with IGNORED, [B, 1 + L]."""
        seen, moments = self._seen(backbone, self.augment(batch))
        return seen, torch.cat([moments[:, None], batch["y"]], 1)

    def _seen(self, backbone: Backbone, ready: Batch) -> tuple[Tensor, Tensor]:
        """Vectors of moments [B, T, F], and how many of them are there [B]."""
        seen, keep = over_time(backbone(ready), ready)
        return seen, keep.sum(1)

    def _scores(self, features: Tensor, moments: Tensor) -> Tensor:
        """Log-probabilities of the blank and of letters, [B, T, K]; the blank is certain where there is padding."""
        scores = self.head(features, moments).log_softmax(2)
        silent = torch.full_like(scores[0, 0], -1e4)
        silent[BLANK] = 0.0
        return torch.where(there(features, moments)[..., None], scores, silent)

    def judge(self, features: Tensor, targets: Tensor) -> Step:
        moments, letters = targets[:, 0], targets[:, 1:]
        sizes = (letters != IGNORED).sum(1)
        scores = self._scores(features, moments).transpose(0, 1)  # [T, B, K]
        each = functional.ctc_loss(
            scores, letters.clamp_min(BLANK), moments, sizes, blank=BLANK, reduction="none", zero_infinity=True
        )
        return Step((each / sizes.clamp_min(1)).mean())

    def settle(self, backbone: Backbone, batches: Iterable[Batch]) -> None:
        """Whether the beam is used, the weight of the letter model and what a letter is worth: those with the fewest
        wrong words; of equals those with the fewest wrong letters, then the quickest."""
        self.guide.zero_()
        rows = list(self._held(backbone, batches)) if self.beam else []
        if not rows:
            return

        def errors(guide: Sequence[float]) -> tuple[int, int]:
            pairs = [(self.spelled(self._searched(scores, guide)), true) for scores, true in rows]
            return sum(word_errors(*one)[0] for one in pairs), sum(letter_errors(*one)[0] for one in pairs)

        ways = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)]
        ways += [(1.0, weight, 0.0) for weight in _WEIGHTS if self.spelling.learned]
        tried = {way: errors(way) for way in ways}
        _, weight, _ = min(tried, key=lambda way: tried[way])
        if weight:
            tried |= {way: errors(way) for way in [(1.0, weight, bonus) for bonus in _BONUSES[1:]]}
        self.guide.copy_(torch.tensor(min(tried, key=lambda way: tried[way])))

    def _held(self, backbone: Backbone, batches: Iterable[Batch]) -> Iterator[tuple[np.ndarray, str]]:
        """Scores of the moments of some rows [T, K], and the true text of each."""
        count = 0
        for batch in batches:
            with torch.no_grad():
                features, targets = self.examine(backbone, batch)
                scores = self._scores(features, targets[:, 0]).cpu().numpy()
            for row, (moments, *letters) in zip(scores, targets.tolist(), strict=True):
                yield row[:moments], self.spelled([letter for letter in letters if letter != IGNORED])
                count += 1
                if count == _SETTLED_ON:
                    return

    def _searched(self, scores: np.ndarray, guide: Sequence[float]) -> list[int]:
        """Letters of one row, from scores of its moments [T, K]."""
        beam, weight, bonus = guide
        if not (beam and self.beam):
            return decoding.best_path(scores[None], [len(scores)])[0]
        return decoding.beam(scores, self.beam, Guide(self.spelling, weight, bonus) if weight else None)

    def predict(self, backbone: Backbone, batch: Batch) -> list[dict[str, Any]]:
        ready = self.augment(batch)
        seen, counts = self._seen(backbone, ready)
        scores, moments = self._scores(seen, counts).cpu().numpy(), counts.tolist()
        guide = self.guide.tolist()
        texts = [self._searched(row[:count], guide) for row, count in zip(scores, moments, strict=True)]
        second = seconds_per_moment(ready, seen.shape[1], self.augment.modality.spec.rate)
        spans = decoding.said_at(scores, moments, texts)
        return [self._answer(*row, second) for row in zip(texts, scores, spans, strict=True)]

    def outputs(self, backbone: Backbone, batch: Batch) -> Tensor:
        """Log-probabilities of the blank and of letters at every moment, [B, T, K]; the blank where padding is."""
        return self._scores(*self._seen(backbone, self.augment(batch)))

    def score(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> dict[str, float]:
        """Word and letter error rate over all rows, and the share of rows without an error."""
        pairs = self._pairs(answers, examples)
        letters = np.array([letter_errors(*pair) for pair in pairs], np.float64)
        metrics = self.answer.metrics
        return {
            "wer": metrics["wer"].of(self.row_scores(answers, examples)),
            "cer": metrics["cer"].of(letters),
            "exact": float((letters[:, 0] == 0).mean()),
        }

    def row_scores(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> np.ndarray:
        """Wrong words and all words of every row, [n, 2]."""
        return np.array([word_errors(*pair) for pair in self._pairs(answers, examples)], np.float64)

    def spelled(self, letters: Sequence[int]) -> str:
        """The text of numbers of letters; spaces at its ends, and all but one in a row, go."""
        return " ".join("".join(self.letters[number - 1] for number in letters).split())

    def plain(self, text: str) -> dict[str, Any]:
        """An answer that is a text alone."""
        return {"text": text, "words": [], "score": 0.0}

    def _answer(self, letters: Sequence[int], scores: np.ndarray, spans: np.ndarray, second: float) -> dict[str, Any]:
        """The text of a row, its words with their times, and how sure each is."""
        sure = [float(scores[a:b, n].mean()) for n, (a, b) in zip(letters, spans.tolist(), strict=True)]
        words, begin = list[dict[str, Any]](), 0
        text = "".join(self.letters[number - 1] for number in letters)
        for end in [place for place, letter in enumerate(f"{text} ") if letter.isspace()]:
            if end > begin:
                told = {"word": text[begin:end], "score": float(np.exp(np.mean(sure[begin:end])))}
                if second:
                    told |= {"start": float(spans[begin, 0] * second), "end": float(spans[end - 1, 1] * second)}
                words.append(told)
            begin = end + 1
        return {"text": self.spelled(letters), "words": words, "score": float(np.exp(np.mean(sure))) if sure else 0.0}

    def _normal(self, label: Any, where: str = "") -> str:
        """A label as it can be answered: one space between words, small letters unless `case` keeps them."""
        text = _text(label, where)
        return text.lower() if self.case == "lower" else text

    def _pairs(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[tuple[str, str]]:
        return [
            (answer["text"], self._normal(example["label"], str(example.get("origin", ""))))
            for answer, example in zip(answers, examples, strict=True)
        ]


def _text(label: Any, where: str) -> str:
    """A transcript with one space between words, NFC; DataError if it is no text."""
    if isinstance(label, str):
        return " ".join(unicodedata.normalize("NFC", label).split())
    found, fix = repr(label)[:60], "pass --target with the column of the transcripts, or another --task"
    raise DataError(510, "the transcript is not text", where=where, found=found, expected="a text", fix=fix)
