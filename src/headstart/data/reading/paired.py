"""Pictures with a file of annotations each, in a folder or zip: what sources of such layouts have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.reading.accounts import counted, files_as, some
from headstart.data.reading.file_tree import Tree, is_tree, open_tree, peek
from headstart.data.reading.pairing import lists_of, paired
from headstart.data.records import Blob, example_of

_LOOK = 20  # annotations that are looked into

# The annotation's bytes, its name, the picture, and the budget -> the facts "label" and "repaired" of its example.
Labelled = Callable[[bytes, str, Blob, Budget], dict[str, Any]]


def looked_into(given: object, suffix: str, limit: int, access: Access) -> list[bytes]:
    """The beginnings of the first annotations of this suffix that belong to pictures; [] if nothing such was given."""
    if not isinstance(given, Path) or not is_tree(given):
        return []
    names = peek(given, access)
    if not any(name.lower().endswith(suffix) for name in names):
        return []
    found = [one for one in paired(names, _called(suffix)).values() if one is not None]
    tree = open_tree(given, access) if found else None
    return [] if tree is None else [tree.blob(name).read(limit) for name in found[:_LOOK]]


class Paired:
    """Every picture of a tree with the annotation of its name, and the part that lists or folders say. A picture
    without an annotation has no label; those of folders without any annotation are left out."""

    def __init__(self, tree: Tree, access: Access, suffix: str, *, most: int, lists_below: str = "") -> None:
        """`most`: bytes of an annotation; `lists_below`: the end of the folders in which lists of parts lie."""
        self._tree, self._budget, self._most = tree, access.budget, most
        self._pairs = paired(tree.names, _called(suffix))
        self._lists = lists_of(tree, list(self._pairs), below=lists_below)

    def account(self, noun: str, form: str, others: Iterable[Used] = ()) -> Account:
        """`noun`: what one annotation is called; `others`: files that say something else."""
        more = list(others)
        drawn = [one for one in self._pairs.values() if one is not None]
        used = [Used(what=counted(len(self._pairs), "picture"), role="input")]
        used += [Used(what=f"{counted(len(drawn), noun)} of {form}", role="label"), *more]
        used += [Used(what=some(self._lists.files), role="split")] if self._lists.files else []
        known = {*self._pairs, *drawn, *self._lists.files, *(one.what for one in more)}
        none = len(self._pairs) - len(drawn)
        notes = (f"{none:,} pictures have no {noun}, and so no label",) if none else ()
        left = files_as(set(self._tree.names) - known)
        return Account(used=tuple(used), unused=left, notes=(*self._lists.notes, *notes))

    def examples(self, labelled: Labelled) -> Iterator[dict[str, Any]]:
        for picture, annotation in self._pairs.items():
            blob = self._tree.blob(picture)
            made = example_of(blob, picture, split=self._lists.splits.get(picture))
            if annotation is not None:
                try:
                    made |= labelled(self._tree.blob(annotation).read(self._most + 1), annotation, blob, self._budget)
                except DataError as error:  # reported when the row is read
                    made["input"] = error
            yield made


def _called(suffix: str) -> Callable[[PurePosixPath], bool]:
    return lambda path: path.suffix.lower() == suffix
