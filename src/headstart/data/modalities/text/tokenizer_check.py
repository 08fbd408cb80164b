"""What a tokenizer.json may say before a library reads it: known parts, of sane sizes, with patterns that end.

Whoever writes a model writes its tokenizer. A pattern may search forever, a chain of replacements may let a text grow
without end, padding to a fixed length may take all memory.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from headstart.data.modalities.text.pattern_check import refuse_pattern

_TOP = {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder",
        "model"}  # fmt: skip
_KNOWN = {
    "normalizer": {"BertNormalizer", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Nmt",
                   "Precompiled", "Replace", "Prepend", "ByteLevel", "Sequence"},
    "pre_tokenizer": {"BertPreTokenizer", "ByteLevel", "Whitespace", "WhitespaceSplit", "Metaspace",
                      "CharDelimiterSplit", "Punctuation", "Digits", "UnicodeScripts", "Split", "FixedLength",
                      "Sequence"},
    "post_processor": {"BertProcessing", "RobertaProcessing", "TemplateProcessing", "ByteLevel", "Sequence"},
    "decoder": {"ByteLevel", "WordPiece", "Metaspace", "BPEDecoder", "CTC", "ByteFallback", "Fuse", "Strip", "Replace",
                "Sequence"},
    "model": {"BPE", "WordPiece", "WordLevel", "Unigram"},
}  # fmt: skip
_INNER = ("normalizers", "pretokenizers", "processors", "decoders")
_PARTS, _GROWTH = 30, 64  # parts of a sequence; times that a text may become longer by all replacements
_LONGEST = {"precompiled_charsmap": 4 << 20}  # letters of a text; 2,000 of all others
_WORD, _FIXED, _TOKENS, _INSTANCES = 10_000, 100_000, 200_000, 1_000
_LARGEST = 1 << 24


def checked(text: str) -> str:
    """The same tokenizer, as it was understood here; ValueError says what no tokenizer needs."""
    whole = json.loads(text)
    if not isinstance(whole, dict) or not isinstance(whole.get("model"), dict):
        raise ValueError("not an object with a model")
    unknown = whole.keys() - _TOP
    if unknown:
        raise ValueError(f"the unknown part {min(unknown)[:60]!r}")
    for place in ("normalizer", "pre_tokenizer", "post_processor", "decoder"):
        if whole.get(place) is not None:
            _part(whole[place], place)
    for place in ("normalizer", "decoder"):
        growth = math.prod(_growths(whole.get(place)))
        if growth > _GROWTH:
            raise ValueError(f"replacements of the {place} that make a text {growth:,.0f} times longer")
    _model(whole["model"])
    _added(whole.get("added_tokens") or [])
    _sizes(whole)
    return json.dumps(whole)


def _part(part: Any, place: str) -> None:
    """One part, or a sequence of parts."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind not in _KNOWN[place]:
        raise ValueError(f"a {place} of the unknown type {str(kind)[:60]!r}")
    for name, value in part.items():
        if name in _INNER and kind == "Sequence":
            if not isinstance(value, list) or len(value) > _PARTS:
                raise ValueError(f"a {place} of more than {_PARTS} parts")
            for one in value:
                _part(one, place)
        elif name == "pattern":
            _pattern(value)
        elif name in ("single", "pair", "special_tokens"):
            if len(value or ()) > _INSTANCES:
                raise ValueError(f"a template of {len(value):,} pieces")
        else:
            _plain(name, value)


def _pattern(pattern: Any) -> None:
    """{"String": ...} or {"Regex": ...}"""
    if not isinstance(pattern, Mapping) or len(pattern) != 1 or not {*pattern} <= {"String", "Regex"}:
        raise ValueError("a pattern that is neither a text nor a regular expression")
    ((form, text),) = pattern.items()
    _plain("pattern", text)
    if form == "Regex":
        refuse_pattern(text)


def _growths(part: Any) -> Iterable[float]:
    """How many times longer each replacement can make a text."""
    if not isinstance(part, Mapping):
        return
    for name in _INNER:
        for one in part.get(name) or ():
            yield from _growths(one)
    if part.get("type") == "Replace":
        pattern, content = part["pattern"], str(part.get("content", ""))
        # a regular expression may match nothing, before each letter
        yield max(1.0, len(content) / max(1, len(pattern["String"])) if "String" in pattern else len(content) + 1.0)


def _model(model: Mapping[str, Any]) -> None:
    if model.get("type", "BPE") not in _KNOWN["model"]:  # older files do not say it
        raise ValueError(f"a model of the unknown type {str(model['type'])[:60]!r}")
    vocabulary = model.get("vocab")
    if not isinstance(vocabulary, dict | list):
        raise ValueError("a model without a vocabulary")
    numbers = vocabulary.values() if isinstance(vocabulary, dict) else ()
    if any(not isinstance(one, int) or not 0 <= one < _LARGEST for one in numbers):
        raise ValueError("a vocabulary with ids that are none")
    for name, value in model.items():
        if name not in ("vocab", "merges"):
            _plain(name, value)
    if model.get("max_input_chars_per_word", 0) > _WORD:
        raise ValueError("words of more than 10,000 letters")
    dropout = model.get("dropout")
    if dropout is not None and not 0 <= dropout <= 1:
        raise ValueError(f"a dropout of {dropout}")


def _added(tokens: Any) -> None:
    if not isinstance(tokens, list) or len(tokens) > _TOKENS:
        raise ValueError("more added tokens than any tokenizer has")
    for one in tokens:
        for name, value in one.items():
            _plain(name, value)


def _sizes(whole: Mapping[str, Any]) -> None:
    """Padding and truncation of a sane length: ours are set later, but the library makes room for these first."""
    padding, truncation = whole.get("padding"), whole.get("truncation")
    if padding is not None:
        strategy = padding.get("strategy")
        fixed = strategy.get("Fixed") if isinstance(strategy, Mapping) else 0
        multiple = padding.get("pad_to_multiple_of") or 0
        if not all(isinstance(n, int) and 0 <= n <= _FIXED for n in (fixed, multiple)):
            raise ValueError(f"padding to {str(fixed)[:40]} places, or a multiple of {str(multiple)[:40]}")
    if truncation is not None:
        for name, value in truncation.items():
            _plain(name, value)


def _plain(name: str, value: Any) -> None:
    """A text, a number or a truth of a sane size; a pair of a text and a number, as some parts have it."""
    if isinstance(value, str) and len(value) <= _LONGEST.get(name, 2_000):
        return
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < 1 << 53):
        return
    if isinstance(value, list) and len(value) <= 2 and all(isinstance(one, str | int) for one in value):
        return
    raise ValueError(f"the setting {name[:60]!r} of {str(value)[:60]!r}")
