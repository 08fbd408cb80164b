"""A model acts in an environment: how often it succeeds and what it earns, beside demonstrations and beside chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from headstart.core.contracts.acting import Acting
from headstart.core.overview import Overview
from headstart.core.shown import Shown
from headstart.data.records import Episode
from headstart.evaluation.environments import Act, failing, fitted, opened, titled
from headstart.evaluation.shares import wilson
from headstart.inference.policy import Latency, Policy, row_of, together
from headstart.inference.predictor import Predictor

TOGETHER = 100  # environments that are open at once
LONGEST = 1000  # steps of an episode where the environment sets no limit
CHANCE = 25  # episodes of random actions
SHOWN = 6  # episodes whose steps are kept to be drawn
SAYS = ("is_success", "success")  # facts by which environments tell whether an episode succeeded
_LOW = 0.1  # quantile of the demonstrations' returns that counts as success where nothing else does
_RESAMPLES = 2000


Build: TypeAlias = Callable[[], Any]
Deciding: TypeAlias = Callable[[Sequence[int], Sequence[Any], Sequence[Any]], list[tuple[Any, bool]]]
"""Numbers of episodes that go on, their observations and environments -> actions, and whether they were moved."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """One episode: the sum of its rewards, its steps, whether the environment says that it succeeded (None: it says
    nothing), how many actions were brought within bounds, and what was observed, float64 [T, S], where it is kept."""

    total: float
    steps: int
    said: bool | None
    clipped: int
    observed: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class Rollouts(Shown):
    """What a model does in an environment.

    scores   `success` and `return` with `_low` and `_high`, the same of `random_` actions and of the `demonstrated_`
             episodes; without `success` where nothing says what it is
    rule     what counts as success
    episodes, random  every episode; of the first some steps are kept
    shown    observed steps of some demonstrations, [T, S] each
    """

    environment: str
    scores: dict[str, float]
    rule: str
    acting: Acting
    episodes: Sequence[Rollout]
    random: Sequence[Rollout]
    shown: Sequence[np.ndarray]
    latency: Latency
    warnings: list[str] = field(default_factory=list)

    def overview(self) -> Overview:
        """The scores with their intervals."""
        title = f"{len(self.episodes):,} episodes in {self.environment}"
        return Overview(title=title, sentence=self.rule, scores=self.scores, warnings=self.warnings,
                        facts={"latency": str(self.latency)})  # fmt: skip


def rolled_out(
    predictor: Predictor, environment: str, demonstrations: Iterable[Any] = (), *, episodes: int, steps: int | None,
    average: float | None, seed: int, arguments: Mapping[str, Any] = MappingProxyType({}),
) -> Rollouts:  # fmt: skip
    """Let the model act in so many episodes, and random actions in the first 25 of them, from the same starts.

    demonstrations  examples, of which those that are episodes are read; their rewards say what was earned there
    arguments       what the environment is built with
    """
    policies = [Policy(predictor, average=average) for _ in range(min(episodes, TOGETHER))]
    environment, build = titled(environment, arguments), partial(opened, environment, arguments)
    acting, first = policies[0].acting, build()
    by_model = _by_model(policies, fitted(first, acting, environment))
    limit = steps or (first.spec.max_episode_steps if first.spec else None) or LONGEST
    threshold = None if first.spec is None else first.spec.reward_threshold
    first.close()
    done, chance = list[Rollout](), list[Rollout]()
    for begin in range(0, episodes, TOGETHER):
        starts = [int(np.random.SeedSequence([seed, 1, n]).generate_state(1)[0])
                  for n in range(begin, min(episodes, begin + TOGETHER))]  # fmt: skip
        for policy in policies:
            policy.reset()
        done += _lockstep(build, acting, starts, by_model, limit, keep=max(0, SHOWN - begin))
        if not chance:  # of the first starts alone: it serves to compare
            chance = _lockstep(build, acting, starts[:CHANCE], _at_random, limit, keep=0)
    latency = _timed(policies[0], build, seed)
    given = [one["input"] for one in demonstrations if isinstance(one["input"], Episode)]
    returns = np.array([np.nansum(one.rewards) for one in given if one.rewards is not None])
    rule, succeeded = _rule(done, threshold, returns)
    scores = _scores(done, "", succeeded, seed) | _scores(chance, "random_", succeeded, seed)
    recorded = [Rollout(float(total), 0, None, 0) for total in returns]
    told = None if rule.startswith("the environment") else succeeded
    scores |= _scores(recorded, "demonstrated_", told, seed) if recorded else {}
    return Rollouts(environment=environment, scores=scores, rule=rule, acting=acting, episodes=done, random=chance,
                    shown=[one.observed for one in given[:SHOWN]], latency=latency,
                    warnings=list(_warnings(done, scores, given, returns)))  # fmt: skip


def _by_model(policies: Sequence[Policy], act: Act) -> Deciding:
    """Each place has a policy of its own; all of them are asked at once."""

    def decide(places: Sequence[int], seen: Sequence[Any], environments: Sequence[Any]) -> list[tuple[Any, bool]]:
        return [act(action) for action in together([policies[place] for place in places], seen)]

    return decide


def _at_random(places: Sequence[int], seen: Sequence[Any], environments: Sequence[Any]) -> list[tuple[Any, bool]]:
    return [(environment.action_space.sample(), False) for environment in environments]


def _lockstep(
    build: Build, acting: Acting, starts: Sequence[int], decide: Deciding, limit: int, *, keep: int
) -> list[Rollout]:
    """An episode from each start, all of them step by step together; the steps of the first `keep` are kept."""
    environments, count = [build() for _ in starts], len(starts)
    for environment, start in zip(environments, starts, strict=True):
        environment.action_space.seed(start)
    with failing():
        seen = [one.reset(seed=start)[0] for one, start in zip(environments, starts, strict=True)]
    kept: list[list[np.ndarray]] = [[] for _ in starts]
    totals, steps, clipped = np.zeros(count), np.zeros(count, int), np.zeros(count, int)
    said: list[bool | None] = [None] * count
    going = list(range(count))
    while going:
        for place in going[:keep]:
            if place < keep:
                kept[place].append(row_of(seen[place], acting.observes))
        decided = decide(going, [seen[place] for place in going], [environments[place] for place in going])
        for place, (action, moved) in zip(list(going), decided, strict=True):
            with failing():
                seen[place], reward, over, cut, facts = environments[place].step(action)
            totals[place] += float(reward)
            steps[place] += 1
            clipped[place] += moved
            told = next((facts[one] for one in SAYS if one in facts), None)
            said[place] = bool(np.all(told)) if told is not None else said[place]
            if over or cut or steps[place] >= limit:
                going.remove(place)
    for environment in environments:
        environment.close()
    return [Rollout(float(totals[n]), int(steps[n]), said[n], int(clipped[n]), np.stack(kept[n]) if kept[n] else None)
            for n in range(count)]  # fmt: skip


def _timed(policy: Policy, build: Build, seed: int) -> Latency:
    """How long one action takes, in an episode of at most 200 steps by itself."""
    environment = build()
    given, policy = fitted(environment, policy.acting, ""), Policy(policy.model)
    seen = environment.reset(seed=seed)[0]
    for _ in range(200):
        seen, _, over, cut, _ = environment.step(given(policy(seen))[0])
        if over or cut:
            break
    environment.close()
    return policy.latency


def _rule(
    done: Sequence[Rollout], threshold: float | None, returns: np.ndarray
) -> tuple[str, Callable[[Rollout], bool] | None]:
    """What counts as success, in words and as a function."""
    if any(one.said is not None for one in done):
        return "the environment says at the last step whether an episode succeeded", lambda one: bool(one.said)
    if threshold is not None:
        return f"an episode succeeds with a return of {threshold:g}, as the environment says", (
            lambda one: one.total >= threshold
        )
    if len(returns):
        least = float(np.quantile(returns, _LOW))
        return f"an episode succeeds with a return of {least:.4g}, which 9 of 10 demonstrations reach", (
            lambda one: one.total >= least
        )
    return "nothing says what success is: give demonstrations with rewards", None


def _scores(
    rollouts: Sequence[Rollout], who: str, succeeded: Callable[[Rollout], bool] | None, seed: int
) -> dict[str, float]:
    """Shares of success with Wilson's interval, and mean returns with that of a bootstrap over episodes."""
    found: dict[str, float] = {}
    if succeeded is not None:
        share = float(np.mean([succeeded(one) for one in rollouts]))
        low, high = wilson(share, len(rollouts))
        found |= {f"{who}success": share, f"{who}success_low": low, f"{who}success_high": high}
    totals = np.array([one.total for one in rollouts])
    drawn = np.random.default_rng([seed, 2]).integers(0, len(totals), (_RESAMPLES, len(totals)))
    low, high = np.quantile(totals[drawn].mean(1), (0.025, 0.975)).tolist()
    return found | {f"{who}return": float(totals.mean()), f"{who}return_low": low, f"{who}return_high": high}


def _warnings(
    done: Sequence[Rollout], scores: dict[str, float], given: Sequence[Episode], returns: np.ndarray
) -> Iterable[str]:
    steps = sum(one.steps for one in done)
    clipped = sum(one.clipped for one in done)
    if clipped > steps // 100:
        yield f"{clipped:,} of {steps:,} actions were out of the environment's bounds and brought within them"
    if not given:
        yield "no demonstrations were given to compare with: name their raw data behind the model"
    elif not len(returns):
        yield "the demonstrations hold no rewards, so what they earned is not known"
    if scores["return_high"] < scores["random_return_low"]:
        yield "random actions earn more than the model"
