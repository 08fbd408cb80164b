"""Tags as answers: in a line, marked in the text, and a table by label."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from headstart.core.contracts import Example
from headstart.core.contracts.answer import Answer, Aspect, HeadExport
from headstart.core.contracts.look import Line, compared, marked
from headstart.core.contracts.metric import Metric
from headstart.core.errors import DataError
from headstart.training.words import tag_schemes

UNKNOWN = "?"  # how a tag is shown that nobody knows


class Tags(Answer):
    """A tag a word, and the spans that the tags stand for."""

    spells = True

    def __init__(self, tags: Sequence[str], scheme: tag_schemes.Scheme) -> None:
        words = Metric("token_accuracy", fraction=True, from_rows=_share, right_and_wrong=True)
        super().__init__((*tag_schemes.METRICS, words), tags)
        self.scheme = scheme

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        tags = [UNKNOWN if tag is None else str(tag) for tag in (side["tags"] if "tags" in side else side["label"])]
        if not words:
            return ", ".join(tags)
        return tag_schemes.listed(tag_schemes.spans(tags), words) or " ".join(tags)

    def mark(self, answer: Mapping[str, Any], example: Example, words: Sequence[str]) -> Sequence[Line]:
        if self.scheme != "plain":
            return marked(words, compared(tag_schemes.spans(answer["tags"]), tag_schemes.spans(every_tag_in(example))))
        true = enumerate(zip(answer["tags"], tags_in(example["label"], ""), strict=False))
        wrong = [(place, said, tag) for place, (said, tag) in true if tag is not None and said != tag]
        # where every word is tagged, only errors stand out
        return marked(words, [(place, place + 1, f"{said}, is {tag}", "wrong") for place, said, tag in wrong])

    def spelled(self, answer: Mapping[str, Any], text: Callable[[int, int], str]) -> dict[str, Any]:
        if "spans" not in answer:
            return dict(answer)
        return {**answer, "spans": [{**span, "text": text(span["start"], span["end"])} for span in answer["spans"]]}

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """Of each span, and of all, the share of words that keep their tags."""
        own: Sequence[str] = answer["tags"]

        def kept(begin: int, end: int) -> Callable[[Mapping[str, Any]], float]:
            return lambda other: sum(map(str.__eq__, own[begin:end], other["tags"][begin:end])) / max(1, end - begin)

        found = [(span["label"], span["start"], span["end"]) for span in answer.get("spans", ())]
        words = [(tag, place, place + 1) for place, tag in enumerate(own)] if self.scheme == "plain" else []
        told = [Aspect(f"{name} at words {begin}-{end}", kept(begin, end)) for name, begin, end in (*found, *words)]
        return [*told, Aspect("all tags", kept(0, len(own)))]

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        if self.scheme != "plain":
            return tag_schemes.by_label(*span_sets(answers, examples))
        truth = [{(n, tag) for n, tag in enumerate(example["label"]) if tag is not None} for example in examples]
        known = [{place for place, _ in row} for row in truth]
        said = [{(n, tag) for n, tag in enumerate(answer["tags"]) if n in places}
                for answer, places in zip(answers, known, strict=True)]  # fmt: skip
        return tag_schemes.by_label(said, truth)

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


def tags_in(label: Any, where: str) -> list[str | None]:
    """The label of a row as tags, None where a word's is unknown; DataError if it is something else."""
    if isinstance(label, list | tuple) and all(isinstance(tag, str | int | None) for tag in label):
        return [None if tag is None else str(tag) for tag in label]
    found, fix = repr(label)[:60], "give columns of words (CoNLL), or lists of tags"
    raise DataError(406, "a row of words needs one tag per word", where=where, found=found, fix=fix)


def every_tag_in(example: Example) -> list[str]:
    """The same of a row whose every tag has to be known; DataError where one is not."""
    where = str(example.get("origin", ""))
    tags = tags_in(example["label"], where)
    known = [tag for tag in tags if tag is not None]
    if len(known) < len(tags):
        fix = "drop the row, or set task.crf=false where the tags are no spans"
        raise DataError(475, "spans and chains need every tag of a row", where=where, found="an unknown tag", fix=fix)
    return known


def span_sets(
    answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]
) -> tuple[list[set[tag_schemes.Span]], list[set[tag_schemes.Span]]]:
    """What was said and what is true, each row's spans as a set."""
    predicted = [{(s["start"], s["end"], s["label"]) for s in answer["spans"]} for answer in answers]
    return predicted, [set(tag_schemes.spans(every_tag_in(example))) for example in examples]
