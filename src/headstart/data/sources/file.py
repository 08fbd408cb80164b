"""A single picture or recording, given by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headstart.data.reading.folder_layout import MEDIA
from headstart.data.records import Blob


class File:
    """One media file; no label, no split."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def accepts(cls, path: Path) -> bool:
        return path.is_file() and path.suffix.lower() in MEDIA

    def examples(self) -> Iterator[dict[str, Any]]:
        yield {"input": Blob.file(self.path, self.path.name), "origin": self.path.name}
