"""What an archive says it holds, and which archives are too dangerous to read."""

from __future__ import annotations

import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from headstart.core.errors import DataError
from headstart.data.reading import zip_names

# What the readers of zip, tar, gzip, bzip2 and xz raise on broken files, seen on mutated ones.
BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, ValueError, OverflowError, RuntimeError,
          NotImplementedError, zlib.error, lzma.LZMAError, struct.error)  # fmt: skip
_MEMBERS = 1_000_000
_RATIO = 100
_SMALL = 1 << 20  # below a mebibyte a picture of one colour may well compress more than a hundredfold
_LARGEST = 1 << 30  # bytes in one member
_LONGEST = 1 << 20  # bytes of a name or of other facts about a member of a tar, which tarfile reads at once
_FACTS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: size unpacked, size packed (the whole archive's for a tar), what it is if no file, and what
    the archive calls it where that is not its path."""

    name: str
    size: int
    packed: int
    oddity: str = ""
    inner: str = ""


def zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    names = zip_names.encoding(archive.infolist())
    for info in archive.infolist():
        mode = info.external_attr >> 16
        oddity = "an encrypted member" if info.flag_bits & 1 else "a link" if stat.S_ISLNK(mode) else ""
        if oddity or not info.filename.endswith("/"):  # is_dir() fails on a name that begins with a zero byte
            name = zip_names.plain(zip_names.read_as(info, names))
            if not name.endswith("/"):
                yield Member(name, info.file_size, info.compress_size, oddity, info.filename)


class Header(tarfile.TarInfo):
    """A header of a tar whose name and facts are of a sensible length."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str | None, errors: str) -> Header:
        found = super().frombuf(buf, encoding, errors)  # pyright: ignore[reportArgumentType]
        if found.type in _FACTS and found.size > _LONGEST:
            raise tarfile.ReadError(f"a name or other facts of {found.size:,} bytes about one member")
        return found


def tar_members(archive: tarfile.TarFile, path: Path) -> Iterator[Member]:
    """Every member but folders; tarfile.ReadError where a broken header stands in the middle."""
    packed = path.stat().st_size
    for info in archive:
        if not info.isdir():
            oddity = "" if info.isfile() else "a link" if info.issym() or info.islnk() else "a device"
            yield Member(zip_names.plain(info.name), info.size, packed, oddity, info.name)
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)  # pyright: ignore[reportAttributeAccessIssue]
    if archive.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):  # tarfile itself takes it for the end
        raise tarfile.ReadError("a header in the middle is broken")


def check(members: Iterable[Member], path: Path) -> Iterator[Member]:
    """The members, each checked before the next is looked at; DataError for anything that could do harm."""
    total, packed = 0, path.stat().st_size
    for count, member in enumerate(members, 1):
        name = member.name.replace("\\", "/")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        total += member.size
        if count > _MEMBERS:
            raise _refused(path, f"more than {_MEMBERS:,} members")
        if name.startswith("/") or not parts or ".." in parts or ":" in parts[0]:
            raise _refused(path, f"a name that leads out of the archive, '{member.inner or name}'")
        if member.oddity:
            raise _refused(path, f"{member.oddity}, '{member.inner or name}'")
        if member.size > _LARGEST:
            raise _refused(path, f"a member of {member.size:,} bytes, '{member.inner or name}'")
        if member.size > _SMALL and member.size > _RATIO * max(1, member.packed):
            raise _refused(
                path, f"a member that unpacks to more than {_RATIO} times its size, '{member.inner or name}'"
            )
        if total > _SMALL and total > _RATIO * packed:
            raise _refused(path, f"contents of more than {_RATIO} times its size")
        yield member


def _refused(path: Path, found: str) -> DataError:
    fix = "unpack it yourself if you trust it, and give the folder"
    return DataError(273, "the archive is not safe to read", where=path.name, found=found, fix=fix)
