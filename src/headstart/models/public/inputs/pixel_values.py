"""Pictures: the size, mean and deviation that a public checkpoint was trained with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError
from headstart.models.trust.safe_files import read_object

_LARGEST_SIDE = 4096


class PixelValues:
    """Networks for pictures, of transformers and of timm."""

    @classmethod
    def modality(cls, path: Path, raw: Mapping[str, Any]) -> str:
        return "image"

    @classmethod
    def preprocessing(cls, path: Path, raw: Mapping[str, Any]) -> Modality:
        """Size, mean and deviation as timm's config, the image processor or transformers' config states them."""
        if "architecture" in raw:
            stated = {"input_size": (3, 224, 224), "mean": [0.5], "std": [0.5], **raw["pretrained_cfg"]}
        else:
            stated = input_of(path, raw)
        channels, height, width = stated["input_size"]
        mean, std = (_per_channel(stated[name], channels) for name in ("mean", "std"))
        return catalog.load("modalities", "image").of((height, width), channels, mean, std)

    @classmethod
    def spec(cls, path: Path, raw: Mapping[str, Any]) -> Spec:
        """Sizes from which the network is built."""
        return cls.preprocessing(path, raw).spec


def input_of(path: Path, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The input of a network of transformers in timm's words: "input_size" [C, H, W], "mean" and "std".

    DataError if its files make no sense.
    """
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
    mean, std = ([value / scale for value in _per_channel(values, channels)] for values in (mean, std))
    return {"input_size": [channels, int(height), int(width)], "mean": mean, "std": std}


def _per_channel(values: list[float], channels: int) -> list[float]:
    """One number for all channels, or one each."""
    return [float(v) for v in values] * (channels if len(values) == 1 else 1)
