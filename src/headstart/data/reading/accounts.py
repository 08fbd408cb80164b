"""What is told of how data are read: parts of a source as words, several accounts as one, and one as a line."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from headstart.core.contracts.account import Account, Used
from headstart.core.inert import one_line

_ALIKE = 4  # files of one folder and suffix from which they are one entry
_SHOWN = 4  # names in a sentence
_MOST = 200  # entries that are kept of what was not used


def counted(count: int, noun: str) -> str:
    """ "1 file", "2 files"; of "class" the plural is "classes"."""
    return f"{count:,} {noun}{'' if count == 1 else 'es' if noun.endswith('s') else 's'}"


def some(names: Sequence[str]) -> str:
    """The first few of several names."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def files_as(names: Iterable[str]) -> tuple[str, ...]:
    """Names of files, sorted; those of one folder and suffix as one entry from four on: "labels/*.txt (10 files)"."""
    keyed = sorted((str(path.parent), path.suffix, name) for name in names for path in [PurePosixPath(name)])
    found: list[str] = []
    for (folder, suffix), group in groupby(keyed, lambda key: key[:2]):
        alike = [name for _, _, name in group]
        pattern = f"*{suffix}" if folder == "." else f"{folder}/*{suffix}"
        found += alike if len(alike) < _ALIKE else [f"{pattern} ({len(alike):,} files)"]
    more = [f"{len(found) - _MOST:,} more files"] if len(found) > _MOST else []
    return (*found[:_MOST], *more)


def joined(accounts: Iterable[Account]) -> Account:
    """Several accounts as one; what they share is said once."""
    every = list(accounts)
    return Account(
        used=tuple(dict.fromkeys(used for one in every for used in one.used)),
        unused=tuple(dict.fromkeys(name for one in every for name in one.unused)),
        notes=tuple(dict.fromkeys(note for one in every for note in one.notes)),
    )


def with_used(account: Account, used: Sequence[Used]) -> Account:
    """The account with parts that have a role of which the source does not know, such as the group of a row."""
    named = {one.what for one in used}
    unused = tuple(name for name in account.unused if name not in named)
    return replace(account, used=(*account.used, *used), unused=unused)


def phrases(account: Account) -> list[str]:
    """What was used, each as words: "column ticket as text, the only column of texts"."""
    return [" ".join(filter(None, [one.what, one.role and f"as {one.role}", one.why and f"({one.why})"]))
            for one in account.used]  # fmt: skip


def sentence(used: Sequence[str], unused: Sequence[str]) -> str:
    """What was taken and what was not, for people."""
    most = 2 * _SHOWN
    left = [*unused[:most], *([f"{len(unused) - most:,} more"] if len(unused) > most else [])]
    return one_line(f"took {', '.join(used)}" + (f"; did not use {', '.join(left)}" if left else ""))


def line(account: Account) -> str:
    """The account as a sentence for people."""
    return sentence(phrases(account), account.unused)


def fields(account: Account) -> dict[str, Any]:
    """The account as a manifest and --json hold it."""
    return {"used": phrases(account), "unused": list(account.unused)}
