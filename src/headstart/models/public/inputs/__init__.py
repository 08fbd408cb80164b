"""What public networks read. A file here is named after an input of transformers' networks and holds one class."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from headstart.core.contracts import Modality
from headstart.core.contracts.spec import Spec


class Input(Protocol):
    """One input of the network of a public checkpoint."""

    def modality(self, path: Path, raw: Mapping[str, Any]) -> str:
        """The kind of data that it is for the checkpoint in a directory, with this config; DataError if the files that
        decide it are damaged."""
        ...

    def preprocessing(self, path: Path, raw: Mapping[str, Any]) -> Modality:
        """How the checkpoint in a directory, with this config, wants its inputs; DataError if the files are damaged."""
        ...

    def spec(self, path: Path, raw: Mapping[str, Any]) -> Spec:
        """Layout and sizes from which its network is built."""
        ...


def find_input(name: str) -> Input | None:
    """The input of this name (`main_input_name` of a network of transformers); None if it is not supported."""
    if not (Path(__file__).parent / f"{name}.py").is_file():
        return None
    module = importlib.import_module(f"{__name__}.{name}")
    made: Input = vars(module)["".join(part.capitalize() for part in name.split("_"))]()
    return made
