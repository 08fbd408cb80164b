"""The sizes of a picture among the facts of a data set."""

from __future__ import annotations

from collections.abc import Mapping

from headstart.core.errors import ContractError


def picture_of(facts: Mapping[str, int]) -> tuple[int, int, int]:
    """Channels, height and width; ContractError for data that are no pictures."""
    if "height" not in facts:
        found, fix = "data with " + ", ".join(facts), "take a backbone for these data, e.g. encoder for text"
        raise ContractError(207, "this backbone reads pictures", found=found, fix=fix)
    return facts["channels"], facts["height"], facts["width"]
