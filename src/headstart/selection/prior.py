"""What is expected before anything is tried, from tables of whole fine-tunes on other data.

`portfolio.json` is made by `benchmarks/selection/portfolio.py` from the tables there. For a kind of question ("classify
text", few or many labels) it holds an order of families, chosen greedily: each next one is that which lowers the mean
regret of the best so far the most. And it holds, for each family, the mean and deviation of the log of its loss over
the best loss of the table, and in how many tables it stood.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

FEW = 1_000  # up to so many labels a question is one of few
PLACE = Path(__file__).with_name("portfolio.json")
SPREAD = 0.25  # deviation of the log loss of a candidate of which nothing is known
DOUBT = 2.0  # times the variance of the tables; 13 of them, one data set left out: regret .4 points, with 1.0 it is 1.0
LEAST_TABLES = 3  # a family that stood in fewer says nothing of the next


@dataclass(frozen=True, slots=True)
class Prior:
    """The order of families, and of each (mean, deviation, tables) of log(loss / best loss)."""

    order: Sequence[str] = ()
    families: Mapping[str, tuple[float, float, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str, labels: int, tables: Mapping[str, Any] | None = None) -> "Prior":
        """That of a kind of question; one that expects nothing where there are no tables."""
        known: Mapping[str, Any] = json.loads(PLACE.read_text("utf-8")) if tables is None else tables
        found = known.get(kind, {}).get("few" if labels <= FEW else "many")
        if found is None:
            return cls()
        return cls(found["order"], {name: (row[0], row[1], int(row[2])) for name, row in found["families"].items()})

    def rank(self, family: str) -> int:
        """Place in the order; what is not in it comes last."""
        return list(self.order).index(family) if family in self.order else len(self.order)

    def drawn(self, losses: np.ndarray, families: Sequence[str]) -> np.ndarray:
        """Measured losses [replicates, E], drawn towards what is expected; the less the surer they are measured.

        Differences of logarithms to the mean of all candidates are combined, each weighted by its precision. A family
        that no table knows is expected to be like the mean: what shone on twenty rows is mostly luck.
        """
        if losses.shape[1] < 2 or not np.isfinite(losses).all():
            return losses
        known = [self._known(family) for family in families]
        usual = float(np.mean([row[0] for row in known if row is not None] or [0.0]))
        expected = np.array([usual if row is None else row[0] for row in known])
        spread = np.array([SPREAD if row is None else row[1] for row in known])
        logs = logs_of(losses)
        centre = logs.mean(1, keepdims=True)
        apart, wanted = logs - centre, expected - expected.mean()
        believed = DOUBT * spread**2
        weight = believed / (believed + apart.var(0) + 1e-9)  # of what was measured
        mean = apart.mean(0)
        return np.exp(centre + (1 - weight) * wanted + weight * mean + np.sqrt(weight) * (apart - mean))

    def _known(self, family: str) -> tuple[float, float, int] | None:
        found = self.families.get(family)
        return None if found is None or found[2] < LEAST_TABLES else found


def logs_of(losses: np.ndarray) -> np.ndarray:
    """Logarithms of losses [replicates, E]; none is taken for smaller than a tenth of the mean.

    All of twenty rows right is no loss of 0, whose logarithm would say that nothing was measured.
    """
    return np.log(np.maximum(losses, max(0.1 * float(losses.mean()), 1e-9)))


def portfolio(regrets: np.ndarray, families: Sequence[str]) -> list[str]:
    """Families in the order in which each next one lowers the mean regret of the best so far most.

    regrets [tables, families], NaN where a family is absent.
    """
    left, order = list(range(len(families))), list[str]()
    worst = np.nanmax(regrets) if regrets.size else 0.0
    filled = np.where(np.isfinite(regrets), regrets, worst)
    best = np.full(len(regrets), np.inf)
    while left:
        gains = [np.minimum(best, filled[:, number]).mean() for number in left]
        chosen = left.pop(int(np.argmin(gains)))
        best = np.minimum(best, filled[:, chosen])
        order.append(families[chosen])
    return order
