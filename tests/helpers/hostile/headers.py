"""safetensors with odd headers, links and indices."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

from tests.helpers.hostile.case import Spoil, case


def header(path: Path, entries: object, data: bytes = b"", *, length: int | None = None) -> None:
    """A file of safetensors with any header."""
    content = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    start = struct.pack("<Q", len(content) if length is None else length)
    (path / "model.safetensors").write_bytes(start + content + data)


def tensor(shape: object, first: object = 0, last: object = 4, kind: object = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [first, last]}


HEADERS: dict[str, Spoil] = {
    "equal keys": lambda p: header(p, b'{"a":' + json.dumps(tensor([1])).encode() + b',"a":'
                                   + json.dumps(tensor([1])).encode() + b"}", bytes(4)),
    "equal fields": lambda p: header(
        p, b'{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
    "overlap": lambda p: header(p, {"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)}, bytes(12)),
    "hole": lambda p: header(p, {"a": tensor([1]), "b": tensor([1], 8, 12)}, bytes(12)),
    "bytes behind the end": lambda p: header(p, {"a": tensor([1])}, bytes(400)),
    "end behind the file": lambda p: header(p, {"a": tensor([100], 0, 400)}, bytes(4)),
    "one span for two": lambda p: header(p, {"a": tensor([1]), "b": tensor([1])}, bytes(4)),
    "100,000 tensors": lambda p: header(p, {f"t{i}": tensor([0], 0, 0) for i in range(100_000)}),
    "huge header": lambda p: header(p, b'{"a":{}}' + b" " * 40_000_000),
    "header longer than the file": lambda p: header(p, {"a": tensor([1])}, bytes(4), length=1 << 40),
    "header of 2^64 - 1 bytes": lambda p: header(p, {"a": tensor([1])}, bytes(4), length=(1 << 64) - 1),
    "header of no bytes": lambda p: header(p, b"", bytes(4)),
    "empty file": lambda p: (p / "model.safetensors").write_bytes(b"") and None,
    "negative side": lambda p: header(p, {"a": tensor([-1, -1])}, bytes(4)),
    "huge side": lambda p: header(p, {"a": tensor([1 << 62])}, bytes(4)),
    "product that overflows to 4 bytes": lambda p: header(p, {"a": tensor([1 << 33, 1 << 31, 1])}, bytes(4)),
    "product that overflows to 0": lambda p: header(p, {"a": tensor([1 << 32, 1 << 32], 0, 0)}),
    "a thousand sides": lambda p: header(p, {"a": tensor([1] * 1000)}, bytes(4)),
    "side that is True": lambda p: header(p, {"a": tensor([True])}, bytes(4)),
    "side that is a fraction": lambda p: header(p, {"a": tensor([1.0])}, bytes(4)),
    "unknown dtype": lambda p: header(p, {"a": tensor([1], kind="OBJECT")}, bytes(4)),
    "dtype that is a list": lambda p: header(p, {"a": tensor([1], kind=["F32"])}, bytes(4)),
    "wrong length": lambda p: header(p, {"a": tensor([3], 0, 8)}, bytes(8)),
    "offsets that go back": lambda p: header(p, {"a": tensor([1], 4, 0)}, bytes(4)),
    "no JSON": lambda p: header(p, b"\x80\x04." * 100, bytes(4)),
    "no UTF-8": lambda p: header(p, b'{"\xff":{}}'),
    "list in place of an object": lambda p: header(p, []),
    "100,000 levels": lambda p: header(p, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a million empty objects": lambda p: header(p, b"{" + b",".join(b'"%d":{}' % i for i in range(1_000_000)) + b"}"),
    "metadata that are no strings": lambda p: header(p, {"__metadata__": {"a": {"b": 1}}, "a": tensor([1])}, bytes(4)),
    "metadata that are a list": lambda p: header(p, {"__metadata__": ["a"], "a": tensor([1])}, bytes(4)),
}  # fmt: skip
for name, spoil in HEADERS.items():
    case("hf", f"safetensors, {name}", "cannot be (read|used)", spoil)
for name in ("equal keys", "overlap", "100,000 tensors", "product that overflows to 4 bytes"):
    case("timm", f"safetensors of timm, {name}", "cannot be read", HEADERS[name])
    case("own", f"safetensors of ours, {name}", "cannot be read", HEADERS[name])


def linked(name: str) -> Spoil:
    """A file of the model that is a link to a secret two directories up."""

    def spoil(path: Path) -> None:
        secret = path.parent / "secret"
        secret.write_text("{}", "utf-8")
        (path / name).unlink(missing_ok=True)
        (path / name).symlink_to(Path("..") / "secret")

    return spoil


def piped(path: Path) -> None:
    (path / "config.json").unlink()
    os.mkfifo(path / "config.json")


def index(places: object) -> Spoil:
    def spoil(path: Path) -> None:
        (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}), "utf-8")

    return spoil


for name in ("model.safetensors", "config.json", "tokenizer.json"):
    case("hf", f"link out of the directory, {name}", "link out of its directory", linked(name))
for name in ("model.safetensors", "config.json", "headstart.json", "seen.bin", "preprocessor_config.json"):
    case("own", f"link out of our directory, {name}", "link out of its directory", linked(name))
case("hf", "pipe for a config", "pipe", piped)
case("hf", "index with ../", "index of the weights", index({"a": "../secret.safetensors"}))
case("hf", "index with an absolute path", "index of the weights", index({"a": "/etc/passwd"}))
case("hf", "index of pickles", "index of the weights", index({"a": "pytorch_model.bin"}))
case("hf", "index that is a list", "index of the weights", index(["model.safetensors"]))
