"""Tokenizers and processors."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

from tests.helpers.hostile.case import Spoil, case
from tests.helpers.hostile.configs import written


def tokenizer_with(**fields: Any) -> Spoil:
    def spoil(path: Path) -> None:
        whole = json.loads((path / "tokenizer.json").read_text("utf-8"))
        (path / "tokenizer.json").write_text(json.dumps({**whole, **fields}), "utf-8")

    return spoil


def cutting(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def without_tokenizer(**files: bytes) -> Spoil:
    """Other files than tokenizer.json, by name with __ for a dot."""

    def spoil(path: Path) -> None:
        (path / "tokenizer.json").unlink()
        for name, content in files.items():
            (path / name.replace("__", ".")).write_bytes(content)

    return spoil


VOCABULARY = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijk"]).encode()
TOKENIZERS: dict[str, tuple[str, Spoil]] = {
    "pattern (a+)+$": ("tokenizer", tokenizer_with(pre_tokenizer=cutting("(a+)+$"))),
    "pattern (a|aa)*b": ("tokenizer", tokenizer_with(pre_tokenizer=cutting("(a|aa)*b"))),
    "pattern of 100,000 letters": ("tokenizer", tokenizer_with(pre_tokenizer=cutting("a?" * 50_000))),
    "pattern that refers back": ("tokenizer", tokenizer_with(pre_tokenizer=cutting(r"(.*)\1\1\1x"))),
    "100 MB": ("too large", lambda path: os.truncate(path / "tokenizer.json", 100_000_000)),
    "100,000 levels": ("tokenizer", written("tokenizer.json", b'{"a":' * 100_000)),
    "no object": ("tokenizer", written("tokenizer.json", b"[]")),
    "merges of words that are not there": ("tokenizer", written("tokenizer.json", json.dumps({
        "version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["x y"]}}).encode())),
    "auto_map": ("never run", written(
        "tokenizer_config.json", b'{"auto_map": {"AutoTokenizer": ["evil.Evil", null]}}')),
    "auto_map beside a vocabulary": ("never run", without_tokenizer(
        vocab__txt=VOCABULARY, tokenizer_config__json=b'{"auto_map": {"AutoTokenizer": ["evil.Evil", null]}}')),
    "100,000 levels of its config": ("cannot be read", written("tokenizer_config.json", b"[" * 100_000)),
    "sentencepiece that is a pickle": ("no tokenizer", without_tokenizer(spiece__model=pickle.dumps([1]))),
    "vocabulary that is no JSON": ("no tokenizer", without_tokenizer(vocab__json=b"\xff\xff", merges__txt=b"a b")),
    "image processor with auto_map": ("never run", written(
        "preprocessor_config.json", b'{"auto_map": {"AutoImageProcessor": "evil.Evil"}}')),
}  # fmt: skip
for name, (says, spoil) in TOKENIZERS.items():
    case("hf", f"tokenizer, {name}", says, spoil)
