"""Was the head start worth it? One of three answers, in a sentence with its numbers.

A gain counts when its interval lies above zero and its estimate reaches the smallest worthwhile gain; it is ruled out
when the whole interval lies below that gain. The head start is worth it when it gains over both the same network from
scratch, the simple baseline and every other rival (the same tuning of fresh weights, the same tuning on the raw input,
the usual network), and not worth it when one of these gains is ruled out. Anything else cannot be told yet, and neither
can anything from one or two seeds, whose luck no interval shows.

Several numbers of labels are several looks: over them, a gain counts only where it holds after Holm's correction
(1979), and the numbers that are told are those of the first one planned, not of the luckiest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headstart.core.contracts.metric import Metric
from headstart.evaluation.intervals import TAILS, Interval

Answer = Literal["worth it", "not worth it", "cannot tell yet"]

SMALLEST_GAIN = 0.01
"""The smallest worthwhile gain: of a score in [0, 1] one point, of others 1 % of the score of the scratch arm."""

FEWEST_SEEDS = 3
POWER = 0.8  # how often the seeds that are asked for will decide, were the estimate true
MOST_SEEDS = 100  # more seeds than this are never asked for: the two are then too close to part


TUNING_ONLY = ("fresh", "raw")
"""Rivals that are tuned like the head start, without its pretrained weights."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another way to the same answers: its arm, what a sentence calls it, and the gain of the head start over it.

    without  it is the head start without what was carried over, all of it or the last step of a chain
    """

    arm: str
    words: str
    gain: Interval
    without: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured with one number of labels (None: with all). Gains are paired and positive where better.

    `rivals` has training from scratch first.
    """

    labels: int | None
    metric: Metric
    score: Interval
    rivals: tuple[Rival, ...]

    @property
    def over_scratch(self) -> Interval:
        return self.rivals[0].gain

    @property
    def closest(self) -> Rival:
        """The rival over which the head start gains least."""
        return min(self.rivals, key=lambda rival: rival.gain.value)

    @property
    def negative(self) -> Rival | None:
        """The rival without what was carried over that is surely better, by most; None where there is none."""
        found = [one for one in self.rivals if one.without and one.gain.high < 0 and _decides(one.gain)]
        return min(found, key=lambda rival: rival.gain.value, default=None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, why in one sentence, and how many more seeds would part the intervals (None: seeds do not help)."""

    verdict: Answer
    sentence: str
    more_seeds: int | None = None


def verdict(evidence: Evidence, looks: int = 1) -> Verdict:
    """The verdict with one number of labels, of `looks` that are tried."""
    least = _least(evidence)
    answers: list[Answer] = [_answer(rival.gain, least) for rival in evidence.rivals]
    numbers = _numbers(evidence)
    futile = [rival for rival, answer in zip(evidence.rivals, answers, strict=True) if answer == "not worth it"]
    if futile:
        return Verdict("not worth it", f"{numbers}: not worth it{_reason(evidence, futile)}{_harm([evidence])}.")
    undecided = [r.gain for r, answer in zip(evidence.rivals, answers, strict=True) if answer == "cannot tell yet"]
    if not undecided:
        return Verdict("worth it", f"{numbers}: worth it.")
    needs = [more_seeds_to_part(gain, least, looks) for gain in undecided]
    more = None if None in needs else max(need for need in needs if need is not None)
    return Verdict("cannot tell yet", f"{numbers}: cannot tell yet; {_advice(undecided, more)}.", more)


def overall(evidences: Sequence[Evidence]) -> Verdict:
    """One verdict over several numbers of labels: worth it where it pays, and the sentence says where."""
    assert evidences, "a verdict needs at least one number of labels"
    single = [verdict(one, len(evidences)) for one in evidences]
    if len(single) == 1:
        return single[0]
    kept = _corrected(evidences, single)
    paying = [evidence for evidence, holds in zip(evidences, kept, strict=True) if holds]
    futile = [one for one, answer in zip(evidences, single, strict=True) if answer.verdict == "not worth it"]
    open_ones = [one for one in evidences if one not in paying and one not in futile]
    numbers = f"{_numbers(evidences[0])}, the first number planned{_harm(evidences)}"
    if paying:
        where = "at every number of labels tried" if len(paying) == len(evidences) else f"with {_budgets(paying)}"
        parts = [f"The head start is worth it {where}"]
        parts += [f"not worth it with {_budgets(futile)}"] if futile else []
        parts += [f"undecided with {_budgets(open_ones)}"] if open_ones else []
        return Verdict("worth it", f"{', '.join(parts)}. {numbers}.")
    if open_ones:
        needs = [one.more_seeds for one in single if one.verdict == "cannot tell yet"]
        more = None if None in needs else max((need for need in needs if need is not None), default=None)
        ruled_out = f"; it is not worth it with {_budgets(futile)}" if futile else ""
        gains = [rival.gain for one in open_ones for rival in one.rivals]
        tail = f"{numbers}; {_advice(gains, more)}" if needs else f"{numbers}; no gain holds after correction"
        return Verdict("cannot tell yet", f"Cannot tell yet with {_budgets(open_ones)}{ruled_out}. {tail}.", more)
    sentence = f"The head start is not worth it at any number of labels tried. {numbers}."
    return Verdict("not worth it", sentence)


def _corrected(evidences: Sequence[Evidence], single: Sequence[Verdict]) -> list[bool]:
    """Where it is worth it after Holm's correction for as many looks as there are numbers of labels.

    The p-value of one number is the largest over its rivals, since it has to gain over all of them.
    """
    p = [max(rival.gain.p_not_above for rival in one.rivals) for one in evidences]
    order = sorted((value, place) for place, value in enumerate(p) if single[place].verdict == "worth it")
    kept = [False] * len(evidences)
    for rank, (value, place) in enumerate(order):
        if value > TAILS[0] / (len(evidences) - rank):
            break
        kept[place] = True
    return kept


def more_seeds_to_part(gain: Interval, least: float, looks: int = 1) -> int | None:
    """How many more seeds decide this gain with 80 % power, were its estimate true; None when seeds alone cannot.

    looks: at how many numbers of labels there is a verdict (Bonferroni's level, the strictest of Holm's).
    """
    from scipy.stats import t

    if gain.seed_error is None:
        return 4  # five seeds in all: the smallest number whose t quantile (2.8) is not far from the normal's (2.0)
    goal = gain.value if gain.value >= least else least - gain.value  # distance to the border it is heading for
    for seeds in range(max(gain.seeds + 1, FEWEST_SEEDS), gain.seeds + MOST_SEEDS + 1):
        seed_part = gain.seed_error**2 * gain.seeds / seeds
        total = seed_part + gain.row_error**2 + gain.pool_error**2
        freedom = (seeds - 1) * (total / seed_part) ** 2 if seed_part > 0 else 1e9  # Satterthwaite
        needed = float(t.ppf(1 - TAILS[0] / looks, freedom)) + float(t.ppf(POWER, freedom))
        if needed * total**0.5 < goal:
            return seeds - gain.seeds
    return None


def visible_gain(rows: int, seeds: int, looks: int) -> float:
    """About the smallest gain, of a score in [0, 1], that so many test rows and seeds show in four proofs of five.

    With few labels: two arms answer 15 % of the rows differently, and the seeds of an arm differ by 3 points.
    """
    from scipy.stats import t

    seed_part, row_part = 2 * 0.03**2 / seeds, 0.15 / rows
    freedom = max(1.0, (seeds - 1) * ((seed_part + row_part) / seed_part) ** 2)
    quantiles = float(t.ppf(1 - TAILS[0] / looks, freedom)) + float(t.ppf(POWER, freedom))
    return quantiles * (seed_part + row_part) ** 0.5


def _least(evidence: Evidence) -> float:
    if evidence.metric.fraction:
        return SMALLEST_GAIN
    return SMALLEST_GAIN * abs(evidence.score.value - evidence.metric.sign * evidence.over_scratch.value)


def _decides(gain: Interval) -> bool:
    """Are there enough seeds to show the luck of the draw?"""
    return gain.seed_error is not None and gain.seeds >= FEWEST_SEEDS


def _answer(gain: Interval, least: float) -> Answer:
    if not _decides(gain):
        return "cannot tell yet"
    if gain.high < least:
        return "not worth it"
    if gain.low > 0 and gain.value >= least:
        return "worth it"
    return "cannot tell yet"


def _numbers(evidence: Evidence) -> str:
    metric = evidence.metric
    labels = "all labels" if evidence.labels is None else f"{evidence.labels:,} label{'s' * (evidence.labels != 1)}"
    name = "" if metric.name == "accuracy" else f" {metric.name}"
    first = evidence.rivals[0]
    second = min(evidence.rivals[1:], key=lambda rival: rival.gain.value)  # the closest of the others
    gains = f"{_gain(first.gain, metric)} {first.words} and {_gain(second.gain, metric, short=True)} {second.words}"
    return f"With {labels} the head start scores {_score(evidence.score)}{name}, {gains}"


def _score(interval: Interval) -> str:
    digits = 3 if abs(interval.value) < 100 else 1
    return f"{interval.value:.{digits}f} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def _gain(gain: Interval, metric: Metric, *, short: bool = False) -> str:
    """'4.6 points [3.1, 6.0] above' / '0.031 [0.020, 0.042] lower (better) than'; a loss turns the words round."""
    turn = 1.0 if gain.value >= 0 else -1.0
    low, high = sorted((turn * gain.low, turn * gain.high))
    if metric.fraction:
        value, low, high, digits, unit = 100 * turn * gain.value, 100 * low, 100 * high, 1, " points"
    else:
        value, digits, unit = turn * gain.value, 3 if abs(gain.value) < 100 else 1, ""
    better = gain.value >= 0
    if metric.lower_is_better:
        side = "lower (better) than" if better else "higher (worse) than"
    else:
        side = "above" if better else "below"
    unit = "" if short else unit
    return f"{value:.{digits}f}{unit} [{low:.{digits}f}, {high:.{digits}f}] {side}"


def _reason(evidence: Evidence, futile: Sequence[Rival]) -> str:
    """Which rival is to blame, where it is not all of them, and what pays instead where only the tuning does."""
    if len(futile) == len(evidence.rivals):
        return ""
    rival = min(futile, key=lambda one: one.gain.value)
    words = "training from scratch" if rival.arm == "scratch" else rival.words
    reason = f", because {words} {'does better' if rival.gain.high < 0 else 'does as well'}"
    others = [one.gain for one in evidence.rivals if one.arm not in TUNING_ONLY]
    if all(one.arm in TUNING_ONLY for one in futile) and all(gain.low > 0 for gain in others):
        return f"{reason}: the tuning pays, the pretraining adds nothing"
    return reason


def _harm(evidences: Sequence[Evidence]) -> str:
    """That what was carried over surely does harm, and by how much at the first number of labels where it does."""
    found = [(one, one.negative) for one in evidences if one.negative is not None]
    if not found:
        return ""
    first, rival = found[0]
    assert rival is not None
    where = f" with {_budgets([one for one, _ in found])}" if len(evidences) > 1 else ""
    return f"; negative transfer{where}: {_gain(rival.gain, first.metric)} {rival.words}"


def _advice(undecided: Sequence[Interval], more: int | None) -> str:
    seeds = min(gain.seeds for gain in undecided)
    if seeds < FEWEST_SEEDS:
        name = "one seed does" if seeds == 1 else f"{seeds} seeds do"
        return f"{name} not show the luck of the draw, run {5 - seeds} more"
    if more is None:
        widest = max(undecided, key=lambda gain: max(gain.row_error, gain.pool_error))
        rows = "the labelled rows" if widest.pool_error > widest.row_error else f"{widest.rows:,} test rows"
        return f"more seeds alone will not part them, {rows} are too few for a difference this small"
    return f"about {more} more seed{'s' * (more != 1)} would part them"


def _budgets(evidences: Sequence[Evidence]) -> str:
    names = ["all" if one.labels is None else f"{one.labels:,}" for one in evidences]
    return (names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]) + " labels"
