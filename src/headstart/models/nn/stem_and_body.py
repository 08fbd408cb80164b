"""A network that others built, cut behind the module that reads the picture, and the list of its parts in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.patches import as_map, as_tokens

# A context variable, so that threads that share a network never see each other's values.
_GIVEN: ContextVar[tuple[nn.Module, Any] | None] = ContextVar("given", default=None)
# What networks raise on pictures that they cannot read.
REFUSING = (ValueError, RuntimeError, TypeError, AssertionError, AttributeError, NotImplementedError, LookupError)
# What suits public networks: trained on, and adapted to a task.
FOREIGN: Mapping[str, float] = {"plan.lr": 3e-4, "plan.batch": 32}
# batches of 32 have other statistics than the photographs that a public network learned from
FOREIGN_TUNED: Mapping[str, float | str] = {
    "plan.lr": 5e-5, "plan.epochs": 4, "plan.warmup": 0.1, "plan.beta2": 0.999, "tuning.norms": "rest",
}  # fmt: skip
Size = tuple[int, int]
T = TypeVar("T")
_SMALL = 0.25
_MOST_PREFIX = 16  # class tokens and registers: no public network has more of them


def reader(network: nn.Module, run: Callable[[Tensor], Any], picture: Tensor) -> tuple[str, Any]:
    """Name of the module that reads the picture, and what `run`, a pass through the network, returns for it.

    It is the outermost that is given the picture and is not the network as good as whole: it holds no blocks, or only
    a small part of all weights. LookupError if there is none.
    """
    names = {id(module): name for name, module in network.named_modules()}
    given: list[nn.Module] = []

    def look(module: nn.Module, inputs: tuple[Any, ...], settings: dict[str, Any]) -> None:
        if any(one is picture for one in (*inputs, *settings.values())):
            given.append(module)

    with ExitStack() as hooks:
        for module in network.modules():
            hooks.enter_context(module.register_forward_pre_hook(look, with_kwargs=True))
        whole = run(picture)
    for module in given:
        small = _weights(module) < _SMALL * _weights(network)
        if module is not network and (small or not any(is_list_of_blocks(inner) for inner in module.modules())):
            return names[id(module)], whole
    raise LookupError("a network that hands the picture to no part of its own")


def cut(first: nn.Module) -> None:
    """Let `resumed` answer in place of this module; its weights, names and attributes stay as they are."""
    kind = type(first)

    def forward(self: nn.Module, *inputs: Any, **settings: Any) -> Any:
        given = _GIVEN.get()
        if given is not None and given[0] is self:
            return given[1]
        return kind.forward(self, *inputs, **settings)

    first.__class__ = type(kind.__name__, (kind,), {"forward": forward})


def resumed(first: nn.Module, output: Any) -> AbstractContextManager[object]:
    """While this lasts, the module that was cut answers `output`, in this thread alone."""
    return holding(_GIVEN, (first, output))


@contextmanager
def holding(variable: ContextVar[T], value: T) -> Iterator[T]:
    """While this lasts, a context variable has this value."""
    before = variable.set(value)
    try:
        yield value
    finally:
        variable.reset(before)


@dataclass(frozen=True, slots=True)
class Form:
    """How a foreign module lays out its places, so that Tokens can be made of them and turned back.

    layout  maps [B, D, H, W] or [B, H, W, D], or places [B, prefix + H*W, D]
    rest    what stands behind the places where the module returns a tuple, else None
    """

    layout: Literal["NCHW", "NHWC", "NLC"]
    grid: tuple[int, int]
    prefix: int = 0
    rest: tuple[Any, ...] | None = None

    @classmethod
    def of(
        cls, out: Any, size: Size, *, channels_last: bool = False, prefix: int | None = None, grid: Size | None = None
    ) -> Form:
        """The form of what a module returned for pictures of (height, width), and of how many summary places and which
        grid where these are known; ValueError if it is none of the known forms."""
        x, rest = (out[0], tuple(out[1:])) if isinstance(out, tuple | list) else (out, None)
        if not isinstance(x, Tensor) or any(isinstance(thing, Tensor) for thing in rest or ()):
            raise ValueError(f"a module that returns {type(x).__name__} and {type(rest).__name__}")
        if x.ndim == 4:
            ahead, behind = (x.shape[2], x.shape[3]), (x.shape[1], x.shape[2])
            if channels_last or _distortion(behind, size) < _distortion(ahead, size):
                return cls("NHWC", behind, 0, rest)
            return cls("NCHW", ahead, 0, rest)
        if x.ndim != 3:
            raise ValueError(f"a module that returns numbers of shape {tuple(x.shape)}")
        grid = _grid(x.shape[1], size, prefix, grid)
        return cls("NLC", grid, x.shape[1] - grid[0] * grid[1], rest)

    def tokens(self, output: Any) -> Tokens:
        """What the module returned -> Tokens."""
        x: Tensor = output if self.rest is None else output[0]
        if self.layout == "NCHW":
            return as_tokens(x)
        if self.layout == "NHWC":
            return Tokens.full(x.flatten(1, 2), self.grid)  # [B, H*W, D]
        return Tokens.full(x, self.grid, self.prefix)

    def original(self, tokens: Tokens) -> Any:
        """Tokens -> what the module would have returned for them."""
        x = tokens.x
        if self.layout == "NCHW":
            x = as_map(tokens)
        elif self.layout == "NHWC":
            x = x.unflatten(1, self.grid)  # [B, H, W, D]
        return x if self.rest is None else (x, *self.rest)


def keeps_proportions(grid: tuple[int, int], picture: tuple[int, int]) -> bool:
    """Has a grid the proportions of a picture, as far as whole numbers can?"""
    return abs(grid[0] * picture[1] / (grid[1] * picture[0]) - 1) <= 1 / min(grid)


def _weights(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _distortion(grid: tuple[int, int], picture: tuple[int, int]) -> float:
    """How far the proportions of a grid are from the picture's; sizes round, so that few are equal."""
    return abs(math.log(grid[0] * picture[1] / (grid[1] * picture[0])))


