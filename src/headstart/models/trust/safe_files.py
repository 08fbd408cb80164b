"""Files of a model that nobody vouches for: only plain files of the model's own folder, of a bounded size."""

import json
import stat
from collections import Counter
from pathlib import Path
from typing import Any

from headstart.core.errors import DataError

MOST = 8 << 20  # bytes of a config: the longest public ones, with the names of 21,841 classes, have 2 MB
MOST_TOKENIZER = 64 << 20  # bytes: that of Gemma 3, with 262,144 words, has 33 MB
DEEPEST = 40  # levels of objects and lists: public configs have at most 6
_BRACKETS, _COMMAS = 250_000, 2_500_000  # what 50,000 tensors need, with room for the metadata; 150 MB of objects
_INTACT = "use an intact copy of the model"


def plain_file(path: Path, *, most: int | None = None) -> Path:
    """The file itself, behind links that stay in the model's folder (or its cache on this machine).

    DataError for a link that leaves it, for a pipe or a device, and for more bytes than `most`. FileNotFoundError if
    there is no such file.
    """
    real, home = path.resolve(strict=False), path.parent.resolve()
    if home.parent.name == "snapshots":  # the hub's cache: <repository>/snapshots/<commit>/file -> ../../blobs/<digest>
        home = home.parents[1]
    if not real.is_relative_to(home):
        fix = "put a copy of the file in its place, if you trust it"
        raise DataError(372, "a file of the model is a link out of its directory", where=path, found=real, fix=fix)
    about = real.stat()
    if not stat.S_ISREG(about.st_mode):
        raise DataError(369, "a file of the model is a folder, a pipe or a device", where=path, fix=_INTACT)
    if most is not None and about.st_size > most:
        found, limit = f"{about.st_size:,} bytes", f"at most {most:,}"
        raise DataError(370, "a file of the model is too large", where=path, found=found, expected=limit, fix=_INTACT)
    return real


def read_object(path: Path, *, most: int = MOST) -> dict[str, Any]:
    """The JSON object of a file; DataError unless it is plain: UTF-8, shallow, finite, every key once."""
    return parse_object(plain_file(path, most=most).read_bytes(), path)


def parse_object(content: bytes, where: Path) -> dict[str, Any]:
    """The JSON object of some bytes of a file."""
    try:
        if content.count(b"[") + content.count(b"{") > _BRACKETS or content.count(b",") > _COMMAS:
            raise ValueError("more parts than any such file has")
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
        _shallow(value, 0)
    except (ValueError, RecursionError) as cause:  # also bytes that are no UTF-8, and numbers of 5,000 digits
        found = "too many levels" if isinstance(cause, RecursionError) else str(cause)[:200]
        raise DataError(371, "a JSON file of the model cannot be read", where=where, found=found, fix=_INTACT) from None
    if not isinstance(value, dict):
        found, expected = type(value).__name__, "a JSON object"
        raise DataError(
            361, "config of the checkpoint cannot be used", where=where, found=found, expected=expected, fix=_INTACT
        )
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which of two equal keys they take, so that what is checked may not be what is used."""
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"the key {twice[:60]!r} stands there twice")
    return members


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _shallow(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, float) and value in (float("inf"), float("-inf")):  # 1e999
        raise ValueError("a number is infinite")
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            if isinstance(one, dict | list | float):
                _shallow(one, depth + 1)
