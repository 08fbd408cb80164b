"""Formats of weights that can hold program code, or that nothing here reads, and what to do with them."""

from collections.abc import Mapping
from pathlib import Path

from headstart.core.errors import DataError

TORCH = (".bin", ".pt", ".pth", ".ckpt")
_OTHERS: Mapping[str, str] = {
    ".pkl": "a pickle", ".pickle": "a pickle", ".joblib": "a pickle", ".npz": "NumPy arrays", ".npy": "NumPy arrays",
    ".onnx": "ONNX", ".h5": "Keras or TensorFlow", ".keras": "Keras", ".pb": "TensorFlow", ".msgpack": "Flax",
    ".gguf": "GGUF", ".distcp": "a distributed checkpoint of torch", ".metadata": "a distributed checkpoint of torch",
    ".pt2": "a program of torch", ".mlmodel": "Core ML", ".tflite": "TensorFlow",
}  # fmt: skip


def kind_of(path: Path) -> str | None:
    """What such a file is, by its name; None for any other."""
    suffix = path.suffix if path.suffix else path.name
    return "a pickle of torch" if suffix in TORCH else _OTHERS.get(suffix)


def refuse_pickles(path: Path) -> None:
    """DataError for a directory or file without safetensors: names what is there and the command that converts it."""
    files = sorted(p for p in (path.iterdir() if path.is_dir() else [path]) if kind_of(p) is not None)
    folder = path if path.is_dir() else path.parent
    pickled = any(p.suffix in TORCH for p in files)
    fix = f"headstart convert {folder} --out NEW" if pickled else "use a copy of the checkpoint in safetensors"
    found, expected = ", ".join(f"{p.name} ({kind_of(p)})" for p in files[:3]), "model.safetensors"
    raise DataError(362, "checkpoint has no safetensors", where=path, found=found, expected=expected, fix=fix)
