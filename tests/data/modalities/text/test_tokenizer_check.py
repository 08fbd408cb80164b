"""A tokenizer of a stranger: known parts of sane sizes, with patterns that end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from headstart.core.errors import DataError
from headstart.data.modalities.text.pattern_check import refuse_pattern
from headstart.data.modalities.text.tokenization import parsed
from headstart.data.prepare import prepare
from headstart.data.store import Store

WORDS = {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1}, "unk_token": "[UNK]"}}


def cut(pattern: str) -> dict[str, Any]:
    return {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}}


def replaced(times: int, content: str = "aa") -> dict[str, Any]:
    one = {"type": "Replace", "pattern": {"String": "a"}, "content": content}
    return {"normalizer": {"type": "Sequence", "normalizers": [one] * times}}


@pytest.mark.parametrize(
    "pattern",
    [
        r"((a+))+$", r"(a+)+$", r"(a|aa)*b", r"(.*)\1", r"(?=(a+)+$)a", r"(a?){30}a{30}", r"((a?)*)*b", "a?" * 50_000,
        r"(\w+\s?)*$", "(?R)", "(?:(?:a{2,}){2,}){2,}b", r"(x+x+)+y", r"([a-zA-Z]+)*1", r"(?<n>a+\k<n>)+", "(a*)*",
    ],
)  # fmt: skip
def test_patterns_that_may_search_forever(pattern: str) -> None:
    began = time.monotonic()
    with pytest.raises(ValueError, match="pattern"):
        refuse_pattern(pattern)
    assert time.monotonic() - began < 2


def test_a_pattern_that_is_merely_slow_is_tried_and_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        refuse_pattern(".*.*.*.*.*.*=x")


@pytest.mark.parametrize(
    "pattern",
    [
        r"'s|'t| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", r"\p{N}{1,3}", r" {2,}",
        r" ?[^(\s|[.,!?…。，、।۔،])]+", r"[一-龥\u3040-ゟ゠-ヿ]+",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{M}]*[\p{Ll}\p{Lm}]+(?i:'s|'t)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*",
    ],
)  # fmt: skip
def test_patterns_of_public_models(pattern: str) -> None:
    refuse_pattern(pattern)
    parsed(json.dumps({**WORDS, **cut(pattern)}), Path("tokenizer.json"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (cut("((a+))+$"), "repeats"),
        ({"normalizer": {"type": "Replace", "pattern": {"Regex": "a"}, "content": "a" * 99}}, "replacements"),
        (replaced(30), "replacements"),
        (replaced(1, "a" * 1_000), "replacements"),
        ({"padding": {"strategy": {"Fixed": 100_001}, "pad_to_multiple_of": None}}, "padding"),
        ({"padding": {"strategy": {"Fixed": 2_000_000_000}, "direction": "Right", "pad_to_multiple_of": None,
                      "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}}, "padding"),
        ({"pre_tokenizer": {"type": "Evil"}}, "unknown type"),
        ({"code": "x"}, "unknown part"),
        ({"model": {"type": "Evil", "vocab": {"a": 0}}}, "unknown type"),
        ({"decoder": {"type": "Sequence", "decoders": [{"type": "Fuse"}] * 1_000}}, "more than 30 parts"),
        ({"model": {"type": "WordLevel", "vocab": {"a": 1 << 40}, "unk_token": "a"}}, "ids"),
        ({"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": "##",
                    "max_input_chars_per_word": 1 << 40}}, "letters"),
        ({"added_tokens": [{"id": 1, "content": "x" * 100_000, "special": True}]}, "content"),
    ],
)  # fmt: skip
def test_what_no_tokenizer_needs(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        parsed(json.dumps({**WORDS, **fields}), Path("tokenizer.json"))


def test_a_key_in_disguise_is_read_as_it_is_meant() -> None:
    text = json.dumps({**WORDS, **cut("((a+))+$")}).replace('"Regex"', '"\\u0052egex"')
    with pytest.raises(DataError, match="repeats"):
        parsed(text, Path("tokenizer.json"))


def test_prepared_data_are_checked_like_models(tmp_path: Path) -> None:
    from headstart.core.files import seal

    (tmp_path / "t.txt").write_text("one text\n\nanother text\n\nthe third one\n\n" * 20)
    made = prepare(tmp_path / "t.txt", tmp_path / "data", near="keep", settings={"vocab": 300})
    place = made.directory / "tokenizer.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), **cut("(a+)+$")}))
    facts = json.loads((made.directory / "manifest.json").read_text())
    seal(made.directory, {name: value for name, value in facts.items() if name not in ("files", "digest")})
    with pytest.raises(DataError, match="repeats"):
        Store.open(made.directory).modality  # noqa: B018 it is read when it is asked for
