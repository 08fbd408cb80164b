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
    change           [W - 1, S] root mean squares of the changes from each step of a window to its last, 1 where there
                     are none
    follows          [A] the observed column whose value now says most of the action now, -1 where none says enough
    slope            [A] by what that is multiplied, both in deviations; 0 without one
    shares           [K] how often each of K discrete actions was taken; () where actions are quantities
    still            numbers of the columns that do not move
    """

    mean: np.ndarray
    deviation: np.ndarray
    change: np.ndarray
    follows: np.ndarray
    slope: np.ndarray
    shares: np.ndarray
    still: tuple[int, ...] = ()

    @classmethod
    def blank(cls, observed: int, acted: int, window: int) -> Scales:
        width, change = observed + acted, np.ones((window - 1, observed))
        return cls(np.zeros(width), np.ones(width), change, np.full(acted, -1), np.zeros(acted), np.zeros(0))

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
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist(), "change": self.change.tolist(),
                "follows": self.follows.tolist(), "slope": self.slope.tolist(), "shares": self.shares.tolist(),
                "still": list(self.still)}  # fmt: skip

    @classmethod
    def from_json(cls, fields: Mapping[str, Any], width: int, acted: int) -> Scales:
        mean, deviation = (np.array(fields[name], np.float64).reshape(width) for name in ("mean", "deviation"))
        change = np.array(fields["change"], np.float64).reshape(-1, width - acted)
        follows = np.array(fields["follows"], np.int64).reshape(acted)
        slope, shares = np.array(fields["slope"], np.float64).reshape(acted), np.array(fields["shares"], np.float64)
        return cls(mean, deviation, change, follows, slope, shares, tuple(map(int, fields["still"])))


def measured(chunks: Iterable[contracts.Columns], observed: int, acted: int, window: int, choices: int) -> Scales:
    """From stored stretches of train steps, for windows of so many; so many `choices` have discrete actions, 0 where
    they are quantities."""
    width, taken = observed + acted, np.zeros(choices)
    count, total, squares = np.zeros(width), np.zeros(width), np.zeros(width)
    pairs, crossed = np.zeros((observed, acted)), np.zeros((observed, acted))
    changed, moved = np.zeros((window - 1, observed)), np.zeros((window - 1, observed))
    for chunk in chunks:
        rows = list(ragged_rows(chunk, "x"))
        values = np.concatenate(rows).astype(np.float64)
        known = ~np.isnan(values)
        run = np.cumsum(np.concatenate([[0], ~_next_to_each_other(chunk, [len(row) for row in rows])]))
        for place in range(window - 1):
            lag = window - 1 - place
            changes = (values[lag:, :observed] - values[:-lag, :observed])[run[lag:] == run[:-lag]]
            changed[place] += np.isfinite(changes).sum(0)
            moved[place] += np.nansum(np.square(changes), 0)
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
    change = np.sqrt(moved / np.maximum(changed, 1))
    change = np.where(change > _LEAST * deviation[:observed], change, 1.0)
    found = Scales(mean, deviation, change, np.full(acted, -1), np.zeros(acted), taken / max(1.0, taken.sum()),
                   tuple(np.flatnonzero(~moves).tolist()))  # fmt: skip
    return found if choices or not acted else _following(found, crossed / np.maximum(pairs, 1), moves)


def _next_to_each_other(chunk: contracts.Columns, lengths: list[int]) -> np.ndarray:
    """Which steps of stored rows, one behind the other, follow the one before in their episode, bool [n - 1]."""
    row = np.repeat(np.arange(len(lengths)), lengths)
    ends = chunk["place"] + np.array(lengths)
    follow = (chunk["episode"][1:] == chunk["episode"][:-1]) & (chunk["place"][1:] == ends[:-1])
    return (row[1:] == row[:-1]) | np.concatenate([follow, [False]])[row[:-1]]


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
