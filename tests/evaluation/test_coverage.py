"""Nominal 95 % intervals cover the truth nearly that often, also where rows are few, odd, or drawn from few."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from headstart.evaluation.intervals import arm_interval, gain_interval, mean_interval
from headstart.evaluation.label_pool import pool_error, with_pool
from headstart.evaluation.shares import clopper_pearson, share_interval, wilson
from headstart.evaluation.tails import drawn_means
from headstart.training.tasks.classify.answer import METRICS as CLASSES
from headstart.training.tasks.regress.answer import METRICS as VALUES
from headstart.training.words.tag_schemes import METRICS as SPANS

ACCURACY, RMSE, F1 = CLASSES[0], VALUES[0], SPANS[0]
LEAST = {60: 0.86, 400: 0.93}  # of so many simulations; 60 are a glance, whose standard error is 0.03
CASES = [60, pytest.param(400, marks=pytest.mark.slow)]
DRAWS = {
    "normal": lambda generator, shape: generator.normal(size=shape),
    "t(3)": lambda generator, shape: generator.standard_t(3, shape) / 3**0.5,
    "lognormal": lambda generator, shape: np.exp(generator.normal(size=shape) - 1),
}  # each with a mean square of 1


def test_clopper_and_pearsons_interval_covers_every_share() -> None:
    for rows in (20, 50, 200):
        shares = np.linspace(0.5, 1 - 0.2 / rows, 300)
        ends = np.array([clopper_pearson(right / rows, rows) for right in range(rows + 1)])
        covers = (ends[:, :1] <= shares) & (shares <= ends[:, 1:])
        chances = binom.pmf(np.arange(rows + 1)[:, None], rows, shares)
        assert (chances * covers).sum(0).min() >= 0.95


def test_wilsons_does_not_where_nearly_all_are_right() -> None:
    ends = np.array([wilson(right / 50, 50) for right in range(51)])
    covers = (ends[:, 0] <= 0.99) & (ends[:, 1] >= 0.99)
    assert binom.pmf(np.arange(51), 50, 0.99)[covers].sum() < 0.92


@pytest.mark.parametrize("cases", CASES)
@pytest.mark.parametrize(("spans", "recall"), [(5, 0.7), (5, 0.95), (15, 0.8), (30, 0.95)])
def test_f1_of_few_spans_is_covered(spans: int, recall: float, cases: int) -> None:
    truth, covered = 2 * recall / (2 * recall + 2 * (1 - recall)), 0
    for number in range(cases):
        generator = np.random.default_rng(number)
        true = generator.poisson(generator.gamma(2, spans / 120, 60))  # some of the 60 rows have many
        chance = norm.cdf(norm.ppf(recall) * 2**0.5 + generator.normal(0, 1, 60))  # and are easy
        right = generator.binomial(true, chance)
        wrong = true - right + generator.poisson((1 - recall) * spans / 60, 60)
        interval = mean_interval(np.stack([right, wrong], 1), generator, F1)
        covered += interval.low <= truth <= interval.high
    assert covered / cases >= LEAST[cases]


@pytest.mark.parametrize("cases", CASES)
@pytest.mark.parametrize("errors", list(DRAWS))
@pytest.mark.parametrize("rows", [50, 300])
def test_rmse_is_covered_whatever_the_tails(errors: str, rows: int, cases: int) -> None:
    covered = np.zeros(2)
    for number in range(cases):
        generator = np.random.default_rng([number, rows])
        single = DRAWS[errors](generator, rows)
        seeds = np.exp(generator.normal(0, 0.05, (3, 1))) * np.where(
            generator.random((3, rows)) < 0.5, single, DRAWS[errors](generator, (3, rows))
        )
        for place, interval in enumerate(
            (mean_interval(-(single**2), generator, RMSE), arm_interval(-(seeds**2), generator, RMSE))
        ):
            covered[place] += interval.low <= 1 <= interval.high
    assert (covered / cases >= LEAST[cases]).all()


def test_the_tail_costs_little_where_errors_are_normal_and_many() -> None:
    errors = np.random.default_rng(0).normal(size=2000) ** 2
    drawn = np.quantile(drawn_means(errors, np.random.default_rng(1)), [0.025, 0.975])
    assert np.ptp(drawn) == pytest.approx(2 * 1.96 * errors.std() / 2000**0.5, rel=0.15)


def test_errors_that_are_all_equal_have_a_mean() -> None:
    np.testing.assert_allclose(drawn_means(np.full(30, 2.0), np.random.default_rng(0)), 2.0)


@pytest.mark.parametrize("cases", CASES)
@pytest.mark.parametrize("luck", [0.1, 0.3])
def test_two_seeds_are_covered(luck: float, cases: int) -> None:
    covered = np.zeros(2)
    for number in range(cases):
        generator = np.random.default_rng(number)
        hardness, own = generator.normal(0, 1, 300), 1.25**0.5
        spread = np.sqrt(1 + luck**2 + own**2)
        chances = hardness + generator.normal(0, luck, (2, 2, 1)) + generator.normal(0, own, (2, 2, 300))
        one, other = (chances + spread * norm.ppf([0.75, 0.70])[:, None, None] > 0).astype(float)
        score, gain = arm_interval(one, generator, ACCURACY), gain_interval(one, other, generator, ACCURACY)
        covered += [score.low <= 0.75 <= score.high, gain.low <= 0.05 <= gain.high]
    assert (covered / cases >= LEAST[cases]).all()


class Pool:
    """Ridge classifiers of 6 columns, and of 20 of which 14 are noise, that learn from labelled rows of one pool."""

    means = np.r_[np.full(6, 0.35), np.zeros(14)]

    def __init__(self, rows: int, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.x, self.y = self._drawn(rows)
        self.asked, self.truth = self._drawn(1000)

    def _drawn(self, rows: int) -> tuple[np.ndarray, np.ndarray]:
        y = self.generator.choice([-1.0, 1.0], rows)
        return y[:, None] * self.means + self.generator.normal(size=(rows, 20)), y

    def weights(self, labels: int) -> list[np.ndarray]:
        """Of both arms, from one draw of labelled rows and of the initial weights."""
        chosen, found = self.generator.permutation(len(self.y))[:labels], []
        for columns in (6, 20):
            turn = np.eye(columns) + 0.05 * self.generator.normal(size=(columns, columns))
            z = self.x[chosen, :columns] @ turn
            solved = np.linalg.solve(z.T @ z + 0.05 * labels * np.eye(columns), z.T @ self.y[chosen])
            found.append(turn @ solved)
        return found

    def arms(self, labels: int) -> np.ndarray:
        """Hits of both arms with five seeds, [2, 5, rows]."""
        seeds = [self.weights(labels) for _ in range(5)]
        return np.array(
            [[self.asked[:, : len(one)] @ one * self.truth > 0 for one in arm] for arm in zip(*seeds, strict=True)],
            float,
        )

    def accuracies(self, labels: int) -> list[float]:
        """The true accuracy of one model of each arm."""
        each = self.weights(labels)
        return [float(norm.cdf(one @ self.means[: len(one)] / np.linalg.norm(one))) for one in each]


@pytest.mark.parametrize("cases", CASES)
@pytest.mark.parametrize("tried", [(80,), (50, None)], ids=["80 of 100", "50 of 100 and all"])
def test_labels_from_a_small_pool_are_covered(tried: tuple[int | None, ...], cases: int) -> None:
    rows, covered, plain = 100, np.zeros(2), np.zeros(2)
    most = tried[-1] or rows
    true = np.mean([Pool(rows, 10_000 + number).accuracies(most) for number in range(1500)], 0)
    goals = [true[0], true[0] - true[1]]
    for number in range(cases):
        pool = Pool(rows, number)
        scores, gains = {}, {}
        for labels in tried:
            one, other = pool.arms(labels or rows)
            scores[labels] = arm_interval(one, pool.generator, ACCURACY)
            gains[labels] = gain_interval(one, other, pool.generator, ACCURACY, replicates=200)
        for counts, own in ((plain, (scores, gains)), (covered, (with_pool(scores, rows), with_pool(gains, rows)))):
            counts += [one[tried[-1]].low <= goal <= one[tried[-1]].high for one, goal in zip(own, goals, strict=True)]
    assert (covered / cases >= LEAST[cases]).all()
    assert plain[1] / cases < 0.9


def test_a_large_pool_widens_nothing() -> None:
    hits = (np.random.default_rng(0).random((5, 200)) < 0.8).astype(float)
    interval = arm_interval(hits, np.random.default_rng(1), ACCURACY)
    assert pool_error({20: interval}, 1_000_000) < 0.001
    assert pool_error({None: interval, 100: interval}, 100) == 0


def test_spans_that_stand_together_count_as_fewer() -> None:
    apart = share_interval(np.array([[1, 0], [0, 1]] * 20))
    together = share_interval(np.array([[10, 0], [0, 10]] * 2))
    assert np.ptp(together) > 1.5 * np.ptp(apart)
