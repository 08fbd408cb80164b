"""What a model answers to every single substitution of a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from headstart.core.contracts import Modality, Task
from headstart.core.errors import ContractError, UsageError
from headstart.data.reading.roles import Ask
from headstart.data.storage.gather import MemoryRows
from headstart.data.store import Store
from headstart.inference.blocks import Block, blocks_of, told

_TOGETHER = 1 << 22  # letters of variants that are answered together


class Answering(Protocol):
    """What is asked: a `Predictor`."""

    modality: Modality

    @property
    def task(self) -> Task: ...

    def blocks(self, inputs: Any, ask: Ask, *, strict: bool = False) -> Iterator[Block]: ...

    def answers(self, store: Store | MemoryRows, rows: np.ndarray) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Scan:
    """The answers to all single substitutions of one sequence.

    origin    where it comes from; `kept` are columns of its table
    sequence  its letters, as the model reads them; "" where it cannot be read, and `error` says why
    letters   what may stand at a place, L letters
    score     the number that the model answers: a value, or the probability of the class `label`
    scores    the same of each variant, float64 [places, L]; that of the sequence itself where a letter is its own
    """

    origin: str
    kept: dict[str, Any]
    sequence: str
    letters: str
    score: float
    scores: np.ndarray
    label: str = ""
    error: str = ""

    @property
    def changes(self) -> np.ndarray:
        """How far each variant lies above the sequence, [places, L]."""
        return self.scores - self.score

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each substitution, places counted from 1; or one with the error."""
        if self.error:
            yield {"origin": self.origin, **self.kept, "error": self.error}
            return
        for place, own in enumerate(self.sequence):
            for number, letter in enumerate(self.letters):
                if letter == own:
                    continue
                found = float(self.scores[place, number])
                named = {"label": self.label} if self.label else {}
                yield {"origin": self.origin, **self.kept, "place": place + 1, "from": own, "to": letter, **named,
                       "score": found, "change": found - self.score}  # fmt: skip


def scans(
    predictor: Answering, inputs: Any, ask: Ask = Ask(), *, letters: str = "all", strict: bool = False
) -> Iterator[Scan]:  # fmt: skip
    """The scan of every row, one after the other; `letters` are those that are put at every place, or "all".

    Raises ContractError for a model whose rows are no letters, or whose answers are no numbers and no classes.
    """
    put = _letters(predictor, letters)
    vocabulary = predictor.modality.vocabulary
    assert vocabulary is not None
    for block in predictor.blocks(inputs, ask, strict=strict):
        texts = iter(list(vocabulary.texts(block.store.take(block.rows))))
        answers = iter(predictor.answers(block.store, block.rows))
        for place, (origin, kept) in enumerate(zip(block.origins, block.kept, strict=True)):
            error = block.errors.get(place)
            if error is not None:
                yield Scan(origin, dict(kept), "", put, 0.0, np.zeros((0, len(put))), error=told(error))
            else:
                yield _scan(predictor, origin, dict(kept), next(texts), next(answers), put)


def _letters(predictor: Answering, asked: str) -> str:
    vocabulary = predictor.modality.vocabulary
    known = "" if vocabulary is None else vocabulary.letters
    if not known:
        fix = "use predict without --mutations"
        raise ContractError(475, "only sequences of letters have mutations", found="rows of another kind", fix=fix)
    if asked == "all":
        return known
    odd = sorted(set(asked) - set(known))
    if odd or not asked:
        raise UsageError(
            475, "these letters cannot be put at a place", found=asked, expected=f"all, or some of {known}"
        )
    return "".join(dict.fromkeys(asked))


def _scan(
    predictor: Answering, origin: str, kept: dict[str, Any], text: str, own: dict[str, Any], letters: str
) -> Scan:  # fmt: skip
    describe = predictor.task.answer
    first = describe.number(own, own)
    if first is None:
        found, fix = ", ".join(own), "use a model of --task regress or classify"
        raise ContractError(476, "mutations need an answer of one number or one class", found=found, fix=fix)
    scores = np.full((len(text), len(letters)), first)
    asked = [(place, number) for place, here in enumerate(text) for number, one in enumerate(letters) if one != here]
    each = max(1, _TOGETHER // max(1, len(text)))
    for begin, end in pairwise([*range(0, len(asked), each), len(asked)]):
        some = asked[begin:end]
        for where, answer in zip(some, _answers(predictor, _variants(text, some, letters)), strict=True):
            found = describe.number(answer, own)
            assert found is not None
            scores[where] = found
    return Scan(origin, kept, text, letters, first, scores, str(own.get("label", "")))


def _variants(text: str, asked: Sequence[tuple[int, int]], letters: str) -> list[str]:
    return [f"{text[:place]}{letters[number]}{text[place + 1 :]}" for place, number in asked]


def _answers(predictor: Answering, variants: Sequence[str]) -> Iterator[dict[str, Any]]:
    rows = ({"input": variant, "origin": f"variant {number}"} for number, variant in enumerate(variants))
    for block in blocks_of(predictor.modality, rows, lambda example: example, strict=True):
        yield from predictor.answers(block.store, block.rows)
