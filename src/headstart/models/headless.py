"""What starts that are made of another one, and bring no head of it, have in common."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from headstart.core.contracts import Backbone
from headstart.core.contracts.needs import vectors_of
from headstart.models.start import Start


@dataclass(frozen=True)
class Headless:
    """A start that lies where the other one does, is checked as that is, and has no head."""

    of: Start

    @property
    def path(self) -> Path:
        return self.of.path

    def check(self, *, whole: bool = False) -> None:
        self.of.check(whole=whole)

    @property
    def hash(self) -> str:
        return self.of.hash

    @property
    def public(self) -> bool:
        return False

    def knows(self, section: str, table: Mapping[str, Any], head: nn.Module) -> bool:
        return False

    def fill_head(self, head: nn.Module) -> None:
        raise AssertionError(f"{type(self).__name__} has no head")

    def head_room(self) -> AbstractContextManager[None]:
        return nullcontext()

    def lm_head(self, backbone: Backbone) -> tuple[Tensor, Tensor | None]:
        """The token vectors of its network as it is."""
        return vectors_of(backbone), None
