"""What a foreign config.json may say to timm: a registered network, arguments it takes, and its input."""

import inspect
import math
import re
import sys
from collections.abc import Mapping
from typing import Any

from headstart.core.errors import ContractError, DataError, nearest

# What timm.create_model or its builder would take for itself: other weights, files, addresses.
_REACHING = re.compile(
    r"\w*(pretrained|checkpoint|file|url|hub|cache|scriptable|exportable|feature_cfg)\w*|\w*_path|path"
)
_USUAL = ("in_chans", "img_size", "num_classes", "global_pool", "drop_rate", "drop_path_rate", "output_stride")
_ARGUMENT = re.compile(r"\b([a-z]\w*)\s*[:=]", re.IGNORECASE)
_PLAIN_TEXT = re.compile(r"[\w.,+-]{0,60}")
_ABOUT = ("tag", "input_size", "fixed_input_size", "mean", "std", "interpolation", "crop_pct", "first_conv",
          "classifier", "license")  # fmt: skip
_LARGEST, _LONGEST, _LARGEST_SIDE = 1 << 24, 1_000, 4096


def check_timm(architecture: str, model_args: Mapping[str, Any]) -> None:
    """ContractError for a network that timm does not know, DataError for arguments that it would not build with."""
    import timm

    if not (len(architecture) < 200 and re.fullmatch(r"[\w.-]+", architecture) and timm.is_model(architecture)):
        shown = architecture[:100]
        fix = nearest(shown, timm.list_models())
        raise ContractError(257, "timm has no such network", where="backbone.architecture", found=shown, fix=fix)
    entry = timm.model_entrypoint(timm.models.get_arch_name(architecture))
    taken = {*_USUAL, *_ARGUMENT.findall(inspect.getsource(sys.modules[entry.__module__]))}  # what its own file names
    for name, value in model_args.items():
        if _REACHING.fullmatch(name) and name != "drop_path_rate":
            fix = "use a checkpoint that needs no such choice"
            raise DataError(375, "config selects code or files", where="model_args", found=name[:100], fix=fix)
        if name not in taken or not _plain(value):
            raise _odd(f"model_args.{name}", value)


def about_input(stated: object) -> dict[str, Any]:
    """What timm says about its input, of all it says."""
    if not isinstance(stated, Mapping):
        raise _odd("pretrained_cfg", stated)
    kept = {name: stated[name] for name in _ABOUT if stated.get(name) is not None}
    for name, value in kept.items():
        if not _plain(value):
            raise _odd(f"pretrained_cfg.{name}", value)
    size = kept.get("input_size", [3, 224, 224])
    if not _numbers(size, 3) or not all(type(n) is int and 0 < n <= _LARGEST_SIDE for n in size):
        raise _odd("pretrained_cfg.input_size", size)
    for name in ("mean", "std"):
        if name in kept and not (_numbers(kept[name], 1) or _numbers(kept[name], size[0])):
            raise _odd(f"pretrained_cfg.{name}", kept[name])
    return kept


def _plain(value: Any) -> bool:
    """Numbers, words and short lists of them."""
    if isinstance(value, list | tuple):
        return len(value) <= _LONGEST and all(_plain(one) for one in value)
    if isinstance(value, str):
        return _PLAIN_TEXT.fullmatch(value) is not None
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) < _LARGEST)


def _numbers(value: Any, count: int) -> bool:
    return isinstance(value, list | tuple) and len(value) == count and all(
        isinstance(n, int | float) and not isinstance(n, bool) for n in value
    )  # fmt: skip


def _odd(name: str, value: object) -> DataError:
    found, fix = f"{name[:60]} = {str(value)[:100]}", "use an intact copy of the checkpoint"
    return DataError(377, "config of timm has a setting that its network does not take", found=found, fix=fix)
