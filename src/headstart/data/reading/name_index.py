"""Names of files as people write them in tables and annotations, found among the names that there are."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import unquote

_DRIVE = re.compile(r"^([A-Za-z]:)?/+")
_LEADING = re.compile(r"^(\./)+")
_UPLOADED = re.compile(r"(^|/)[0-9a-f]{8}-(?=[^/]+$)")  # what Label Studio puts before the name of an uploaded file


def composed(name: str) -> str:
    """The name in composed letters (NFC): two spellings of "ö" are one."""
    return unicodedata.normalize("NFC", name)


class NameIndex:
    """Files by their paths with forward slashes. A name means the path that it is, whatever the form of its letters;
    else every path that ends like it, from as many of its last folders as there are; else the same without suffix."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = list(names)

    def exact(self, wanted: str) -> str | None:
        """The path that the name is, perhaps without its suffix."""
        plain = _LEADING.sub("", composed(wanted.strip().replace("\\", "/")))
        found = self._by_path.get(plain) or self._by_path.get(unquote(plain))
        found = found or self._by_path.get(_UPLOADED.sub(r"\1", unquote(plain)))
        if found is not None:
            return found
        stems = self._by_stem.get(plain, ())
        return stems[0] if len(stems) == 1 else None

    def one(self, wanted: str) -> str | None:
        """The path that the name is, else the only one that ends like it, with its suffix or without."""
        ends = self.like(wanted)
        return self.exact(wanted) or (ends[0] if len(ends) == 1 else None)

    def like(self, wanted: str) -> list[str]:
        """Every path that ends as wanted, else every one whose file is called so but for its suffix."""
        return self.ending(wanted) or self.stems(composed(wanted.strip().replace("\\", "/")).rpartition("/")[2])

    def ending(self, wanted: str) -> list[str]:
        """Every path that ends as wanted: with its folders if any does, else by the name of the file alone."""
        plain = _DRIVE.sub("", _LEADING.sub("", composed(wanted.strip().replace("\\", "/"))))
        for form in dict.fromkeys((plain, unquote(plain), _UPLOADED.sub(r"\1", unquote(plain)))):
            same = self._by_last.get(form.rpartition("/")[2], [])
            parts = form.split("/")
            for begin in range(len(parts)):
                end = "/" + "/".join(parts[begin:])
                if found := [name for name in same if f"/{composed(name)}".endswith(end)]:
                    return found
        return []

    def stems(self, stem: str) -> list[str]:
        """Every path whose file is called so but for its suffix."""
        return self._by_last_stem.get(stem, [])

    @cached_property
    def _by_last_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._names:
            found.setdefault(PurePosixPath(composed(name)).stem, []).append(name)
        return found

    @cached_property
    def _by_path(self) -> dict[str, str]:
        return {composed(name): name for name in self._names}

    @cached_property
    def _by_last(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._names:
            found.setdefault(composed(name).rpartition("/")[2], []).append(name)
        return found

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self._names:
            found.setdefault(str(PurePosixPath(composed(name)).with_suffix("")), []).append(name)
        return found
