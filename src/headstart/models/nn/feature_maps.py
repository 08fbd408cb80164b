"""The inner maps of a network that others built: of every size the last one."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from headstart.core.contracts.tokens import Tokens
from headstart.models.nn.stem_and_body import Form, holding, is_list_of_blocks, keeps_proportions

# A context variable, so that threads that share a network never see each other's maps.
_SEEN: ContextVar[dict[str, Any] | None] = ContextVar("seen", default=None)


@dataclass(frozen=True, slots=True)
class Scale:
    """The module that gives the last map of one size, and how it lays it out."""

    name: str
    form: Form


def find(network: nn.Module, run: Callable[[Tensor], Any], picture: Tensor) -> list[Scale]:
    """The last block of every size, finest first, seen while `run` passes a picture [1, C, H, W] through the network;
    [] where all blocks have one size."""
    names = {id(module): name for name, module in network.named_modules()}
    lists = [m for m in network.modules() if isinstance(m, nn.ModuleList | nn.Sequential) or is_list_of_blocks(m)]
    blocks = {id(b): b for blocks in lists for b in blocks.children() if any(True for _ in b.children())}
    last: dict[tuple[int, int], Scale] = {}

    def look(module: nn.Module, inputs: Any, output: Any) -> None:
        size = (picture.shape[2], picture.shape[3])
        try:
            form = Form.of(output, size)
        except ValueError:
            return  # windows, or something that is no map
        if form.tokens(output).x.shape[0] == 1 and not form.prefix and keeps_proportions(form.grid, size):
            last[form.grid] = Scale(names[id(module)], form)

    with ExitStack() as hooks:
        for block in blocks.values():
            hooks.enter_context(block.register_forward_hook(look))
        run(picture)
    found = sorted(last.items(), key=lambda one: -one[0][0] * one[0][1])
    return [scale for _, scale in found] if len(found) > 1 else []


def watch(network: nn.Module, scales: Sequence[Scale]) -> None:
    """Let these modules tell `maps` what they give; their weights, names and attributes stay as they are."""
    for scale in scales:
        module = network.get_submodule(scale.name)
        module.__class__ = _telling(type(module), scale.name)


def maps(scales: Sequence[Scale], run: Callable[[], object]) -> list[Tokens]:
    """What the watched modules give in a pass, in the order of the scales."""
    seen: dict[str, Any] = {}
    with holding(_SEEN, seen):
        run()
    return [scale.form.tokens(seen[scale.name]) for scale in scales]


def _telling(kind: type[nn.Module], name: str) -> type[nn.Module]:
    def forward(self: nn.Module, *inputs: Any, **settings: Any) -> Any:
        output = kind.forward(self, *inputs, **settings)
        seen = _SEEN.get()
        if seen is not None:
            seen[name] = output
        return output

    return type(kind.__name__, (kind,), {"forward": forward})
