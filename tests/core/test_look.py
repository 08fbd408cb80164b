"""Spans of words: marked in one line, and in further lines where they overlap."""

from __future__ import annotations

from headstart.core.contracts.look import Piece, compared, look_of, marked

WORDS = ["Ada", "saw", "New", "York", "in", "May"]


def test_right_wrong_and_missed_spans_are_told_apart() -> None:
    spans = compared([(0, 1, "PER"), (5, 6, "PER")], [(0, 1, "PER"), (2, 4, "LOC")])
    assert marked(WORDS, spans) == [
        [Piece("Ada", "PER", "right"), Piece("saw"), Piece("New York", "LOC", "missed"), Piece("in"),
         Piece("May", "PER", "wrong")],
    ]  # fmt: skip


def test_spans_that_overlap_stand_in_lines_of_their_own() -> None:
    said, true = marked(WORDS, compared([(2, 3, "LOC")], [(2, 4, "LOC")]))
    assert said == [Piece("Ada saw"), Piece("New", "LOC", "wrong"), Piece("York in May")]
    assert true == [Piece("Ada saw"), Piece("New York", "LOC", "missed"), Piece("in May")]


def test_words_without_spans_are_one_line() -> None:
    assert marked(WORDS, []) == [[Piece("Ada saw New York in May")]]
    assert look_of("a text").lines == ((Piece("a text"),),)
