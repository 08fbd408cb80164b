"""What a public checkpoint says about its input: the size and scale of pictures, the tokenizer and length of text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.errors import DataError
from headstart.data.modalities.text.tokenization import parsed
from headstart.models.trust.safe_files import read_object
from headstart.models.trust.vocabulary import check_texts, from_vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["check_texts", "pictures", "places", "spread", "tokenizer"]
_LARGEST_SIDE = 4096
_LONGEST = 512  # places of a text row: most public encoders were trained with 512, and attention costs their square
# These models count positions from behind the id of the padding, so that the first places of their table stay unused.
_RESERVING = ("camembert", "longformer", "mpnet", "data2vec-text", "xmod", "ibert", "luke")


def spread(values: list[float], channels: int) -> list[float]:
    """One number for all channels, or one each."""
    return [float(v) for v in values] * (channels if len(values) == 1 else 1)


def pictures(path: Path, raw: Mapping[str, Any]) -> Modality:
    """The size, mean and deviation that its image processor states, else those of its config."""
    said = input_of(path, raw)
    channels, height, width = said["input_size"]
    return catalog.load("modalities", "image").of((height, width), channels, said["mean"], said["std"])


def input_of(path: Path, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The same in timm's words: "input_size" [C, H, W], "mean" and "std"; DataError if it makes no sense."""
    stated = path / "preprocessor_config.json"
    said = read_object(stated) if stated.is_file() else {}
    try:
        return _input(said, raw)
    except (TypeError, ValueError, KeyError, ArithmeticError, LookupError) as cause:
        fix = "use an intact copy of the checkpoint"
        raise DataError(356, "input of the checkpoint cannot be used", where=stated, found=cause, fix=fix) from cause


def _input(said: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    size = said.get("crop_size") if said.get("do_center_crop", True) else None
    size = size or said.get("size") or raw.get("image_size") or 224
    if isinstance(size, Mapping):
        size = [size["height"], size["width"]] if "height" in size else size.get("shortest_edge", 224)
    height, width = (size, size) if isinstance(size, int) else size
    channels = int(raw.get("num_channels", 3))
    if not (0 < height <= _LARGEST_SIDE and 0 < width <= _LARGEST_SIDE and 0 < channels <= 1024):
        raise ValueError(f"pictures of {channels} x {height} x {width}")
    scale = 255 * float(said.get("rescale_factor", 1 / 255))  # the statistics are of pixels times this factor
    normal = said.get("do_normalize", True)
    mean, std = (said.get("image_mean", [0.5]), said.get("image_std", [0.5])) if normal else ([0.0], [1.0])
    mean, std = ([value / scale for value in spread(values, channels)] for values in (mean, std))
    return {"input_size": [channels, int(height), int(width)], "mean": mean, "std": std}


def tokenizer(path: Path) -> Tokenizer:
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


def places(raw: Mapping[str, Any]) -> int:
    """Places of a row that the network has positions for, at most 512."""
    return min(_LONGEST, positions(raw) or _LONGEST)


def positions(raw: Mapping[str, Any]) -> int | None:
    """Places that a network has positions for, by its config; None where it has no end or says nothing."""
    stated = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len", "n_ctx")
    most = next((raw[name] for name in stated if isinstance(raw.get(name), int) and raw[name] > 0), None)
    if most is not None and ("roberta" in raw["model_type"] or raw["model_type"] in _RESERVING):
        most -= int(raw.get("pad_token_id", 1)) + 1
    return most
