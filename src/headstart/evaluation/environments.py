"""Environments in which a model acts: any that gymnasium knows, or a class of the user's."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.acting import Acting
from headstart.core.errors import UsageError, nearest
from headstart.inference.policy import row_of

if TYPE_CHECKING:
    from gymnasium import Env

Act = Callable[[Any], tuple[Any, bool]]
"""What a policy says -> the action as an environment takes it, and whether it had to be brought within its bounds."""
_FIX = "name one that is registered, as CartPole-v1 or module:Name-v0, or a class as module:Class"


def opened(name: str) -> Env[Any, Any]:
    """A new environment; UsageError without gymnasium, for an unknown name, or for one that cannot be built."""
    try:
        import gymnasium
    except ImportError as cause:
        fix = 'pip install "headstart[robots]"'
        raise UsageError(884, "gymnasium is not installed", found=str(cause), fix=fix) from cause
    module, _, member = name.rpartition(":")
    try:
        found = vars(importlib.import_module(module)).get(member) if module else None
        made: Any = found() if inspect.isclass(found) else gymnasium.make(name)
        return made
    except (ImportError, ValueError, TypeError) as cause:
        raise UsageError(887, "this environment cannot be made", where=name, found=cause, fix=_FIX) from cause
    except gymnasium.error.Error as cause:
        near = nearest(name, gymnasium.registry)
        found = " ".join(str(cause).split())[:200]
        raise UsageError(887, "this environment cannot be made", where=name, found=found,
                         fix=near if near.startswith("did you") else _FIX) from cause  # fmt: skip


def fitted(environment: Env[Any, Any], acting: Acting, name: str) -> Act:
    """How its actions are given; UsageError where it observes or does something else than the model has learned."""
    from gymnasium import spaces

    row_of(environment.observation_space.sample(), acting.observes)
    space = environment.action_space
    if isinstance(space, spaces.Discrete) and acting.discrete:
        if acting.discrete > int(space.start) + int(space.n):
            raise _unfit(name, f"choices {space.start} to {space.start + space.n - 1}", acting)
        return lambda action: (max(int(action), int(space.start)), int(action) < int(space.start))
    if isinstance(space, spaces.Box) and not acting.discrete and int(np.prod(space.shape)) == len(acting.acts):
        return lambda action: _within(action, space.low, space.high, space.dtype)
    whole = isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary)
    if whole and not acting.discrete and int(np.prod(space.shape)) == len(acting.acts):
        most = np.asarray(space.nvec) - 1 if isinstance(space, spaces.MultiDiscrete) else np.ones(space.shape)
        return lambda action: _within(np.round(action), np.zeros(space.shape), most, space.dtype)
    raise _unfit(name, str(space), acting)


def _within(action: Any, low: np.ndarray, high: np.ndarray, dtype: Any) -> tuple[np.ndarray, bool]:
    given = np.asarray(action).reshape(low.shape)
    found = np.clip(given, low, high)
    return found.astype(dtype), bool((found != given).any())


def _unfit(name: str, found: str, acting: Acting) -> UsageError:
    known = f"one of {acting.discrete} choices" if acting.discrete else f"{len(acting.acts)} numbers"
    fix = "record the actions as this environment takes them: whole numbers where they are choices"
    return UsageError(888, "the environment takes other actions than the model says", where=name, found=found,
                      expected=known, fix=fix)  # fmt: skip
