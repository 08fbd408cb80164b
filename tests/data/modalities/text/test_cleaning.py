"""Whatever a text comes as becomes clean text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.text.cleaning import clean, repaired
from headstart.data.modalities.text.words import SEGMENT
from headstart.data.records import Blob


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  plain ", "plain"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\x07b\x00c\x85d\td", "abcd\td"),
        ("\ufeffbegin", "begin"),
        ("half\ud800way", "halfway"),
        ("e\u0301", "é"),
        ("Käse".encode(), "Käse"),
        (b"\xef\xbb\xbfKase", "Kase"),
        (gzip.compress("好".encode(), mtime=0), "好"),
        (Blob("x.txt", lambda limit: b"blob"), "blob"),
        (["title", None, "", "text"], f"title{SEGMENT}text"),
        (("a", b"b"), f"a{SEGMENT}b"),
    ],
)
def test_texts_are_repaired(value: object, expected: str) -> None:
    assert repaired(value, "here", Budget()) == expected


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("inside\n")
    assert repaired(tmp_path / "a.txt", "here", Budget()) == "inside"


def test_cleaning_twice_changes_nothing() -> None:
    for text in ("e\u0301\r\n\x00 b", "\ufeff x \ud800\u0301", "A\u030a\x07\u0301"):
        assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("value", ["", "  \n", None, float("nan"), b"", ["", None]])
def test_an_empty_text_is_an_error_with_its_place(value: object) -> None:
    with pytest.raises(DataError, match=r"t\.csv:3: the text is empty"):
        repaired(value, "t.csv:3", Budget())


@pytest.mark.parametrize(
    ("data", "guess", "place"),
    [
        ("text".encode("utf-16"), "UTF-16,|UTF-16. fix", 0),
        ("some text".encode("utf-16-le"), "UTF-16LE", 0),
        ("some text".encode("utf-16-be"), "UTF-16BE", 0),
        ("a Käse".encode("latin-1"), "LATIN1", 3),
        ("a “quote”".encode("cp1252"), "WINDOWS-1252", 2),
    ],
)
def test_other_encodings_are_named(data: bytes, guess: str, place: int) -> None:
    with pytest.raises(DataError, match=rf"at byte {place}, which looks like ({guess}).*iconv -f"):
        repaired(data, "a.txt", Budget())
