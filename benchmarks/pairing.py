"""Two or more ways to do the same work, run in turn in one process, so that a busy machine slows all of them alike.

A ratio is taken within a round and the median of the rounds is the result. Beside the clock on the wall stands the
processor time, which neighbours on the machine hardly change: where the two disagree, the machine was busy.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Lap:
    """What one round of one way came to: samples done in seconds by the wall clock and by the processor."""

    samples: int
    wall: float
    processor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to do the work: `lap` does one round, `score` says how well it went (None: nothing is learned).

    `flops` are those of one sample, forward and backward. `ours` are headstart's ways, the others its peers.
    """

    name: str
    lap: Callable[[], Lap]
    score: Callable[[], float | None] = lambda: None
    flops: float = 0.0
    ours: bool = False


class Stopwatch:
    """Wall and processor time since `start`; peers start it after their first steps, so that set-up does not count."""

    def __init__(self) -> None:
        self._wall = self._processor = 0.0

    def start(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def lap(self, samples: int) -> Lap:
        """Time since `start`, for so many samples."""
        return Lap(samples, time.perf_counter() - self._wall, time.process_time() - self._processor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Laps and scores of every way, a round each, in the order in which they ran."""

    row: str
    goal: float
    ways: Sequence[Way]
    laps: Mapping[str, list[Lap]]
    scores: Mapping[str, list[float]]
    score_name: str
    roof: Mapping[str, float]

    def best(self) -> str:
        """Headstart's fastest way."""
        return max((w.name for w in self.ways if w.ours), key=lambda n: statistics.median(self.rates(n)))

    def rates(self, name: str, clock: str = "wall") -> list[float]:
        """Samples per second of every round."""
        return [lap.samples / (lap.wall if clock == "wall" else lap.processor) for lap in self.laps[name]]

    def ratios(self, peer: str, clock: str = "wall") -> list[float]:
        """How many times faster than the peer headstart's fastest way was, a round each."""
        pairs = zip(self.rates(self.best(), clock), self.rates(peer, clock), strict=True)
        return [ours / theirs for ours, theirs in pairs]

    def as_dict(self) -> dict[str, Any]:
        """Everything measured, for --json."""
        ways: dict[str, Any] = {}
        for way in self.ways:
            rates, scores = self.rates(way.name), self.scores[way.name]
            seen = ways[way.name] = {"samples_per_second": _spread(rates)}
            if scores:
                seen[self.score_name] = _spread(scores)
            if way.flops and self.roof:
                seen["share_of_roof"] = {"median": statistics.median(rates) * way.flops / 1e9 / max(self.roof.values())}
            if not way.ours:
                seen |= {"times": _spread(self.ratios(way.name))}
                seen |= {"times_by_processor": _spread(self.ratios(way.name, "processor"))}
        worst = min(way["times"]["median"] for way in ways.values() if "times" in way)
        return {
            "row": self.row, "goal": self.goal, "reached": worst >= self.goal, "headstart": self.best(),
            "against_the_best_peer": worst, "ways": ways, "roof_gflops": dict(self.roof),
        }  # fmt: skip


def alternate(
    row: str, goal: float, ways: Sequence[Way], *, rounds: int, roof: bool = False, score_name: str = "loss"
) -> Result:
    """Run every way once a round, each round beginning with another one. A first round warms up and is left out.

    Scores are read after every lap: every way has then seen the same number of samples.
    """
    laps: dict[str, list[Lap]] = {way.name: [] for way in ways}
    scores: dict[str, list[float]] = {way.name: [] for way in ways}
    for way in ways:
        way.lap()
    peaks = [_peak()] if roof else []
    for turn in range(rounds):
        for i in range(len(ways)):
            way = ways[(turn + i) % len(ways)]
            laps[way.name].append(way.lap())
            score = way.score()
            if score is not None:
                scores[way.name].append(score)
        if roof:
            peaks.append(_peak())
    best = {name: max(peak[name] for peak in peaks) for name in peaks[0]} if roof else {}
    return Result(row=row, goal=goal, ways=ways, laps=laps, scores=scores, score_name=score_name, roof=best)


def report(results: Sequence[Result], *, as_json: bool) -> None:
    """One table a result; with --json one object and nothing else."""
    if as_json:
        print(json.dumps([result.as_dict() for result in results], indent=1))
        return
    for result in results:
        print(_table(result))


def arguments(text: str) -> argparse.ArgumentParser:
    """The options that all rows share."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds of every way")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of every way")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _peak(side: int = 1024, repeats: int = 4) -> dict[str, float]:
    """The best rate of matrix products in this very minute, GFLOP/s by precision."""
    found = {}
    for kind in (torch.float32, torch.bfloat16):
        a = torch.randn(side, side).to(kind)
        times = []
        for _ in range(repeats):
            began = time.perf_counter()
            torch.mm(a, a)
            times.append(time.perf_counter() - began)
        found[str(kind).removeprefix("torch.")] = 2 * side**3 / min(times) / 1e9
    return found


def _table(result: Result) -> str:
    facts = result.as_dict()
    learned = f"{result.score_name} (min-max)"
    head = f"{'way':<30}{'samples/s':>11}{learned:>24}{'roof':>8}   times faster (min-max), by processor"
    lines = [f"\n{result.row}   goal: {result.goal:g} times the best peer", head, "-" * len(head)]
    for name, seen in facts["ways"].items():
        line = f"{name:<30}{seen['samples_per_second']['median']:>11,.0f}"
        line += _figures(seen.get(result.score_name), ".4f").rjust(24)
        line += f"{seen['share_of_roof']['median']:>8.0%}" if "share_of_roof" in seen else " " * 8
        if "times" in seen:
            line += f"   {_figures(seen['times'], '.2f')}, {seen['times_by_processor']['median']:.2f}"
        lines.append(line)
    if result.roof:
        lines.append("matrix products: " + ", ".join(f"{k} {v:,.0f} GFLOP/s" for k, v in result.roof.items()))
    verdict = "reached" if facts["reached"] else "missed"
    lines.append(f"{facts['headstart']} against the best peer: {facts['against_the_best_peer']:.2f}, goal {verdict}")
    return "\n".join(lines)


def _figures(spread: Mapping[str, float] | None, form: str) -> str:
    if spread is None:
        return ""
    return f"{spread['median']:{form}} ({spread['min']:{form}}-{spread['max']:{form}})"
