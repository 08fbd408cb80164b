"""Excel workbooks for tests, and workbooks whose first sheet is any XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """An .xlsx of these sheets, each a list of rows."""
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    for sheet in list(book.worksheets):
        book.remove(sheet)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file.getvalue()


def of_xml(sheet: bytes, *, squeezed: bool = False) -> bytes:
    """An .xlsx whose only sheet is this XML."""
    whole, file = io.BytesIO(workbook({"a": [["text"]]})), io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if squeezed else zipfile.ZIP_STORED
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(file, "w", kind) as after:
        for name in before.namelist():
            after.writestr(name, sheet if name.startswith("xl/worksheets/") else before.read(name))
    return file.getvalue()


def sheet_xml(rows: bytes, head: bytes = b"") -> bytes:
    """The XML of a sheet with these rows."""
    main = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return b'<?xml version="1.0"?>' + head + main + b"<sheetData>" + rows + b"</sheetData></worksheet>"
