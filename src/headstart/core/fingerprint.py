"""Who a row is, so that copies of it can be found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`exact` is equal for equal content; rows with equal `near` are compared by the modality's `alike`."""

    exact: bytes
    near: bytes | None = None
