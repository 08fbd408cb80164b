"""Shards of webdataset: tar files in which the members of a sample share a name: 17.jpg, 17.cls, 17.json."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, pairwise
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.file_names import MEDIA
from headstart.data.labels.spelling import Cell
from headstart.data.opening import json_text
from headstart.data.opening.archives import BROKEN, Tar, check, tar_members
from headstart.data.opening.compressed import text_of
from headstart.data.reading.parts import split_in
from headstart.data.reading.roles import Ask, Roles
from headstart.data.reading.table_columns import choose
from headstart.data.reading.table_rows import example, label_of

_TAR = (".tar", ".tar.gz", ".tgz")
_WORDS = frozenset(("cls", "txt", "text", "json"))
_LOOK = 60  # members that are looked at to tell whether samples share names
_LARGEST = 1 << 24  # bytes of a class, text or object
_YOLO = re.compile(rb"\s*\d+(\s+-?[\d.]+){4,}\s*")
_LABELME = re.compile(rb'"shapes"\s*:')
_FIX = "write the shard again, with all members of a sample one after the other"


class _Sample(NamedTuple):
    """The members of a sample by what their names end in, without the dot; None for those that were not wanted."""

    shard: str
    key: str
    members: Mapping[str, bytes | None]


class Webdataset:
    """Samples of a tar file, or of a folder of such files, as rows of a table.

    The picture is the column `image`, other members are columns of their endings (`txt`, `cls`), the keys of a .json
    object are columns too. The class is `cls`, else as in any table; `input` and `target` name columns. Members that
    are neither pictures, texts, classes nor JSON are not read. The name of a shard may say its part
    (train-000000.tar).
    """

    form: ClassVar = "table"
    order: ClassVar = -1

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path = path
        self._shards, self._budget = _shards(path), access.budget
        columns = list(dict.fromkeys(name for row in self._rows(_is_word) for name in row))
        learned = ask is not None and ask.learned is not None
        if not learned:
            input = input or next((name for name in ("image", "txt", "text") if name in columns), None)
            target = target or ("cls" if "cls" in columns else None)
        rows = ({**dict.fromkeys(columns), **row} for row in self._rows(_is_word))
        self.roles: Roles = choose(columns, input=input, target=target, where=path.name, ask=ask, rows=rows)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        shards = _shards(given) if isinstance(given, Path) else []
        return bool(shards) and _is_shard(shards[0], access.budget)

    def account(self) -> Account:
        return self.roles.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        columns = [name for name in (*self.roles.inputs, *self.roles.labels, self.roles.split) if name]
        for sample in self._samples(lambda ending: _is_word(ending) or _is_media(ending)):
            origin = f"{sample.shard}:{sample.key}"
            try:
                row = dict.fromkeys(columns) | _cells(sample, self._budget)
                lacking = [name for name in self.roles.inputs if row[name] is None]
                if lacking:
                    found, fix = "members " + ", ".join(sample.members), "add the member, or prepare with --skip-bad"
                    raise DataError(
                        283, "the row has no input", where=origin, found=found, expected=lacking[0], fix=fix
                    )
                made = example(row, self.roles, origin)
            except DataError as error:  # reported when the row is read
                yield {"input": error, "origin": origin}
                continue
            split = split_in(sample.shard)
            yield made if split is None or "split" in made else {**made, "split": split}

    def labels(self) -> Iterator[Any]:
        names = self.roles.labels
        rows = self._rows(_is_word) if names else ()
        return (label_of({name: row.get(name) for name in names}, self.roles) for row in rows)

    def _rows(self, wanted: Callable[[str], bool]) -> Iterator[Mapping[str, Any]]:
        """The cells of the samples that can be read."""
        for sample in self._samples(wanted):
            try:
                yield _cells(sample, self._budget)
            except DataError:  # reported when the row is read
                continue

    def _samples(self, wanted: Callable[[str], bool]) -> Iterator[_Sample]:
        for shard in self._shards:
            try:
                yield from _samples(shard, wanted, self._budget)
            except BROKEN as cause:
                fix = "fetch the archive again"
                raise DataError(271, "not a readable archive", where=shard.name, found=str(cause), fix=fix) from cause


def _shards(path: Path) -> list[Path]:
    """The tar file, or those of a folder that holds nothing else; [] for anything else."""
    if path.is_file():
        return [path] if path.name.lower().endswith(_TAR) else []
    files = [one for one in sorted(path.iterdir()) if not one.name.startswith(".")] if path.is_dir() else []
    return files if all(one.is_file() and one.name.lower().endswith(_TAR) for one in files) else []


def _is_shard(path: Path, budget: Budget) -> bool:
    """Do members that lie together share names, with a class, a text or an object among them? Labels of YOLO and
    LabelMe beside pictures are none."""
    try:
        with Tar(path, budget) as archive:
            members = [one for one in islice(archive, _LOOK) if one.isfile()]
            keys = [_parted(one.name) for one in members]
            pairs = [ends for (a, _), (b, ends) in pairwise(keys) if a == b]
            if 3 * len(pairs) < len(members) or not {ends for _, ends in keys} & _WORDS:
                return False
            looked = [one for one, (_, ends) in zip(members, keys, strict=True) if ends in ("txt", "json")]
            texts = [file.read(_LARGEST) for one in looked if (file := archive.extractfile(one)) is not None]
    except (DataError, *BROKEN):  # said by who reads archives
        return False
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    return not any(map(_LABELME.search, texts)) and not (lines and all(map(_YOLO.fullmatch, lines)))


def _parted(name: str) -> tuple[str, str]:
    """The key of a member, with its folders, and what its name ends in from the first dot of the file."""
    path = PurePosixPath(name)
    stem, _, ending = path.name.partition(".")
    return (path.parent / stem).as_posix(), ending.lower()


def _samples(shard: Path, wanted: Callable[[str], bool], budget: Budget) -> Iterator[_Sample]:
    with Tar(shard, budget) as archive:
        for _ in check(tar_members(archive, shard, budget), shard, budget):
            pass
    with Tar(shard, budget) as archive:
        last, members, seen = "", dict[str, bytes | None](), set[str]()
        for info in archive:
            if not info.isfile() or PurePosixPath(info.name).name.startswith("."):
                continue
            key, ending = _parted(info.name)
            if key != last and members:
                yield _Sample(shard.name, last, members)
                members = {}
            if key != last and key in seen:
                where = f"{shard.name}:{key}"
                raise DataError(207, "the members of a sample do not lie together", where=where, fix=_FIX)
            last = key
            seen.add(key)
            file = archive.extractfile(info) if wanted(ending) else None
            members[ending] = None if file is None else file.read(info.size)
        if members:
            yield _Sample(shard.name, last, members)


def _is_media(ending: str) -> bool:
    return f".{ending}" in MEDIA


def _is_word(ending: str) -> bool:
    return ending in _WORDS


def _cells(sample: _Sample, budget: Budget) -> dict[str, Any]:
    """The columns of a sample; DataError for an object that is broken."""
    where, cells = f"{sample.shard}:{sample.key}", dict[str, Any]()
    for ending, data in sample.members.items():
        if _is_media(ending):
            cells["image" if "image" not in cells else ending] = data
        elif ending == "json":
            cells = {**_object(data or b"", where, budget), **cells}
        elif ending in _WORDS:
            text = text_of(data or b"", f"{where}.{ending}")
            cells[ending] = Cell(text.strip()) if ending == "cls" else text
        else:
            cells[ending] = None
    return cells


def _object(data: bytes, where: str, budget: Budget) -> Mapping[str, Any]:
    try:
        found = json_text.loads(data, f"{where}.json", budget)
    except (ValueError, RecursionError) as cause:
        fix = "correct the member, or prepare with --skip-bad"
        raise DataError(282, "this is not JSON", where=f"{where}.json", found=str(cause), fix=fix) from cause
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {"json": found}
