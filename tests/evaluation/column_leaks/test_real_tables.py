"""Real tables raise no false alarm before training, and the one column that is known afterwards is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from headstart.assemble import finetuning
from headstart.commands.common.first_words import unlearnable
from headstart.core.recipe import Recipe, override
from headstart.data.prepare import prepare

pytestmark = [pytest.mark.shared, pytest.mark.slow]

SETS = {
    "tab_german_credit/german.csv": ("21", ""),
    "tab_bank_marketing/bank-full.csv.gz": ("y", "column duration may be known only afterwards"),
    "tab_adult/adult-train.csv.gz": ("15", ""),
    "tab_california_housing/housing.csv.gz": ("median_house_value", ""),
    "robot_wall_following/sensor_readings_24.csv.gz": ("OUTPUT", ""),
}


@pytest.mark.parametrize("name", SETS)
def test_what_is_said_before_training(shared_data: Path, tmp_path: Path, name: str) -> None:
    target, expected = SETS[name]
    store = prepare(shared_data / name, tmp_path / "data", modality="table", target=target)
    parts = finetuning(override(Recipe(), {"verb": "finetune", "backbone.kind": "linear"}), store)
    said = unlearnable(parts, parts.chosen)
    assert len(said) == bool(expected)
    assert all(one.startswith(expected) for one in said)
