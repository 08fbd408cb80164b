"""A model that acts: one observation in, the action to take out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from headstart.core.contracts.acting import Acting
from headstart.core.errors import UsageError
from headstart.core.random import keys
from headstart.data.reading.recordings import OBSERVED, flat
from headstart.training.loop import resting

if TYPE_CHECKING:
    from pathlib import Path

    from headstart.core.contracts import Modality, Task
    from headstart.training.microbatches import Trainee

_TIMED = 10_000  # calls whose times are kept


class Model(Protocol):
    """What a policy asks of a model: a `Predictor` of a task."""

    modality: Modality
    trainee: Trainee
    device: str

    @property
    def path(self) -> Path | None: ...

    @property
    def task(self) -> Task: ...


@dataclass(frozen=True, slots=True)
class Latency:
    """How long actions took, in milliseconds: half of the calls no longer than `p50`, 99 of 100 no longer than `p99`.
    NaN without a call."""

    calls: int
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.calls:,} calls, p50 {self.p50:.2f} ms, p99 {self.p99:.2f} ms"


class Policy:
    """`action = policy(observation)`, step by step; `policy.reset()` before the first step of an episode.

    It keeps the observations that the model reads, and its own actions where these are read. An action is an int where
    actions are choices, else float32 [A], in the units of the recorded ones.

    average  every call says the actions of the steps to come, too. None takes what was said last; a number takes what
             all calls up to now said of this step, weighed by exp(-average * i), the oldest first with i = 0 (Zhao
             et al. 2023, ACT: 0.01)
    """

    def __init__(self, model: Model, *, average: float | None = None) -> None:
        acting = model.task.answer.acting
        if acting is None:
            raise UsageError(885, "this model says no actions", where=model.path or "",
                             fix="learn from recorded episodes: headstart finetune DATA --task imitate --from scratch "
                                 "--out DIR")  # fmt: skip
        if average is not None and not 0 <= average <= 100:
            raise UsageError(889, "weights cannot be made of this", where="average", found=average,
                             expected="None, or a number from 0 to 100")  # fmt: skip
        self.acting: Acting = acting
        self.model, self._average = model, average
        self._times: deque[float] = deque(maxlen=_TIMED)
        self.reset()

    def reset(self) -> None:
        """Forget the episode."""
        self._observed: deque[np.ndarray] = deque(maxlen=self.acting.before + 1)
        self._done: deque[np.ndarray] = deque(maxlen=self.acting.before + 1)
        newest = 1 if self._average is None else None
        self._said: deque[np.ndarray] = deque(maxlen=newest)  # chunks [H, A] or [H, K], the newest first

    def __call__(self, observation: Any) -> int | np.ndarray:
        """The action now. An observation is [S] in the order of `acting.observes`, or named: a mapping, also nested.

        UsageError where it does not fit.
        """
        began = time.perf_counter()
        [action] = together([self], [observation])
        self._times.append(1000 * (time.perf_counter() - began))
        return action

    @property
    def steps(self) -> int:
        """Of the episode that are kept."""
        return len(self._observed)

    @property
    def latency(self) -> Latency:
        """Of the last 10,000 calls."""
        times = np.array(self._times) if self._times else np.array([np.nan])
        p50, p99 = np.quantile(times, (0.5, 0.99)).tolist()
        return Latency(len(self._times), p50, p99)

    def see(self, observation: Any) -> np.ndarray:
        """The steps that the model reads, this observation the last: [before + 1, S + A], NaN in front of the first."""
        self._observed.append(row_of(observation, self.acting.observes))
        steps, width = len(self._observed), len(self.acting.observes)
        values = np.full((self.acting.before + 1, width + len(self.acting.acts)), np.nan)
        values[-steps:, :width] = self._observed
        if steps > 1:
            values[-steps:-1, width:] = list(self._done)[-(steps - 1) :]
        return values

    def take(self, chunk: np.ndarray) -> int | np.ndarray:
        """The action now, after what the model says of the steps from now on: actions [H, A], or shares [H, K]."""
        self._said.appendleft(chunk)
        found = self._averaged()
        action = int(found.argmax()) if self.acting.discrete else found.astype(np.float32)
        self._done.append(np.atleast_1d(np.asarray(action, np.float64)))
        return action

    def _averaged(self) -> np.ndarray:
        """What was said of the step now, [A] or [K]."""
        if self._average is None:
            return self._said[0][0]
        while len(self._said) > len(self._said[0]):
            self._said.pop()
        about = np.stack([chunk[age] for age, chunk in enumerate(self._said)])[::-1]  # the oldest first
        weights = np.exp(-self._average * np.arange(len(about)))
        return (weights[:, None] * about).sum(0) / weights.sum()


def together(policies: Sequence[Policy], observations: Sequence[Any]) -> list[int | np.ndarray]:
    """The actions of several policies of one model, each in an episode of its own, asked at once."""
    model, acting = policies[0].model, policies[0].acting
    seen = np.stack([policy.see(one) for policy, one in zip(policies, observations, strict=True)])
    lengths = np.array([policy.steps for policy in policies])
    batch = {**model.modality.collate(acting.columns(seen, lengths)),
             "key": keys(0, 0, torch.zeros(len(seen), dtype=torch.int64))}  # fmt: skip
    with resting(model.trainee), torch.inference_mode():
        batch = {name: tensor.to(model.device) for name, tensor in batch.items()}
        said = model.task.outputs(model.trainee.backbone, batch)
    assert said is not None
    chunks = (said.softmax(-1) if acting.discrete else said).float().cpu().numpy()
    return [policy.take(chunk) for policy, chunk in zip(policies, chunks, strict=True)]


def row_of(observation: Any, observes: Sequence[str]) -> np.ndarray:
    """An observation as the observed columns, float64 [S]; UsageError where it has other ones."""
    if not isinstance(observation, Mapping):
        found = _numbers(observation)
        if found.size != len(observes):
            raise _unfit(f"{found.size} numbers", observes)
        return found
    row = np.full(len(observes), np.nan)
    given = np.zeros(len(observes), bool)
    for path, value in flat("", observation):
        places = _places(path[1:], observes)
        numbers = _numbers(value) if places else np.empty(0)
        if len(numbers) != len(places):
            raise _unfit(f"{len(numbers)} numbers of '{path[1:]}'", [observes[place] for place in places])
        row[places], given[places] = numbers, True
    if not given.all():
        raise _unfit(f"nothing of '{observes[int(np.argmin(given))]}'", observes)
    return row


def _places(path: str, observes: Sequence[str]) -> list[int]:
    """The columns of a named part: those that are called so, or begin so, with or without "observation" before it."""
    path = path.replace("/", ".")
    every = [(name, name.partition(".")[2], *(name[len(one) + 1 :] for one in OBSERVED if name.startswith(f"{one}_")))
             for name in observes]  # fmt: skip
    return [place for place, names in enumerate(every)
            if any(name == path or name.startswith(f"{path}.") for name in names)]  # fmt: skip


def _numbers(value: Any) -> np.ndarray:
    try:
        return np.asarray(value, np.float64).reshape(-1)
    except (TypeError, ValueError) as cause:
        found = f"{type(value).__name__}"
        raise UsageError(886, "an observation does not fit the model", found=found, expected="numbers",
                         fix="give the numbers that were recorded") from cause  # fmt: skip


def _unfit(found: str, observes: Sequence[str]) -> UsageError:
    shown = ", ".join(observes[:5]) + (", ..." if len(observes) > 5 else "")
    return UsageError(886, "an observation does not fit the model", found=found, expected=f"{len(observes)}: {shown}",
                      fix="give what the recorded episodes held, in its order or by name")  # fmt: skip
