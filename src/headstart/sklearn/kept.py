"""The fitted model of an estimator: a directory of its own, packed into bytes when it is pickled."""

from __future__ import annotations

import io
import shutil
import tempfile
import weakref
import zipfile
from pathlib import Path
from typing import Any, Self

from headstart.inference.predictor import Predictor


class Kept:
    """A model directory that lives as long as this object, and its predictor.

    A pickle or a deep copy holds the files of the directory; they are written out again where it is unpickled. What is
    read from them are tensors and JSON.
    """

    def __init__(self, path: Path, device: str) -> None:
        self.device = device
        self._adopt(path)

    def _adopt(self, path: Path) -> None:
        room = tempfile.mkdtemp(prefix="headstart-")
        weakref.finalize(self, shutil.rmtree, room, ignore_errors=True)
        self.path = Path(shutil.copytree(path, Path(room) / "model"))
        self.predictor = Predictor.load(self.path, device=self.device)

    def __getstate__(self) -> dict[str, Any]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(self.path.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(self.path))
        return {"device": self.device, "files": packed.getvalue()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.device = state["device"]
        with tempfile.TemporaryDirectory(prefix="headstart-") as room:
            with zipfile.ZipFile(io.BytesIO(state["files"])) as archive:
                archive.extractall(room)
            self._adopt(Path(room))

    def save(self, out: str | Path) -> None:
        """Copy the model to a directory, which must not exist."""
        shutil.copytree(self.path, out)

    @classmethod
    def load(cls, path: str | Path, device: str) -> Self:
        """A copy of a saved model. Raises UsageError if there is none, DataError if it is damaged."""
        return cls(Path(path), device)
