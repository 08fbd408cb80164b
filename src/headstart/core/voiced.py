"""What a task that writes can do beside the contract."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor

from headstart.core.contracts import Batch


class Voice(NamedTuple):
    """What a start guesses the next token with: weight [V, D], None for the vectors of the vocabulary; bias [V]."""

    weight: Tensor | None
    bias: Tensor | None

    def settings(self) -> dict[str, bool]:
        """Those of a task that is to guess so."""
        return {"tied": self.weight is None, "bias": self.bias is not None}


@runtime_checkable
class Voiced(Protocol):
    """A task that writes answers behind prompts, and begins with the voice of its start.

    Its settings `tied` and `bias` say what it guesses with: the vectors of the vocabulary or weights of its own, and
    whether a bias is added.
    """

    def wear_voice(self, voice: Voice) -> None:
        """Begin with the voice of the start, as far as the settings leave room for it."""
        ...

    def begun(self, prompt: str) -> list[int]:
        """The ids behind which the answer to a prompt is written."""
        ...

    def taken(self, batch: Batch) -> int:
        """Places of a row that are kept free of its prompt, in a batch with targets."""
        ...
