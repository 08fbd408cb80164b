"""FASTA and FASTQ files: sequences, what their headers say, labels of letters in a second file, classes by files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account, Used
from headstart.core.errors import DataError, nearest
from headstart.data.alphabets import counted, described
from headstart.data.file_names import is_sequence_file
from headstart.data.labels.spelling import Cell
from headstart.data.reading.accounts import some
from headstart.data.reading.fasta_files import FILE, Files, files_of, of_folders
from headstart.data.reading.fasta_records import Record, Shelf, is_fastq, records
from headstart.data.reading.folder_layout import is_hidden, split_of_file
from headstart.data.reading.parts import split_of
from headstart.data.reading.roles import Ask, Roles
from headstart.data.reading.table_rows import example, label_of

_LOOK = 1000  # records whose headers tell the columns
_TARGETS = ("target", "label", "class")
_LABELS, _MASK = "labels", "mask"
_OWN = ("id", "sequence", FILE, _LABELS)
_BESIDE = (".md", ".txt")  # what may lie in a folder of sequence files


class Fasta:
    """Records of FASTA and FASTQ files, of which `id`, `filename` and every `key=value` of their headers are columns.

    `TARGET=` (or `label=`) is the label, `SET=` the part, `VALIDATION=True` makes a train row a valid one; `target`
    names another key, `filename` (what the name of the file says), or the path of a FASTA file with a label for each
    letter. Several files, or a folder of them, are told apart by their first records: sequences with the labels of
    their letters and a mask, classes by the names of files, or pieces of one data set. A folder of folders holds
    classes by the names of these. Qualities are not used.
    """

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, given: Any, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self._budget, ask = access.budget, ask or Ask()
        paths = _paths(given)
        learned = None if ask.learned is None else ask.learned.target
        target = target if target is not None or learned in (None, _LABELS) else learned
        in_folders = isinstance(given, Path) and any(path.parent != given for path in paths) and given.is_dir()
        self._files: Files = of_folders(paths) if in_folders else files_of(paths, target, access.budget)
        self._notes: list[str] = []
        self._sorted = True
        if self._files.labels is not None:
            self._compare()
        looked = list(islice(self._rows(), _LOOK))
        if not looked:
            where = some([path.name for path in paths])
            raise DataError(472, "there is no record in the file", where=where, fix="give a file with sequences")
        self._columns = tuple(dict.fromkeys(name for _, row in looked for name in row))
        self._letters = described(counted(str(row["sequence"]) for _, row in looked))
        if input not in (None, "sequence"):
            found, fix = "columns " + ", ".join(self._columns), "leave --input out: it is the sequence"
            raise _no_column(str(input), found, fix, paths[0].name)
        fastq = [path.name for path in self._files.sequences if is_fastq(path, access.budget)]
        self._notes += [f"qualities of {some(fastq)} are not used"] if fastq else []
        self.roles = self._chosen(target, ask, [row for _, row in looked], paths[0].name)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        if isinstance(given, list | tuple):
            paths = [Path(one) for one in given if isinstance(one, str | Path)]
            are = len(paths) == len(given) > 1 and all(is_sequence_file(one.name) and one.is_file() for one in paths)
            return are and not all(split_of_file(one.name) for one in paths)
        if not isinstance(given, Path):
            return False
        return bool(_in_folder(given)) if given.is_dir() else given.is_file() and is_sequence_file(given.name)

    def account(self) -> Account:
        names = some([path.name for path in self._files.sequences])
        why = f"{self._letters}; {self._files.why}" if self._files.why else self._letters
        used = [Used(what=f"records of {names}", role="input", why=why)]
        if self._files.labels is not None:
            used.append(Used(what=f"records of {self._files.labels.name}", role="label of each letter"))
        if self._files.mask is not None:
            used.append(Used(what=f"records of {self._files.mask.name}", role="mask of the labels"))
        whole = self.roles.account()
        kept = [one for one in whole.used if one.what.removeprefix("column ") not in ("sequence", _LABELS)]
        kept = [one for one in kept if self._files.mask is None or one.role != "mask of the labels"]
        return Account(used=(*used, *kept), unused=whole.unused, notes=tuple(self._notes))

    def examples(self) -> Iterator[dict[str, Any]]:
        blank = dict.fromkeys(self._columns)
        for origin, row in self._rows():
            yield example({**blank, **row}, self.roles, origin)

    def labels(self) -> Iterator[Any]:
        if self.roles.labels and not self.roles.of_letters:
            blank = dict.fromkeys(self._columns)
            yield from (label_of({**blank, **row}, self.roles) for _, row in self._rows())

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The origin of every record, and its columns."""
        for path in self._files.sequences:
            named = self._files.names.get(path)
            own = {FILE: named} if self._files.names else {}
            if self._files.labels is None:
                matched = ((record, None, None) for record in records(path, self._budget))
            else:
                matched = self._matched(path, self._files.labels)
            for record, labels, mask in matched:
                row: dict[str, Any] = {"id": record.id, "sequence": record.letters, **own}
                for said in (record, labels, mask):
                    fields = {} if said is None else said.fields
                    row |= {name: Cell(value) for name, value in fields.items() if name not in _OWN}
                row |= {} if labels is None else {_LABELS: labels.letters}
                row |= {} if mask is None else {_MASK: mask.letters}
                yield f"{self._files.place(path)}:{record.line}", row

    def _matched(self, path: Path, labels: Path) -> Iterator[tuple[Record, Record | None, Record | None]]:
        """Every sequence with its labels and its mask, if there are some."""
        others = [labels, *([] if self._files.mask is None else [self._files.mask])]
        if self._sorted:
            streams = [records(one, self._budget) for one in (path, *others)]
            for record, label, *mask in zip(*streams, strict=True):
                yield record, label, mask[0] if mask else None
            return
        with closing(Shelf(labels, self._budget)) as shelf, closing(_shelf(self._files.mask, self._budget)) as marks:
            for record in records(path, self._budget):
                yield record, shelf.find(record.id), marks.find(record.id)

    def _compare(self) -> None:
        """Have the files the same ids in one order? Else what is missing is told; DataError for ids that come twice."""
        files, (first,) = self._files, self._files.sequences
        others = [one for one in (files.labels, files.mask) if one is not None]
        ids = [(record.id for record in records(one, self._budget)) for one in (first, *others)]
        self._sorted = all(len(set(row)) == 1 for row in zip_longest(*ids))
        if self._sorted:
            return
        known = Counter(record.id for record in records(first, self._budget))
        for other in others:
            found = Counter(record.id for record in records(other, self._budget))
            twice = next((id for counts in (known, found) for id, count in counts.items() if count > 1), None)
            if twice is not None:
                fix = "give every record an id of its own"
                raise DataError(471, "two records have one id", where=other.name, found=twice, fix=fix)
            for lacking, where in ((known.keys() - found.keys(), other), (found.keys() - known.keys(), first)):
                if lacking:
                    self._notes.append(f"{len(lacking):,} ids are not in {where.name}: {some(sorted(lacking))}")

    def _chosen(self, target: str | None, ask: Ask, rows: list[dict[str, Any]], where: str) -> Roles:
        """What the columns are for."""
        lower = {name.lower(): name for name in self._columns if name not in ("id", "sequence")}
        usual = next((lower[name] for name in _TARGETS if name in lower), None)
        of_letters = self._files.labels is not None
        if of_letters:
            answer: str | None = _LABELS
        elif target is None:
            answer = usual or (FILE if FILE in self._columns else None)
        else:
            answer = next((name for name in self._columns if name.lower() == target.lower()), None)
            if answer is None and ask.learned is None:
                found, fix = "columns " + ", ".join(self._columns), f"for --target: {nearest(target, self._columns)}"
                raise _no_column(target, found, fix, where)
        split = next((lower[name] for name in ("set", "split") if name in lower), None)
        said = {str(row.get(split or "") or "").strip() for row in rows} - {""}
        split = split if said and all(split_of(word) is not None for word in said) else None
        mask = lower.get(_MASK) if of_letters else None
        validation = lower.get("validation") if split is not None else None
        id = ask.id if ask.id in self._columns else "id"
        kept = {None: (), "all": self._columns, "id": ("id",)}.get(ask.keep, tuple(str(ask.keep).split(",")))
        taken = ("sequence", answer, split, mask, validation, id)
        unused = tuple(name for name in self._columns if name not in taken)
        return Roles(
            ("sequence",), answer, split, False, id, kept, (), unused, of_letters=of_letters, mask=mask,
            validation=validation,
        )  # fmt: skip


