"""A temperature makes answers softer and leaves their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from headstart.assemble import finetuning
from headstart.core.recipe import Recipe
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from tests.helpers.tiny_store import tiny_store


def test_a_temperature_softens_answers_and_keeps_their_order(tmp_path: Path) -> None:
    store = tiny_store(tmp_path / "data")
    recipe = Recipe(backbone={"kind": "mlp", "widths": [8]}, plan={"steps": 20})
    parts = finetuning(recipe, None, store=store, device="cpu")
    predictor = Predictor(parts.modality, parts.trainee)
    learn_task(parts, predictor)
    rows = store.rows("train")[:20]
    before = predictor.answers(store, rows)
    predictor.task.temper(3.0)
    after = predictor.answers(store, rows)
    assert [one["label"] for one in before] == [one["label"] for one in after]
    sure, soft = (np.array([one["probability"] for one in answers]) for answers in (before, after))
    assert (soft < sure).all()
