"""Weights that are pickles, or no weights at all: whoever unpickles them touches the file OWNED."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.helpers.hostile.case import Spoil, case


class Touch:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.path / 'OWNED'}'",)


def short(text: str) -> bytes:
    content = text.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def command(path: Path) -> str:
    return f"touch '{path / 'OWNED'}'"


PICKLES: dict[str, Callable[[Path], bytes]] = {
    "reduce": lambda path: pickle.dumps(Touch(path)),
    "reduce of protocol 0": lambda path: pickle.dumps(Touch(path), 0),
    "reduce of protocol 5 behind a sound list": lambda path: pickle.dumps([1, Touch(path)], 5),
    "GLOBAL": lambda path: b"\x80\x02cposix\nsystem\n" + short(command(path)) + b"\x85R.",
    "INST": lambda path: b"(S" + repr(command(path)).encode() + b"\niposix\nsystem\n.",
    "OBJ": lambda path: b"(cposix\nsystem\n" + short(command(path)) + b"o.",
    "STACK_GLOBAL": lambda path: b"\x80\x04" + short("posix") + short("system") + b"\x93" + short(command(path))
    + b"\x85R.",
    "names from the memo": lambda path: b"\x80\x04" + short("system") + b"q\x000" + short("posix")
    + b"q\x010h\x01h\x00\x93" + short(command(path)) + b"\x85R.",
    "eval by the builtins": lambda path: b"\x80\x02cbuiltins\neval\n"
    + short(f"__import__('os').system({command(path)!r})") + b"\x85R.",
    "getattr chain": lambda path: b"\x80\x02cbuiltins\ngetattr\ncos\nsystem\n" + short("__call__") + b"\x86R"
    + short(command(path)) + b"\x85R.",
    "BUILD of a state": lambda path: b"\x80\x02ctypes\nSimpleNamespace\n)\x81}" + short("a")
    + b"cposix\nsystem\n" + short(command(path)) + b"\x85Rsb.",
}  # fmt: skip


def torch_zip(path: Path, inner: bytes) -> bytes:
    """What torch.save writes, with another pickle inside."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", inner)
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def nested_zip(path: Path) -> bytes:
    return torch_zip(path, torch_zip(path, PICKLES["reduce"](path)))


def truncated(path: Path) -> bytes:
    return PICKLES["reduce"](path)[:-3]


def pickled(name: str, make: Callable[[Path], bytes]) -> Spoil:
    """Weights in place of safetensors."""

    def spoil(path: Path) -> None:
        (path / "model.safetensors").unlink()
        (path / name).write_bytes(make(path))

    return spoil


def object_array(path: Path) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Touch(path)], object), allow_pickle=True)
    return buffer.getvalue()


def onnx(path: Path) -> bytes:
    return b"\x08\x07\x12\x00:\x10" + b"location../../../etc/passwd"


for opcode, make in PICKLES.items():
    case("hf", f"pickle, {opcode}", "no safetensors.*headstart convert", pickled("pytorch_model.bin", make))
case("hf", "torch zip with a pickle inside", "headstart convert",
     pickled("pytorch_model.bin", lambda path: torch_zip(path, PICKLES["reduce"](path))))  # fmt: skip
case("hf", "zip in a zip", "headstart convert", pickled("model.pt", nested_zip))
case("hf", "truncated pickle", "headstart convert", pickled("model.pth", truncated))
case("hf", "checkpoint of a trainer", "headstart convert", pickled("last.ckpt", PICKLES["reduce"]))
case("hf", "metadata of a distributed checkpoint", "distributed", pickled(".metadata", PICKLES["reduce"]))
case("hf", "distributed checkpoint", "distributed", pickled("__0_0.distcp", PICKLES["reduce"]))
case("hf", "NumPy array of objects", "NumPy", pickled("model.npy", object_array))
case("hf", "NumPy archive", "NumPy", pickled("model.npz", lambda path: torch_zip(path, object_array(path))))
case("hf", "plain pickle", "a pickle", pickled("model.pkl", PICKLES["reduce"]))
case("hf", "ONNX with data elsewhere", "ONNX", pickled("model.onnx", onnx))
case("hf", "Keras", "Keras", pickled("tf_model.h5", lambda path: b"\x89HDF\r\n\x1a\n"))
case("hf", "Flax", "Flax", pickled("flax_model.msgpack", lambda path: b"\x81\xa1a\xc7"))
case("hf", "GGUF", "GGUF", pickled("model.gguf", lambda path: b"GGUF" + b"\xff" * 20))
case("own", "own model with a pickle for weights", "missing", pickled("model.bin", PICKLES["reduce"]))
