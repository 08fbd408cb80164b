"""Environments in which a model acts: any that gymnasium knows, or a class of the user's."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import MappingProxyType
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


def opened(name: str, arguments: Mapping[str, Any] = MappingProxyType({})) -> Env[Any, Any]:
    """A new environment, built with these arguments; its module may lie in the working directory.

    UsageError without gymnasium, for an unknown name or argument, or for an environment that cannot be built.
    """
    try:
        import gymnasium
    except ImportError as cause:
        fix = 'pip install "headstart[robots]"'
        raise UsageError(884, "gymnasium is not installed", found=str(cause), fix=fix) from cause
    module, _, member = name.rpartition(":")
    makers = list[Any]()  # of what they take by name, where it cannot be made
    with _working_directory(), _told(lambda cause: _unmade(name, arguments, makers, cause)):
        own = vars(importlib.import_module(module)).get(member) if module else None
        if inspect.isclass(own):
            makers.append(own)
            made: Any = own(**arguments)
        else:
            makers += [_maker(gymnasium.registry.get(member)), gymnasium.make]
            made = gymnasium.make(name, **arguments)
        _ = made.observation_space, made.action_space  # without which it is none
        return made


@contextmanager
def _told(error: Callable[[Exception], UsageError]) -> Iterator[None]:
    """Whatever another's code raises here is told in one line."""
    try:
        yield
    except Exception as cause:
        raise error(cause) from cause


def _unmade(name: str, arguments: Mapping[str, Any], makers: Sequence[Any], cause: Exception) -> UsageError:
    import gymnasium

    odd = _unknown(name, arguments, makers)
    if odd is not None:
        return odd
    near = nearest(name, gymnasium.registry) if isinstance(cause, gymnasium.error.Error) else ""
    return UsageError(887, "this environment cannot be made", where=name, found=_said(cause),
                      fix=near if near.startswith("did you") else _FIX)  # fmt: skip


def _said(cause: Exception) -> str:
    return f"{type(cause).__name__}: {' '.join(str(cause).split())[:200]}"


def _maker(spec: Any) -> Any:
    """What builds a registered environment; None where nothing is registered."""
    from gymnasium.envs.registration import load_env_creator

    entry = None if spec is None else spec.entry_point
    return load_env_creator(entry) if isinstance(entry, str) else entry


def _unknown(name: str, arguments: Mapping[str, Any], makers: Sequence[Any]) -> UsageError | None:
    """The error for an argument that none of the makers takes by name; the first one may take any."""
    known = [inspect.signature(one).parameters.values() for one in makers if one is not None]
    if not known or any(one.kind is one.VAR_KEYWORD for one in known[0]):
        return None
    named = [one.name for each in known for one in each if one.kind is one.POSITIONAL_OR_KEYWORD or one.kind is
             one.KEYWORD_ONLY]  # fmt: skip
    names = [one for one in named if one not in ("self", "id")]
    odd = next((one for one in arguments if one not in names), None)
    if odd is None:
        return None
    near, expected = nearest(odd, names), f"one of {', '.join(names)}" if names else "none"
    return UsageError(914, "the environment takes no such argument", where=name, found=odd, expected=expected,
                      fix=near if near.startswith("did you") else "leave it out")  # fmt: skip


@contextmanager
def _working_directory() -> Iterator[None]:
    """Modules there can be imported, behind all that are installed: the command line looks for none there by itself."""
    place = os.getcwd()
    sys.path.append(place)
    try:
        yield
    finally:
        sys.path.remove(place)


def failing() -> AbstractContextManager[None]:
    """UsageError where an environment fails while it runs."""
    return _told(_failed)


def _failed(cause: Exception) -> UsageError:
    line = traceback.extract_tb(cause.__traceback__)[-1]
    where, fix = f"{Path(line.filename).name}:{line.lineno}", "correct the environment, or what it is built with"
    return UsageError(915, "the environment failed", where=where, found=_said(cause), fix=fix)


def titled(name: str, arguments: Mapping[str, Any]) -> str:
    """An environment with what it is built with, as people read it."""
    given = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return f"{name} ({given})" if given else name


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
