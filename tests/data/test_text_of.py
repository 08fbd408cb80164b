"""The text of some words: as it stands in what they were cut from, else side by side."""

from __future__ import annotations

import pytest

from headstart.data.records import cut, text_of


@pytest.mark.parametrize("whole", ["Mr. O'Neil  (Paris) came", "a a  a", "东京 and Ōsaka", "x"])
def test_words_that_were_cut_read_as_they_stand_in_the_text(whole: str) -> None:
    words = cut(whole).words
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            text = text_of(words, whole, start, end)
            assert text in whole
            assert text.startswith(words[start])
            assert text.endswith(words[end - 1])
    assert text_of(words, whole, 0, len(words)) == whole


def test_words_that_came_as_such_stand_side_by_side() -> None:
    assert text_of(("New", "York", "东", "京"), None, 0, 4) == "New York 东京"
