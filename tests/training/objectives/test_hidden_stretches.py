"""What `masked` hides of series: stretches of time, not single steps that their neighbours give away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.contracts.budget import Budget
from headstart.core.random import keys
from headstart.data.modalities.series.series import Series
from headstart.data.storage.gather import stacked
from headstart.models.backbones.encoder import Encoder
from headstart.training.objectives.simmim import Simmim


@pytest.fixture
def learner() -> tuple[Encoder, Simmim, dict[str, torch.Tensor]]:
    """A small encoder on waves of 128 steps."""
    torch.manual_seed(0)
    modality: Any = Series(window=128, horizon=4)
    draw = np.random.default_rng(0)
    waves = [np.sin(2 * np.pi * (np.arange(140) / 16 + draw.random())) for _ in range(24)]
    records = [{"input": wave, "origin": f"row {n}"} for n, wave in enumerate(waves)]
    modality.fit(records, Budget())
    rows = [modality.encode(modality.read(record, Budget())) for record in records]
    modality.fit_stored([stacked(rows)])
    batch = {**modality.collate(stacked(rows)), "key": keys(0, 0, torch.arange(24))}
    backbone = Encoder(modality.spec, width=32, depth=1, heads=2, dropout=0.0)
    return backbone, Simmim(backbone, batch, modality.augment(modality)), batch


def test_stretches_of_a_thirty_second_of_the_window_are_hidden(
    learner: tuple[Encoder, Simmim, dict[str, torch.Tensor]],
) -> None:
    backbone, objective, batch = learner
    assert objective.patch == 4
    shown = objective.illustrate(backbone, batch)
    hidden = (shown["masked"] != shown["input"])[:, 0, 0]
    whole = hidden.unflatten(1, (-1, 4)).float().mean(2)
    assert ((whole == 0) | (whole >= 0.75)).all()  # a hidden value may happen to be that of the cover
    assert 0.5 < hidden.float().mean() < 0.7


def test_hidden_stretches_of_waves_are_filled_in(learner: tuple[Encoder, Simmim, dict[str, torch.Tensor]]) -> None:
    backbone, objective, batch = learner
    optimizer = torch.optim.AdamW([*backbone.parameters(), *objective.parameters()], lr=4e-3)
    losses = list[float]()
    for step in range(80):
        loss = objective(backbone, {**batch, "key": keys(0, step, torch.arange(24))}).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:5])
