"""Explained answers as a result of a verb, and in a file."""

from __future__ import annotations

import json
from pathlib import Path

from headstart.core.errors import DataError, UsageError
from headstart.core.files import make_folder, write_whole
from headstart.core.shown import Unscored
from headstart.inference.explaining.explanation import Explanation

_LARGE = 640  # pixels to which a small picture is enlarged


class Explained(list[Explanation], Unscored):
    """An `Explanation` a row; `warnings` say what could not be explained, `path` where it was written."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings = list[str]()
        self.path: Path | None = None
        self._errors = list[str]()

    def add(self, one: Explanation | tuple[str, str]) -> None:
        """One more, or the origin and the error of a row that cannot be read."""
        if isinstance(one, Explanation):
            self.append(one)
        else:
            self._errors.append(f"{one[0]}: {one[1]}")

    def check(self, *, more: bool, rows: int) -> None:
        """DataError if not one row could be explained."""
        if self._errors and not self:
            fix = "give rows of the kind that the model learned from"
            raise DataError(946, "not one row could be explained", found=self._errors[0], fix=fix)
        if self._errors:
            self.warnings.append(f"{len(self._errors):,} rows could not be explained, the first: {self._errors[0]}")
        if more:
            self.warnings.append(f"only the first {rows:,} rows were explained: give --rows for more")
        odd = sum(one.verdict == "NOT FAITHFUL" for one in self)
        if odd:
            self.warnings.append(f"{odd:,} of {len(self):,} explanations are NOT FAITHFUL: do not read their weights")

    def _repr_html_(self) -> str:
        from headstart.core.overview import Overview

        rows = [[one.origin, one.about, one.verdict, one.method, one.parts.names[one.order[0]]] for one in self]
        columns = ["origin", "explained", "verdict", "method", "strongest part"]
        return Overview(title=f"{len(self):,} explanations", columns=columns, rows=rows, warnings=self.warnings).html()


def written(found: Explained, path: Path, kind: str) -> None:
    """Write a page, a picture of one row, or all for programs; UsageError for a picture of several or of words."""
    found.path = path
    make_folder(path.parent)
    if kind == "html":
        from headstart.reports.explanations import page
        from headstart.reports.write import write_page

        write_page(page(found, found.warnings), path)
    elif kind == "json":
        told = {"explanations": [one.to_json() for one in found], "warnings": found.warnings}
        write_whole(path, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
    else:
        from headstart.reports.draw.pictures import png_bytes

        picture = found[0].look.picture
        if picture is None or len(found) > 1:
            what = "several rows" if len(found) > 1 else "a row of words or cells"
            raise UsageError(947, "a picture holds one row that is seen", where=path, found=what, fix="name an .html")
        factor = max(1, _LARGE // max(picture.size))
        write_whole(path, png_bytes(picture.resize((picture.width * factor, picture.height * factor), 0)))
