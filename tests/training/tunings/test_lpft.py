"""A probe first, then all weights from its head."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from headstart.core.contracts import Backbone, Batch, Step, Task
from headstart.training.loop import train
from headstart.training.run.preflight import preflight
from headstart.training.tunings.full import Full
from headstart.training.tunings.lpft import Lpft
from headstart.training.tunings.probe import Probe

Build = Callable[..., Any]


def test_the_first_step_starts_from_the_head_of_a_probe(build: Build) -> None:
    probed = build(tuning=Probe())
    list(train(probed.trainee, probed.batches, probed.plan, probed.tuning))
    setup = build(tuning=Lpft(), lr=1e-9, weight_decay=0.0)
    first = next(train(setup.trainee, setup.batches, setup.plan, setup.tuning))
    for name in ("head.weight", "head.bias"):
        found, wanted = (one.trainee.objective.get_parameter(name) for one in (setup, probed))
        torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-6)
    fresh = build(tuning=Full())
    assert float(first.loss) < float(next(train(fresh.trainee, fresh.batches, fresh.plan, fresh.tuning)).loss)


def test_a_run_that_goes_on_does_not_probe_again(build: Build) -> None:
    setup = build(tuning=Lpft(), steps=4)
    steps = train(setup.trainee, setup.batches, setup.plan, setup.tuning)
    state = [next(steps) for _ in range(2)][-1].state
    head = setup.trainee.objective.get_parameter("head.weight")
    before = head.detach().clone()
    more = train(setup.trainee, setup.batches, setup.plan, Refusing(), state)
    next(more)
    assert not torch.equal(head, before)


class Refusing(Lpft):
    """Solves nothing."""

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        raise AssertionError("the head was there already")


def test_everything_moves_and_nothing_is_warned_of(build: Build, weights: Callable[..., Any]) -> None:
    setup = build("cnn", tuning=Lpft(), steps=3)
    assert preflight(setup.trainee, setup.tuning, setup.batches).warnings == ()
    before = weights(setup.trainee)
    list(train(setup.trainee, setup.batches, setup.plan, setup.tuning))
    after = weights(setup.trainee)
    assert all(not torch.equal(before[n], after[n]) for n in before if n.endswith("weight"))
