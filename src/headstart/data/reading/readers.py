"""The sources there are, in the order in which they are asked."""

from __future__ import annotations

from typing import Any

from headstart.core import catalog, contracts
from headstart.core.contracts.access import Access


def readers() -> list[Any]:
    """Every source, by its `order` and then by its name."""
    return sorted((catalog.load("sources", kind) for kind in catalog.kinds("sources")), key=lambda reader: reader.order)


def reader_of(given: object, access: Access, *, below: float = float("inf")) -> type[contracts.Source] | None:
    """The first one that reads what was given, of those whose `order` is lower; None if none does."""
    return next((reader for reader in readers() if reader.order < below and reader.accepts(given, access)), None)
