"""Explain answers: cut the row into parts, weigh them in several ways, and keep the way that withstands its checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.core import catalog
from headstart.core.contracts.answer import Aspect
from headstart.core.contracts.explainer import Explainer
from headstart.core.contracts.parts import Divides
from headstart.core.errors import ContractError, UsageError, nearest
from headstart.data.reading.roles import Ask
from headstart.data.storage.gather import rows_of
from headstart.inference.blocks import told
from headstart.inference.explaining.answering import Answering
from headstart.inference.explaining.asked import Asked
from headstart.inference.explaining.explanation import SHUFFLED, Checks, Explanation
from headstart.inference.explaining.shuffled import learned, shuffled
from headstart.inference.explaining.verdict import Faith, Scale

MOST = 256  # parts of a row
_MASKS = 8  # variants by which networks with shuffled weights are compared
_MAPS = 3  # of such networks
_PRECISION = 1e-6  # of numbers of 32 bits, some of which were added
_CLEARLY = 1.5
"""How much more an answer changes than those of shuffled networks. Of networks with weights drawn at random some change
a quarter more than all 19 of theirs (6 of 20 rows of one network), hardly one half as much again."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What is asked for.

    about   a class or value of the answer, "" for the first it says;  against  another one: why this and not that
    method  a kind of explainer, "auto" for the one that separates best
    parts   what the row is cut into, "" for what is usual
    """

    about: str = ""
    against: str = ""
    method: str = "auto"
    parts: str = ""
    seed: int = 0


def explanations(
    predictor: Answering, inputs: Any, ask: Ask = Ask(), manner: Manner = Manner(), *, strict: bool = False
) -> Iterator[Explanation | tuple[str, str]]:
    """One for each row of whatever `predict` answers; (origin, error) for a row that cannot be read.

    ContractError for a model whose rows have no parts or whose answers say nothing that can be explained, UsageError
    for a class, method or kind of parts that is not there.
    """
    divides = _divides(predictor, manner.parts)
    unit = manner.parts or divides.units[0]
    for block in predictor.blocks(inputs, ask, predictor.task.preprocess, strict=strict):
        answers = iter(predictor.answers(block.store, block.rows))
        rows = rows_of(block.store.take(block.rows))
        for place, (origin, kept) in enumerate(zip(block.origins, block.kept, strict=True)):
            error = block.errors.get(place)
            if error is not None:
                yield origin, told(error)
                continue
            answer, parts = next(answers), divides.cut(predictor.modality, next(rows), unit, MOST)
            asked = Asked(predictor, parts, aspect_of(predictor, answer, manner))
            yield replace(explained(asked, origin, answer, unit, manner), kept=kept)


def explained_rows(predictor: Answering, inputs: Any, ask: Ask, *, strict: bool) -> Iterator[dict[str, Any]]:
    """The answers that `predict` gives, each with its explanation."""
    for one in explanations(predictor, inputs, ask, strict=strict):
        yield one.row() if isinstance(one, Explanation) else {"origin": one[0], "error": one[1]}


def explained(asked: Asked, origin: str, answer: dict[str, Any], unit: str, manner: Manner) -> Explanation:
    """One answer, by every way that is asked for; that which separates best is kept."""
    scale = Scale(asked, np.random.default_rng((manner.seed, 1)))
    tried = dict[str, tuple[Explainer, np.ndarray, Faith]]()
    for kind in [manner.method] if manner.method != "auto" else catalog.kinds("explainers"):
        way: Explainer = catalog.load("explainers", kind)()
        weights = way.weights(asked, np.random.default_rng((manner.seed, 2)))
        if weights is not None and np.isfinite(weights).all():
            tried[kind] = way, weights, scale.of(weights)
    if not tried:
        fix = "explain without --method"
        raise ContractError(940, "this method cannot explain the answer", found=manner.method, fix=fix)
    best = max(tried, key=lambda kind: (tried[kind][2].beats, tried[kind][2].gap))
    way, weights, faith = tried[best]
    checks = _checked(asked, way, weights, faith, manner.seed)
    return Explanation(
        origin=origin, answer=answer, about=asked.aspect.name, number=asked.aspect.number, method=best, unit=unit,
        full=asked.full, empty=asked.empty, parts=asked.parts, weights=weights, checks=checks,
        tried={kind: one[2].gap for kind, one in tried.items()},
    )  # fmt: skip


def aspect_of(predictor: Answering, answer: dict[str, Any], manner: Manner) -> Aspect:
    """What is explained of an answer."""
    found = {one.name: one for one in predictor.task.answer.aspects(answer)}
    if not found:
        told = ", ".join(answer) or "nothing"
        raise ContractError(941, "this answer says nothing that can be explained", found=told,
                            expected="a class, a value, spans, boxes")  # fmt: skip
    own = _named(found, manner.about) if manner.about else next(iter(found.values()))
    return own if not manner.against else _contrast(own, _named(found, manner.against))


def _named(found: dict[str, Aspect], name: str) -> Aspect:
    if name not in found:
        raise UsageError(942, "the answer does not speak of this", found=f"'{name}'", fix=nearest(name, list(found)))
    return found[name]


def _contrast(one: Aspect, other: Aspect) -> Aspect:
    number = one.number if one.number == other.number else ""
    return Aspect(f"{one.name} and not {other.name}", lambda answer: one.of(answer) - other.of(answer), number=number)


def _divides(predictor: Answering, unit: str) -> Divides:
    divides = predictor.modality.divides
    if divides is None:
        raise ContractError(943, "rows of this kind have no parts", found=type(predictor.modality).__name__.lower())
    if unit and unit not in divides.units:
        raise UsageError(944, "rows are not cut into these", found=f"'{unit}'", expected=" or ".join(divides.units))
    return divides


def _checked(asked: Asked, way: Explainer, weights: np.ndarray, faith: Faith, seed: int) -> Checks:
    span = asked.full - asked.empty
    lacks = abs(float(weights.sum()) - span) / max(abs(span), 1e-9) if way.complete else None
    predictor = asked.predictor
    rng = np.random.default_rng((seed, 3))
    masks = rng.random((_MASKS, asked.count)) < rng.random((_MASKS, 1))
    masks = np.concatenate([masks, np.ones((1, asked.count), bool), np.zeros((1, asked.count), bool)])
    own = float(asked.values(masks).std())
    found = Checks(
        deletion=faith.deletion, insertion=faith.insertion, beats=faith.beats, changes=own,
        hardly=own <= max(asked.aspect.least, _PRECISION * max(1.0, abs(asked.full))), shuffled=None, alike=None,
        sum_error=lacks,
    )  # fmt: skip
    if not learned(predictor.trainee):
        return found
    others, alike = list[float](), list[float]()
    for number, trainee in zip(range(SHUFFLED), shuffled(predictor.trainee, seed), strict=False):
        other = asked.of(predictor.with_trainee(trainee))
        others.append(float(other.values(masks).std()))
        if number < _MAPS:
            again = way.weights(other, np.random.default_rng((seed, 2)))
            alike.append(0.0 if again is None else abs(_correlation(weights, again)))
    return replace(found, shuffled=_unlike(own, others), alike=float(np.mean(alike)))


def _unlike(own: float, others: Sequence[float]) -> int:
    """How many shuffled networks change clearly less, or clearly more: those of the larger side."""
    return max(sum(one * _CLEARLY < own for one in others), sum(own * _CLEARLY < one for one in others))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Of ranks; 0 where one of them is constant."""
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    ranks = [np.argsort(np.argsort(each, kind="stable"), kind="stable").astype(float) for each in (one, other)]
    return float(np.corrcoef(ranks)[0, 1])
