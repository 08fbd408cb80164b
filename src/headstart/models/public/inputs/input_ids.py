"""Texts and sequences: the vocabulary of a public checkpoint, and how many ids it reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError
from headstart.data.modalities.text.tokenization import parsed, special
from headstart.models.public.letters import Letters, letters_of, letters_of_esm
from headstart.models.trust.vocabulary import check_texts, from_vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_LONGEST_SEQUENCE = (
    1024  # places of a row of sequences: proteins are longer than sentences, and ESM-2 learned from 1,024
)
_LONGEST = 512  # tokens of a row: most public encoders were trained with 512, and attention costs their square
# These models count positions from behind the id of the padding, so that the first places of their table stay unused.
_RESERVING = ("camembert", "longformer", "mpnet", "data2vec-text", "xmod", "ibert", "luke",
              "esm")  # fmt: skip


class InputIds:
    """Networks for token ids: of texts, or of sequences where the vocabulary is made of their letters."""

    def __init__(self) -> None:
        self._found: Tokenizer | Letters | None = None

    def modality(self, path: Path, raw: Mapping[str, Any]) -> str:
        return "sequence" if isinstance(self._known(path, raw), Letters) else "text"

    def preprocessing(self, path: Path, raw: Mapping[str, Any]) -> Modality:
        """Its tokenizer, and rows as long as the network has positions for, at most 512; of sequences 1,024."""
        known = self._known(path, raw)
        if isinstance(known, Letters):
            most = min(_LONGEST_SEQUENCE, positions(raw) or _LONGEST_SEQUENCE)
            return catalog.load("modalities", "sequence").of_tokens(known.tokens, known.alphabet, most)
        return catalog.load("modalities", "text").of_tokenizer(known, min(_LONGEST, positions(raw) or _LONGEST))

    def spec(self, path: Path, raw: Mapping[str, Any]) -> Spec:
        """The network's own config says its sizes; no tokenizer is needed to build it."""
        return Spec("ids", {})

    def _known(self, path: Path, raw: Mapping[str, Any]) -> "Tokenizer | Letters":
        """Its vocabulary, read and checked once."""
        if self._found is None:
            self._found = _vocabulary(path, raw)
        return self._found


def _vocabulary(path: Path, raw: Mapping[str, Any]) -> "Tokenizer | Letters":
    check_texts(path)
    esm = raw.get("model_type") == "esm" and not (path / "tokenizer.json").is_file()
    if esm and (path / "vocab.txt").is_file():
        letters = letters_of_esm(path)
        if letters is not None:
            names = {name: number for number, name in enumerate(letters.tokens.names)}
            _check_ids(names, letters.tokens.pad, raw, path)
            return letters
    tokenizer = _tokenizer(path)
    _check_ids(tokenizer.get_vocab(), special(tokenizer).pad, raw, path)
    return letters_of(tokenizer, path) or tokenizer


def positions(raw: Mapping[str, Any]) -> int | None:
    """Places that a network has positions for, by its config; None where it has no end or says nothing."""
    stated = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len", "n_ctx")
    most = next((raw[name] for name in stated if isinstance(raw.get(name), int) and raw[name] > 0), None)
    if most is not None and ("roberta" in raw["model_type"] or raw["model_type"] in _RESERVING):
        most -= int(raw.get("pad_token_id", 1)) + 1
    return most


def _check_ids(names: Mapping[str, int], pad: int, raw: Mapping[str, Any], path: Path) -> None:
    """DataError for words whose ids lie behind the vectors of the network; padding is seen by nobody."""
    within = raw.get("text_config")
    size = raw.get("vocab_size", within.get("vocab_size") if isinstance(within, Mapping) else None)
    if not isinstance(size, int):
        return  # the config says it in its own way
    beyond = sorted((number, word) for word, number in names.items() if number >= size)
    words = [repr(word) for number, word in beyond if number != pad]
    if words:
        found = f"{len(words)} such as {', '.join(words[:3])}"
        raise DataError(
            398, "the tokenizer knows words that the network does not", where=path, found=found,
            expected=f"ids below {size}", fix="resize the network's embeddings to its tokenizer and save both again",
        )  # fmt: skip


def _tokenizer(path: Path) -> "Tokenizer":
    """Its tokenizer, as the tokenizers library holds it; DataError if it has none."""
    stated = path / "tokenizer.json"
    if stated.is_file():
        return parsed(stated.read_text("utf-8", "replace"), stated)
    try:
        return parsed(from_vocabulary(path), path)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, ImportError, RuntimeError) as cause:
        fix = "use an intact copy of the checkpoint, with its tokenizer.json"
        raise DataError(368, "checkpoint has no tokenizer", where=path, found=cause, fix=fix) from cause
