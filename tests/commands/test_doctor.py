"""doctor: versions and devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Headstart = Callable[..., Any]


def test_doctor_tells_versions_and_devices(headstart: Headstart) -> None:
    told = headstart("doctor", "--json")
    assert told.code == 0
    assert all(f"note: {note}" in told.out for note in told.json["notes"])
    assert {"versions", "devices", "extras", "free_bytes", "notes"} <= set(told.json)
