"""What tasks share: heads on a backbone's summary, their fit in closed form, and the error for an unknown label."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from headstart.core.contracts import Augment, Backbone, Batch
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.contracts.sparse import SparseInputs
from headstart.core.errors import DataError, RecipeError
from headstart.training.inner_layers import vector_width


def classics(*backbones: str) -> Mapping[str, Mapping[str, Any]]:
    """Models without pretraining that are tried for a task, by the kinds of their backbones."""
    return {kind: {"backbone.kind": kind} for kind in backbones}


def build_head(
    backbone: Backbone,
    sample: Batch,
    augment: Augment,
    outputs: int,
    *,
    hidden: int,
    dropout: float,
    sparse: SparseInputs | None = None,
    layers: bool = False,
) -> nn.Module:
    """A head on the backbone's summary, with its inner `layers` or without, and on the outputs of sparse features
    behind it."""
    width = vector_width(backbone, augment.modality.ready(sample), layers=layers)
    members = 1 if hidden or layers or sparse is not None else backbone.members
    return beside(layered(width, outputs, hidden=hidden, dropout=dropout, members=members), sparse)


class Constant(nn.Linear):
    """A linear map of no vectors [..., 0] -> [..., outputs]: its bias alone, which starts at zero."""

    def __init__(self, outputs: int) -> None:
        super().__init__(1, outputs)
        self.in_features, self.weight = 0, nn.Parameter(torch.empty(outputs, 0))
        nn.init.zeros_(self.bias)


class Members(nn.Linear):
    """A linear map of the vectors of several members, each divided by their number: [B, F] -> [B, outputs], the mean of
    what they say; in training what each says alone, [B * members, outputs], so that each learns by itself."""

    def __init__(self, width: int, outputs: int, members: int) -> None:
        super().__init__(width, outputs)
        self.members = members

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        x, weight = (one.unflatten(1, (self.members, -1)) for one in (input, self.weight))  # [B or K, members, D]
        said = torch.einsum("bmd,kmd->bmk", x, self.members * weight) + self.bias
        return said.flatten(0, 1)


def by_member(targets: Tensor, outputs: Tensor) -> Tensor:
    """Targets [B, ...] of rows -> those of the outputs of a head, [B * members, ...] where each member is asked."""
    return targets.repeat_interleave(len(outputs) // len(targets), 0)


class Beside(nn.Module):
    """A head on a network's vectors, with the outputs of sparse features, which lie behind the vectors, added to it."""

    def __init__(self, inner: nn.Module, outputs: int) -> None:
        super().__init__()
        self.inner, self.outputs = inner, outputs

    def forward(self, features: Tensor) -> Tensor:
        return self.inner(features[..., : -self.outputs]) + features[..., -self.outputs :]


def beside(head: nn.Module, sparse: SparseInputs | None) -> nn.Module:
    """The head, or where there are sparse features one that adds their outputs."""
    return head if sparse is None else Beside(head, sparse.outputs)


def within(head: nn.Module) -> nn.Module:
    """The head on the network's vectors alone."""
    return head.inner if isinstance(head, Beside) else head


def layered(width: int, outputs: int, *, hidden: int, dropout: float, members: int = 1) -> nn.Module:
    """Linear, or one hidden layer; starts at zero outputs, so that the first loss is that of knowing nothing."""
    if not (hidden or width):  # of no vectors it can only learn how often each output is
        return Constant(outputs)
    last = Members(width, outputs, members) if members > 1 else nn.Linear(hidden or width, outputs)
    nn.init.zeros_(last.bias)
    nn.init.zeros_(last.weight) if not hidden else nn.init.trunc_normal_(last.weight, std=0.02)
    if not hidden and not dropout:
        return last
    inner = [nn.Linear(width, hidden), nn.GELU()] if hidden else []
    return nn.Sequential(*inner, nn.Dropout(dropout), last)


def unseen_label(label: object, where: str, expected: str, kind: str = "class") -> DataError:
    """The error for a label that no train row has."""
    found, fix = f"'{label}'", f"add train rows of this {kind} or drop the row"
    return DataError(
        402, "label was never seen in the train split", where=where, found=found, expected=expected, fix=fix
    )


def linear(head: nn.Module) -> nn.Linear:
    """The head, which is a linear layer; RecipeError if it is another kind of module."""
    head = within(head)
    if not isinstance(head, nn.Linear):
        fix = "set task.hidden=0 and task.dropout=0"
        raise RecipeError(210, "only a linear head can be fitted in closed form", found=type(head).__name__, fix=fix)
    return head


def set_linear(head: nn.Module, fit: LinearFit) -> None:
    """Put a fitted linear model into a linear layer; RecipeError if the head is another kind of module."""
    head = linear(head)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(fit.weight.T.copy()))
        head.bias.copy_(torch.from_numpy(fit.bias.copy()))


class HeadProbe(LinearProbe):
    """A probe whose linear model becomes the task's head, which decodes its outputs."""

    task: Any

    def check(self) -> None:
        linear(self.task.head)

    def load(self, fit: LinearFit) -> None:
        set_linear(self.task.head, fit)

    def read(self) -> LinearFit | None:
        head = within(self.task.head)
        if not isinstance(head, nn.Linear):
            return None
        wide = [] if self.task.sparse is None else [self.task.sparse.weight()]
        weight = np.concatenate([*wide, head.weight.detach().cpu().numpy().T])
        return LinearFit(weight, head.bias.detach().cpu().numpy(), {})

    def decode(self, outputs: Tensor) -> list[dict[str, Any]]:
        return self.task.decode(outputs)