def _no_column(name: str, found: str, fix: str, where: str) -> DataError:
    return DataError(212, f"no column '{name}'", where=where, found=found, fix=fix)


class _Nothing:
    """A shelf without a file."""

    def find(self, id: str) -> None:
        """None."""

    def close(self) -> None:
        """Nothing to give back."""


def _shelf(path: Path | None, budget: Any) -> Shelf | _Nothing:
    return _Nothing() if path is None else Shelf(path, budget)


def _paths(given: Any) -> list[Path]:
    if isinstance(given, list | tuple):
        return [Path(one) for one in given]
    return _in_folder(given) if given.is_dir() else [given]


def _in_folder(folder: Path) -> list[Path]:
    """The files of a folder that holds sequence files and nothing else but notes, or of its folders, if it holds
    several such folders that are no parts; [] for any other."""
    inside = [path for path in sorted(folder.iterdir()) if not is_hidden(path.name)]
    folders = [path for path in inside if path.is_dir()]
    if not folders:
        return _alone(inside)
    beside = [path for path in inside if not path.is_dir() and path.suffix.lower() not in _BESIDE]
    if beside or len(folders) < 2 or any(path.is_symlink() or split_of(path.name) for path in folders):
        return []
    found = [_alone([path for path in sorted(one.iterdir()) if not is_hidden(path.name)]) for one in folders]
    return [path for some in found for path in some] if all(found) else []


def _alone(inside: list[Path]) -> list[Path]:
    """The sequence files among what lies in a folder; [] if there is more than these and notes."""
    found = [path for path in inside if path.is_file() and is_sequence_file(path.name)]
    others = [path for path in inside if path not in found and path.suffix.lower() not in _BESIDE]
    return [] if others else found
