"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.programs import ROOT

LONGEST = ("test_gain.py", "test_hostile.py", "test_bombs.py", "test_next.py", "test_failing_disk.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of half a minute and more begin first: whole files go to one of two workers, and a long one at the end
    would leave the other without work."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test prepares into its own cache, never into the developer's."""
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session", autouse=True)
def _own_datasets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The library of hub data sets keeps what it makes in a folder of the tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HF_DATASETS_CACHE", str(tmp_path_factory.mktemp("datasets")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared data sets beside the project; tests that need it skip where it is absent."""
    here = Path(os.environ.get("HEADSTART_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not here.is_dir():
        pytest.skip("shared data sets are not beside this checkout")
    return here
