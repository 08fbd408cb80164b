"""A network may be as large as its file of weights: what is made beyond that is refused before memory is taken."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from headstart.core.errors import DataError
from headstart.models.trust.weights import Held

_FREE = 1 << 24  # values that a network may hold beside its weights: masks, tables of places, trial pictures; 64 MB
_TIMES = 4  # a network is made, initialised and tried, each of which may take its size again
_FREE_TENSORS, _TENSORS_EACH = 2_000, 30


@contextmanager
def allowance(held: Held, where: Path) -> Iterator[None]:
    """While this lasts, tensors are made for a network with so many weights; DataError beyond."""
    with _Counting(held, where):
        yield


class _Counting(TorchDispatchMode):
    """Looks at every operation before it runs."""

    def __init__(self, held: Held, where: Path) -> None:
        super().__init__()
        self.values = _FREE + _TIMES * held.values
        self.tensors = _FREE_TENSORS + _TENSORS_EACH * len(held.shapes)
        self.held, self.where = held, where

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled meanwhile, and torch would load its compiler and sympy first: 1.2 s a process."""
        return False

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        tensors = [one for one in args if isinstance(one, Tensor)]
        if all(one.device.type != "meta" for one in tensors) and (kwargs or {}).get("device") != torch.device("meta"):
            self._look(func, args, tensors)
        return func(*args, **(kwargs or {}))

    def _look(self, func: Any, args: tuple[Any, ...], tensors: list[Tensor]) -> None:
        if tensors and not str(func).startswith("aten.new_"):
            # of what is computed only its size counts, for it is soon given back
            sides = _convolved(args) if str(func).startswith("aten.convolution") else _broadcast(tensors)
            values = math.prod(sides)
            if values > self.values:
                raise self._refusal(values)
            return
        values = _made(str(func), args)
        self.values -= values
        self.tensors -= 1
        if self.values < 0 or self.tensors < 0:
            raise self._refusal(values)

    def _refusal(self, values: int) -> DataError:
        found = f"a part of {values:,} values" if self.tensors >= 0 else "more tensors"
        return DataError(
            378, "config asks for a larger network than its weights", where=self.where, found=found,
            expected=f"{self.held.values:,} values in {len(self.held.shapes):,} tensors",
            fix="use an intact copy of the model",
        )  # fmt: skip


def _made(func: str, args: tuple[Any, ...]) -> int:
    """Values of a tensor that is made from nothing: of the first list of sizes, else of a range."""
    sizes = next((one for one in args if isinstance(one, list | tuple)), None)
    if sizes is not None:
        return math.prod(n for n in sizes if isinstance(n, int))
    if not func.startswith(("aten.arange", "aten.linspace", "aten.logspace", "aten.eye")):
        return 1  # a single number
    numbers = [abs(n) for n in args if isinstance(n, int | float) and math.isfinite(n)]
    return int(max(numbers, default=0)) if len(numbers) < 3 else int((numbers[0] + numbers[1]) / (numbers[2] or 1))


def _convolved(args: tuple[Any, ...]) -> list[int]:
    """The shape that a convolution of x [B, C, ...] gives, from the arguments of torch's operation."""
    x, weight, _, stride, padding, dilation, turned, extra, groups = args
    shape = [x.shape[0], weight.shape[1] * groups if turned else weight.shape[0]]
    for i, (side, kernel) in enumerate(zip(x.shape[2:], weight.shape[2:], strict=False)):
        step, pad, wide, more = (values[min(i, len(values) - 1)] for values in (stride, padding, dilation, extra))
        reach = wide * (kernel - 1) - 2 * pad
        shape.append((side - 1) * step + reach + 1 + more if turned else (side - reach - 1) // (step or 1) + 1)
    return [abs(n) for n in shape]


def _broadcast(tensors: list[Tensor]) -> list[int]:
    """The shape that tensors have together, as far as they go together."""
    deepest = max(one.ndim for one in tensors)
    shapes = [(1,) * (deepest - one.ndim) + tuple(one.shape) for one in tensors]
    together = [max(sides) for sides in zip(*shapes, strict=True)]
    fits = all(side in (1, most) for shape in shapes for side, most in zip(shape, together, strict=True))
    return together if fits else [0]
