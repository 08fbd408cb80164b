"""Tags as answers: in a line, marked in the text, and a table by label."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.answer import Answer, HeadExport
from headstart.core.contracts.look import Line, compared, marked
from headstart.core.contracts.metric import Metric
from headstart.core.errors import DataError
from headstart.training.words import tag_schemes


class Tags(Answer):
    """A tag a word, and the spans that the tags stand for."""

    spells = True

    def __init__(self, tags: Sequence[str], scheme: tag_schemes.Scheme) -> None:
        words = Metric("token_accuracy", fraction=True, from_rows=_share, right_and_wrong=True)
        super().__init__((*tag_schemes.METRICS, words), tags)
        self.scheme = scheme

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        tags = list(map(str, side["tags"] if "tags" in side else side["label"]))
        if not words:
            return ", ".join(tags)
        return tag_schemes.listed(tag_schemes.spans(tags), words) or " ".join(tags)

    def mark(self, answer: Mapping[str, Any], example: Example, words: Sequence[str]) -> Sequence[Line]:
        true = tags_in(example["label"], "")
        if self.scheme != "plain":
            return marked(words, compared(tag_schemes.spans(answer["tags"]), tag_schemes.spans(true)))
        pairs = enumerate(zip(answer["tags"], true, strict=False))  # where every word is tagged, only errors stand out
        return marked(words, [(n, n + 1, f"{said}, is {tag}", "wrong") for n, (said, tag) in pairs if said != tag])

    def spelled(self, answer: Mapping[str, Any], text: Callable[[int, int], str]) -> dict[str, Any]:
        if "spans" not in answer:
            return dict(answer)
        return {**answer, "spans": [{**span, "text": text(span["start"], span["end"])} for span in answer["spans"]]}

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        if self.scheme != "plain":
            return tag_schemes.by_label(*span_sets(answers, examples))
        truth = [set(enumerate(example["label"])) for example in examples]
        return tag_schemes.by_label([set(enumerate(answer["tags"])) for answer in answers], truth)

    def pipeline(self, modality: str) -> str:
        return "token-classification"

    def export(self) -> HeadExport:
        return HeadExport(
            classes=self.names, formula="probabilities = softmax(outputs)",
            finish=lambda outputs: outputs.softmax(-1), softmax=True, words=True,
        )  # fmt: skip


def _share(mean: np.ndarray) -> np.ndarray:
    """Right / (right + wrong) from means of (right, wrong) [..., 2]."""
    return mean[..., 0] / np.maximum(mean.sum(-1), 1e-12)


def tags_in(label: Any, where: str) -> list[str]:
    """The label of a row as tags; DataError if it is something else."""
    if isinstance(label, list | tuple) and all(isinstance(tag, str | int) for tag in label):
        return [str(tag) for tag in label]
    found, fix = repr(label)[:60], "give columns of words (CoNLL), or lists of tags"
    raise DataError(406, "a row of words needs one tag per word", where=where, found=found, fix=fix)


def span_sets(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
) -> tuple[list[set[tag_schemes.Span]], list[set[tag_schemes.Span]]]:
    """What was said and what is true, each row's spans as a set."""
    predicted = [{(s["start"], s["end"], s["label"]) for s in answer["spans"]} for answer in answers]
    return predicted, [set(tag_schemes.spans(tags_in(example["label"], ""))) for example in examples]
