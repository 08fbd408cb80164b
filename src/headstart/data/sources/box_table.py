"""Tables of boxes: a row of a CSV file is a box, with the name of its picture."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from headstart.core.contracts.access import Access
from headstart.core.contracts.account import Account
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.modalities.image.outlines import Drawing, Shape
from headstart.data.opening.compressed import text_of
from headstart.data.reading.box_columns import BoxColumns, box_columns
from headstart.data.reading.listed import Listed, ListForm, is_listed, lists_in
from headstart.data.reading.parts import split_of
from headstart.data.reading.readers import readers
from headstart.data.reading.roles import Ask, Roles
from headstart.data.reading.shape_values import name_of, not_read, numbers_of, side_lengths
from headstart.data.records import short

_MARKS = ",;\t|"


class BoxTable:
    """Pictures with boxes from a CSV or TSV file with a row a box, or from a folder or zip with such files.

    Read are columns of a picture, a label and the edges: xmin, ymin, xmax, ymax (x1, y1, x2, y2; left, top, right,
    bottom), left, top, width, height, or x_center, y_center, width, height, also with bbox_ before them; in pixels,
    right and bottom not included. A row with empty edges says that its picture has no box. With a `target`, or for a
    model that learned from columns, it is a table of pictures like any.
    """

    form: ClassVar = "table"
    order: ClassVar = 0

    def __init__(
        self, path: Path, access: Access, *, input: str | None = None, target: str | None = None, ask: Ask | None = None
    ) -> None:
        self.path = path
        rows = partial(_rows, picture=input)
        self._rows: Any = Listed(path, access, _FORM, rows, lists_in(path, _FORM, access))
        self._plain: Any = None
        if target is not None or (ask is not None and ask.learned is not None):
            self._plain = self._rows = _other(path, access)(path, access, input=input, target=target, ask=ask)

    @classmethod
    def accepts(cls, given: object, access: Access) -> bool:
        return is_listed(given, _FORM, access)

    @property
    def roles(self) -> Roles | None:
        return None if self._plain is None else self._plain.roles

    def labels(self) -> Iterator[Any]:
        yield from self._plain.labels()

    def account(self) -> Account:
        return self._rows.account()

    def examples(self) -> Iterator[dict[str, Any]]:
        yield from self._rows.examples()


def _other(path: Path, access: Access) -> Any:
    """The source that reads the table with a label of each picture."""
    for reader in readers():
        if reader is not BoxTable and reader.form == "table" and reader.accepts(path, access):
            return reader
    fix = "leave out --target to read the boxes, or name the table itself"
    raise DataError(390, "a row names no picture or sound", where=path, fix=fix)


def _delimiter(header: str) -> str:
    return max(_MARKS, key=header.count)


def _is_of_boxes(head: bytes) -> bool:
    lines = head.decode("utf-8-sig", "replace").splitlines()
    return bool(lines) and box_columns(_header(lines[0])) is not None


def _header(line: str) -> list[str]:
    """The names of the columns; [] for a line that is none of a table."""
    with suppress(csv.Error):
        return next(csv.reader([line], delimiter=_delimiter(line)), [])
    return []


_FORM = ListForm("table of boxes", (".csv", ".tsv"), _is_of_boxes)


def _rows(data: bytes, where: str, budget: Budget, *, picture: str | None) -> Iterator[dict[str, Any]]:
    lines = text_of(data, where).splitlines()
    header = _header(lines[0]) if lines else []
    budget.check_columns(len(header), where)
    columns = box_columns(header)
    if columns is None:
        raise not_read("columns " + ", ".join(header), where, "a table of boxes")
    name = picture if picture in header else columns.picture
    found: dict[str, list[tuple[int, Mapping[str, str]]]] = {}
    reader = csv.reader(lines[1:], delimiter=_delimiter(lines[0]))
    for number, cells in enumerate(_read(reader, where), 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            origin = f"{where}:{number}"
            counts, expected = f"{len(cells)} cells", f"{len(header)} as in the header"
            fix = "quote cells that hold the delimiter, or prepare with --skip-bad"
            bad = DataError(
                255, "the row does not fit the table", where=origin, found=counts, expected=expected, fix=fix
            )
            yield {"input": bad, "origin": origin}
            continue
        row = dict(zip(header, cells, strict=True))
        found.setdefault(row[name].strip(), []).append((number, row))
    for value, rows in found.items():
        origin = f"{where}:{rows[0][0]}"
        try:
            yield {"input": value, "origin": origin, **_drawn(rows, columns, where)}
        except DataError as error:
            yield {"input": error, "origin": origin}


def _read(reader: Iterator[list[str]], where: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as cause:
        raise DataError(256, "the table cannot be read", where=where, found=str(cause)) from cause


def _drawn(rows: Sequence[tuple[int, Mapping[str, str]]], columns: BoxColumns, where: str) -> dict[str, Any]:
    """The boxes of a picture, and its part where there is a column of parts."""
    shapes = tuple(
        _shape(row, columns, f"{where}:{number}")
        for number, row in rows
        if any(row[edge].strip() for edge in columns.edges)
    )
    first, here = rows[0][1], f"{where}:{rows[0][0]}"
    size = None if columns.size is None else side_lengths(first, *columns.size)
    made: dict[str, Any] = {"of_picture": Drawing(shapes, here, size)}
    words = {row[columns.split].strip() for _, row in rows} if columns.split is not None else set[str]()
    if len(words) > 1:
        found, fix = " and ".join(sorted(words)[:2]), "give all boxes of a picture one part"
        raise DataError(206, "a picture is in two parts", where=here, found=short(found), fix=fix)
    split = split_of(words.pop()) if words else None
    return made if split is None else {**made, "split": split}


def _shape(row: Mapping[str, str], columns: BoxColumns, where: str) -> Shape:
    name = name_of(row[columns.label], where)
    return Shape(name, columns.box(numbers_of([row[edge].strip() for edge in columns.edges], where)))
