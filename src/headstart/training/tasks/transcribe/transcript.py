"""Transcripts as answers: in a line, against the truth word by word, under the row's picture, and a table of words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from headstart.core.contracts import Example, Modality
from headstart.core.contracts.answer import Answer, Aspect, HeadExport
from headstart.core.contracts.look import Line, Piece
from headstart.core.contracts.metric import Metric
from headstart.training.tasks.transcribe.edit_distance import alignment, letter_errors
from headstart.training.time_strip import HIGH, WIDE, pixels_a_second, with_room

MOST_WORDS = 50  # words that the table shows, those with the most errors
_STRIP = 13  # pixels of a line of words below a picture


def share_of(mean: np.ndarray) -> np.ndarray:
    """Errors / words from means of (errors, words) [..., 2]."""
    return mean[..., 0] / np.maximum(mean[..., 1], 1e-12)


class Transcript(Answer):
    """A text, and its words with their times. `normal` makes a label what the task can say of it."""

    legend = "its words where they were heard"

    def __init__(self, letters: str, normal: Callable[[Any], str]) -> None:
        wer = Metric("wer", lower_is_better=True, fraction=True, from_rows=share_of)
        cer = Metric("cer", lower_is_better=True, fraction=True, from_rows=share_of)
        super().__init__((wer, cer, Metric("exact", fraction=True, hub="exact_match")))
        self.letters, self._normal = letters, normal

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        text = side["text"] if "text" in side else self._normal(side["label"])
        return str(text) or "nothing"

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """How much of the text stays: 1 - its letter error rate beside the answer to the row."""
        return [Aspect("the text", partial(_kept, answer["text"]))]

    def mark(self, answer: Mapping[str, Any], example: Example, words: Sequence[str]) -> Sequence[Line]:
        """The true words: wrong ones with what was heard instead, those that were missed, and words nobody said."""
        pieces: list[Piece] = []
        for said, true in alignment(answer["text"].split(), self._normal(example["label"]).split()):
            if said == true:
                pieces.append(Piece(str(true)))
            elif true is None:
                pieces.append(Piece(str(said), "nobody said it", "wrong"))
            else:
                pieces.append(Piece(true, "", "missed") if said is None else Piece(true, f"heard {said}", "wrong"))
        return [pieces] if pieces else []

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        """The answered words below the picture, each where it was heard; long ones in turn on two lines."""
        from PIL import ImageDraw

        second = pixels_a_second(modality.spec)
        if not second or not answer["words"]:
            return picture
        page = with_room(picture, 2 * _STRIP)
        pen = ImageDraw.Draw(page)
        for number, word in enumerate(answer["words"]):
            left, right = (min(WIDE - 1, round(word[end] * second)) for end in ("start", "end"))
            top = HIGH + _STRIP * (number % 2)
            pen.line([(left, 0), (left, top + _STRIP - 1)], fill="#c05000")
            pen.line([(left, top), (right, top)], fill="#c05000")
            pen.text((left + 2, top), word["word"], fill="black")
        return page

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """The words with the most errors: how often they are said, the share that was heard, and what else was."""
        said, heard, instead = Counter[str](), Counter[str](), defaultdict[str, Counter[str]](Counter)
        for answer, example in zip(answers, examples, strict=True):
            for found, true in alignment(answer["text"].split(), self._normal(example["label"]).split()):
                if true is not None:
                    said[true] += 1
                    heard[true] += found == true
                    instead[true][found or "(nothing)"] += found != true
        worst = sorted(said, key=lambda word: (heard[word] - said[word], word))[:MOST_WORDS]
        return [
            {"class": word, "rows": said[word], "recall": heard[word] / said[word],
             "most often heard as": _most(instead[word])}
            for word in worst
        ]  # fmt: skip

    def pipeline(self, modality: str) -> str:
        return "automatic-speech-recognition"

    def export(self) -> HeadExport:
        note = (
            "It gives log-probabilities of the blank (number 0) and of letters at every moment [B, T, K]; where there\n"
            "is only padding the blank is certain. The text: take the likeliest number of every moment, write what\n"
            "stands several times in a row once, and leave the blanks out."
        )
        return HeadExport(classes=["(blank)", *self.letters], facts={"blank": 0}, note=note)


def _most(counts: Counter[str]) -> str:
    word, times = max(counts.items(), key=lambda one: one[1], default=("", 0))
    return word if times else ""


def _kept(own: str, other: Mapping[str, Any]) -> float:
    wrong, letters = letter_errors(other["text"], own)
    return max(0.0, 1 - wrong / max(1, letters))
