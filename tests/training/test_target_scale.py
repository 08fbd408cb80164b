"""What a regression learns and is scored by: logarithms of skewed targets, and ranks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr

from headstart.assemble import finetuning
from headstart.core.errors import RecipeError
from headstart.core.recipe import Recipe, override
from headstart.evaluation.validation import learn_task
from headstart.inference.predictor import Predictor
from headstart.training.target_scale import LogScale, log_settings, rank_agreement


def test_row_numbers_of_ranks_have_spearman_as_their_mean() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 9, (60, 1)).astype(float)  # with ties
    said = truth + generator.normal(0, 3, truth.shape)
    assert rank_agreement(truth, said).mean() == pytest.approx(spearmanr(truth[:, 0], said[:, 0])[0])
    assert rank_agreement(truth, np.exp(truth)).tolist() == pytest.approx([1.0] * 60)
    assert not rank_agreement(truth, np.ones_like(truth)).any()
    both = rank_agreement(np.hstack([truth, truth]), np.hstack([said, -said]))
    assert both.mean() == pytest.approx(0, abs=1e-9)


def test_targets_near_their_lowest_one_are_learned_as_logarithms_and_others_are_not() -> None:
    generator = np.random.default_rng(0)
    even, skewed = generator.uniform(0, 1, (200, 1)), np.exp(generator.normal(0, 2, (200, 1)))
    assert log_settings(even, even.std(0)) == []
    assert log_settings(np.hstack([even, skewed]), np.ones(2)) == []
    assert log_settings(skewed[:5], skewed.std(0)) == []
    scale = LogScale.of(skewed.std(0).tolist(), log_settings(skewed, skewed.std(0)))
    entered = scale.enter(skewed)
    assert entered.mean() == pytest.approx(0, abs=1e-3)
    assert entered.std() == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(scale.leave(torch.from_numpy(entered)).numpy(), skewed, rtol=1e-3, atol=1e-3)
    assert np.isfinite(scale.enter(np.array([-5.0], np.float32))).all()
    with pytest.raises(RecipeError, match="HS-R475"):
        LogScale.of([1.0, 1.0], [[0.0, 0.0, 1.0]])


def test_effects_that_multiply_are_learned_from_logarithms_and_the_headline_is_of_ranks(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    words = [f"w{number}" for number in range(12)]
    effects = dict(zip(words, generator.normal(0, 1.5, 12), strict=True))
    rows = [list(generator.permutation(words)[:6]) for _ in range(400)]
    frame = pd.DataFrame({"text": [" ".join(row) for row in rows],
                          "value": [float(np.exp(sum(effects[word] for word in row))) for row in rows]})  # fmt: skip
    scores = {}
    for scale in ("plain", "auto"):
        said = {"verb": "finetune", "data.input": "text", "data.target": "value", "backbone.kind": "linear",
                "task.kind": "regress", "task.scale": scale, "task.headline": "spearman"}  # fmt: skip
        parts = finetuning(override(Recipe(), said), frame, device="cpu")
        predictor = Predictor(parts.modality, parts.trainee)
        learn_task(parts, predictor)
        asked = parts.store.rows("test")
        task, examples = predictor.task, parts.store.examples_of(asked)
        answers = predictor.answers(parts.store, asked)
        found = task.score(answers, examples)
        assert next(iter(found)) == "spearman"
        assert task.row_scores(answers, examples).mean() == pytest.approx(found["spearman"])
        with torch.no_grad():
            outputs = task.outputs(predictor.trainee.backbone, predictor.batch(parts.store, asked))
        assert outputs is not None
        np.testing.assert_allclose(outputs.numpy()[:, 0], [answer["value"] for answer in answers], rtol=1e-3)
        scores[scale] = found["spearman"]
    assert scores["auto"] > scores["plain"] + 0.02
    assert scores["auto"] > 0.95
