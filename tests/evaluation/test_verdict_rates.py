"""How often the verdict is wrong, over simulated proofs: rows of differing difficulty, seeds of differing luck."""

import numpy as np
import pytest

from headstart.evaluation.intervals import Interval, gain_interval
from headstart.evaluation.verdict import SMALLEST_GAIN, Evidence, Rival, Verdict, overall
from headstart.training.tasks.classify.answer import METRICS

ACCURACY = next(metric for metric in METRICS if metric.name == "accuracy")
CLEAR = Interval(0.2, 0.15, 0.25, 5, 200, 0.01, 0.01)  # over every other rival
ROWS, SEEDS, MOST = 200, 5, 15


class Luck:
    """One simulated proof: which rows are hard and how lucky each seed of each arm is, at every number of labels."""

    def __init__(self, number: int, gain: float, looks: int) -> None:
        self.generator = np.random.default_rng([number, looks])
        hardness = self.generator.normal(0, 0.2, ROWS)
        self.hits = []
        for _ in range(looks):
            luck = self.generator.normal(0, 0.02, (2, MOST, 1))
            chances = np.clip(0.75 + hardness + luck + np.array([gain, 0.0])[:, None, None], 0, 1)
            self.hits.append((self.generator.random((2, MOST, ROWS)) < chances).astype(np.float64))

    def verdict(self, seeds: int) -> Verdict:
        evidences = []
        for look, (own, scratch) in enumerate(self.hits):
            over = gain_interval(own[:seeds], scratch[:seeds], self.generator, ACCURACY, replicates=200)
            rivals = (Rival("scratch", "scratch", over), Rival("baseline", "a linear model", CLEAR))
            evidences.append(Evidence(labels=10 * (look + 1), metric=ACCURACY, score=CLEAR, rivals=rivals))
        return overall(evidences)

    def followed(self) -> Verdict:
        """The verdict after the seeds that it asks for, as far as they go."""
        first = self.verdict(SEEDS)
        more = first.more_seeds if first.verdict == "cannot tell yet" else None
        return first if more is None else self.verdict(min(SEEDS + more, MOST))


def rate(answer: str, *, gain: float, looks: int, cases: int) -> float:
    """Share of simulated proofs that end with an answer."""
    return sum(Luck(number, gain, looks).followed().verdict == answer for number in range(cases)) / cases


CASES = [100, pytest.param(400, marks=pytest.mark.slow)]


@pytest.mark.parametrize("cases", CASES)
@pytest.mark.parametrize("looks", [1, 4])
def test_without_a_gain_it_is_hardly_ever_worth_it(looks: int, cases: int) -> None:
    assert rate("worth it", gain=0.0, looks=looks, cases=cases) <= 0.05


@pytest.mark.parametrize("cases", CASES)
@pytest.mark.parametrize("looks", [1, 4])
def test_twice_the_smallest_gain_is_hardly_ever_not_worth_it(looks: int, cases: int) -> None:
    assert rate("not worth it", gain=2 * SMALLEST_GAIN, looks=looks, cases=cases) <= 0.05


@pytest.mark.parametrize("cases", CASES)
def test_a_large_gain_is_nearly_always_found(cases: int) -> None:
    assert rate("worth it", gain=0.1, looks=4, cases=cases) >= 0.9
