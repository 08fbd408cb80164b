"""Which cases of a table run by default, and which in the slow tier alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def one_each(cases: Iterable[T], about: Callable[[T], Iterable[Hashable]], name: Callable[[T], str] = str) -> list[Any]:
    """Parameters: by default the first case about each thing; one about nothing new runs in the slow tier."""
    seen: set[Hashable] = set()
    parameters = []
    for case in cases:
        news = set(about(case)) - seen
        seen |= news
        parameters.append(pytest.param(case, id=name(case), marks=[] if news else pytest.mark.slow))
    return parameters
