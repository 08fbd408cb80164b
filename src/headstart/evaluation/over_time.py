"""Scores by period with block-bootstrap intervals, whether a model is better than none, and what a rule earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from headstart.core.contracts.over_time import OverTime, Trades
from headstart.evaluation.intervals import TAILS

REPLICATES = 2000
_FEWEST = 4  # blocks from which an interval is made


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Answers in order of time.

    lines    a period each: "period", "moments", the loss of the model with its interval, those of answers without a
             model, and returns of the rule and of holding
    against  what the model loses less than each answer without a model, a share of that answer's loss
    figures  what the rule and holding come to a year, with intervals; {} without a rule
    said     the same in sentences
    growth   what 1 has become at the end of each period: of the rule and of holding
    refits   how often the model was fitted anew
    apart    the same lines for moments that are told apart, with what they are as "period"
    """

    metric: str
    lines: list[dict[str, Any]]
    against: dict[str, dict[str, float]]
    figures: dict[str, float] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    growth: dict[str, list[float]] = field(default_factory=dict)
    refits: int = 0
    apart: list[dict[str, Any]] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Plain data for machines."""
        return dict(vars(self))


def walk(found: OverTime, seed: int, *, refits: int = 0) -> Walk:
    """What answers come to, period by period and over all of them."""
    generator = np.random.default_rng([seed, 17])
    names, model = list(found.losses), next(iter(found.losses.values()))
    columns = np.stack(list(found.losses.values()), 1)  # [n, W], the model first
    block = _block(len(columns), found.span)
    lines = [_line(found, columns[places], period, block, generator) for period, places in _periods(found.periods)]
    means, drawn = columns.mean(0), block_means(columns, block, generator)
    against, words = dict[str, dict[str, float]](), list[str]()
    for place, name in enumerate(names[1:], 1):
        low, high = _interval(float(means[place] - means[0]), drawn[:, place] - drawn[:, 0], len(columns) / block)
        shares = [float(one / max(means[place], 1e-300)) for one in (means[place] - means[0], low, high)]
        against[name] = dict(zip(("less", "less_low", "less_high"), shares, strict=True))
        words.append(
            _compared(name, float(means[place]), shares, same=bool(np.allclose(model, columns[:, place], rtol=1e-4)))
        )
    of_some = [_line(found, columns[chosen], name, block, generator) for name, chosen in found.apart.items()]
    began = f"refitted {refits} times, once a period; " if refits else ""
    said = [f"{began}over {len(columns):,} moments the model has {found.metric} {means[0]:.3f}: " + "; ".join(words)]
    said += [_apart(line, found.metric, names) for line in of_some]
    figures, growth = dict[str, float](), dict[str, list[float]]()
    if found.trades is not None:
        figures, earned = _figures(found.trades, generator)
        said += earned
        lines = [{**line, **_returns(found.trades, places)}
                 for line, (_, places) in zip(lines, _periods(found.trades.periods), strict=True)]  # fmt: skip
        growth = {
            name: np.cumprod([1 + line[f"{name}_return"] for line in lines]).tolist() for name in ("rule", "hold")
        }
    return Walk(metric=found.metric, lines=lines, against=against, figures=figures, said=said, growth=growth,
                refits=refits, apart=of_some)  # fmt: skip


def _apart(line: Mapping[str, Any], metric: str, names: Sequence[str]) -> str:
    """ "over 104 moments near a change of label: error 0.021, repeating the last label 0.250"."""
    others = "".join(f", {name} {line[name]:.3f}" for name in names[1:])
    return f"over {line['moments']:,} moments {line['period']}: the model has {metric} {line[metric]:.3f}{others}"


def block_means(columns: np.ndarray, block: int, generator: np.random.Generator) -> np.ndarray:
    """Means of columns [n, C] over blocks of rows in order, drawn with replacement from a circle (Politis and Romano
    1992), [replicates, C]."""
    n = len(columns)
    block = min(block, n)
    sums = np.concatenate([np.zeros((1, columns.shape[1])), np.concatenate([columns, columns[:block]]).cumsum(0)])
    starts = generator.integers(0, n, (REPLICATES, -(-n // block)))
    return (sums[starts + block] - sums[starts]).sum(1) / (starts.shape[1] * block)


def _block(rows: int, span: int) -> int:
    """As long as errors overlap, and the third root of the rows where they do not (Hall, Horowitz and Jing 1995)."""
    return min(rows, max(span, int(np.ceil(rows ** (1 / 3)))))


def _interval(value: float, drawn: np.ndarray, blocks: float) -> tuple[float, float]:
    """By the t distribution over blocks: percentiles of few blocks are too narrow."""
    from scipy.stats import t

    half = float(t.ppf(TAILS[1], max(1.0, blocks - 1)) * drawn.std())
    return value - half, value + half


def _periods(names: Sequence[str]) -> list[tuple[str, np.ndarray]]:
    """Periods in order of time, each with the places of its moments."""
    every = np.array(names)
    return [(name, np.flatnonzero(every == name)) for name in dict.fromkeys(names)]


def _line(
    found: OverTime, columns: np.ndarray, period: str, block: int, generator: np.random.Generator
) -> dict[str, Any]:
    names, means, block = list(found.losses), columns.mean(0), min(block, _block(len(columns), found.span))
    line: dict[str, Any] = {"period": period, "moments": len(columns), found.metric: float(means[0])}
    if len(columns) >= _FEWEST * block:
        ends = _interval(float(means[0]), block_means(columns[:, :1], block, generator)[:, 0], len(columns) / block)
        line |= {f"{found.metric}_low": max(0.0, ends[0]), f"{found.metric}_high": ends[1]}
    return line | {name: float(mean) for name, mean in zip(names[1:], means[1:], strict=True)}


def _compared(name: str, loss: float, shares: Sequence[float], *, same: bool) -> str:
    """ "not better than the last value (1.282; 8.0 % less [-3.0, 19.0])"."""
    if same:
        return f"not better than {name}, which answers in its place"
    less, low, high = (100 * one for one in shares)
    verdict = "better than" if low > 0 else "worse than" if high < 0 else "not better than"
    moved, ends = ("less", (low, high)) if less >= 0 else ("more", (-high, -low))
    return f"{verdict} {name} ({loss:.3f}; {abs(less):.1f} % {moved} [{ends[0]:.1f}, {ends[1]:.1f}])"


def _returns(trades: Trades, places: np.ndarray) -> dict[str, float]:
    return {
        "rule_return": float(np.prod(1 + trades.rule[places]) - 1),
        "hold_return": float(np.prod(1 + trades.hold[places]) - 1), "turns": float(trades.turned[places].sum()),
    }  # fmt: skip


def _figures(trades: Trades, generator: np.random.Generator) -> tuple[dict[str, float], list[str]]:
    """Mean return and Sharpe ratio (without an interest rate) of the rule and of holding, and their difference."""
    rule, hold, yearly = trades.rule, trades.hold, trades.yearly
    block = _block(len(rule), 1)
    columns = np.stack([rule, rule**2, hold, hold**2], 1)
    means, drawn = columns.mean(0), block_means(columns, block, generator)
    found = dict[str, float]()
    for name, place in (("rule", 0), ("hold", 2)):
        ends = _interval(float(means[place]), drawn[:, place], len(rule) / block)
        _put(found, f"{name}_mean", yearly * float(means[place]), [yearly * end for end in ends])
        ratio, ratios = (_sharpe(one[..., place], one[..., place + 1], yearly) for one in (means, drawn))
        _put(found, f"{name}_sharpe", float(ratio), np.quantile(ratios, TAILS).tolist())
    ends = _interval(float(means[0] - means[2]), drawn[:, 0] - drawn[:, 2], len(rule) / block)
    _put(found, "difference", yearly * float(means[0] - means[2]), [yearly * end for end in ends])
    found["turns"] = yearly * float(trades.turned.mean())
    unit, form = ("year", ".1%") if yearly != 1.0 else ("step", ".3%")
    low, high = found["difference_low"], found["difference_high"]
    verdict = (
        "surely more than holding" if low > 0 else "surely less than holding" if high < 0
        else "no sure difference to holding"
    )  # fmt: skip
    apart = f"{found['difference']:+{form}} a {unit}, {low:+{form}} to {high:+{form}}"
    said = [
        f"{trades.words}: {_of(found, 'rule', unit, form)}, {found['turns']:.1f} turns a {unit}; buying and holding: "
        f"{_of(found, 'hold', unit, form)}; {verdict} ({apart})"
    ]
    return found, said


def _sharpe(mean: Any, square: Any, yearly: float) -> Any:
    return mean / np.sqrt(np.maximum(square - mean**2, 1e-18)) * np.sqrt(yearly)


def _put(found: dict[str, float], name: str, value: float, ends: Sequence[float]) -> None:
    found |= {name: value, f"{name}_low": float(ends[0]), f"{name}_high": float(ends[1])}


def _of(found: Mapping[str, float], name: str, unit: str, form: str) -> str:
    mean, ratio = f"{name}_mean", f"{name}_sharpe"
    return (
        f"{found[mean]:+{form}} a {unit} [{found[f'{mean}_low']:+{form}}, {found[f'{mean}_high']:+{form}}], "
        f"Sharpe ratio {found[ratio]:.2f} [{found[f'{ratio}_low']:.2f}, {found[f'{ratio}_high']:.2f}]"
    )
