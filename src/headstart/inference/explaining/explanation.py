"""An answer explained: how far each part of the row speaks for it, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from headstart.core.contracts.look import Look
from headstart.core.contracts.parts import Parts

Verdict = Literal["GOOD", "WEAK", "NOT FAITHFUL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What was tried to refute a map.

    deletion, insertion  the number where parts are hidden, or shown alone, in the order of the map: means over the
               way, as shares of what lies between the hidden row (0) and the row (1)
    beats      random maps, of 20, that separate these two no better
    changes    how far the number changes where parts are hidden at random, a deviation;  hardly  too little to explain
    shuffled   networks with shuffled weights, of 19, whose answers change clearly less where parts are hidden, or as
               many as change clearly more; None where there is no network
    alike      rank correlation of this map and those of networks with shuffled weights, a mean of sizes; None likewise
    sum_error  what the weights lack of `full - empty`, as a share of it; None for methods that promise no sum
    """

    deletion: float
    insertion: float
    beats: int
    changes: float
    hardly: bool
    shuffled: int | None
    alike: float | None
    sum_error: float | None

    @property
    def verdict(self) -> Verdict:
        learned = self.shuffled is None or self.shuffled == SHUFFLED
        if self.beats < LEAST or self.hardly or not learned:
            return "NOT FAITHFUL"
        like_random = self.alike is not None and self.alike > ALIKE
        return "WEAK" if self.beats < RANDOM or like_random or self.insertion <= self.deletion else "GOOD"

    @property
    def why(self) -> str:
        """The verdict in a sentence."""
        if self.hardly:
            return "the answer hardly changes, whatever is hidden"
        if self.shuffled is not None and self.shuffled < SHUFFLED:
            return (f"the answer changes as those of networks with shuffled weights do "
                    f"({SHUFFLED - self.shuffled} of {SHUFFLED} change as much)")  # fmt: skip
        order = f"hiding parts in its order beats {self.beats} of {RANDOM} random orders"
        if self.alike is not None and self.alike > ALIKE:
            return f"{order}, but networks with shuffled weights have like maps (correlation {self.alike:.2f})"
        return order


RANDOM, SHUFFLED = 20, 19
LEAST = 18  # random maps that a map must beat to say anything
ALIKE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How far each part of a row speaks for an answer.

    origin   where the row comes from;  answer  what the model says of it;  kept  columns that stay with it
    about    what is explained: "cat", or "cat and not dog";  number  as what: "log odds"
    full, empty  the number for the row, and with every part hidden
    weights  [P], above 0 for what speaks for the answer; in units of the number
    """

    origin: str
    answer: dict[str, Any]
    about: str
    number: str
    method: str
    unit: str
    full: float
    empty: float
    parts: Parts
    weights: np.ndarray
    checks: Checks
    tried: dict[str, float]
    kept: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        return self.checks.verdict

    @property
    def caption(self) -> str:
        return f"{self.about}: {self.verdict} ({self.method}): {self.checks.why}"

    @property
    def order(self) -> np.ndarray:
        """The parts, those with the largest weights of either sign first."""
        return np.argsort(-np.abs(self.weights), kind="stable")

    @property
    def look(self) -> Look:
        """The row with its weights drawn into it, the strongest in full colour."""
        most = float(np.abs(self.weights).max(initial=0.0)) or 1.0
        return self.parts.look(self.weights / most)

    def row(self) -> dict[str, Any]:
        """The answer as `predict` gives it, with the explanation behind it."""
        told = self.to_json()
        for name in ("origin", "answer"):
            del told[name]
        return {"origin": self.origin, **self.kept, **self.answer, "explanation": told}

    def to_json(self) -> dict[str, Any]:
        """For programs: parts in the order of the row."""
        told = zip(self.parts.names, self.parts.where, self.weights.tolist(), strict=True)
        checks = {name: getattr(self.checks, name) for name in
                  ("deletion", "insertion", "beats", "changes", "shuffled", "alike", "sum_error")}  # fmt: skip
        return {
            "origin": self.origin, "answer": self.answer, "about": self.about, "number": self.number,
            "verdict": self.verdict, "why": self.checks.why, "method": self.method, "parts": self.unit,
            "hidden_by": self.parts.hidden, "full": self.full, "empty": self.empty, "checks": checks,
            "tried": self.tried,
            "weights": [{"part": name, **where.to_json(), "weight": weight} for name, where, weight in told],
        }  # fmt: skip

    def __repr__(self) -> str:
        first = ", ".join(f"{self.parts.names[part]} {self.weights[part]:+.3g}" for part in self.order[:5])
        return f"{self.origin}: {self.caption}; {first}"
