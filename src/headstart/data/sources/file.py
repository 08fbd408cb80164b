"""A single picture or recording, given by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.data.file_names import MEDIA
from headstart.data.records import Blob


class File:
    """One media file; no label, no split."""

    form: ClassVar = "rows"
    order: ClassVar = 2

    def __init__(self, path: Path, access: Access) -> None:
        self.path = path

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return isinstance(given, Path) and given.is_file() and given.suffix.lower() in MEDIA

    def account(self) -> Account:
        return Account(used=(Used(what=self.path.name, role="input"),))

    def examples(self) -> Iterator[dict[str, Any]]:
        yield {"input": Blob.file(self.path, self.path.name), "origin": self.path.name}
