"""The contract of every tracker, on every file of the folder: log, close, a cure where its library is absent."""

from __future__ import annotations

import inspect
from importlib.util import find_spec
from pathlib import Path

import pytest

from headstart.core import catalog
from headstart.core.errors import UsageError

pytestmark = pytest.mark.parametrize("kind", catalog.kinds("trackers"))


def test_a_tracker_can_log_and_close(kind: str) -> None:
    cls = catalog.load("trackers", kind)
    assert list(inspect.signature(cls.log).parameters) == ["self", "step", "values"]
    assert list(inspect.signature(cls.close).parameters) == ["self"]
    assert list(catalog.defaults(cls)) == ["project", "name"]


def test_a_missing_library_is_a_usage_error_with_its_cure(kind: str, tmp_path: Path) -> None:
    if find_spec(kind) is not None:
        pytest.skip(f"{kind} is installed")
    with pytest.raises(UsageError, match="pip install") as caught:
        catalog.load("trackers", kind)(tmp_path / "track")
    assert kind in caught.value.line()
    assert not (tmp_path / "track").exists()
