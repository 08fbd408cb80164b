"""Files are whole or absent, and a seal notices every changed byte."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from headstart.core import files
from headstart.core.errors import StorageError


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    files.write_whole(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        StorageError, match=r"a\.bin: .*: found No space left on device, [\d,]+ bytes free, expected 3 bytes"
    ):
        files.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_what_a_killed_write_leaves_behind_is_told_from_a_users_file() -> None:
    assert files.is_aside(f".recipe.toml.{os.getpid()}")
    assert not any(files.is_aside(name) for name in (".git", ".env", "a.1", ".hidden.txt", "..1"))


def sealed(folder: Path) -> Path:
    (folder / "sub").mkdir()
    (folder / "a.bin").write_bytes(bytes(range(256)))
    (folder / "sub" / "grün.txt").write_text("ü" * 40, "utf-8")
    (folder / "last").mkdir()
    (folder / "last" / "1.json").write_text("{}")
    (folder / ".lock").write_text("pid 1")
    files.seal(folder, {"format": 1})
    return folder


def test_a_sealed_folder_is_as_written(tmp_path: Path) -> None:
    assert files.changed_files(sealed(tmp_path)) == (3, [])


def test_every_flipped_byte_of_every_file_is_found(tmp_path: Path) -> None:
    folder = sealed(tmp_path)
    generator = random.Random(0)
    for path in (folder / "a.bin", folder / "sub" / "grün.txt", folder / files.MANIFEST):
        whole = path.read_bytes()
        places = range(len(whole)) if path.name == files.MANIFEST else generator.sample(range(len(whole)), 40)
        for place in places:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << generator.randrange(8)]) + whole[place + 1 :])
            assert files.changed_files(folder)[1] == [str(path.relative_to(folder))], place
        path.write_bytes(whole)
    assert files.changed_files(folder)[1] == []


def test_missing_and_added_files_are_found(tmp_path: Path) -> None:
    folder = sealed(tmp_path)
    (folder / "a.bin").unlink()
    (folder / "sub" / "b.bin").write_bytes(b"")
    assert files.changed_files(folder)[1] == ["a.bin", "sub/b.bin"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"\xff", b'{"files": 3, "digest": "x"}'])
def test_a_manifest_that_is_none_is_reported_as_changed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / files.MANIFEST).write_bytes(content)
    assert files.changed_files(tmp_path)[1] == [files.MANIFEST]


def test_every_file_of_a_folder_is_flushed_and_then_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    flushed: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.readlink(f"/proc/self/fd/{handle}")))
    files.flush_files(tmp_path)
    assert sorted(flushed[:-1]) == [str(tmp_path / "a"), str(tmp_path / "b")]
    assert flushed[-1] == str(tmp_path)


def test_a_link_to_an_equal_file_is_not_what_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "sealed"
    folder.mkdir()
    sealed(folder)
    (folder / "a.bin").rename(tmp_path / "elsewhere.bin")
    (folder / "a.bin").symlink_to(tmp_path / "elsewhere.bin")
    assert files.changed_files(folder)[1] == ["a.bin"]


def test_what_a_living_process_is_writing_is_not_swept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-S", "-c", ""])
    dead.wait()
    for pid in (os.getppid(), dead.pid):
        (tmp_path / f".a.bin.{pid}").write_bytes(b"half")
    files.write_whole(tmp_path / "a.bin", b"whole")
    assert sorted(one.name for one in tmp_path.iterdir()) == [f".a.bin.{os.getppid()}", "a.bin"]
