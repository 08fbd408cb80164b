"""A model as a policy: the same action as `predict` gives, its own memory, named observations, averages of chunks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.contracts.budget import Budget
from headstart.core.errors import UsageError
from headstart.data.records import Episode
from headstart.inference.policy import row_of, together
from tests.helpers import recordings

Made = Callable[..., Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A linear model of driven carts, by the settings of its modality."""
    place, known = tmp_path_factory.mktemp("models"), dict[str, Any]()

    def model(actions: bool = False, choices: bool = False) -> Any:
        name = f"{actions}-{choices}"
        if name not in known:
            given = recordings.driven(40)
            if choices:
                given = [{**one, "actions": (one["actions"][:, 0] > 0).astype(np.int64)} for one in given]
            settings = {"modality.window": 3, "modality.horizon": 4, "modality.actions": actions}
            known[name] = hs.finetune(given, start="scratch", task="imitate", out=place / name, settings=settings)
        return known[name]

    return model


def last_said(model: Any, seen: np.ndarray, done: np.ndarray) -> np.ndarray:
    """The chunk that `predict` gives at the last step of an episode."""
    acting = model.task.answer.acting
    acted = np.full((len(seen), 1), np.nan)
    acted[: len(done)] = done
    episode = Episode(seen, acted, tuple(acting.observes), tuple(acting.acts), discrete=acting.discrete)
    return np.array(model.predict([episode])[-1]["actions"])


@pytest.mark.parametrize("actions", [False, True])
def test_a_policy_remembers_what_predict_reads_from_the_whole_episode(made: Made, actions: bool) -> None:
    model, seen = made(actions), np.random.default_rng(0).normal(size=(7, 2))
    policy, done = model.policy(), np.empty((0, 1))
    for step in range(len(seen)):
        action = policy(seen[step])
        assert action.dtype == np.float32
        assert np.allclose(action, last_said(model, seen[: step + 1], done)[0], atol=1e-4)
        done = np.vstack([done, action])


def test_reset_forgets_the_episode(made: Made) -> None:
    policy = made().policy()
    first = policy([1.0, 0.0])
    for _ in range(5):
        policy([-30.0, 20.0])
    assert not np.array_equal(policy([1.0, 0.0]), first)
    policy.reset()
    assert np.allclose(policy([1.0, 0.0]), first)


def test_choices_are_ints(made: Made) -> None:
    policy = made(choices=True).policy()
    assert type(policy([2.0, 2.0])) is int
    assert (policy([2.0, 2.0]), policy([-2.0, -2.0])) == (0, 1)


def test_chunks_are_averaged_with_weights_that_fall_from_the_oldest_on(made: Made) -> None:
    model, seen, rate = made(), np.random.default_rng(1).normal(size=(6, 2)), 0.5
    policy, done, chunks = model.policy(average=rate), np.empty((0, 1)), list[np.ndarray]()
    for step in range(len(seen)):
        action = policy(seen[step])
        chunks.append(last_said(model, seen[: step + 1], done))
        said = [chunk[step - at] for at, chunk in enumerate(chunks) if step - at < len(chunk)]
        weights = [np.exp(-rate * place) for place in range(len(said))]
        wanted = sum(w * one for w, one in zip(weights, said, strict=True)) / sum(weights)
        assert np.allclose(action, wanted, atol=1e-4)
        done = np.vstack([done, action])


def test_policies_asked_together_say_what_each_says_alone(made: Made) -> None:
    model, seen = made(), np.random.default_rng(2).normal(size=(5, 3, 2))
    several, alone = ([model.policy() for _ in range(3)] for _ in range(2))
    for step in seen:
        assert np.allclose(
            together(several, list(step)), [one(s) for one, s in zip(alone, step, strict=True)], atol=1e-5
        )


@pytest.mark.parametrize("actions", [False, True])
def test_rows_of_many_policies_are_those_that_are_read_from_each_episode(made: Made, actions: bool) -> None:
    modality, generator = made(actions).modality, np.random.default_rng(3)
    width, before = len(modality.form.observes), modality.before
    values, lengths = generator.normal(size=(40, before + 1, 3)), generator.integers(1, before + 4, 40)
    values[generator.random(values.shape) < 0.3] = np.nan
    values[0, -1, 0] = np.inf
    values[:, -1, 1] = 0.5  # else some have nothing at all
    kept = np.minimum(lengths, before + 1)
    for row, steps in zip(values, kept, strict=True):
        row[: before + 1 - steps] = np.nan
    found = modality.collate(modality.columns_now(values, kept))
    for place, steps in enumerate(kept):
        there = values[place, -steps:]
        episode = Episode(there[:, :width], there[:, width:], modality.form.observes, modality.form.acts)
        read = modality.read({"input": episode, "origin": "here"}, Budget())
        slow = modality.collate({name: one[None] for name, one in modality.encode(read).items()})
        for name in ("x", "base", "place"):
            assert np.array_equal(found[name][place], slow[name][0]), name


def test_observations_are_taken_by_name_in_any_order() -> None:
    observes = ("obs.place.x", "obs.place.y", "obs.speed")
    assert row_of({"speed": 3, "place": [1, 2]}, observes).tolist() == [1, 2, 3]
    assert row_of({"obs": {"speed": [3], "place": {"y": 2, "x": 1}}}, observes).tolist() == [1, 2, 3]
    assert row_of((1, 2, 3), observes).tolist() == [1, 2, 3]
    assert row_of({"a": 1, "b": 2}, ("obs_a", "obs_b")).tolist() == [1, 2]
    assert row_of({"place": [1, 2], "speed": 3, "camera": np.zeros((4, 4, 3))}, observes).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "odd", [[1, 2], {"place": [1, 2]}, {"place": [1, 2, 3], "speed": 1}, {"speed": "fast"}, "fast"]
)
def test_other_observations_are_refused(odd: Any) -> None:
    with pytest.raises(UsageError, match="HS-U886"):
        row_of(odd, ("obs.place.x", "obs.place.y", "obs.speed"))


def test_latency_counts_calls(made: Made) -> None:
    policy = made().policy()
    assert np.isnan(policy.latency.p50)
    for _ in range(3):
        policy([0.0, 1.0])
    assert policy.latency.calls == 3
    assert 0 < policy.latency.p50 <= policy.latency.p99


def test_models_without_actions_and_odd_weights_are_refused(made: Made, tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype=np.uint8)
    other = hs.finetune((pictures, np.arange(40) % 2), start="scratch", backbone="linear", out=tmp_path / "other")
    with pytest.raises(UsageError, match="HS-U885"):
        other.policy()
    with pytest.raises(UsageError, match="HS-U889"):
        made().policy(average=-1)
