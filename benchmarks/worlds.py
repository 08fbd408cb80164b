"""Two environments for closed loops: a pendulum that says whether it stood, and a point that moves to a goal."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

_STANDS, _LAST = 0.95, 20  # cosine of its angle; steps at the end of an episode of 200 (one second)


class Standing(gymnasium.Wrapper):
    """Pendulum-v1, whose returns have no threshold: an episode succeeds if the pendulum stands in its last second."""

    def __init__(self) -> None:
        super().__init__(gymnasium.make("Pendulum-v1"))
        self._stood = 0

    def reset(self, **options: Any) -> Any:
        self._stood = 0
        return self.env.reset(**options)

    def step(self, action: Any) -> Any:
        seen, reward, ended, cut, facts = self.env.step(action)
        self._stood = self._stood + 1 if seen[0] > _STANDS else 0
        return seen, reward, ended, cut, {**facts, "is_success": self._stood >= _LAST}


class Reach(gymnasium.Env):
    """A point in the plane with a speed of at most 1 in each direction: it succeeds within .05 of the goal.

    Observed by name: `place` and `goal`, each in [-1, 1]. Actions beyond 1 are cut off, as by a motor.
    """

    observation_space = spaces.Dict({"place": spaces.Box(-2, 2, (2,)), "goal": spaces.Box(-1, 1, (2,))})
    action_space = spaces.Box(-1, 1, (2,))
    steps = 60

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self._place, self._goal = self.np_random.uniform(-1, 1, (2, 2))
        self._step = 0
        return self._seen(), {}

    def step(self, action: Any) -> Any:
        self._place = np.clip(self._place + 0.1 * np.clip(action, -1, 1), -2, 2)
        self._step += 1
        off = float(np.abs(self._goal - self._place).max())
        return self._seen(), -off, False, self._step >= self.steps, {"is_success": off < 0.05}

    def _seen(self) -> dict[str, np.ndarray]:
        return {"place": self._place.astype(np.float32), "goal": self._goal.astype(np.float32)}
