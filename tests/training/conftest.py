"""A tiny prepared store, and trainees on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Tuning
from headstart.data.batches import Batches
from headstart.data.store import Store
from headstart.training.loop import Trainee
from headstart.training.plan import Plan
from tests.helpers.tiny_store import ROWS, tiny_store


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return tiny_store(tmp_path_factory.mktemp("store") / "prepared")


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What `train` takes."""

    trainee: Trainee
    batches: Batches
    plan: Plan
    tuning: Tuning | None = None


@pytest.fixture
def build(store: Store) -> Callable[..., Setup]:
    """A trainee with its batches and plan; the same arguments give the same weights."""

    def made(
        backbone: str = "mlp",
        objective: str = "classify",
        tuning: Tuning | None = None,
        *,
        settings: dict[str, Any] | None = None,
        task: dict[str, Any] | None = None,
        augment: dict[str, Any] | None = None,
        rows: int = ROWS,
        seed: int = 0,
        **plan: Any,
    ) -> Setup:
        torch.manual_seed(seed)
        modality, chosen = store.modality, store.rows("train")[:rows]
        defaults = {"mlp": {"widths": (16, 8)}, "cnn": {"channels": (4, 8)}, "resnet": {"width": 8}}.get(backbone, {})
        network = catalog.load("backbones", backbone)(modality.spec, **{**defaults, **(settings or {})})
        changed = modality.augment(modality, **(augment or {"shift": 0}))
        sample = Batches(store, chosen, modality).sample()
        known = {"classes": ("a", "b", "c")} if objective == "classify" else {}
        family = "tasks" if objective == "classify" else "objectives"
        learner = catalog.load(family, objective)(network, sample, changed, **{**known, **(task or {})})
        labels = None
        if objective == "classify":
            examples = store.examples_of(chosen)
            labels = {"y": np.stack([learner.label(example, {})["y"] for example in examples])}
        full = Plan(**{"steps": 6, "batch": 24, "lr": 1e-2, "precision": "float32", **plan})
        batches = Batches(store, chosen, modality, labels=labels, batch=full.batch, seed=seed)
        return Setup(trainee=Trainee(network, learner), batches=batches, plan=full, tuning=tuning)

    return made


@pytest.fixture
def weights() -> Callable[[Trainee], dict[str, torch.Tensor]]:
    """A copy of all weights and buffers."""

    def copied(trainee: Trainee) -> dict[str, torch.Tensor]:
        parts = {"backbone": trainee.backbone, "objective": trainee.objective}
        return {f"{n}.{k}": v.detach().clone() for n, part in parts.items() for k, v in part.state_dict().items()}

    return copied
