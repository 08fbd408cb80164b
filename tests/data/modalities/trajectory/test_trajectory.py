"""Episodes as they are prepared: windows, parts, what is put right and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import headstart as hs
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, RecipeError, UsageError
from headstart.data.modalities.trajectory.layout import HOLES, LOST, OPEN, UNEVEN, Layout, laid_out, layout_of
from headstart.data.modalities.trajectory.trajectory import Trajectory
from headstart.data.records import Episode
from headstart.data.store import Store
from tests.helpers.episodes import ACTS, OBSERVES, RATE, choosing, episodes, without

WHERE = "episode 3"


def prepared(given: list[Episode], out: Path, **more: Any) -> Store:
    return hs.prepare(given, out=out, overwrite=True, **more)


def form(given: list[Episode]) -> Layout:
    return Layout.of([layout_of(one) for one in given])


def slow(given: list[Episode], modality: Trajectory, episode: int, step: int) -> tuple[np.ndarray, np.ndarray]:
    """x [C, W] and y [H, A] of a step, place by place."""
    mean, deviation = modality.scales.mean, modality.scales.deviation
    observed = (given[episode].observed - mean[:6]) / deviation[:6]
    acted = (given[episode].acted - mean[6:]) / deviation[6:]
    window, after = modality.read_steps, modality.after
    x = np.zeros((6 + 2 * modality.actions, window))
    for place in range(window):
        at = step - window + 1 + place
        x[:6, place] = observed[max(at, 0)]
        if modality.actions and at >= 1:
            x[6:, place] = acted[at - 1]
    y = np.zeros((after, 2))
    for ahead in range(after):
        if step + ahead < len(acted):
            y[ahead] = acted[step + ahead]
    return x, y


def of_one_row(values: np.ndarray) -> dict[str, np.ndarray]:
    """Steps as a store gives them, all in one row."""
    return {"x": values.astype(np.float32), "x.offsets": np.array([0, len(values)]), "place": np.zeros(1, np.int64),
            "episode": np.zeros(1, np.int64)}  # fmt: skip


@pytest.mark.parametrize("actions", [False, True])
def test_windows_are_those_of_a_loop_over_places(tmp_path: Path, actions: bool) -> None:
    given = episodes(6)
    store = prepared(
        given, tmp_path, settings={"window": 5, "horizon": 4, "actions": actions, "reads": "values"}, split="train=1"
    )
    modality, rows = store.modality, store.rows("train")
    assert isinstance(modality, Trajectory)
    batch = modality.collate(store.feed(rows))
    assert len(rows) == sum(len(one.observed) for one in given)
    begins = np.cumsum([0, *(len(one.observed) for one in given)])
    for episode, step in [(0, 0), (0, 1), (1, 3), (2, 15), (5, 29), (4, 33), (4, 30)]:
        row = int(begins[episode]) + step
        x, y = slow(given, modality, episode, step)
        np.testing.assert_allclose(batch["x"][row, 0].numpy(), x, atol=1e-4)
        np.testing.assert_allclose(batch["y"][row].numpy(), y, atol=1e-4)
        known = [step + ahead < len(given[episode].acted) for ahead in range(4)]
        assert batch["known"][row].tolist() == known


def test_changes_are_those_from_each_step_to_now_in_their_own_deviations(tmp_path: Path) -> None:
    given = episodes(6)
    store = prepared(given, tmp_path, settings={"window": 4, "horizon": 2}, split="train=1")
    rows = store.feed(store.rows("train"))
    changes = store.modality.collate(rows)["x"][:, 0].numpy()
    values = store.modality.with_settings({"reads": "values"}).collate(rows)["x"][:, 0].numpy()
    np.testing.assert_array_equal(changes[..., -1], values[..., -1])
    for place in range(3):
        moved = (values[..., -1] - values[..., place])[:, [0, 1, 4, 5]]  # goals stay where they are
        inner = rows["place"] >= 3 - place  # before, windows are padded
        expected = moved / np.sqrt(np.square(moved[inner]).mean(0))
        np.testing.assert_allclose(changes[:, [0, 1, 4, 5], place], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("actions", [False, True])
def test_a_planted_action_is_in_no_window_up_to_its_own_step(tmp_path: Path, actions: bool) -> None:
    given = episodes(5)
    store = prepared(given, tmp_path, settings={"window": 4, "horizon": 3, "actions": actions}, split="train=1")
    rows = store.feed(store.rows("train"))
    planted = {**rows, "x": rows["x"].copy()}
    planted["x"][:, store.modality.timeline.before :, 6:] += 1000.0  # from now on
    one, other = (store.modality.collate(columns)["x"] for columns in (rows, planted))
    assert bool((one == other).all())


def test_whole_episodes_are_held_out_in_their_order_or_drawn(tmp_path: Path) -> None:
    given = episodes(20)
    store = prepared(given, tmp_path / "order")
    parts = {name: {one["group"] for one in store.examples(name)} for name in store.splits}
    assert {name: len(some) for name, some in parts.items()} == {"train": 14, "valid": 2, "test": 4}
    assert parts["test"] == {f"array#{number}" for number in range(16, 20)}
    drawn = prepared(given, tmp_path / "drawn", group="episode")
    groups = {name: {one["group"] for one in drawn.examples(name)} for name in drawn.splits}
    assert set.union(*groups.values()) == set.union(*parts.values())
    assert sum(map(len, groups.values())) == 20
    assert groups["test"] != parts["test"]
    with pytest.raises(UsageError, match="HS-U613"):
        prepared(given, tmp_path / "none", group="robot")


def test_given_parts_are_kept(tmp_path: Path) -> None:
    given = episodes(6)
    store = hs.prepare({"train": given[:4], "test": given[4:]}, out=tmp_path)
    assert store.splits == {"train": sum(len(one.observed) for one in given[:4]),
                            "test": sum(len(one.observed) for one in given[4:])}  # fmt: skip


def test_a_copy_of_an_episode_is_left_out(tmp_path: Path) -> None:
    given = episodes(6)
    store = prepared([*given, given[2]], tmp_path)
    assert sum(store.manifest["rejected"].values()) == len(given[2].observed)


def test_windows_and_horizons_are_a_third_of_a_second_and_a_second() -> None:
    modality = Trajectory()
    modality.fit([{"input": one} for one in episodes(3, length=80)], Budget())
    assert (modality.read_steps, modality.after) == (3, 10)
    modality.fit([{"input": replace(one, rate=0.0)} for one in episodes(3, length=80)], Budget())
    assert (modality.read_steps, modality.after) == (10, 10)


def test_actions_that_are_places_are_found_and_others_are_not() -> None:
    generator = np.random.default_rng(0)
    given = [replace(one, acted=np.column_stack([one.acted[:, 0], generator.normal(size=len(one.acted))]))
             for one in episodes(10)]  # fmt: skip
    modality = Trajectory()
    records = [{"input": one} for one in given]
    modality.fit(records, Budget())
    stored = np.concatenate([np.concatenate([one.observed, one.acted], 1) for one in given]).astype(np.float32)
    modality.fit_stored([of_one_row(stored)])
    assert modality.scales.follows.tolist() == [0, -1]
    assert modality.scales.slope[1] == 0.0


def test_what_is_missing_is_filled_from_the_past_and_told() -> None:
    given = episodes(4)
    one = replace(given[0], observed=given[0].observed.copy(), acted=given[0].acted.copy())
    one.observed[3, 1] = np.nan
    one.acted[5, 0] = np.nan
    values, told = laid_out(one, form(given), WHERE)
    assert told == {HOLES: 1, OPEN: 1}
    assert values[3, 1] == values[2, 1]
    assert np.isnan(values[5, 6])


def test_a_missing_step_is_left_open_and_told() -> None:
    given = episodes(4)
    values, told = laid_out(without(given[1], 7), form(given), WHERE)
    assert told == {LOST: 1}
    assert len(values) == len(given[1].observed)
    assert np.isnan(values[7, 6:]).all()
    np.testing.assert_array_equal(values[7, :6], given[1].observed[6])
    np.testing.assert_array_equal(values[8:, :6], given[1].observed[8:])


def test_steps_at_irregular_times_are_read_in_their_order() -> None:
    given = episodes(4)
    times = np.cumsum(np.random.default_rng(0).uniform(0.03, 0.3, len(given[0].observed)))
    values, told = laid_out(replace(given[0], times=times), form(given), WHERE)
    assert told == {UNEVEN: 1}
    assert len(values) == len(times)


def test_an_episode_that_cannot_be_used_says_so() -> None:
    given = episodes(4)
    good = given[0]
    bad = {
        "HS-D870": replace(good, acted=good.acted[:-1]),
        "HS-D871": replace(good, observes=tuple(reversed(OBSERVES))),
        "HS-D872": replace(good, rate=2 * RATE),
        "HS-D873": replace(good, times=np.arange(len(good.observed))[::-1] / RATE),
        "HS-D874": replace(good, observed=np.full_like(good.observed, np.nan)),
        "HS-D875": replace(good, acted=np.full_like(good.acted, np.nan)),
    }
    for code, episode in bad.items():
        with pytest.raises(DataError, match=code):
            laid_out(episode, form(given), WHERE)
    few = choosing(3)
    odd = replace(few[0], acted=few[0].acted + 0.5)
    with pytest.raises(DataError, match="HS-D876"):
        laid_out(odd, form(few), WHERE)
    modality = Trajectory()
    modality.fit([{"input": one} for one in given], Budget())
    with pytest.raises(DataError, match="HS-D877"):
        modality.read({"input": np.zeros(3), "origin": WHERE}, Budget())
    with pytest.raises(DataError, match="HS-D878"):
        assert Trajectory().spec
    with pytest.raises(RecipeError, match="HS-R870"):
        Trajectory(window=0)


def test_a_bad_episode_is_left_out_with_skip_bad(tmp_path: Path) -> None:
    given = episodes(12)
    given[5] = replace(given[5], rate=5 * RATE)
    with pytest.raises(DataError, match="HS-D872"):
        prepared(given, tmp_path / "strict")
    store = prepared(given, tmp_path / "loose", skip_bad=True)
    assert store.manifest["rejected"] == {"unreadable": 1}
    assert sum(store.splits.values()) == sum(len(one.observed) for n, one in enumerate(given) if n != 5)


def test_a_damaged_file_of_settings_says_so(tmp_path: Path) -> None:
    (tmp_path / "trajectory.json").write_text("{}")
    with pytest.raises(DataError, match="HS-D879"):
        Trajectory.load(tmp_path)


def test_names_of_discrete_actions_are_columns_of_the_window() -> None:
    modality = Trajectory(window=3, horizon=2, actions=True)
    given = choosing(4)
    modality.fit([{"input": one} for one in given], Budget())
    row = modality.encode(modality.read({"input": given[0]}, Budget()))
    modality.fit_stored([of_one_row(np.concatenate([given[0].observed, given[0].acted], 1))])
    batch = modality.collate({name: value[None] for name, value in row.items()})
    assert batch["x"].shape == (1, 1, 2 + 3, 3)
    assert batch["x"][0, 0, 2:].sum(0).tolist() == [1.0, 1.0, 1.0]
    assert modality.scales.shares.sum() == pytest.approx(1.0)
    assert ACTS
