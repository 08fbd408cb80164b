"""How raw data may be read: what decoding may cost, and where it may lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from headstart.core.contracts.budget import Budget


@dataclass(frozen=True, slots=True)
class Access:
    """Given to every source of one call.

    budget   of everything that is decoded
    follow   links and paths in tables may lead out of what was given
    walked   the files below folders and in archives that were looked into, so that every source sees the same
    """

    budget: Budget = field(default_factory=Budget)
    follow: bool = False
    walked: dict[Path, list[str]] = field(default_factory=dict)
