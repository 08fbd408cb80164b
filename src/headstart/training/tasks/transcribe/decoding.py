"""From log-probabilities of every moment to letters: the likeliest path, a beam of texts, and when letters are said.

Letters are numbers from 1; 0 is the blank, "nothing new" (Graves et al., ICML 2006).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headstart.training.tasks.transcribe.letter_model import BOUNDARY, LetterModel

BLANK = 0
_LEAST = math.log(1e-3)  # letters that are less likely at a moment are not tried there
_CELLS = 4_000_000  # moments x states that are aligned at once
_NEVER = -1e30


@dataclass(frozen=True, slots=True)
class Guide:
    """What a beam goes by beside the network: a model of letters, its weight, and what every letter is worth."""

    model: LetterModel
    weight: float
    bonus: float


def best_path(scores: np.ndarray, moments: Sequence[int]) -> list[list[int]]:
    """Letters of the likeliest path of each row, from log-probabilities [B, T, K] of so many moments."""
    rows = []
    for path, count in zip(scores.argmax(2), moments, strict=True):
        kept = path[:count]
        new = np.concatenate([[True], kept[1:] != kept[:-1]])[:count]
        rows.append(kept[new & (kept != BLANK)].tolist())
    return rows


def beam(scores: np.ndarray, width: int, guide: Guide | None = None) -> list[int]:
    """The likeliest letters over all of their paths, from log-probabilities [T, K], of `width` beginnings at a time.

    Prefix search as Hannun et al. (2014) do it, with a model of letters (Graves and Jaitly, ICML 2014).
    """
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, _NEVER)}  # ends in a blank, in its last letter
    worth: dict[tuple[int, ...], float] = {(): 0.0}
    for moment in scores.tolist():
        blank = moment[BLANK]
        tried = [letter for letter, score in enumerate(moment) if score > _LEAST and letter != BLANK]
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        for text, (rests, says) in beams.items():
            both = _either(rests, says)
            _add(grown, text, both + blank, says + moment[text[-1]] if text else _NEVER)
            for letter in tried:
                longer = (*text, letter)
                if longer not in worth:
                    worth[longer] = worth[text] + _worth(guide, text, letter)
                _add(grown, longer, _NEVER, (rests if text and letter == text[-1] else both) + moment[letter])
        best = sorted(grown, key=lambda text: -_either(*grown[text]) - worth[text])[:width]
        beams = {text: grown[text] for text in best}
    ends = {text: _either(*pair) + worth[text] + _worth(guide, text, BOUNDARY) for text, pair in beams.items()}
    return list(max(ends, key=lambda text: ends[text]))


def _worth(guide: Guide | None, text: tuple[int, ...], letter: int) -> float:
    if guide is None:
        return 0.0
    return guide.weight * float(guide.model.log_shares(text)[letter]) + (guide.bonus if letter != BOUNDARY else 0.0)


def _add(grown: dict[tuple[int, ...], tuple[float, float]], text: tuple[int, ...], rests: float, says: float) -> None:
    one = grown.get(text)
    grown[text] = (rests, says) if one is None else (_either(one[0], rests), _either(one[1], says))


def _either(one: float, other: float) -> float:
    """log(exp(one) + exp(other))."""
    if one < other:
        one, other = other, one
    return one if other <= _NEVER / 2 else one + math.log1p(math.exp(other - one))


def said_at(scores: np.ndarray, moments: Sequence[int], texts: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """When each letter of each row is said: its first moment and the one behind its last, int [letters, 2] a row.

    scores [B, T, K]. The likeliest path that spells the text, by dynamic programming.
    """
    found: list[np.ndarray] = []
    most = scores.shape[1] * (2 * max(map(len, texts), default=0) + 1)
    step = max(1, _CELLS // max(1, most))
    for begin in range(0, len(texts), step):
        rows = slice(begin, begin + step)
        found += _aligned(scores[rows], np.asarray(moments[rows]), texts[rows])
    return found


def _aligned(scores: np.ndarray, moments: np.ndarray, texts: Sequence[Sequence[int]]) -> list[np.ndarray]:
    b, t, _ = scores.shape
    states = np.zeros((b, 2 * max(map(len, texts)) + 1), np.int64)  # a blank, a letter, a blank, ...
    for row, text in zip(states, texts, strict=True):
        row[1 : 2 * len(text) : 2] = text
    sizes = np.array([2 * len(text) + 1 for text in texts])
    jumps = np.zeros(states.shape, bool)  # a blank may be left out between two letters that differ
    jumps[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    line = np.full(states.shape, _NEVER)
    came = np.zeros((t, *states.shape), np.uint8)  # how many states further on than the moment before
    reached = np.zeros((t, *states.shape))
    each = np.arange(b)[:, None]
    for moment in range(t):
        if moment == 0:
            line[:, :2] = 0.0
        else:
            ways = np.full((3, *states.shape), _NEVER)
            ways[0], ways[1, :, 1:] = line, line[:, :-1]
            ways[2, :, 2:] = np.where(jumps[:, 2:], line[:, :-2], _NEVER)
            came[moment] = ways.argmax(0)
            line = ways.max(0)
        line = line + scores[each, moment, states]
        reached[moment] = line
    return [_walked(came[:, n], reached[:, n], int(moments[n]), int(sizes[n])) for n in range(b)]


def _walked(came: np.ndarray, reached: np.ndarray, moments: int, size: int) -> np.ndarray:
    """Back from the last moment: first and last moment of every letter."""
    spans = np.zeros((size // 2, 2), np.int64)
    if not moments or size == 1:
        return spans
    state = size - 1 if reached[moments - 1, size - 1] >= reached[moments - 1, size - 2] else size - 2
    for moment in range(moments - 1, -1, -1):
        if state % 2:
            letter = state // 2
            spans[letter, 0] = moment
            spans[letter, 1] = max(spans[letter, 1], moment + 1)
        state -= int(came[moment, state])
    return spans
