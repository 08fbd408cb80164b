"""Fixed convolutions: what they answer for is counted by hand, levels count, padding and row order do not."""

from __future__ import annotations

import numpy as np
import torch

from headstart.core.contracts.spec import Spec
from headstart.models.backbones.rocket import Rocket


def network(length: int, channels: int = 1, **settings: int) -> Rocket:
    return Rocket(Spec("grid", {"channels": 1, "height": channels, "width": length}), **settings).eval()


def features(network: Rocket, x: np.ndarray, keep: np.ndarray | None = None) -> np.ndarray:
    batch = {"x": torch.from_numpy(x.astype(np.float32))}
    if keep is not None:
        batch["keep"] = torch.from_numpy(keep)
    return network.summary(network(batch)).numpy()


def test_shares_and_sizes_are_those_of_a_slow_loop() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2, 1, 1, 40))
    made = network(40, features=300)
    found = features(made, x)
    for row in range(2):
        wave = x[row, 0, 0] - x[row, 0, 0].mean()
        column, done = 2, 0
        for dilation, thresholds in made.dilations:
            wide = np.pad(wave, 4 * dilation)
            answers = np.stack([sum(weight * wide[tap * dilation : tap * dilation + 40] for tap, weight in
                                    enumerate(kernel)) for kernel in made.kernels.tolist()])  # fmt: skip
            size = np.sqrt(np.square(answers).mean(1))
            for threshold in made.thresholds[done : done + thresholds].numpy():
                above = (answers > (size * threshold)[:, None]).mean(1)
                np.testing.assert_allclose(found[row, column : column + 84], above, atol=1 / 39)
                column += 84
            np.testing.assert_allclose(found[row, column : column + 84], 0.3 * np.log(size), atol=1e-3)
            column, done = column + 84, done + thresholds
        assert column == made.width


def test_what_lies_behind_the_end_of_a_row_does_not_count() -> None:
    generator = np.random.default_rng(0)
    x, keep = generator.normal(size=(3, 1, 2, 60)), np.arange(60) < np.array([[60], [37], [20]])
    made = network(60, 2, features=1000)
    other = np.where(keep[:, None, None], x, 99.0)
    np.testing.assert_array_equal(features(made, x, keep), features(made, other, keep))


def test_a_long_row_is_looked_at_in_as_many_places_as_asked() -> None:
    x = np.random.default_rng(0).normal(size=(4, 1, 1, 2000)).cumsum(-1)
    few, all = (features(network(2000, features=1000, places=places), x) for places in (500, 2000))
    assert np.abs(few - all).mean() < 0.03


def test_the_same_settings_give_the_same_features_and_levels_are_seen() -> None:
    x = np.random.default_rng(0).normal(size=(4, 1, 3, 50))
    one, other = (features(network(50, 3, features=500), x) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert np.abs(features(network(50, 3, features=500, seed=1), x) - one).max() > 0.01
    raised = features(network(50, 3, features=500), x + 2)
    np.testing.assert_allclose(raised[:, 6:], one[:, 6:], atol=0.05)
    assert (raised[:, :3] > one[:, :3] + 1).all()


def test_a_flat_row_has_finite_features() -> None:
    assert np.isfinite(features(network(30), np.zeros((1, 1, 1, 30)))).all()
