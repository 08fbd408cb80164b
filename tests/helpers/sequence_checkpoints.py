"""Tiny public checkpoints that read sequences, with random weights and the tokenizers of their own libraries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from tests.helpers import checkpoints

ESM = ["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>"]
PROTBERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHWCXUBZO"]
KMERS = ["".join(letters) for letters in product("ATCG", repeat=3)]
PROTEINS = ("MKTAYIAKQRQISFVKSHFSRQXBUZO", "GAVLIP", "W")
BASES = ("ACGTACGTTTAGCATCGGATCCA", "ACGTACNACGTACGTAAACGNNACGTACGTACGT", "GATTAC", "GC")


@dataclass(frozen=True, slots=True)
class Made:
    """A checkpoint: its folder, transformers' own network and tokenizer, and how rows are written for the latter."""

    path: Path
    network: Any
    tokenizer: Any
    alphabet: str
    rows: tuple[str, ...]
    written: Callable[[str], str]


def esm(path: Path, **more: Any) -> Made:
    """As ESM-2: letters, no tokenizer.json."""
    settings = {"vocab_size": 33, "pad_token_id": 1, "mask_token_id": 32, "position_embedding_type": "rotary",
                "token_dropout": True, **more}  # fmt: skip
    return _made("esm", settings, lambda: _esm_tokenizer(path, ESM), path, "protein", PROTEINS, str)


def nucleotides(path: Path) -> Made:
    """As the Nucleotide Transformer: k-mers behind each other, letters for the rest, no mark at the end."""
    names = ["<unk>", "<pad>", "<mask>", "<cls>", "<eos>", "<bos>", *KMERS, *"ATCGN"]
    settings = {"vocab_size": len(names), "pad_token_id": 1, "mask_token_id": 2, "position_embedding_type": "absolute",
                "token_dropout": False}  # fmt: skip
    return _made("esm", settings, lambda: _esm_tokenizer(path, names, eos_token=None), path, "dna", BASES, str)


def protbert(path: Path) -> Made:
    """As ProtBert: letters with spaces between them for its own tokenizer."""
    return _made(
        "bert", {"vocab_size": 30}, lambda: _bert_tokenizer(path, PROTBERT), path, "protein", PROTEINS, " ".join
    )


def protbert_of_words(path: Path) -> Made:
    """The same with a vocab.txt alone."""
    made = protbert(path)
    (path / "tokenizer.json").unlink()
    (path / "vocab.txt").write_text("\n".join(PROTBERT), "utf-8")
    return made


def dnabert(path: Path) -> Made:
    """As DNABERT: k-mers from every letter on, written as words."""
    names = [*PROTBERT[:5], *KMERS]
    settings = {"vocab_size": len(names)}
    return _made("bert", settings, lambda: _bert_tokenizer(path, names), path, "dna", BASES[:3], _kmers)


def dnabert2(path: Path) -> Made:
    """As DNABERT-2's vocabulary on a plain BERT: pairs of letters that were joined."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()  # pyright: ignore[reportAttributeAccessIssue]
    generator = np.random.default_rng(0)
    corpus = ["".join(generator.choice([*"ACGT"], 300)) for _ in range(50)]
    marks = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=64, special_tokens=marks, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )  # pyright: ignore[reportAttributeAccessIssue]
    named = {f"{name.strip('[]').lower()}_token": name for name in marks}
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)
    return _made("bert", {"vocab_size": 64, "pad_token_id": 3}, lambda: _saved(theirs, path), path, "dna", BASES, str)


EVERY: Mapping[str, Callable[[Path], Made]] = {
    "esm": esm, "nucleotides": nucleotides, "protbert": protbert, "protbert_of_words": protbert_of_words,
    "dnabert": dnabert, "dnabert2": dnabert2,
}  # fmt: skip


def _made(
    kind: str, settings: dict[str, Any], tokenizer: Callable[[], Any], path: Path, alphabet: str,
    rows: tuple[str, ...], written: Callable[[str], str],
) -> Made:  # fmt: skip
    usual = {**checkpoints.SMALL, "max_position_embeddings": 60, "pad_token_id": 0}
    network = checkpoints.write_hf(kind, {**usual, **settings}, path)
    (path / "tokenizer.json").unlink(missing_ok=True)
    return Made(path, network, tokenizer(), alphabet, rows, written)


def _esm_tokenizer(path: Path, names: list[str], **more: Any) -> Any:
    (path / "vocab.txt").write_text("\n".join(names), "utf-8")
    return _saved(transformers.EsmTokenizer(str(path / "vocab.txt"), **more), path)


def _bert_tokenizer(path: Path, names: list[str]) -> Any:
    (path / "vocab.txt").write_text("\n".join(names), "utf-8")
    return _saved(transformers.BertTokenizer(str(path / "vocab.txt"), do_lower_case=False), path)


def _saved(tokenizer: Any, path: Path) -> Any:
    tokenizer.save_pretrained(path)
    return tokenizer


def _kmers(row: str) -> str:
    return " ".join(row[i : i + 3] for i in range(len(row) - 2))
