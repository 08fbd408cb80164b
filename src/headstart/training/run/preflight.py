"""What trains, and whether it can: parameters counted, and one batch tried before the run."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from headstart.core.contracts import Batch, Tuning
from headstart.data.batches import Feed
from headstart.models.nn.lowrank import adapters, linear_maps
from headstart.training.loop import unmoved
from headstart.training.microbatches import Learner, Trainee, backward
from headstart.training.nonfinite import buffers_kept
from headstart.training.optimizer import State

ROWS = 32  # rows that are tried: enough for a gradient, and a small part of one step
FAR = 0.5  # a fresh head that is off the loss of knowing nothing by more than half of it is not fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What a tuning trains: counts of parameters, of those in the head, and of linear maps with adapters.

    `reached` are the adapters that a batch went through; `loss` is that of the tried batch (None where the head is
    solved, not stepped). `warnings` name each fault with its cure.
    """

    trained: int
    parameters: int
    head_trained: int
    head: int
    adapted: int
    reached: int
    maps: int
    loss: float | None
    warnings: tuple[str, ...]

    def sentence(self) -> str:
        """One line for people."""
        share = 100 * self.trained / max(1, self.parameters)
        text = f"{self.trained:,} of {self.parameters:,} parameters train ({share:.3g} %)"
        text += f", {self.head_trained:,} of {self.head:,} in the head"
        return text + (f"; adapters beside {self.reached} of {self.maps} linear maps" if self.adapted else "")

    def facts(self) -> dict[str, Any]:
        """The same for --json."""
        return {
            "parameters": self.parameters, "trained": self.trained, "head": self.head,
            "head_trained": self.head_trained, "linear_maps": self.maps, "adapters": self.adapted,
            "adapters_reached": self.reached, "first_loss": self.loss,
        }  # fmt: skip


def preflight(trainee: Trainee, tuning: Tuning, batches: Feed, *, fresh: bool = True) -> Preflight:
    """Count what trains, and try one batch; weights, statistics and modes stay as they were.

    `fresh` says that the head has learned nothing yet, so that its loss should be that of knowing nothing.
    """
    backbone, task = trainee.backbone, trainee.objective
    groups = tuning.groups(backbone, task)
    own = {id(p): p for p in task.parameters()}
    moved = {id(p): p for group in groups if group.rate > 0 for p in group.parameters}
    placed = adapters(backbone)
    loss, unreached, warnings = None, set[str](), list[str]()
    frozen = [p for number, p in own.items() if number not in moved or not p.requires_grad]
    if frozen:
        text = f"{_count(frozen):,} of {_count(own.values()):,} parameters of the head are frozen"
        warnings.append(f"{text}, so it cannot learn; list them in Tuning.groups with a rate above 0")
    stepped = tuning.solves_head != "last"
    if not tuning.closed_form:
        batch = next(iter(batches.stream(0)))
        if task.needs.rows_independent and tuning.rows_independent:
            batch = {name: values[:ROWS] for name, values in batch.items()}
        with _tried(trainee, tuning, batch, batches.seed) as loss:
            unreached = {name for name, (_, up) in placed.items() if up.grad is None}
            if stepped and own and not any(p.grad is not None and bool(p.grad.abs().max() > 0) for p in own.values()):
                text = "no parameter of the head gets a gradient, so it cannot learn"
                warnings.append(f"{text}; its loss must depend on its own weights")
        warnings += _odd_loss(trainee, loss, len(batch["key"])) if fresh and stepped else []
    reached, maps = len(placed) - len(unreached), len(linear_maps(backbone))
    warnings += _missed(len(placed), maps, sorted(unreached))
    return Preflight(
        trained=_count(moved.values()), parameters=_count([*backbone.parameters(), *own.values()]),
        head_trained=_count(own.values()) - _count(frozen), head=_count(own.values()), adapted=len(placed),
        reached=reached, maps=maps, loss=loss, warnings=tuple(warnings),
    )  # fmt: skip


@contextmanager
def _tried(trainee: Trainee, tuning: Tuning, batch: Batch, seed: int) -> Iterator[float]:
    """Inside, the parameters hold the gradients of a first step on the batch; the value is its loss."""
    parts = (trainee.backbone, trainee.objective)
    learner = Learner(trainee=trainee, forward=trainee.objective, mixed=nullcontext(), seed=seed, tuning=tuning)
    with unmoved(trainee):
        for part in parts:
            part.train()
        tuning.at(0.0)
        with buffers_kept(*parts):
            loss = float(backward(learner, batch, State()).loss)
        try:
            yield loss
        finally:
            for part in parts:
                part.zero_grad()


def _odd_loss(trainee: Trainee, loss: float, rows: int) -> list[str]:
    chance = trainee.objective.chance_loss(rows)
    if chance is None or abs(loss - chance) <= FAR * chance:
        return []
    text = f"the loss begins at {loss:.3g}, and chance is {chance:.3g}"
    return [f"{text}; the head is not fresh, or labels and loss do not belong together"]


def _missed(adapted: int, maps: int, unreached: list[str]) -> list[str]:
    """Adapters that are not everywhere, or that the network passes by because it reads the weights itself."""
    if not adapted:
        return []
    warnings = []
    if adapted < maps:
        text = f"only {adapted} of {maps} linear maps have adapters"
        warnings.append(f"{text}; on all of them LoRA learns as well as full fine-tuning: tuning.layers=1.0")
    if unreached:
        text = f"{len(unreached)} of {adapted} adapters have no effect, because the network bypasses them"
        warnings.append(f"{text} ({unreached[0]}); they change nothing, use --tuning full")
    return warnings


def _count(parameters: Any) -> int:
    return sum(p.numel() for p in parameters)
