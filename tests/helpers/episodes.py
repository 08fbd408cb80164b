"""Small recorded episodes: two joints that are told where to go, and as a world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from headstart.core import random
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.trajectory.steps import window_before
from headstart.data.modalities.trajectory.trajectory import Trajectory
from headstart.data.records import Episode
from headstart.data.storage.gather import stacked
from tests.helpers.world import World

OBSERVES = ("state.left", "state.right", "goal.left", "goal.right", "speed.left", "speed.right")
ACTS = ("command.left", "command.right")
UNITS = ("rad", "rad", "rad", "rad", "rad/s", "rad/s", "rad", "rad")
RATE = 10.0


def episodes(count: int, *, length: int = 30, seed: int = 0, noise: float = 0.02) -> list[Episode]:
    """Joints [T, 2] that go a fifth of the way to a goal at every step; commands are where they shall be next."""
    generator, found = np.random.default_rng(seed), []
    for number in range(count):
        steps = length + number % 5
        place, goal = generator.uniform(-1, 1, 2), generator.uniform(-1, 1, 2)
        observed, acted, speed = np.empty((steps, 6)), np.empty((steps, 2)), np.zeros(2)
        for step in range(steps):
            command = place + 0.2 * (goal - place) + noise * generator.normal(size=2)
            observed[step], acted[step] = (*place, *goal, *speed), command
            speed = 0.8 * RATE * (command - place)
            place = place + speed / RATE
        found.append(Episode(observed, acted, OBSERVES, ACTS, UNITS, RATE))
    return found


def choosing(count: int, *, length: int = 30, seed: int = 0) -> list[Episode]:
    """The same joints, one of which goes left (0), stays (1) or goes right (2): the nearer way to its goal."""
    generator, found = np.random.default_rng(seed), []
    for _ in range(count):
        place, goal = generator.uniform(-1, 1, 2)
        observed, acted = np.empty((length, 2)), np.empty((length, 1))
        for step in range(length):
            choice = 1 + int(goal - place > 0.1) - int(goal - place < -0.1)
            observed[step], acted[step] = (place, goal), choice
            place += 0.1 * (choice - 1) + 0.01 * generator.normal()
        found.append(Episode(observed, acted, ("place", "goal"), ("choice",), rate=RATE, discrete=3))
    return found


def without(episode: Episode, step: int) -> Episode:
    """The same with its times, and without one step."""
    times = np.arange(len(episode.observed)) / RATE
    kept = np.delete(np.arange(len(times)), step)
    return replace(episode, observed=episode.observed[kept], acted=episode.acted[kept], times=times[kept])


def world() -> World:
    """Windows of 8 steps with the actions of 4, the first of them now."""
    modality = Trajectory(window=8, horizon=4)
    records = [{"input": one, "origin": f"episode {n}"} for n, one in enumerate(episodes(64))]
    modality.fit(records, Budget())
    encoded = []
    for number, record in enumerate(records):
        episode = record["input"]
        place, values = 3 + number % 20, np.concatenate([episode.observed, episode.acted], 1)
        row = modality.encode(modality.read(record, Budget()))
        window = np.concatenate([window_before(values, place, 7), values[place + 1 : place + 4]])
        encoded.append({**row, "x": window.astype(np.float32), "place": np.array(place)})
    stored = stacked(encoded)
    modality.fit_stored([stored])
    batch = {**modality.collate(stored), "key": random.keys(0, 0, torch.arange(64))}
    return World("trajectory", modality, batch, [n % 4 for n in range(64)], stored=stored,
                 labels={"imitate": [None] * 64})  # fmt: skip
