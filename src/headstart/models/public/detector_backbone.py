"""The network for pictures that a public detector or segmenter is built on: what its config says of it, its weights.

Its pyramid, queries and heads stay behind: the tasks here learn their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core.errors import DataError
from headstart.core.temporary import temporary_folder
from headstart.models.trust.weights import read_all

if TYPE_CHECKING:
    from torch import Tensor

# How a config names the network it is built on; the last two belong to checkpoints of earlier years.
_NAMING = ("backbone_config", "backbone", "use_timm_backbone")
_PASSING = ("use_pretrained_backbone", "backbone_kwargs", "decoder_config")  # its first weights, and what stays behind
_MEAN, _STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  # of ImageNet: what torchvision's networks read
# torchvision's residual networks, whose weights timm names alike
_RESIDUAL = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d",
             "wide_resnet50_2", "wide_resnet101_2")  # fmt: skip
_MOST_STARTS = 1_000  # a file may name its tensors so that every one could be the first
_COUNTED = "num_batches_tracked"


def network_within(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Of a config that names the network it is built on: that one's own config, and the rest; else None."""
    inner = raw.get("backbone_config")
    if not isinstance(inner, Mapping):
        inner = raw if raw.get("use_timm_backbone") else {}
    elif inner.get("model_type") != "timm_backbone":
        return _of_transformers(inner), _rest(raw)
    architecture = inner.get("backbone")
    if not isinstance(architecture, str):
        return None
    stride = inner.get("output_stride") or (16 if raw.get("dilation") else None)  # as DETR's DC5 does it
    args = {"output_stride": stride} if stride else {}
    return {"architecture": architecture, "model_args": args}, _rest(raw)


def weights_within(directory: Path, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a network from a larger model's files, wherever in it they stand; DataError if one is missing."""
    given = _within(directory, wanted)
    found = {name: given[name] for name in wanted if name in given}
    fix = "use an intact copy of the checkpoint"
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        text = f"no {missing[0]} ({len(missing)} missing)"
        raise DataError(365, "public weights are incomplete", where=directory, found=text, fix=fix)
    odd = next((name for name in wanted if wanted[name].shape != found[name].shape), None)
    if odd is not None:
        text, expected = (f"{odd} {list(side[odd].shape)}" for side in (found, wanted))
        raise DataError(
            366, "public weights do not fit their config", where=directory, found=text, expected=expected, fix=fix
        )
    return found


@contextmanager
def only_within(directory: Path, wanted: Collection[str]) -> Iterator[Path]:
    """A directory with the weights of a network alone, for a library that renames what it reads from its own files."""
    from safetensors.torch import save_file

    found = _within(directory, wanted)
    with temporary_folder() as place:
        save_file(found, place / "model.safetensors", {"format": "pt"})
        yield place


def _within(directory: Path, wanted: Collection[str]) -> dict[str, Tensor]:
    """What stands behind the prefix of a network's names; norms that were kept fixed have counted nothing."""
    import torch

    given = read_all(directory)
    start = prefix_of(wanted, given)
    found = {name[len(start) :]: tensor for name, tensor in given.items() if name.startswith(start)}
    return {name: torch.zeros((), dtype=torch.int64) for name in wanted if name.endswith(_COUNTED)} | found


def prefix_of(wanted: Collection[str], given: Collection[str]) -> str:
    """What stands before the names of a network's weights in a larger model's: that which most of them share.

    The file may lack the first parts of a name, where the library has given its networks one more layer since.
    """
    whole = next(iter(wanted), "")
    parts = whole.split(".")
    for skipped in range(len(parts)):
        gone = ".".join([*parts[:skipped], ""])
        first = whole[len(gone) :]
        starts = sorted({n[: -len(first)] for n in given if n == first or n.endswith(f".{first}")}, key=len)
        if starts:
            names = [name.removeprefix(gone) for name in wanted]
            return max(starts[:_MOST_STARTS], key=lambda start: sum(start + name in given for name in names))
    return ""


def residual(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
    """timm's config of the residual network that weights of torchvision hold, alone or within a detector; else None."""
    if not any(name.endswith("layer4.1.conv2.weight") for name in shapes):
        return None
    import timm
    import torch

    for architecture in _RESIDUAL:
        with torch.device("meta"):
            network = timm.create_model(architecture, num_classes=0)
        wanted = {n: tuple(t.shape) for n, t in network.state_dict().items() if not n.endswith(_COUNTED)}
        start = prefix_of(wanted, shapes)
        held = {n[len(start) :] for n in shapes if n.startswith(f"{start}layer") and not n.endswith(_COUNTED)}
        if held <= wanted.keys() and all(shapes.get(start + name) == shape for name, shape in wanted.items()):
            # torchvision's segmenters widen the steps of their last stages instead of shrinking the maps
            wide = start == "backbone." and any(name.startswith("classifier.") for name in shapes)
            about = {"input_size": [3, 224, 224], "mean": _MEAN, "std": _STD}
            args = {"output_stride": 8} if wide else {}
            return {"architecture": architecture, "num_classes": 0, "model_args": args, "pretrained_cfg": about}
    return None


def _of_transformers(inner: Mapping[str, Any]) -> dict[str, Any]:
    """The config of the class that hands out maps, asked for the last one."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_BACKBONE_MAPPING_NAMES

    said = {name: value for name, value in inner.items() if name not in ("out_features", "out_indices", *_PASSING)}
    kind = inner.get("model_type")
    made = next((made for named, made in MODEL_FOR_BACKBONE_MAPPING_NAMES.items() if named == kind), None)
    return {**said, "architectures": [made]} if made else said


def _rest(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in (*_NAMING, *_PASSING)}
