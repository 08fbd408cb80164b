"""Archives as they are opened, what they say they hold, and which are too dangerous to read."""

from __future__ import annotations

import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening import compressed, zip_names

# What the readers of zip, tar, gzip, bzip2 and xz raise on broken files, seen on mutated ones.
BROKEN = (zipfile.BadZipFile, tarfile.TarError, ValueError, OverflowError, RuntimeError, NotImplementedError,
          struct.error, *compressed.BROKEN)  # fmt: skip
_SMALL = 1 << 20  # below a mebibyte a picture of one colour may well compress more than a hundredfold
_LARGEST = 1 << 30  # bytes in one member
_LONGEST = 1 << 20  # bytes of a name or of other facts about a member of a tar, which tarfile reads at once
_FACTS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_ENTRY = 46  # bytes that a member of a zip takes in its list at least
_END = struct.Struct("<4s4H2LH")  # the end of the list of a zip: its size is the sixth field
_END_64 = struct.Struct("<4sQ2H2L4Q")  # the same for large ones: the ninth


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: size unpacked, size packed (the whole archive's for a tar), what it is if no file, and what
    the archive calls it where that is not its path."""

    name: str
    size: int
    packed: int
    oddity: str = ""
    inner: str = ""


class Tar(tarfile.TarFile):
    """A tar, plain or compressed, that is read through the budget."""

    def __init__(self, path: Path, budget: Budget) -> None:
        self._stream = compressed.open_bytes(path, budget)
        try:
            super().__init__(path.name, fileobj=self._stream, tarinfo=_Header)
        except (DataError, *BROKEN):
            self._stream.close()
            raise

    @property
    def packed_place(self) -> int:
        """How many bytes of the file have been taken."""
        return compressed.packed_place(self._stream)

    def close(self) -> None:
        super().close()
        self._stream.close()

    def __exit__(self, *cause: object) -> None:
        self.close()


class Zip(zipfile.ZipFile):
    """A zip whose list of members is of a sensible length."""

    def __init__(self, path: Path, budget: Budget) -> None:
        listed = _list_size(_tail(path)) // _ENTRY
        if listed > 4 * budget.limits.members:  # names are longer than nothing
            raise _refused(path, f"more than {budget.limits.members:,} members")
        super().__init__(path)


def _tail(path: Path) -> bytes:
    """The last bytes of a file, in which a zip has the end of its list."""
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - (1 << 16) - _END.size - _END_64.size))
        return file.read()


def _list_size(tail: bytes) -> int:
    """Bytes of the list of members, as the end of a zip says; 0 for what is none."""
    place, large = tail.rfind(b"PK\5\6"), tail.rfind(b"PK\6\6")
    if 0 <= large <= len(tail) - _END_64.size:
        return _END_64.unpack_from(tail, large)[8]
    return _END.unpack_from(tail, place)[5] if 0 <= place <= len(tail) - _END.size else 0


class _Header(tarfile.TarInfo):
    """A header of a tar whose name and facts are of a sensible length."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str | None, errors: str) -> _Header:
        found = super().frombuf(buf, encoding, errors)  # pyright: ignore[reportArgumentType]
        if found.type in _FACTS and found.size > _LONGEST:
            raise tarfile.ReadError(f"a name or other facts of {found.size:,} bytes about one member")
        return found


def zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    names = zip_names.encoding(archive.infolist())
    for info in archive.infolist():
        mode = info.external_attr >> 16
        oddity = "an encrypted member" if info.flag_bits & 1 else "a link" if stat.S_ISLNK(mode) else ""
        if oddity or not info.filename.endswith("/"):  # is_dir() fails on a name that begins with a zero byte
            name = zip_names.plain(zip_names.read_as(info, names))
            if not name.endswith("/"):
                yield Member(name, info.file_size, info.compress_size, oddity, info.filename)


def tar_members(archive: Tar, path: Path, budget: Budget) -> Iterator[Member]:
    """Every member but folders; tarfile.ReadError where a broken header stands in the middle."""
    packed, limits = path.stat().st_size, budget.limits
    for count, info in enumerate(archive, 1):
        if count > limits.few and count > archive.packed_place // limits.member:
            raise _refused(path, f"{count:,} members in {archive.packed_place:,} bytes")
        if not info.isdir():
            oddity = "" if info.isfile() else "a link" if info.issym() or info.islnk() else "a device"
            yield Member(zip_names.plain(info.name), info.size, packed, oddity, info.name)
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)  # pyright: ignore[reportAttributeAccessIssue]
    if archive.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):  # tarfile itself takes it for the end
        raise tarfile.ReadError("a header in the middle is broken")


def check(members: Iterable[Member], path: Path, budget: Budget) -> Iterator[Member]:
    """The members, each checked before the next is looked at; DataError for anything that could do harm."""
    total, packed, limits = 0, path.stat().st_size, budget.limits
    for count, member in enumerate(members, 1):
        name = member.name.replace("\\", "/")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        total += member.size
        if count > limits.members:
            raise _refused(path, f"more than {limits.members:,} members")
        if name.startswith("/") or not parts or ".." in parts or ":" in parts[0]:
            raise _refused(path, f"a name that leads out of the archive, '{member.inner or name}'")
        if member.oddity:
            raise _refused(path, f"{member.oddity}, '{member.inner or name}'")
        if member.size > _LARGEST:
            raise _refused(path, f"a member of {member.size:,} bytes, '{member.inner or name}'")
        if member.size > _SMALL and member.size > limits.ratio * max(1, min(member.packed, packed)):
            raise _refused(
                path, f"a member that unpacks to more than {limits.ratio} times its size, '{member.inner or name}'"
            )
        if total > _SMALL and total > limits.ratio * packed:
            raise _refused(path, f"contents of more than {limits.ratio} times its size")
        yield member


def unpacked_members(archive: Zip, path: Path, budget: Budget) -> Iterator[str]:
    """The names of all members; DataError for one that unpacks to far more than is in it."""
    packed, limits = path.stat().st_size, budget.limits
    for info in archive.infolist():
        if info.file_size > max(limits.small, limits.ratio * min(info.compress_size, packed)):
            raise _refused(path, f"a member that unpacks to more than {limits.ratio} times its size, '{info.filename}'")
        yield info.filename


def _refused(path: Path, found: str) -> DataError:
    fix = "unpack it yourself if you trust it, and give the folder"
    return DataError(273, "the archive is not safe to read", where=path.name, found=found, fix=fix)