def _grid(places: int, picture: tuple[int, int], prefix: int | None, usual: tuple[int, int] | None) -> tuple[int, int]:
    """(rows, columns) of a number of places: the usual ones if they fit, else those of the picture's proportions."""
    height, across = picture
    prefixes = range(min(places, _MOST_PREFIX)) if prefix is None else [prefix]
    if usual is not None and places - usual[0] * usual[1] in prefixes:
        return usual
    for ahead in prefixes:
        body = places - ahead
        rows = max(1, round((body * height / across) ** 0.5))
        if body > 0 and body % rows == 0 and rows * across == body // rows * height:
            return rows, body // rows
    raise ValueError(f"{places} places for {height} x {across} pixels")


def parts_in_order(network: nn.Module) -> list[nn.Module]:
    """Every parameter once, input side first: lists of blocks block by block, all else module by module.

    What a module holds itself beside its children (a class token, positions) comes before them as a list of its own.
    """
    seen: set[int] = set()
    parts: list[nn.Module] = []
    for part in _walk(network):
        new = [parameter for parameter in part.parameters() if id(parameter) not in seen]
        if new:
            whole = len(new) == sum(1 for _ in part.parameters())
            parts.append(part if whole else nn.ParameterList(new))  # else some are shared with an earlier part
        seen.update(map(id, new))
    return parts


def _walk(module: nn.Module) -> Iterator[nn.Module]:
    if not any(is_list_of_blocks(inner) for inner in module.modules()):
        yield module
        return
    own = list(module.parameters(recurse=False))
    if own:
        yield nn.ParameterList(own)
    for child in module.children():
        yield from _walk(child)


def is_list_of_blocks(module: nn.Module) -> bool:
    """Several modules of one class, each made of others; a few plain layers in a row are no blocks."""
    members: Sequence[nn.Module] = list(module.children())
    plain_list = isinstance(module, nn.ModuleList | nn.Sequential)
    if len(members) < (1 if plain_list else 2):  # a stage may hold its blocks itself, as RegNet's do
        return False
    # by name: `cut` and `watch` give a module a class of its own
    return len({type(m).__name__ for m in members}) == 1 and all(any(True for _ in m.children()) for m in members)


def trial_picture(network: nn.Module, picture: tuple[int, int, int]) -> Tensor:
    """One picture of stripes [1, C, H, W] to see the form of what a network makes of it."""
    places = torch.arange(math.prod(picture), device=next(network.parameters()).device)
    return (0.7 * places).sin().view(1, *picture)


def halves_agree(whole: Tensor, resumed: Tensor) -> None:
    """ValueError unless both ways through a network give the same: a part behind the cut may read the picture too."""
    if whole.shape != resumed.shape or not torch.allclose(whole, resumed, rtol=1e-3, atol=1e-4):
        raise ValueError("its second half reads the picture again")
