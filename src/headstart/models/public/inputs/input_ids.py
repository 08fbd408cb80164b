"""Texts: the tokenizer of a public checkpoint, and how many tokens it reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError
from headstart.data.modalities.text.tokenization import parsed, special
from headstart.models.trust.vocabulary import check_texts, from_vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_LONGEST = 512  # tokens of a row: most public encoders were trained with 512, and attention costs their square
# These models count positions from behind the id of the padding, so that the first places of their table stay unused.
_RESERVING = ("camembert", "longformer", "mpnet", "data2vec-text", "xmod", "ibert", "luke")


class InputIds:
    """Networks for token ids."""

    @classmethod
    def modality(cls, path: Path, raw: Mapping[str, Any]) -> str:
        return "text"

    @classmethod
    def preprocessing(cls, path: Path, raw: Mapping[str, Any]) -> Modality:
        """Its tokenizer, and rows as long as the network has positions for, at most 512."""
        longest = min(_LONGEST, positions(raw) or _LONGEST)
        tokenizer = _tokenizer(path)
        _check_ids(tokenizer, raw, path)
        return catalog.load("modalities", "text").of_tokenizer(tokenizer, longest)

    @classmethod
    def spec(cls, path: Path, raw: Mapping[str, Any]) -> Spec:
        """The network's own config says its sizes; no tokenizer is needed to build it."""
        return Spec("ids", {})


def positions(raw: Mapping[str, Any]) -> int | None:
    """Places that a network has positions for, by its config; None where it has no end or says nothing."""
    stated = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len", "n_ctx")
    most = next((raw[name] for name in stated if isinstance(raw.get(name), int) and raw[name] > 0), None)
    if most is not None and ("roberta" in raw["model_type"] or raw["model_type"] in _RESERVING):
        most -= int(raw.get("pad_token_id", 1)) + 1
    return most


def _check_ids(tokenizer: "Tokenizer", raw: Mapping[str, Any], path: Path) -> None:
    """DataError for words whose ids lie behind the vectors of the network; padding is seen by nobody."""
    within = raw.get("text_config")
    size = raw.get("vocab_size", within.get("vocab_size") if isinstance(within, Mapping) else None)
    if not isinstance(size, int):
        return  # the config says it in its own way
    pad = special(tokenizer).pad
    beyond = sorted((number, word) for word, number in tokenizer.get_vocab().items() if number >= size)
    words = [repr(word) for number, word in beyond if number != pad]
    if words:
        found = f"{len(words)} such as {', '.join(words[:3])}"
        raise DataError(
            398, "the tokenizer knows words that the network does not", where=path, found=found,
            expected=f"ids below {size}", fix="resize the network's embeddings to its tokenizer and save both again",
        )  # fmt: skip


def _tokenizer(path: Path) -> "Tokenizer":
    """Its tokenizer, as the tokenizers library holds it; DataError if it has none."""
    check_texts(path)
    stated = path / "tokenizer.json"
    if stated.is_file():
        return parsed(stated.read_text("utf-8", "replace"), stated)
    try:
        return parsed(from_vocabulary(path), path)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, ImportError, RuntimeError) as cause:
        fix = "use an intact copy of the checkpoint, with its tokenizer.json"
        raise DataError(368, "checkpoint has no tokenizer", where=path, found=cause, fix=fix) from cause
