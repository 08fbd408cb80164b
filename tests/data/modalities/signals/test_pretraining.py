"""Whole series without labels teach a network that then learns labels, with every network that reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import headstart as hs

STEPS = 32
SMALL = {
    "cnn": {"backbone.channels": [4, 8, 8, 8]}, "resnet": {"backbone.depth": 10, "backbone.width": 4},
    "encoder": {"backbone.width": 16, "backbone.depth": 1}, "decoder": {"backbone.width": 16, "backbone.depth": 1},
    "rnn": {"backbone.width": 8, "backbone.hidden": 8, "backbone.depth": 1},
}  # fmt: skip
PAIRS = [(network, learner) for network in SMALL for learner in ("masked", "contrastive")]
PAIRS += [("decoder", "causal"), ("rnn", "causal")]


def table(place: Path, count: int, *, labelled: bool) -> Path:
    """A row for each series of one channel: slow and fast waves."""
    generator, time = np.random.default_rng(count), np.arange(STEPS)
    lines = [",".join([*(f"t{step}" for step in time), *["label"] * labelled])]
    for row in range(count):
        wave = np.sin(2 * np.pi * ((2 + 3 * (row % 2)) * time / STEPS + generator.random()))
        cells = [f"{value:.3f}" for value in wave + 0.2 * generator.standard_normal(STEPS)]
        lines.append(",".join([*cells, *[("slow", "fast")[row % 2]] * labelled]))
    place.write_text("\n".join(lines) + "\n", "utf-8")
    return place


@pytest.mark.parametrize(("network", "learner"), PAIRS)
def test_a_network_learns_of_unlabelled_series_and_then_of_labels(tmp_path: Path, network: str, learner: str) -> None:
    small = {**SMALL[network], "plan.steps": 3, "plan.batch": 16}
    hs.pretrain(table(tmp_path / "u.csv", 60, labelled=False), out=tmp_path / "p", modality="signals", backbone=network,
                objective=learner, settings=small)  # fmt: skip
    run = hs.finetune(table(tmp_path / "l.csv", 80, labelled=True), out=tmp_path / "m", start=tmp_path / "p",
                      task="classify", tuning="probe")  # fmt: skip
    assert "accuracy" in run.scores
    assert set(hs.load(tmp_path / "m").task.answer.names) == {"slow", "fast"}


def test_gain_of_a_start_without_labels_finds_the_label(tmp_path: Path) -> None:
    small = {**SMALL["cnn"], "plan.steps": 3, "plan.batch": 16}
    hs.pretrain(table(tmp_path / "u.csv", 60, labelled=False), out=tmp_path / "p", modality="signals", backbone="cnn",
                objective="contrastive", settings=small)  # fmt: skip
    found = hs.gain(table(tmp_path / "l.csv", 80, labelled=True), out=tmp_path / "g", start=tmp_path / "p",
                    task="classify", labels=[10], seeds=2, settings={"plan.steps": 3})  # fmt: skip
    assert found.verdict
