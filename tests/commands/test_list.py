"""list: every kind of a family."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headstart.core import catalog

Headstart = Callable[..., Any]


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_list_names_every_kind_with_a_line(headstart: Headstart, family: str) -> None:
    told = headstart("list", family, "--json")
    assert sorted(told.json["kinds"]) == catalog.kinds(family)
    assert all(told.json["kinds"].values())
