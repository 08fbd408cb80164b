"""Names in archives as other systems write them: backslashes, and East Asian letters in an encoding nobody names."""

import re
import zipfile
from collections.abc import Iterable

_UTF8 = 0x800  # flag of a name that says it is UTF-8
_PAIRS = {  # pairs of bytes of the common letters: GB2312's characters; kana and the first level of JIS
    "gbk": re.compile(rb"(?:[\xb0-\xf7][\xa1-\xfe])+"),
    "shift_jis": re.compile(rb"(?:[\x82\x83\x88-\x97][\x40-\x7e\x80-\xfc])+"),
}
_PHONETIC = re.compile("[\u0250-\u02ff]")
_LATIN = re.compile(rb"[A-Za-z]")
_HIGH = re.compile(rb"[\x80-\xff]")


def plain(name: str) -> str:
    """A member's name as a path: forward slashes, no leading "./"."""
    found = name.replace("\\", "/")
    while found.startswith("./"):
        found = found[2:]
    return found


def encoding(members: Iterable[zipfile.ZipInfo]) -> str | None:
    """The encoding of names that do not say theirs, UTF-8 or a common one of East Asia; None for the archive's own."""
    raw = [
        info.filename.encode("cp437") for info in members if not info.flag_bits & _UTF8 and not info.filename.isascii()
    ]
    if not raw:
        return None
    fitting = [name for name, pairs in _PAIRS.items() if all(_fits(one, pairs, name) for one in raw)]
    return "utf-8" if _are_utf8(raw) else next(iter(fitting), None)


def _are_utf8(names: list[bytes]) -> bool:
    """Are they UTF-8 of real letters? Bytes of GBK may read as phonetic signs, with which nobody names files."""
    try:
        return not any(_PHONETIC.search(name.decode("utf-8")) for name in names)
    except UnicodeDecodeError:
        return False


def read_as(info: zipfile.ZipInfo, encoding: str | None) -> str:
    """The name of a member, read in the encoding that was found."""
    if encoding is None or info.flag_bits & _UTF8 or info.filename.isascii():
        return info.filename
    return info.filename.encode("cp437").decode(encoding)


def _fits(name: bytes, pairs: re.Pattern[bytes], encoding: str) -> bool:
    """Are all letters that are not ASCII such pairs, and is the whole readable?"""
    try:
        name.decode(encoding)
    except UnicodeDecodeError:
        return False
    if _HIGH.search(pairs.sub(b"", name)) is not None:
        return False
    folders = [part for part in name.replace(b"\\", b"/").split(b"/") if _HIGH.search(part)]
    # "r\x94\xe1e" is the German "röße" of DOS as well as a Japanese pair among Latin letters, which is rare
    return encoding == "gbk" or not any(_LATIN.search(pairs.sub(b"", part.split(b".")[0])) for part in folders)
