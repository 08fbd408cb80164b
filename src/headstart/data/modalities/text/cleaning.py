"""Whatever a text comes as -> clean text: decoded, normalised, without characters that nobody sees."""

import re
import reprlib
import unicodedata
from pathlib import Path
from typing import Any

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.text.words import SEGMENT, written
from headstart.data.opening.compressed import BROKEN, looks_like, not_utf8, unpacked
from headstart.data.records import Blob, Words, is_missing

_LOOK = 4096  # bytes from which the encoding is guessed
_NULS = 100  # of so many bytes one zero makes them binary: text has none, and damaged text has few

# Control characters but tab and newline, halves of surrogate pairs, byte order marks, and what is no character.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_ENDS = re.compile("\r\n?")


def repaired(value: Any, origin: str, budget: Budget) -> str:
    """A str, bytes, file, words, or a list of these (the parts of a text) -> clean text that is not empty.

    Bytes must be UTF-8, plain, gzipped or Zstandard. Text is normalised to NFC, lines end in a newline; control
    characters and other unseen ones go, and so does white space at the ends. What came in words or parts is written
    with the marks of `words`. Raises DataError with the origin.
    """
    if isinstance(value, str):
        text = clean(value)
    elif isinstance(value, Words):
        text = written([clean(word) for word in value.words], value.marked) if value.words else ""
    elif isinstance(value, list | tuple):
        text = SEGMENT.join(part for part in (_part(one, origin, budget) for one in value) if part)
    elif is_missing(value):
        text = ""
    else:
        text = clean(_decoded(_bytes(value, origin, budget), origin))
    if not text:
        raise DataError(291, "the text is empty", where=origin, fix="fill it in, or prepare with --skip-bad")
    return text


def clean(text: str) -> str:
    """Text in NFC with newlines between lines, without unseen characters and white space at its ends."""
    return even(text).strip()


def even(text: str) -> str:
    """Text in NFC with newlines between lines, without unseen characters; white space at its ends stays."""
    if text.isascii() and text.isprintable():  # nearly all short English texts
        return text
    seen = _UNSEEN.sub("", _ENDS.sub("\n", text) if "\r" in text else text)
    return seen if seen.isascii() else unicodedata.normalize("NFC", seen)


def _part(value: Any, origin: str, budget: Budget) -> str:
    """One of several columns; an empty one is left out."""
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return ""
    if isinstance(value, list | tuple | Words):
        raise _no_text(value, origin)
    return repaired(value, origin, budget)


def _bytes(value: Any, origin: str, budget: Budget) -> bytes:
    if isinstance(value, Path):
        value = Blob.file(value, str(value))
    if isinstance(value, Blob):
        value = value.read()
    if not isinstance(value, bytes | bytearray | memoryview):
        raise _no_text(value, origin)
    try:
        return unpacked(bytes(value), origin, budget)
    except BROKEN as cause:
        fix = "fetch the file again"
        raise DataError(252, "the file cannot be read", where=origin, found=str(cause), fix=fix) from cause


def _decoded(data: bytes, origin: str) -> str:
    if looks_like(data[:_LOOK]).startswith("UTF-16"):
        raise not_utf8(data[:_LOOK], 0, origin)
    if data.count(0) * _NULS > len(data):
        found = f"{data.count(0):,} zero bytes of {len(data):,}"
        raise DataError(294, "the file is binary, not text", where=origin, found=found, fix="leave it out")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise not_utf8(data, cause.start, origin) from cause


def _no_text(value: Any, origin: str) -> DataError:
    shown = f"{type(value).__name__} {reprlib.repr(value)}"
    found, fix = shown if len(shown) <= 60 else shown[:57] + "...", "pass --input with the text column"
    return DataError(292, "no text", where=origin, found=found, expected="a str, UTF-8 bytes or a file", fix=fix)
