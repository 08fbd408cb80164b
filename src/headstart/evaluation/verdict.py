"""Was the head start worth it? One of three answers, in a sentence with its numbers.

A gain counts when its interval lies above zero and its estimate reaches the smallest worthwhile gain; it is ruled out
when the whole interval lies below that gain. The head start is worth it when it gains over both the same network from
scratch and the simple baseline, and not worth it when either gain is ruled out. Anything else cannot be told yet, and
neither can anything from a single seed, whose luck no interval shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headstart.core.contracts.metric import Metric
from headstart.evaluation.intervals import TAILS, Interval

Answer = Literal["worth it", "not worth it", "cannot tell yet"]

SMALLEST_GAIN = 0.01
"""The smallest worthwhile gain: of a score in [0, 1] one point, of others 1 % of the score of the scratch arm."""

MOST_SEEDS = 100  # more seeds than this are never asked for: the two are then too close to part


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured with one number of labels (None: with all). Gains are paired and positive where better."""

    labels: int | None
    metric: Metric
    score: Interval
    over_scratch: Interval
    over_baseline: Interval
    baseline: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, why in one sentence, and how many more seeds would part the intervals (None: seeds do not help)."""

    verdict: Answer
    sentence: str
    more_seeds: int | None = None


def verdict(evidence: Evidence) -> Verdict:
    """The verdict with one number of labels."""
    least = _least(evidence)
    both = (evidence.over_scratch, evidence.over_baseline)
    answers: list[Answer] = [_answer(gain, least) for gain in both]
    numbers = _numbers(evidence)
    if "not worth it" in answers:
        return Verdict("not worth it", f"{numbers}: not worth it{_reason(evidence, answers)}.")
    if answers == ["worth it", "worth it"]:
        return Verdict("worth it", f"{numbers}: worth it.")
    undecided = [gain for gain, answer in zip(both, answers, strict=True) if answer == "cannot tell yet"]
    needs = [more_seeds_to_part(gain, least) for gain in undecided]
    more = None if None in needs else max(need for need in needs if need is not None)
    return Verdict("cannot tell yet", f"{numbers}: cannot tell yet; {_advice(undecided, more)}.", more)


def overall(evidences: Sequence[Evidence]) -> Verdict:
    """One verdict over several numbers of labels: worth it where it pays, and the sentence says where."""
    assert evidences, "a verdict needs at least one number of labels"
    single = [verdict(one) for one in evidences]
    if len(single) == 1:
        return single[0]
    paying, open_ones, futile = (
        [evidence for evidence, one in zip(evidences, single, strict=True) if one.verdict == answer]
        for answer in ("worth it", "cannot tell yet", "not worth it")
    )
    if paying:
        best = max(paying, key=lambda one: one.over_scratch.value)
        where = "at every number of labels tried" if len(paying) == len(evidences) else f"with {_budgets(paying)}"
        parts = [f"The head start is worth it {where}"]
        parts += [f"not worth it with {_budgets(futile)}"] if futile else []
        parts += [f"undecided with {_budgets(open_ones)}"] if open_ones else []
        return Verdict("worth it", f"{', '.join(parts)}. Most gained: {_lower_first(_numbers(best))}.")
    if open_ones:
        needs = [one.more_seeds for one in single if one.verdict == "cannot tell yet"]
        needed = [need for need in needs if need is not None]
        more = min(needed) if needed else None
        ruled_out = f"; it is not worth it with {_budgets(futile)}" if futile else ""
        first = open_ones[needs.index(more)]
        tail = f"{_numbers(first)}; {_advice([first.over_scratch, first.over_baseline], more)}"
        return Verdict("cannot tell yet", f"Cannot tell yet with {_budgets(open_ones)}{ruled_out}. {tail}.", more)
    best = max(futile, key=lambda one: min(one.over_scratch.value, one.over_baseline.value))
    sentence = f"The head start is not worth it at any number of labels tried. At best: {_lower_first(_numbers(best))}."
    return Verdict("not worth it", sentence)


def more_seeds_to_part(gain: Interval, least: float) -> int | None:
    """How many more seeds would decide this gain, were its estimate to stay; None when seeds alone cannot."""
    from scipy.stats import t

    if gain.seed_error is None:
        return 4  # five seeds in all: the smallest number whose t quantile (2.8) is not far from the normal's (2.0)
    goal = gain.value if gain.value >= least else least - gain.value  # distance to the border it is heading for
    for seeds in range(gain.seeds + 1, gain.seeds + MOST_SEEDS + 1):
        seed_part = gain.seed_error**2 * gain.seeds / seeds
        total = seed_part + gain.row_error**2
        freedom = (seeds - 1) * (total / seed_part) ** 2 if seed_part > 0 else 1e9  # Satterthwaite
        if float(t.ppf(TAILS[1], freedom)) * total**0.5 < goal:
            return seeds - gain.seeds
    return None


def _least(evidence: Evidence) -> float:
    if evidence.metric.fraction:
        return SMALLEST_GAIN
    return SMALLEST_GAIN * abs(evidence.score.value - evidence.metric.sign * evidence.over_scratch.value)


def _answer(gain: Interval, least: float) -> Answer:
    if gain.seed_error is None:
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
    scratch = f"{_gain(evidence.over_scratch, metric)} the same network from scratch"
    baseline = f"{_gain(evidence.over_baseline, metric, short=True)} {evidence.baseline}"
    return f"With {labels} the head start scores {_score(evidence.score)}{name}, {scratch} and {baseline}"


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


def _reason(evidence: Evidence, answers: Sequence[Answer]) -> str:
    """Which rival is to blame, where it is only one of the two."""
    if answers[0] == answers[1]:
        return ""
    rival, gain = "training from scratch", evidence.over_scratch
    if answers[1] == "not worth it":
        rival, gain = evidence.baseline, evidence.over_baseline
    return f", because {rival} {'does better' if gain.high < 0 else 'does as well'}"


def _advice(undecided: Sequence[Interval], more: int | None) -> str:
    if any(gain.seed_error is None for gain in undecided):
        return "one seed does not show the luck of the draw, run 4 more"
    if more is None:
        rows = max(undecided, key=lambda gain: gain.row_error).rows
        return f"more seeds alone will not part them, {rows:,} test rows are too few for a difference this small"
    return f"about {more} more seed{'s' * (more != 1)} would part them"


def _budgets(evidences: Sequence[Evidence]) -> str:
    names = ["all" if one.labels is None else f"{one.labels:,}" for one in evidences]
    return (names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]) + " labels"


def _lower_first(text: str) -> str:
    return text[0].lower() + text[1:]
