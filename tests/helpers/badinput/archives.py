"""Archives that are broken, or that somebody made to do harm."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Mapping

from tests.helpers.badinput.case import Case, one
from tests.helpers.fuzz.corpus import picture, tarred, zipped

ZIP, TAR, TGZ = (f"prepare in.{kind} --out out --quiet" for kind in ("zip", "tar", "tar.gz"))


def zip_of(members: Mapping[str, bytes], **facts: int) -> bytes:
    """A zip; `facts` are attributes of its last member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, data) in enumerate(members.items(), 1):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for fact, value in facts.items() if number == len(members) else ():
                setattr(info, fact, value)
            archive.writestr(info, data)
    return file.getvalue()


def tar_of(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", link: str = "") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.size, info.linkname = kind, len(data), link
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def encrypted() -> bytes:
    """The flag of encryption in both headers of a stored member."""
    whole = bytearray(zipped(picture(), method=zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = whole.find(mark, whole.find(mark) + 1)
        whole[place + offset] |= 1
    return bytes(whole)


def unknown_method() -> bytes:
    whole = bytearray(zipped(picture(), method=zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        whole[whole.find(mark, whole.find(mark) + 1) + offset] = 99
    return bytes(whole)


def wrong_sum() -> bytes:
    whole = zipped(picture(), method=zipfile.ZIP_STORED)
    return whole.replace(picture(), bytes([*picture()[:-1], picture()[-1] ^ 1]))


def broken_in_the_middle() -> bytes:
    whole = bytearray(tarred(picture()))
    second = 512 + -(-len(picture()) // 512) * 512
    whole[second : second + 100] = b"\xff" * 100
    return bytes(whole)


def long_name() -> bytes:
    """A header that says that the name of the next member has two gigabytes."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2 << 30
    return info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)


BOMB = bytes(8 << 20)

CASES = [
    Case("no zip", one("in.zip", b"PK and no more"), ZIP, 'error[HS-D271]: in.zip: not a readable archive: found File is not a zip file. fix: fetch the archive again', 65, "archive"),
    Case("half a zip", one("in.zip", zipped(picture())[:300]), ZIP, 'error[HS-D271]: in.zip: not a readable archive: found File is not a zip file. fix: fetch the archive again', 65, "archive"),
    Case("empty zip", one("in.zip", zip_of({})), ZIP, 'error[HS-D222]: in.zip: no data files: found an empty archive', 65, "archive"),
    Case("zip that leads up", one("in.zip", zip_of({"../../evil.png": picture()})), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, '../../evil.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip that leads up by backslashes", one("in.zip", zip_of({"a\\..\\..\\evil.png": picture()})), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, 'a\\..\\..\\evil.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip with an absolute name", one("in.zip", zip_of({"/etc/evil.png": picture()})), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, '/etc/evil.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip with a drive", one("in.zip", zip_of({"C:/evil.png": picture()})), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, 'C:/evil.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip with a name of nothing", one("in.zip", zip_of({".": picture()})), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, '.'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip with a name that begins with a zero byte", one("in.zip", zip_of({"?evil.png": picture()}).replace(b"?evil", b"\0evil")), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a name that leads out of the archive, ''. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip with a link", one("in.zip", zip_of({"a.png": b"/etc/passwd"}, external_attr=(stat.S_IFLNK | 0o777) << 16)), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a link, 'a.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("encrypted zip", one("in.zip", encrypted()), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found an encrypted member, 'cats/1.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip of an unknown method", one("in.zip", unknown_method()), ZIP, 'error[HS-D272]: in.zip/cats/1.png: the archive member is broken: found That compression method is not supported. fix: fetch the archive again', 65, "archive"),
    Case("zip with a wrong checksum", one("in.zip", wrong_sum()), ZIP, "error[HS-D272]: in.zip/cats/1.png: the archive member is broken: found Bad CRC-32 for file 'cats/1.png'. fix: fetch the archive again", 65, "archive"),
    Case("zip of a bomb", one("in.zip", zip_of({"a.png": BOMB})), ZIP, "error[HS-D273]: in.zip: the archive is not safe to read: found a member that unpacks to more than 100 times its size, 'a.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("zip of many small bombs", one("in.zip", zip_of({f"{n}.png": bytes(1 << 19) for n in range(40)})), ZIP, 'error[HS-D273]: in.zip: the archive is not safe to read: found contents of more than 100 times its size. fix: unpack it yourself if you trust it, and give the folder', 65, "archive"),
    Case("zip of zips", one("in.zip", zip_of({f"lib {n}.zip": zip_of({"0.zip": BOMB[:999]}) for n in range(16)})), ZIP, 'error[HS-D222]: in.zip: no data files: found lib 0.zip, lib 1.zip, lib 10.zip, lib 11.zip, lib 12.zip', 65, "archive"),
    Case("zip with a broken picture", one("in.zip", zip_of({"a/1.png": b"no"})), ZIP, "error[HS-D104]: a/1.png: not an image that can be read: found 2 bytes, first b'no'. fix: replace the file or prepare with --skip-bad", 65, "archive image"),
    Case("no tar", one("in.tar", b"ustar?" * 200), TAR, 'error[HS-D271]: in.tar: not a readable archive: found invalid header. fix: fetch the archive again', 65, "archive"),
    Case("empty tar", one("in.tar", bytes(10240)), TAR, 'error[HS-D222]: in.tar: no data files: found an empty archive', 65, "archive"),
    Case("tar that leads up", one("in.tar", tar_of("../evil.png", data=picture())), TAR, "error[HS-D273]: in.tar: the archive is not safe to read: found a name that leads out of the archive, '../evil.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("tar with an absolute name", one("in.tar", tar_of("/tmp/evil.png", data=picture())), TAR, "error[HS-D273]: in.tar: the archive is not safe to read: found a name that leads out of the archive, '/tmp/evil.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("tar with a symbolic link", one("in.tar", tar_of("a.png", tarfile.SYMTYPE, link="/etc/passwd")), TAR, "error[HS-D273]: in.tar: the archive is not safe to read: found a link, 'a.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("tar with a hard link", one("in.tar", tar_of("a.png", tarfile.LNKTYPE, link="../../secret")), TAR, "error[HS-D273]: in.tar: the archive is not safe to read: found a link, 'a.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("tar with a device", one("in.tar", tar_of("a.png", tarfile.CHRTYPE)), TAR, "error[HS-D273]: in.tar: the archive is not safe to read: found a device, 'a.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("tar with a pipe", one("in.tar", tar_of("a.png", tarfile.FIFOTYPE)), TAR, "error[HS-D273]: in.tar: the archive is not safe to read: found a device, 'a.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("tar cut in a member", one("in.tar", tarred(picture())[:700]), TAR, 'error[HS-D271]: in.tar: not a readable archive: found unexpected end of data. fix: fetch the archive again', 65, "archive"),
    Case("tar with a broken header in the middle", one("in.tar", broken_in_the_middle()), TAR, 'error[HS-D271]: in.tar: not a readable archive: found a header in the middle is broken. fix: fetch the archive again', 65, "archive"),
    Case("tar with a name of two gigabytes", one("in.tar", long_name()), TAR, 'error[HS-D271]: in.tar: not a readable archive: found a name or other facts of 2,147,483,648 bytes about one member. fix: fetch the archive again', 65, "archive"),
    Case("gzipped tar of a bomb", one("in.tar.gz", gzip.compress(tar_of("a.png", data=BOMB))), TGZ, "error[HS-D273]: in.tar.gz: the archive is not safe to read: found a member that unpacks to more than 100 times its size, 'a.png'. fix: unpack it yourself if you trust it, and give the folder", 65, "archive"),
    Case("gzipped tar cut short", one("in.tar.gz", gzip.compress(tarred(picture()))[:-200]), TGZ, 'error[HS-D271]: in.tar.gz: not a readable archive: found Compressed file ended before the end-of-stream marker was reached. fix: fetch the archive again', 65, "archive"),
]  # fmt: skip
