"""safetensors that nobody vouches for: the whole header is checked before a library sees the file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headstart.core.errors import DataError
from headstart.core.temporary import temporary_folder
from headstart.models.trust.safe_files import parse_object, plain_file, read_object

if TYPE_CHECKING:
    from torch import Tensor, nn

INDEX = "model.safetensors.index.json"
MOST_HEADER = 25_000_000  # bytes; safetensors itself allows 100 MB
MOST_TENSORS = 50_000
_MOST_SIDE, _MOST_SIDES = 1 << 48, 16
_BITS: Mapping[str, int] = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "U16": 16, "I16": 16,
    "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """What a header promises: shapes by name, and how many values they are together."""

    shapes: Mapping[str, tuple[int, ...]]
    values: int


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file whose header was checked; DataError otherwise, FileNotFoundError if it is absent."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    inspect(path)
    try:
        return load(plain_file(path).read_bytes())
    except SafetensorError as cause:
        raise _refusal(path, str(cause)) from cause


def read_all(directory: Path) -> dict[str, Tensor]:
    """The tensors of every file of a checkpoint; DataError if a header, an index or a file is damaged."""
    return {name: tensor for file in _files(directory) for name, tensor in read(file).items()}


def inspect(path: Path) -> Held:
    """Check a file's header, in a time that depends on the header alone."""
    real = plain_file(path)
    size = real.stat().st_size
    with real.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length < 2 or length > size - 8:
            raise _refusal(path, f"a header of {length:,} bytes in a file of {size:,}")
        if length > MOST_HEADER:
            raise _refusal(path, f"a header of {length:,} bytes", f"at most {MOST_HEADER:,}")
        content = file.read(length)
    if content.count(b'"data_offsets"') > MOST_TENSORS:  # before a million objects are made of them
        raise _refusal(path, f"{content.count(b'data_offsets'):,} tensors", f"at most {MOST_TENSORS:,}")
    entries = parse_object(content, path)
    about = entries.pop("__metadata__", {})
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise _refusal(path, "metadata that are no plain strings")
    if len(entries) > MOST_TENSORS:
        raise _refusal(path, f"{len(entries):,} tensors", f"at most {MOST_TENSORS:,}")
    return _checked(entries, size - 8 - length, path)


def metadata(path: Path) -> Mapping[str, str]:
    """The texts that a file says of itself; DataError if its header is damaged."""
    inspect(path)
    with plain_file(path).open("rb") as file:
        header = parse_object(file.read(int.from_bytes(file.read(8), "little")), path)
    return header.get("__metadata__", {})


def inspect_all(directory: Path) -> Held:
    """Check every file of safetensors of a checkpoint, and the index that names its parts."""
    shapes: dict[str, tuple[int, ...]] = {}
    values = 0
    for file in _files(directory):
        held = inspect(file)
        shapes |= held.shapes
        values += held.values
    return Held(shapes, values)


@contextmanager
def only_weights(directory: Path) -> Iterator[Path]:
    """A directory with the safetensors of a checkpoint and their index, and none of the adapters, other weights and
    code that transformers would look for beside them."""
    inspect_all(directory)
    with temporary_folder() as place:
        for file in [*directory.glob("*.safetensors"), directory / INDEX]:
            if file.exists():
                (place / file.name).symlink_to(plain_file(file))
        yield place


def _files(directory: Path) -> list[Path]:
    files = sorted(directory.glob("*.safetensors"))
    if (directory / INDEX).is_symlink() or (directory / INDEX).exists():
        files = sorted({*files, *_indexed(directory)})
    return files


def _indexed(directory: Path) -> list[Path]:
    """The files that an index names: plain names beside it, that are there."""
    where = directory / INDEX
    named = read_object(where, most=MOST_HEADER).get("weight_map")
    if not isinstance(named, dict) or not all(isinstance(name, str) for name in named.values()):
        fix = "use an intact copy of the checkpoint"
        raise DataError(374, "the index of the weights cannot be used", where=where, expected="weight_map", fix=fix)
    files = sorted(set(named.values()))
    for name in files:
        if name != Path(name).name or not name.endswith(".safetensors") or not (directory / name).exists():
            fix = "use an intact copy of the checkpoint"
            raise DataError(
                374, "the index of the weights cannot be used", where=where, found=name[:200],
                expected="names of safetensors beside it", fix=fix,
            )  # fmt: skip
    return [directory / name for name in files]


def _checked(entries: Mapping[str, Any], size: int, path: Path) -> Held:
    """Every byte behind the header belongs to exactly one tensor of a known kind."""
    shapes: dict[str, tuple[int, ...]] = {}
    spans: list[tuple[int, int, str]] = []
    for name, entry in entries.items():
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise _refusal(path, f"odd fields of {name[:100]!r}")
        kind, shape, span = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(kind, str) or kind not in _BITS:
            raise _refusal(path, f"dtype {str(kind)[:40]!r} of {name[:100]!r}")
        if not _whole(shape, _MOST_SIDE) or len(shape) > _MOST_SIDES:
            raise _refusal(path, f"shape {str(shape)[:80]} of {name[:100]!r}")
        if not _whole(span, _MOST_SIDE) or len(span) != 2:
            raise _refusal(path, f"offsets {str(span)[:80]} of {name[:100]!r}")
        if span[1] - span[0] != math.prod(shape) * _BITS[kind] // 8:  # Python's integers do not overflow
            raise _refusal(path, f"{span[1] - span[0]} bytes of {name[:100]!r}", f"{kind} {str(shape)[:80]}")
        shapes[name] = tuple(shape)
        spans.append((span[0], span[1], name))
    end = 0
    for first, last, name in sorted(spans):
        if first != end:
            raise _refusal(path, f"{name[:100]!r} begins at {first}", f"{end}, without holes and overlaps")
        end = last
    if end != size:
        raise _refusal(path, f"tensors of {end:,} bytes", f"{size:,}")
    return Held(shapes, sum(math.prod(shape) for shape in shapes.values()))


def check_numbers(module: nn.Module, where: Path) -> None:
    """DataError where a weight is NaN: all that a network of it says is NaN, and a head fitted to that is none."""
    odd = next((name for name, weights in module.named_parameters() if weights.isnan().any()), "")
    if odd:
        fix = "use an intact copy of the model, or make it again"
        raise DataError(932, "weights that are no numbers", where=where, found=f"NaN in {odd}", fix=fix)


def _whole(values: Any, most: int) -> bool:
    """A list of whole numbers from 0 to `most`; True is none."""
    return isinstance(values, list) and all(type(value) is int and 0 <= value < most for value in values)


def _refusal(path: Path, found: str, expected: str = "") -> DataError:
    fix = "use an intact copy of the model"
    return DataError(373, "weights cannot be read safely", where=path, found=found, expected=expected, fix=fix)
