"""Token ids as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class TextView:
    """Ids [B, T] -> texts."""

    tokenizer: Tokenizer
    note: str = ""  # texts are shown whole

    def render(self, x: Tensor) -> list[str]:
        """Ids [B, T] -> texts, without marks."""
        return self.tokenizer.decode_batch(x.tolist(), skip_special_tokens=True)

    def denormalise(self, x: Tensor) -> Tensor:
        """Ids as they are: text has no range of brightness."""
        return x
