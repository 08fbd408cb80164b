"""Pairs: rows of one class are drawn together and others apart; then a linear head is fitted to the features."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from headstart.core.contracts import Backbone, Batch, Group, Objective, Plain, Step, Task, Tuning
from headstart.core.contracts.choice import Adaptation, Suits
from headstart.core.contracts.probe import LinearFit, LinearProbe
from headstart.core.errors import ContractError, RecipeError
from headstart.core.random import mix
from headstart.models.nn.norms import batch_norms, rest
from headstart.training.linear.solved_head import fitted_head

_FROM, _UP_TO = 3, 100  # labels a class from which, and up to which, they are compared
_HEAVY = 600_000_000  # bytes of weights, 150 million of them, whose steps take a CPU many minutes


class Pairs(Tuning):
    """Move the backbone until rows of one class lie together, then fit a linear head to the features.

    All pairs of a batch are compared, so n labelled rows give about n * n / 2 examples: the supervised contrastive loss
    (Khosla et al., NeurIPS 2020, equation 2) in the recipe that SetFit has for sentences (Tunstall et al. 2022, after
    Reimers and Gurevych, EMNLP 2019). For tasks with one class a row.

    Batch norms keep their statistics: those of a few small batches are others than those of the answers. 100 labels of
    hand signs, EfficientNet-Lite0: .81 so, .36 where they move, a probe has .67.

    temperature  of the similarities; a smaller one looks at the hardest pairs
    views        how often a row is in its batch, each time with other augmentation and dropout; with 2 a row is a
                 partner of itself, for classes of which a batch has one row
    """

    solves_head: ClassVar[Literal["never", "first", "last"]] = "last"
    rows_independent: ClassVar[bool] = False
    needs_pretrained: ClassVar[bool] = True
    lr_multiplier: ClassVar[float] = 2.0
    advice: ClassVar[Mapping[str, Any]] = {
        "plan.epochs": 10, "plan.min_steps": 150, "plan.batch": 32, "plan.schedule": "linear", "plan.warmup": 0.1,
    }  # fmt: skip

    @classmethod
    def suits(cls, about: Adaptation) -> Suits | None:
        """Few labels of one class a row and a public network that is not too heavy for a CPU.

        100 labels, 60 updates, accuracy over a probe: AG News +.045, SST-2 +.071, pros and cons +.026 (MiniLM), hand
        signs +.17, CIFAR-10 +.05 (EfficientNet-Lite0).
        """
        if not about.public or not about.linear or not about.one_class or about.classes < 2:
            return None
        if not _FROM <= about.per_class <= _UP_TO or (about.device == "cpu" and about.weights > _HEAVY):
            return None
        return Suits(2, f"{about.labels} and a public network: labelled rows are compared with each other")

    @classmethod
    def promising(cls, about: Adaptation) -> bool:
        """With few labels of one class a row, from weights that learned in steps."""
        return about.pretrained and about.one_class and not about.solved and about.per_class <= _UP_TO

    def __init__(self, *, temperature: float = 0.1, views: int = 1) -> None:
        for name, value in (("temperature", temperature), ("views", views)):
            if not value > 0:
                raise RecipeError(215, "setting must be above 0", where=f"tuning.{name}", found=value)
        self.temperature, self.views = temperature, views
        self._resting: list[nn.Module] = []

    def groups(self, backbone: Backbone, task: Objective) -> list[Group]:
        self._resting = batch_norms(backbone)
        layers = [Group(f"layer {i}", list(layer.parameters())) for i, layer in enumerate(backbone.layers())]
        return [*layers, Group("head", list(task.parameters()))]

    def at(self, done: float) -> None:
        rest(self._resting)

    def step(self, task: Objective, backbone: Backbone, batch: Batch) -> Step:
        learner = task.as_task
        assert learner is not None
        shown = _repeated(batch, self.views)
        if len(shown["key"]) < 2:
            raise ContractError(217, "one row is no pair", fix="set plan.batch=32")
        features, classes = learner.examine(backbone, shown)
        if classes.ndim != 1 or classes.is_floating_point() or len(classes) != len(shown["key"]):
            fix = "use --tuning full, lora or probe, without augment.mixup and augment.cutmix"
            raise ContractError(216, "pairs of rows need one class per row", fix=fix)
        loss, right = supervised_contrast(features, classes, self.temperature)
        return Step(loss, {"nearest_alike": right})

    def solve(self, backbone: Backbone, task: Task, batches: Iterable[Batch], seed: int) -> Step:
        return fitted_head(backbone, task, batches, self.fit, seed=seed)

    def fit(self, probe: LinearProbe, features: Plain, targets: np.ndarray, seed: int) -> LinearFit:
        """The penalty is not chosen: the features have learned the labels, and held-out rows would all be right.

        100 labels of AG News, log loss of test rows: .413 so, .654 with a penalty chosen by folds (ridge 6.1).
        """
        return probe.fit(features, targets, solver="settled", seed=seed)


def _repeated(batch: Batch, views: int) -> Batch:
    """Every row so many times, each time with another key."""
    keys = [batch["key"]]
    for _ in range(views - 1):
        keys.append(mix(keys[-1]))
    return {name: torch.cat([values] * views) for name, values in batch.items()} | {"key": torch.cat(keys)}


def supervised_contrast(vectors: Tensor, classes: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Mean negative log-probability of picking a row of the same class, and how often the nearest row is of it.

    vectors [B, F], classes [B]. Means over the rows that have a partner in the batch; 0 where none has. In float32
    whatever the vectors are: bfloat16 rounds a similarity near 1 by up to 0.002.
    """
    with torch.autocast(vectors.device.type, enabled=False):
        unit = functional.normalize(vectors.float(), dim=1)
        itself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
        similarity = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)  # [B, B]
        partners = (classes[:, None] == classes) & ~itself
        picked = similarity.log_softmax(1).masked_fill(~partners, 0.0)
        count = partners.sum(1)
        paired = (count > 0).sum().clamp_min(1)
        loss = -(picked.sum(1) / count.clamp_min(1)).sum() / paired
        with torch.no_grad():
            nearest = classes[similarity.argmax(1)] == classes
            right = (nearest & (count > 0)).sum() / paired
    return loss, right
