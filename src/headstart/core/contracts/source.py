"""The contract of a source: raw files to examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account

if TYPE_CHECKING:
    from headstart.core.contracts.types import Example

TABLE, FILES, ROWS = "table", "files", "rows"
"""The forms of sources."""


class Source(Protocol):
    """Raw files -> examples, as often as asked, in the same order; nothing is decoded before the modality reads it.

    form   "table" (columns to choose from; its rows may name files that lie elsewhere), "files" (finds a file by its
           name: `find`), or "rows"; a table says what its columns are for, in `roles`, None where they have fixed ones,
           and one with roles gives the labels of its rows, without their inputs, by `labels`
    order  sources of a lower one are asked first; of those below 0 a folder is read by nobody else

    It is built as `source(given, access, *, settings)`. Files are opened by `data.opening` alone, which asks for the
    budget of that access: what a file may unpack to, over all threads.
    """

    form: ClassVar[str]
    order: ClassVar[int]

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        """Does it read this: a path, or what a program holds?"""
        ...

    def account(self) -> Account:
        """How the source is read; told before any row is."""
        ...

    def examples(self) -> Iterator[Example]: ...
