"""The fused optimizers are torch's own, number by number."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from headstart.core.contracts import Group
from headstart.training.fused import Descent
from headstart.training.optimizer import State, build_optimizer
from headstart.training.plan import Plan


def _network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))


def _theirs(kind: str, net: nn.Module, momentum: float) -> torch.optim.Optimizer:
    matrices, vectors = ([p for p in net.parameters() if (p.ndim >= 2) == flag] for flag in (True, False))
    options = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    if kind == "sgd":
        return torch.optim.SGD(options, 0.01, momentum=momentum, nesterov=momentum > 0, fused=True)
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind](
        options, 0.01, betas=(momentum, 0.99), fused=True
    )


def _walk(optimizer: Descent | torch.optim.Optimizer, net: nn.Module, steps: int) -> None:
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        x = torch.randn(8, 5, generator=generator)
        net(x).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def _ours(kind: str, net: nn.Module, momentum: float) -> Descent:
    plan = Plan(optimizer=kind, lr=0.01, weight_decay=0.1, momentum=momentum, beta2=0.99)  # pyright: ignore[reportArgumentType]
    return build_optimizer([Group("all", list(net.parameters()))], plan)


@pytest.mark.parametrize(("kind", "momentum"), [("adamw", 0.9), ("adam", 0.9), ("sgd", 0.9), ("sgd", 0.0)])
def test_a_walk_ends_on_the_very_weights_and_moments_of_torch_optim(kind: str, momentum: float) -> None:
    one, other = _network(), _network()
    ours, theirs = _ours(kind, one, momentum), _theirs(kind, other, momentum)
    _walk(ours, one, 5)
    _walk(theirs, other, 5)
    for mine, yours in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, yours)
        expected = {name: value for name, value in theirs.state[yours].items() if value is not None}
        assert ours.state[mine].keys() == expected.keys()  # pyright: ignore[reportArgumentType]
        assert all(torch.equal(value, expected[name]) for name, value in ours.state[mine].items())  # pyright: ignore[reportArgumentType]


def test_a_parameter_without_a_gradient_stays_and_gets_no_state() -> None:
    net = _network()
    frozen = next(net.parameters())
    frozen.requires_grad_(False)
    before = frozen.clone()
    optimizer = _ours("adamw", net, 0.9)
    _walk(optimizer, net, 3)
    assert torch.equal(frozen, before)
    assert optimizer.state[frozen] == {}


def test_without_decay_a_group_is_moved_in_one_call() -> None:
    net = _network()
    optimizer = build_optimizer([Group("all", list(net.parameters()))], Plan(weight_decay=0.0))
    assert len(optimizer.param_groups) == 1


def test_the_optimizer_does_not_import_the_compiler() -> None:
    code = (
        "import sys, torch; from torch import nn\n"
        "from headstart.core.contracts import Group\n"
        "from headstart.training.optimizer import State, build_optimizer\n"
        "from headstart.training.plan import Plan\n"
        "p = nn.Parameter(torch.ones(2, 2)); o = build_optimizer([Group('all', [p])], Plan())\n"
        "p.sum().backward(); o.step(); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", ["adamw", "adam", "sgd"])
def test_moments_are_given_back_as_their_weights_lie_in_memory(kind: str) -> None:
    """Weights of convolutions may be channels last, and a checkpoint holds plain rows of numbers."""
    x, plan = torch.rand(4, 3, 8, 8), Plan(optimizer=kind, lr=0.01, momentum=0.9)  # pyright: ignore[reportArgumentType]

    def begun(weights: torch.Tensor | None, saved: dict[str, torch.Tensor]) -> tuple[nn.Conv2d, Descent, State]:
        torch.manual_seed(0)
        net = nn.Conv2d(3, 6, 3).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        if weights is not None:
            net.weight.data.copy_(weights)
        optimizer, state = build_optimizer([Group("all", [net.weight])], plan), State(saved=saved)
        state.attach(optimizer, [net.weight], 0.0)
        return net, optimizer, state

    def walked(net: nn.Conv2d, optimizer: Descent, steps: int) -> torch.Tensor:
        for _ in range(steps):
            net(x).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
        return net.weight.detach()

    whole = walked(*begun(None, {})[:2], 4)
    net, optimizer, state = begun(None, {})
    half = walked(net, optimizer, 2).clone()
    saved = {name: tensor.contiguous() for name, tensor in state.tensors().items()}
    net, optimizer, _ = begun(half, saved)
    assert torch.equal(walked(net, optimizer, 2), whole)
