"""What a model remembers of a text: 32 hashes of its pieces, by which a changed copy, or half of it, is known again."""

from __future__ import annotations

import html
import re

import numpy as np

from headstart.data import sketches
from headstart.data.modalities.text.pieces import hashed

_UNHEARD = re.compile(r"[\W_]+")
_SILENT = bytes(code for code in range(128) if not chr(code).isalnum())
_UNSPACED = re.compile("([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")


def sketch(text: str) -> np.ndarray:
    """The 32 smallest hashes of the pieces of a text without case, spaces, punctuation and entities. -> uint8 [128]

    A bottom-k sketch (Broder 1997): it says what share of one text is in another, even if that is longer.
    """
    return sketches.smallest(hashed(_heard(html.unescape(text).casefold())))


def _heard(text: str) -> str:
    """Its letters and digits alone. Chinese and Japanese ones twice: each is about half a word."""
    if text.isascii():  # the same, five times as fast
        return text.encode().translate(None, _SILENT).decode()
    return _UNSPACED.sub(r"\1\1", _UNHEARD.sub("", text))
