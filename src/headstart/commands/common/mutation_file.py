"""Scans of mutations as a page or a picture."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from headstart.commands.common.answering import Answered
from headstart.core.errors import UsageError
from headstart.core.files import make_folder, write_whole
from headstart.inference.mutations import Scan

ROWS, MAPS = ("jsonl", "csv", "parquet"), ("html", "png")  # kinds of files of rows, and of maps


def map_into(scans: Iterable[Scan], path: Path) -> Answered:
    """Draw the scans: a page of the first 50 sequences, which says so, or the picture of one; UsageError for more."""
    from headstart.reports.draw.pictures import png_bytes
    from headstart.reports.mutation_map import MOST, heat_map, page
    from headstart.reports.write import write_page

    told, most = Answered(path=path), 1 if path.suffix.lower() == ".png" else MOST
    waiting = iter(scans)
    found = list(islice(waiting, most))
    for scan in found:
        for row in scan.rows():
            told.count(row)
    told.check()
    more = next(waiting, None) is not None
    if most > 1:
        left = [f"only the first {most:,} are drawn: write .jsonl, .csv or .parquet for all"] if more else []
        write_page(page(found, [*told.warnings, *left]), path)
        return told
    if more:
        raise UsageError(476, "a picture holds the map of one sequence", where=path, found="more", fix="name an .html")
    make_folder(path.parent)
    write_whole(path, png_bytes(heat_map(found[0])))
    return told
