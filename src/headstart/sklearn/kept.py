"""The fitted model of an estimator: a directory of its own, packed into bytes when it is pickled."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any

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
        files = {str(file.relative_to(self.path)): file for file in sorted(self.path.rglob("*")) if file.is_file()}
        return {"device": self.device, "files": {name: file.read_bytes() for name, file in files.items()}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.device = state["device"]
        with tempfile.TemporaryDirectory(prefix="headstart-") as room:
            for name, data in state["files"].items():
                file = Path(room) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            self._adopt(Path(room))

    def save(self, out: str | Path) -> None:
        """Copy the model to a directory, which must not exist."""
        shutil.copytree(self.path, out)
