"""Files are compared with the checksums of their manifest when they are used, and read again where they changed."""

import json
import os
import time
from pathlib import Path

import pytest

from headstart.core import sealed
from headstart.core.errors import ContractError, StorageError
from headstart.core.files import seal
from headstart.core.sealed import Sealed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    (made / "a.bin").write_bytes(b"1234")
    (made / "b.bin").write_bytes(b"5678")
    seal(made, {})
    time.sleep(0.06)  # after which the times of the files are settled
    return made


def opened(folder: Path) -> Sealed:
    found = Sealed.of(folder)
    assert found is not None
    return found


def test_bytes_are_read_once_and_again_where_a_file_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    true = sealed.sha256
    monkeypatch.setattr(sealed, "sha256", lambda path: (read.append(path.name), true(path))[1])
    opened(folder).check()
    opened(folder).check()
    assert read == ["a.bin", "b.bin"]
    os.utime(folder / "b.bin")
    opened(folder).check()
    assert read == ["a.bin", "b.bin", "b.bin"]
    opened(folder).check(whole=True)
    assert read == ["a.bin", "b.bin", "b.bin", "a.bin", "b.bin"]


def test_another_byte_of_the_same_size_and_date_is_noticed(folder: Path) -> None:
    one, about = opened(folder), (folder / "a.bin").stat()
    one.check()
    (folder / "a.bin").write_bytes(b"1235")
    os.utime(folder / "a.bin", ns=(about.st_atime_ns, about.st_mtime_ns))
    with pytest.raises(StorageError, match=r"a\.bin: a file is not as it was written: found other bytes"):
        one.check()


def test_a_file_that_is_gone_or_is_no_file_is_named(folder: Path) -> None:
    (folder / "b.bin").unlink()
    with pytest.raises(StorageError, match=r"b\.bin: a file is not as it was written: found no file"):
        opened(folder).check()
    os.mkfifo(folder / "b.bin")
    with pytest.raises(StorageError, match=r"b\.bin"):
        opened(folder).check()


def test_a_directory_that_was_replaced_is_another_one(folder: Path) -> None:
    one = opened(folder)
    (folder / "a.bin").write_bytes(b"4321")
    seal(folder, {})
    with pytest.raises(ContractError, match=r"replaced while it was in use: found another a\.bin"):
        one.check()
    opened(folder).check()


def test_files_without_a_manifest_are_known_as_they_are(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    one = Sealed.now(folder, ["a.bin", "b.bin"])
    one.check(whole=True)
    (folder / "b.bin").write_bytes(b"other")
    with pytest.raises(ContractError, match=r"another b\.bin"):
        one.check()


@pytest.mark.parametrize("name", ["../secret", "/dev/zero", "a/../../secret"])
def test_a_manifest_of_a_stranger_names_nothing_outside(folder: Path, name: str) -> None:
    (folder / "manifest.json").write_text(json.dumps({"files": {name: "0"}}))
    assert Sealed.of(folder) is None


def test_without_a_cache_the_bytes_are_read_every_time(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "file"))
    opened(folder).check()
    (folder / "a.bin").write_bytes(b"1235")
    with pytest.raises(StorageError):
        opened(folder).check()


def test_a_file_that_was_written_just_now_is_not_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another write within the same tick of the clock would not show in its times."""
    read: list[str] = []
    true = sealed.sha256
    monkeypatch.setattr(sealed, "sha256", lambda path: (read.append(path.name), true(path))[1])
    monkeypatch.setattr(sealed, "_SETTLED", 10**18)
    for _ in range(2):
        opened(folder).check()
    assert read == ["a.bin", "b.bin"] * 2
