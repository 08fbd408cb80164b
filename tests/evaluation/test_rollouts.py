"""Rollouts: success by the environment, its threshold or the demonstrations; shared starts; odd environments."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import headstart as hs
from headstart.core.contracts.acting import Acting
from headstart.core.errors import UsageError
from headstart.evaluation.environments import fitted, opened
from tests.helpers import recordings

HERE = "tests.outside.carts"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model that drives carts to 0."""
    place = tmp_path_factory.mktemp("model") / "cart"
    settings = {"modality.window": 1, "modality.horizon": 1}
    return hs.finetune(recordings.driven(40), start="scratch", task="imitate", out=place, settings=settings)


def test_the_environment_says_what_success_is(model: Any) -> None:
    found = hs.rollout(model, environment=f"{HERE}:Told", episodes=12)
    assert found.rule.startswith("the environment says at the last step")
    assert found.scores["success"] == 1 > found.scores["random_success"]
    assert found.scores["success_low"] == pytest.approx(0.7575, abs=1e-3)  # Wilson's interval of 12 of 12
    assert found.scores["return"] == pytest.approx(np.mean([one.total for one in found.episodes]))


def test_else_nine_of_ten_demonstrations_do(model: Any) -> None:
    rewards = np.arange(10.0)
    demonstrations = [{**one, "rewards": np.full(len(one["actions"]), total / len(one["actions"]))}
                      for total, one in zip(-rewards, recordings.driven(10), strict=True)]  # fmt: skip
    found = hs.rollout(model, demonstrations, environment=f"{HERE}:Silent", episodes=3)
    assert "return of -8.1," in found.rule
    assert found.scores["demonstrated_success"] == 0.9
    assert found.scores["demonstrated_return"] == pytest.approx(-4.5)
    nothing = hs.rollout(model, environment=f"{HERE}:Silent", episodes=3)
    assert "success" not in nothing.scores
    assert any("no demonstrations" in one for one in nothing.warnings)


def test_the_threshold_of_a_registered_environment_is_used(tmp_path: Path) -> None:
    states = np.random.default_rng(0).normal(size=(40, 20, 4)) * 0.1
    pushed = (states @ [0.03, 0.06, 1, 0.25] > 0).astype(np.int64)
    model = hs.finetune([{"observations": states, "actions": pushed}], start="scratch", task="imitate",
                        out=tmp_path / "cart", settings={"modality.window": 1, "modality.horizon": 1})  # fmt: skip
    found = hs.rollout(model, environment="CartPole-v1", episodes=2, steps=60, out=tmp_path / "report")
    assert found.rule == "an episode succeeds with a return of 475, as the environment says"
    assert found.scores["return"] == 60
    assert found.scores["success"] == 0
    page = (tmp_path / "report" / "report.html").read_text()
    assert "observations.2" in page
    assert "random actions" in page


def test_the_same_seed_gives_the_same_episodes_and_another_one_others(model: Any) -> None:
    first, same, other = (hs.rollout(model, environment=f"{HERE}:Silent", episodes=3, seed=s).scores for s in (0, 0, 1))
    assert first == same
    assert first["return"] != other["return"]


def test_more_episodes_begin_as_fewer_do(model: Any) -> None:
    few, many = (hs.rollout(model, environment=f"{HERE}:Silent", episodes=n).episodes for n in (2, 102))
    assert [one.total for one in few] == [one.total for one in many[:2]]
    assert len(many) == 102


def test_actions_are_brought_within_bounds_and_counted(model: Any) -> None:
    found = hs.rollout(model, environment=f"{HERE}:Weak", episodes=3)
    assert any("out of the environment's bounds" in one for one in found.warnings)


def test_settings_build_the_environment(model: Any) -> None:
    found = hs.rollout(model, environment=f"{HERE}:Broken", episodes=2, settings={"environment.place": 3.0})
    assert found.environment == f"{HERE}:Broken (place=3.0)"
    assert all(one.observed is not None and one.observed[0, 0] == 3 for one in found.episodes)


def test_an_environment_of_the_working_directory_is_found(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"import gymnasium\nfrom {HERE} import Told\ngymnasium.register('Own-v0', Told, max_episode_steps=5)\n"
    (tmp_path / "own_carts.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert hs.rollout(model, environment="own_carts:Told", episodes=1).episodes[0].steps == 60
    assert hs.rollout(model, environment="own_carts:Own-v0", episodes=1).episodes[0].steps == 5
    assert sys.path == before


@pytest.mark.parametrize(("name", "settings", "code"), [
    ("CartPole-v1", {"environment.sutton_barto_rewards": True}, "HS-U914"),
    (f"{HERE}:Broken", {"environment.position": 1}, "HS-U914"),
    ("CartPole-v1", {"environment.max_episode_steps": -4}, "HS-U887"),
    ("CartPole-v1", {"gravity": 5}, "HS-U916"),
    (f"{HERE}:Broken", {"environment.place": "far"}, "HS-U915"),
])  # fmt: skip
def test_wrong_arguments_of_environments_are_refused(
    model: Any, name: str, settings: dict[str, Any], code: str
) -> None:
    with pytest.raises(UsageError, match=code):
        hs.rollout(model, environment=name, episodes=1, settings=settings)


@pytest.mark.parametrize(("name", "code"), [
    ("CartPoles-v1", "HS-U887"), ("no_such_module:Cart", "HS-U887"), (f"{HERE}:Broken", "HS-U887"),
    ("CartPole-v1", "HS-U886"), (f"{HERE}:Choosing", "HS-U888"),
])  # fmt: skip
def test_environments_that_do_not_fit_are_refused(model: Any, name: str, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        hs.rollout(model, environment=name, episodes=1)


SPACES: dict[str, tuple[Any, int, Any, Any]] = {
    "choices from 1 on": (gymnasium.spaces.Discrete(2, start=1), 3, 2, 2),
    "several bits": (gymnasium.spaces.MultiBinary(2), 0, [0.7, 0.2], [1, 0]),
    "several choices": (gymnasium.spaces.MultiDiscrete([3, 4]), 0, [5.0, 2.6], [2, 3]),
    "a box of rows": (gymnasium.spaces.Box(-1, 1, (1, 2), np.float64), 0, [0.5, -3], [[0.5, -1]]),
}


@pytest.mark.parametrize("kind", SPACES)
def test_actions_are_given_as_spaces_take_them(kind: str) -> None:
    space, discrete, said, wanted = SPACES[kind]
    environment = opened(f"{HERE}:Silent")
    environment.action_space = space
    act: Callable[[Any], tuple[Any, bool]] = fitted(
        environment, Acting(("x", "v"), ("a",) if discrete else ("a", "b"), discrete, 0, dict), "cart"
    )
    taken, _ = act(said if discrete else np.array(said))
    assert space.contains(taken)
    assert np.array_equal(taken, wanted)


def test_prepared_episodes_and_no_episodes_are_refused(model: Any, tmp_path: Path) -> None:
    store = hs.prepare(recordings.driven(10), out=tmp_path / "data")
    with pytest.raises(UsageError, match="HS-U883"):
        hs.rollout(model, store, environment=f"{HERE}:Silent")
    with pytest.raises(UsageError, match="HS-U880"):
        hs.rollout(model, environment=f"{HERE}:Silent", episodes=0)
