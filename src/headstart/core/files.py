"""Files that are whole or absent: written aside, flushed to the disk, then renamed. Checksums of a folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new one and nothing between."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    flush_folder(path.parent)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """A readable JSON file, whole or absent."""
    write_whole(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass"))


def flush_folder(folder: Path) -> None:
    """Make a rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def changed_files(folder: Path) -> tuple[int, list[str]]:
    """How many files a manifest lists, and the names of those that are missing, changed or not listed."""
    listed: Mapping[str, str] = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")}
    there -= {"manifest.json"}
    changed = [name for name, digest in listed.items() if name not in there or sha256(folder / name) != digest]
    return len(listed), sorted(changed) + sorted(there - set(listed))
