"""How other libraries know one of our networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Interop:
    """A network as transformers or timm know it: fields of their config.json, and how their weight names begin.

    `names` maps beginnings of our weight names to theirs, and the longest that fits counts: {"embedding.": "",
    "": "model."}.
    """

    config: Mapping[str, Any]
    names: Mapping[str, str]
