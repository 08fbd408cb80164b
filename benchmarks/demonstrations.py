"""Demonstrations in gymnasium environments by controllers written by hand, and by worse ones that often act at random.

python benchmarks/demonstrations.py CartPole-v1 20 demonstrations.npz
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def cart_pole(seen: np.ndarray) -> int:
    """Push to the side to which the pole will fall, and a little against where the cart is."""
    place, speed, angle, turning = seen
    return int(angle + 0.25 * turning + 0.03 * place + 0.06 * speed > 0)


def pendulum(seen: np.ndarray) -> np.ndarray:
    """Add energy until it is enough to stand, then balance (Astrom and Furuta 2000)."""
    cosine, sine, turning = seen
    angle = np.arctan2(sine, cosine)
    if cosine > 0.9:
        return np.array([np.clip(-12 * angle - 3 * turning, -2, 2)], np.float32)
    energy = turning**2 / 6 + 5 * cosine  # kinetic of a rod of 1 m and 1 kg, and its height
    return np.array([np.clip((5 - energy) * turning, -2, 2)], np.float32)


def mountain_car(seen: np.ndarray) -> int:
    """Push the way it rolls."""
    return 2 if seen[1] >= 0 else 0


def mountain_car_continuous(seen: np.ndarray) -> np.ndarray:
    """The same, softly: force costs."""
    return np.array([np.clip(40 * seen[1] + (0.5 if seen[1] >= 0 else -0.5), -1, 1)], np.float32)


def reach(seen: dict[str, np.ndarray]) -> np.ndarray:
    """At full speed until the goal is near: a step of .1 would lead past it from closer than .1."""
    return np.clip(10 * (seen["goal"] - seen["place"]), -1, 1).astype(np.float32)


def acrobot(seen: np.ndarray) -> int:
    """Swing the lower link the way the upper one turns."""
    return 0 if seen[4] > 0 else 2


CONTROLLERS: dict[str, Callable[[Any], Any]] = {
    "CartPole-v1": cart_pole, "Pendulum-v1": pendulum, "MountainCar-v0": mountain_car,
    "MountainCarContinuous-v0": mountain_car_continuous, "Acrobot-v1": acrobot, "worlds:Standing": pendulum,
    "worlds:Reach": reach,
}  # fmt: skip


def demonstrated(name: str, count: int, seed: int, *, random: float = 0.0) -> list[dict[str, Any]]:
    """Episodes as gymnasium gives them, with an observation behind the last action. At random in so many steps."""
    from headstart.evaluation.environments import opened

    environment, generator, found = opened(name), np.random.default_rng([seed, 11]), []
    environment.action_space.seed(seed)
    for _ in range(count):
        seen, _ = environment.reset(seed=int(generator.integers(2**31)))
        observations, actions, rewards, over = [seen], [], [], False
        while not over:
            act = environment.action_space.sample() if generator.random() < random else CONTROLLERS[name](seen)
            seen, reward, ended, cut, _ = environment.step(act)
            over = ended or cut
            observations.append(seen)
            actions.append(act)
            rewards.append(float(reward))
        found.append(
            {"observations": _joined(observations), "actions": np.array(actions), "rewards": np.array(rewards)}
        )
    environment.close()
    return found


def _joined(observations: list[Any]) -> Any:
    """Steps as one array [T, S], or a mapping of such where they are named."""
    if not isinstance(observations[0], dict):
        return np.array(observations)
    return {name: np.array([one[name] for one in observations]) for name in observations[0]}


def saved(episodes: list[dict[str, Any]], path: Path) -> None:
    """As one .npz: the observations behind the last actions are left out, and the ends of episodes are listed."""
    lengths = [len(one["actions"]) for one in episodes]
    joined = {name: np.concatenate([one[name][: len(one["actions"])] for one in episodes]) for name in episodes[0]}
    np.savez_compressed(path, **joined, episode_ends=np.cumsum(lengths))


if __name__ == "__main__":
    saved(demonstrated(sys.argv[1], int(sys.argv[2]), 0), Path(sys.argv[3]))
