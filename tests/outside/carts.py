"""Environments as users write them: a cart that is to be driven to 0."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np


class Silent(gymnasium.Env[Any, Any]):
    """It says nothing of success, and ends after 60 steps."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = gymnasium.spaces.Box(-10.0, 10.0, (1,), np.float32)
    told = False

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.action_space = type(self).action_space.__class__(-self.most, self.most, (1,), np.float32)
        self.action_space.seed(seed)
        self.state, self.step_number = self.np_random.normal(size=2), 0
        return self.state, {}

    most = 10.0

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.state = self.state + 0.1 * np.array([self.state[1], float(action[0])])
        self.step_number += 1
        facts = {"is_success": bool(np.abs(self.state).max() < 0.2)} if self.told else {}
        return self.state, -float(self.state[0] ** 2), False, self.step_number >= 60, facts


class Told(Silent):
    told = True


class Weak(Silent):
    """Its actions have narrow bounds."""

    most = 0.1
    action_space = gymnasium.spaces.Box(-0.1, 0.1, (1,), np.float32)


class Choosing(Silent):
    action_space = gymnasium.spaces.Discrete(2)


class Broken(Silent):
    """It cannot be built without a place, and fails where that is no number."""

    def __init__(self, place: float) -> None:
        self.place = place

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.state = np.array([float(self.place), 0.0])
        return self.state, {}
