"""Imitation: its ridge, its scores, who answers, and a run from episodes to a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import f1_score

import headstart as hs
from headstart.core.errors import ContractError
from headstart.data.records import Episode
from headstart.evaluation.evaluate import evaluate
from headstart.inference.predictor import Predictor
from headstart.training.tasks.imitate.choosing import chosen
from headstart.training.tasks.imitate.logistic import fit_choices
from headstart.training.tasks.imitate.ridge import fit_actions, folds_of
from headstart.training.tasks.imitate.scores import macro_f1
from tests.helpers.episodes import choosing, episodes

ROWS = 400


def rows(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(ROWS, 8)).astype(np.float32)
    targets = features @ generator.normal(size=(features.shape[1], 2)) + generator.normal(size=(ROWS, 2))
    return features, targets, np.repeat(np.arange(10), ROWS // 10)


def test_the_ridge_is_that_of_scikit_learn_on_features_of_one_deviation() -> None:
    features, targets, episode = rows()
    fit = fit_actions(features, targets, episode)
    scaled = (features - features.mean(0)) / features.std(0)
    slow = Ridge(alpha=fit.chosen["penalty"] * ROWS).fit(scaled, targets)
    np.testing.assert_allclose(features @ fit.weight + fit.bias, slow.predict(scaled), atol=1e-4)


def test_the_penalty_is_chosen_on_episodes_that_were_left_out() -> None:
    """Every episode has an offset that its own features tell: of rows between others it would seem to be learned."""
    generator = np.random.default_rng(0)
    episode = np.repeat(np.arange(20), 30)
    mark = generator.normal(size=(20, 40))[episode]  # tells the episodes apart, and nothing of a new one
    features = np.concatenate([mark, generator.normal(size=(600, 1))], 1).astype(np.float32)
    targets = 3 * generator.normal(size=20)[episode][:, None] + features[:, -1:]
    whole = fit_actions(features, targets, episode)
    alone = fit_actions(features, targets, np.arange(600))
    assert whole.chosen["penalty"] > alone.chosen["penalty"]
    assert whole.chosen["held_out_mse"] > 3 * alone.chosen["held_out_mse"]


def test_no_episode_is_divided_between_folds() -> None:
    episode = np.repeat([7, 3, 9, 1, 4, 4, 8], 10)
    fold = folds_of(episode)
    assert all(len(set(fold[episode == one])) == 1 for one in episode)
    assert len(set(folds_of(np.zeros(50)))) == 5


def test_the_end_of_an_episode_is_learned_though_what_comes_after_it_is_not_known() -> None:
    features, targets, episode = rows()
    last = features[:, 0] > 0.5  # where episodes end
    wanted = targets.copy()
    wanted[last, 0] += 5.0
    wanted[last, 1] = np.nan
    told = fit_actions(features, wanted, episode)
    kept = fit_actions(features[~last], wanted[~last], episode[~last])
    truth = wanted[last, 0]

    def off(fit: Any) -> float:
        return float(np.abs(features[last] @ fit.weight[:, 0] + fit.bias[0] - truth).mean())

    assert off(told) < 0.7 * off(kept)


def test_choices_get_logits_whose_softmax_fits_episodes_that_were_left_out() -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(900, 4)).astype(np.float32)
    choices = (features[:, :3] + 0.5 * generator.normal(size=(900, 3))).argmax(1).astype(float)[:, None]
    choices[::9] = np.nan
    fit = fit_choices(features, choices, np.repeat(np.arange(30), 30), 3)
    said = features @ fit.weight + fit.bias
    known = np.isfinite(choices[:, 0])
    assert (said.argmax(1) == choices[:, 0])[known].mean() > 0.7
    assert fit.chosen["held_out_loss"] < 0.7 * np.log(3)


def test_the_f1_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    said, done = generator.integers(0, 4, 200).astype(float), generator.integers(0, 4, 200).astype(float)
    assert macro_f1(said, done) == pytest.approx(f1_score(done, said, average="macro"))


def test_a_model_that_is_no_better_by_more_than_chance_does_not_answer() -> None:
    generator = np.random.default_rng(0)
    episode = np.repeat(np.arange(8), 50)
    noise = generator.normal(size=8)[episode]
    assert chosen({"model": np.ones(400) + 0.1 * noise, "mean": np.ones(400)}, episode) == "mean"
    assert chosen({"model": np.ones(400) + 0.1 * noise, "mean": 2 * np.ones(400)}, episode) == "model"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    folder = tmp_path_factory.mktemp("imitate")
    store = hs.prepare(episodes(40), out=folder / "data")
    return hs.finetune(store, start="scratch", task="imitate", out=folder / "model", quiet=True)


def test_a_linear_model_of_commands_is_better_than_staying_and_the_mean(model: Predictor) -> None:
    scores = model.scores
    assert scores["nmse"] < 0.5 * min(scores["stay_nmse"], scores["mean_action_nmse"])
    assert scores["nmse_now"] < scores["nmse_0.5s"] < scores["nmse"]
    assert {"baseline_nmse", "with_actions_nmse", "last_action_nmse"} <= set(scores)
    assert any(told.startswith("copycat gap: a linear model of the window") for told in model.warnings)


def test_every_step_of_an_episode_is_answered_and_another_preparation_is_refused(model: Predictor) -> None:
    given = episodes(4, seed=5)
    answers = model.predict(given)
    assert [np.array(answer["actions"]).shape for answer in answers] == [(8, 2)] * sum(len(one.acted) for one in given)
    now = np.array([answer["actions"][0] for answer in answers])
    assert np.abs(now - np.concatenate([one.acted for one in given])).max() < 0.2
    path = model.path
    assert path is not None
    store = hs.prepare(given, out=path.parent / "more", settings={"window": 3, "horizon": 8}, split="test=.5,train=.5")
    with pytest.raises(ContractError, match="HS-C820"):
        hs.evaluate(model, store)


def test_errors_are_shares_of_the_variance_of_train_actions(model: Predictor) -> None:
    path = model.path
    assert path is not None
    store = hs.prepare(episodes(40), out=path.parent / "data")
    found = evaluate(model, store, "test")
    task: Any = model.task
    mean, deviation = task.episodes.scales.mean[6:], task.episodes.scales.deviation[6:]
    given, squares, at_mean = episodes(40)[32:], [], []
    at = iter(found.answers)
    for one in given:
        for step in range(len(one.acted)):
            said = next(at)["actions"]
            ahead = step + len(said) - 1
            if ahead < len(one.acted):
                squares.append(np.square((np.array(said[-1]) - one.acted[ahead]) / deviation).mean())
                at_mean.append(np.square((mean - one.acted[ahead]) / deviation).mean())
    assert found.scores["nmse"] == pytest.approx(np.mean(squares), rel=1e-4)
    assert found.scores["mean_action_nmse"] == pytest.approx(np.mean(at_mean), rel=1e-4)
    assert [line["action"] for line in found.per_class] == ["left (rad)", "right (rad)"]
    assert found.scores["nmse_low"] < found.scores["nmse"] < found.scores["nmse_high"]


def test_actions_that_nothing_tells_are_answered_by_their_mean(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    given = [replace(one, acted=generator.normal(size=one.acted.shape)) for one in episodes(40)]
    store = hs.prepare(given, out=tmp_path / "data")
    model = hs.finetune(store, start="scratch", task="imitate", out=tmp_path / "model", quiet=True)
    assert any("the model is not better than the mean action" in told for told in model.warnings)
    assert model.scores["nmse"] == pytest.approx(model.scores["mean_action_nmse"])
    again = Predictor.load(tmp_path / "model")
    assert again.predict(given[:2]) == model.predict(given[:2])


def test_choices_are_told_with_their_shares(tmp_path: Path) -> None:
    given = choosing(40, length=12)
    store = hs.prepare(given, out=tmp_path / "data", settings={"window": 3, "horizon": 2})
    model = hs.finetune(store, start="scratch", task="imitate", out=tmp_path / "model", quiet=True)
    assert model.scores["accuracy"] > model.scores["frequent_accuracy"] + 0.1
    assert model.scores["macro_f1"] > 0.6
    answer = model.predict(given[:1])[0]
    assert len(answer["actions"]) == 2
    assert sum(answer["probabilities"]) == pytest.approx(1.0)


def test_rows_to_look_at_are_of_whole_episodes(tmp_path: Path) -> None:
    store = hs.prepare(episodes(60), out=tmp_path / "data", split="train=.8,test=.2")
    from headstart.assemble.rows import hold_out

    learned, held = hold_out(store, store.rows("train"), 0.05)
    names = [{one["group"] for one in store.examples_of(some)} for some in (learned, held)]
    assert names[1]
    assert not names[0] & names[1]


def test_answers_that_nobody_can_give_are_refused(tmp_path: Path) -> None:
    store = hs.prepare(episodes(20), out=tmp_path / "data")
    with pytest.raises(ContractError, match="HS-C872"):
        hs.finetune(store, start="scratch", task="imitate", out=tmp_path / "m", quiet=True,
                    settings={"task.answers": "last"})  # fmt: skip
    blind = [replace(one, acted=np.empty((len(one.acted), 0)), acts=(), units=()) for one in episodes(20)]
    store = hs.prepare(blind, out=tmp_path / "blind")
    with pytest.raises(ContractError, match="HS-C871"):
        hs.finetune(store, start="scratch", task="imitate", out=tmp_path / "m", quiet=True)


def test_a_model_that_reads_actions_may_repeat_the_last_one(tmp_path: Path) -> None:
    given: list[Episode] = choosing(30)
    store = hs.prepare(given, out=tmp_path / "data", settings={"window": 3, "horizon": 2, "actions": True})
    model = hs.finetune(store, start="scratch", task="imitate", out=tmp_path / "model", quiet=True,
                        settings={"task.answers": "last"})  # fmt: skip
    assert model.scores["accuracy"] == pytest.approx(model.scores["last_action_accuracy"], abs=0.05)
    assert "without_actions_accuracy" in model.scores
