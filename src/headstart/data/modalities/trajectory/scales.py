"""What is learned of episodes from their train steps: where values lie, and from where actions start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.core import contracts
from headstart.data.storage.gather import ragged_rows

_LEAST = 1e-6  # a deviation, as a share of the mean, of a column that does not move
FOLLOWS = 0.9  # squared correlation from which an action is read as a place that is observed


@dataclass(frozen=True, slots=True)
class Scales:
    """Of the S + A columns in train steps, discrete actions as they are.

    mean, deviation  [S + A]; the deviation of a column that does not move is 1
    follows          [A] the observed column whose value now says most of the action now, -1 where none says enough
    slope            [A] by what that is multiplied, both in deviations; 0 without one
    shares           [K] how often each of K discrete actions was taken; () where actions are quantities
    still            numbers of the columns that do not move
    """

    mean: np.ndarray
    deviation: np.ndarray
    follows: np.ndarray
    slope: np.ndarray
    shares: np.ndarray
    still: tuple[int, ...] = ()

    @classmethod
    def blank(cls, observed: int, acted: int) -> Scales:
        return cls(np.zeros(observed + acted), np.ones(observed + acted), np.full(acted, -1), np.zeros(acted),
                   np.zeros(0))  # fmt: skip

    def scaled(self, values: np.ndarray, first: int = 0) -> np.ndarray:
        """Values [..., C] of so many columns from the `first` on -> in deviations, float32."""
        some = slice(first, first + values.shape[-1])
        return (values - self.mean[some].astype(np.float32)) / self.deviation[some].astype(np.float32)

    def base(self, observed: np.ndarray) -> np.ndarray:
        """Observed values [n, S] -> what they say of the actions, in deviations, 0 where one follows none, float32
        [n, A]."""
        now = np.nan_to_num(self.scaled(observed))
        said = self.slope.astype(np.float32) * now[:, self.follows]
        return np.where(self.follows >= 0, said, np.float32(0))

    def to_json(self) -> dict[str, Any]:
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist(), "follows": self.follows.tolist(),
                "slope": self.slope.tolist(), "shares": self.shares.tolist(), "still": list(self.still)}  # fmt: skip

    @classmethod
    def from_json(cls, fields: Mapping[str, Any], width: int, acted: int) -> Scales:
        mean, deviation = (np.array(fields[name], np.float64).reshape(width) for name in ("mean", "deviation"))
        follows = np.array(fields["follows"], np.int64).reshape(acted)
        slope = np.array(fields["slope"], np.float64).reshape(acted)
        return cls(mean, deviation, follows, slope, np.array(fields["shares"], np.float64),
                   tuple(map(int, fields["still"])))  # fmt: skip


def measured(chunks: Iterable[contracts.Columns], observed: int, acted: int, choices: int) -> Scales:
    """From stored stretches of train steps; so many `choices` have discrete actions, 0 where they are quantities."""
    width, taken = observed + acted, np.zeros(choices)
    count, total, squares = np.zeros(width), np.zeros(width), np.zeros(width)
    pairs, crossed = np.zeros((observed, acted)), np.zeros((observed, acted))
    for chunk in chunks:
        values = np.concatenate(list(ragged_rows(chunk, "x"))).astype(np.float64)
        known = ~np.isnan(values)
        if choices:
            taken += np.bincount(values[known[:, -1], -1].astype(np.int64), minlength=choices)
        values = np.where(known, values, 0)
        count, total, squares = count + known.sum(0), total + values.sum(0), squares + np.square(values).sum(0)
        pairs += known[:, :observed].T.astype(np.float64) @ known[:, observed:]
        crossed += values[:, :observed].T @ values[:, observed:]
    many = np.maximum(count, 1)
    mean = total / many
    deviation = np.sqrt(np.maximum(squares / many - np.square(mean), 0))
    moves = deviation > _LEAST * np.maximum(1e-3, np.abs(mean))
    deviation = np.where(moves, deviation, 1.0)
    if choices:
        mean[observed:], deviation[observed:] = 0.0, 1.0
        moves[observed:] = True
    found = Scales(mean, deviation, np.full(acted, -1), np.zeros(acted), taken / max(1.0, taken.sum()),
                   tuple(np.flatnonzero(~moves).tolist()))  # fmt: skip
    return found if choices or not acted else _following(found, crossed / np.maximum(pairs, 1), moves)


def _following(scales: Scales, crossed: np.ndarray, moves: np.ndarray) -> Scales:
    """The same with what actions follow; `crossed` [S, A] are means of products of what is observed and done now."""
    observed, acted = crossed.shape
    mean, deviation = scales.mean, scales.deviation
    alike = (crossed - np.outer(mean[:observed], mean[observed:])) / np.outer(
        deviation[:observed], deviation[observed:]
    )
    alike = np.where(np.outer(moves[:observed], moves[observed:]), np.clip(alike, -1, 1), 0)
    best = np.abs(alike).argmax(0)
    slope = alike[best, np.arange(acted)]
    follows = np.square(slope) >= FOLLOWS
    return replace(scales, follows=np.where(follows, best, -1), slope=np.where(follows, slope, 0.0))
