"""Matching of events against every assignment there is, and runs of moments by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from headstart.core.errors import DataError
from headstart.training.tasks.events.event_scores import Event, counts, events_in, heard, matched, segment_counts


def drawn(generator: np.random.Generator, count: int) -> list[Event]:
    starts = generator.uniform(0, 1.5, count)
    return [Event(float(a), float(a + generator.uniform(0.1, 1)), str(generator.choice(["a", "b"]))) for a in starts]


def slow(said: list[Event], true: list[Event]) -> int:
    """The best of all ways to give every answered event a true one of its own."""

    def fits(one: Event, other: Event) -> bool:
        same = one.label == other.label and abs(one.start - other.start) <= 0.2
        return same and abs(one.end - other.end) <= max(0.2, (other.end - other.start) / 2)

    size = max(len(said), len(true))
    padded = [*true, *[None] * (size - len(true))]
    ways = permutations(padded, len(said))
    return max(sum(b is not None and fits(a, b) for a, b in zip(said, way, strict=True)) for way in ways)


def test_as_many_events_are_matched_as_any_assignment_can() -> None:
    generator = np.random.default_rng(0)
    found = []
    for _ in range(60):
        said, true = drawn(generator, int(generator.integers(1, 6))), drawn(generator, int(generator.integers(1, 6)))
        found.append(matched(said, true))
        assert found[-1] == slow(said, true)
        assert counts(said, true) == (found[-1], len(said) + len(true) - 2 * found[-1])
    assert max(found) > 1
    one = [Event(0.0, 1.0, "a")]
    assert matched([], one) == matched(one, []) == 0


def test_an_event_may_begin_a_little_early_and_end_within_half_of_its_length() -> None:
    true = [Event(1.0, 2.0, "a")]
    assert counts([Event(0.85, 2.45, "a")], true) == (1, 0)
    assert counts([Event(0.75, 2.0, "a")], true) == (0, 2)
    assert counts([Event(1.0, 2.6, "a")], true) == (0, 2)
    assert counts([Event(1.0, 2.0, "b")], true) == (0, 2)
    assert counts([Event(1.0, 2.0, "a"), Event(1.1, 2.0, "a")], true) == (1, 1)


def test_segments_are_seconds_in_which_a_label_is_heard() -> None:
    # a in the seconds 0, 1 and 2, answered in 1 and 2 and, where nothing is, in 4
    assert segment_counts([Event(1.5, 3.0, "a"), Event(4.2, 4.3, "a")], [Event(0.5, 2.5, "a")]) == (2, 2)
    assert segment_counts([], []) == (0, 0)


def test_events_are_runs_of_moments_above_the_threshold_where_most_around_agree() -> None:
    shares = np.array([0.1, 0.9, 0.7, 0.2, 0.8, 0.8, 0.1, 0.1, 0.1, 0.6])
    runs = [(event.start, event.end) for event, _ in heard(shares, 0.5, 1, 1.0, "a")]
    assert runs == [(1, 3), (4, 6), (9, 10)]
    ((event, share),) = heard(shares, 0.5, 3, 0.5, "a")  # the gap is closed, the single one at the end is gone
    assert (event.start, event.end, event.label) == (0.5, 3.0, "a")
    assert share == pytest.approx(shares[1:6].mean())
    assert heard(shares[:0], 0.5, 3, 1.0, "a") == []


@pytest.mark.parametrize(
    "label",
    [None, "dog", [1], [{"start": 1, "end": 1, "label": "a"}], [{"start": -1, "end": 1, "label": "a"}],
     [{"start": 0, "label": "a"}], [{"start": 0, "end": float("nan"), "label": "a"}],
     [{"start": True, "end": 2, "label": "a"}]],
)  # fmt: skip
def test_what_is_no_list_of_events_is_refused_with_its_place(label: object) -> None:
    with pytest.raises(DataError) as refusal:
        events_in(label, "a.wav")
    assert (refusal.value.code, refusal.value.where) == ("HS-D511", "a.wav")
    assert events_in([], "") == []
