"""Tokenizers of models that nobody vouches for: their files are bounded, and only vocabularies reach a library."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from headstart.core.errors import DataError
from headstart.core.temporary import temporary_folder
from headstart.models.trust.config_check import refuse_code
from headstart.models.trust.safe_files import MOST, MOST_TOKENIZER, parse_object, plain_file, read_object

_VOCABULARIES = ("vocab.txt", "vocab.json", "merges.txt", "*.model")
# What a tokenizer_config.json may say to transformers: how words are cut, and the names of special tokens.
_SAID = ("tokenizer_class", "do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_prefix_space",
         "do_basic_tokenize", "keep_accents", "split_by_punct", "sp_model_kwargs", "legacy", "vocab_type")  # fmt: skip


def check_texts(path: Path) -> None:
    """DataError unless the files beside the weights that say how inputs are read are plain and of sane sizes."""
    for name in ("tokenizer_config.json", "preprocessor_config.json", "processor_config.json"):
        file = path / name
        if file.exists() or file.is_symlink():
            refuse_code(parse_object(_content(file, MOST), file), file)
    stated = path / "tokenizer.json"
    if stated.exists() or stated.is_symlink():
        _content(stated, MOST_TOKENIZER)
    for pattern in _VOCABULARIES:
        for file in path.glob(pattern):
            plain_file(file, most=MOST_TOKENIZER)


def from_vocabulary(path: Path) -> str:
    """tokenizer.json, as transformers makes it of vocabularies. It sees copies of these and nothing else."""
    from transformers import AutoTokenizer

    files = [plain_file(file, most=MOST_TOKENIZER) for pattern in _VOCABULARIES for file in sorted(path.glob(pattern))]
    names = [file.name for pattern in _VOCABULARIES for file in sorted(path.glob(pattern))]
    if not names or names == ["merges.txt"]:  # transformers would make a tokenizer that knows no word
        raise FileNotFoundError("neither tokenizer.json nor a vocabulary")
    stated = path / "tokenizer_config.json"
    own = read_object(stated) if stated.is_file() else {}
    said = {name: value for name, value in own.items() if _says(name, value)}
    kind = read_object(path / "config.json").get("model_type")
    with temporary_folder() as place:
        for file, own in zip(files, names, strict=True):
            shutil.copyfile(file, place / own)
        (place / "tokenizer_config.json").write_text(json.dumps(said), "utf-8")
        (place / "config.json").write_text(json.dumps({"model_type": kind}), "utf-8")
        made = AutoTokenizer.from_pretrained(
            str(place), local_files_only=True, trust_remote_code=False
        ).backend_tokenizer
    marks = {token.content for token in made.get_added_tokens_decoder().values()}
    if not made.get_vocab(with_added_tokens=False).keys() - marks:  # the files were not what its class reads
        raise ValueError("a vocabulary without a word")
    return made.to_str()


def _says(name: str, value: Any) -> bool:
    if name.endswith("_token"):
        content = value.get("content") if isinstance(value, dict) else value
        return isinstance(content, str) and len(content) <= 100
    plain = isinstance(value, bool | int) or (isinstance(value, str) and re.fullmatch(r"\w{1,60}", value) is not None)
    return name in _SAID and plain


def _content(path: Path, most: int) -> bytes:
    try:
        return plain_file(path, most=most).read_bytes()
    except FileNotFoundError as cause:
        raise _refusal(path, "a link to nothing") from cause


def _refusal(path: Path, found: str) -> DataError:
    fix = "use an intact copy of the model"
    return DataError(357, "files of the tokenizer cannot be used", where=path, found=found, fix=fix)
