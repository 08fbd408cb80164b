"""Maps of mutations: places across, letters down, and how far each change moves the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from headstart.core.formatting import readable
from headstart.inference.mutations import Scan
from headstart.reports import shared
from headstart.reports.blocks import Front, Pictures, Report, Section, Table, Verdict

ACROSS = 60  # places of a line
MOST = 50  # sequences of a page
_CELL, _PAGE_CELL, _LEFT, _TOP = 12, 4, 18, 26
_UP, _DOWN, _OWN = np.array([178, 24, 43]), np.array([33, 102, 172]), (190, 190, 190)
_STRONGEST = 20  # changes that a page lists


def colours(scan: Scan) -> np.ndarray:
    """RGB of every place and letter, uint8 [L, places, 3]: red raises the answer, blue lowers it, white leaves it, and
    grey is the letter of the sequence."""
    changes = scan.changes.T
    most = float(np.abs(changes).max(initial=0.0)) or 1.0
    share = (changes / most)[..., None]  # [L, places, 1] in [-1, 1]
    end = np.where(share >= 0, _UP, _DOWN)
    found = (255 + np.abs(share) * (end - 255.0)).round().astype(np.uint8)
    own = np.array(list(scan.letters))[:, None] == np.array(list(scan.sequence))[None]
    found[own] = _OWN
    return found


def heat_map(scan: Scan) -> Image.Image:
    """The whole map with its letters and the numbers of its places, 60 places a line."""
    lines = _lines(len(scan.sequence))
    high = len(scan.letters) * _CELL + _TOP + 6
    width = _LEFT + min(ACROSS, len(scan.sequence)) * _CELL + 6
    sheet = Image.new("RGB", (max(width, 120), high * len(lines)), "white")
    pen, whole = ImageDraw.Draw(sheet), colours(scan)
    for line, (begin, end) in enumerate(lines):
        top = line * high + _TOP
        cells = Image.fromarray(np.ascontiguousarray(whole[:, begin:end]))
        sheet.paste(cells.resize((cells.width * _CELL, cells.height * _CELL), Image.Resampling.NEAREST), (_LEFT, top))
        for number, letter in enumerate(scan.letters):
            pen.text((4, top + number * _CELL), letter, fill="black")
        for place in range(begin, end):
            left = _LEFT + (place - begin) * _CELL
            pen.text((left + 3, top - 13), scan.sequence[place], fill="black")
            if place == begin or (place + 1) % 10 == 0:
                pen.text((left, top - 25), str(place + 1), fill="black")
    return sheet


def page(scans: Sequence[Scan], warnings: Sequence[str] = ()) -> Report:
    """A page with the map and the strongest changes of each sequence, of 50 at most."""
    shown = [one for one in scans if not one.error][:MOST]
    count = sum(int(one.scores.size - len(one.sequence)) for one in scans if not one.error)
    words = f"{count:,} substitutions of {len(scans):,} sequences"
    verdict = Verdict(words, "Red raises the answer, blue lowers it, grey is the letter of the sequence.", "plain")
    first = _pictures(shown[0]) if shown else None
    front = Front(verdict, table=_strongest(shown, 3), examples=first, warnings=warnings)
    sections = [Section(one.origin, [_pictures(one), _strongest([one], _STRONGEST)]) for one in shown]
    return Report("Mutations", f"{words}.", "predict", shared.now(), front, sections)


def _lines(places: int) -> list[tuple[int, int]]:
    return [(begin, min(begin + ACROSS, places)) for begin in range(0, places, ACROSS)]


def _pictures(scan: Scan) -> Pictures:
    told = f"probability of {scan.label}" if scan.label else "answer"
    most = readable(float(np.abs(scan.changes).max(initial=0.0)))
    caption = f"{scan.origin}: {told} {readable(scan.score)}; letters from top to bottom: {scan.letters}; "
    caption += f"full colour is a change of {most}"
    whole, rows = colours(scan), list[tuple[str, Sequence[Image.Image]]]()
    for begin, end in _lines(len(scan.sequence)):
        part = Image.fromarray(np.ascontiguousarray(whole[:, begin:end]))
        large = part.resize((part.width * _PAGE_CELL, part.height * _PAGE_CELL), Image.Resampling.NEAREST)
        rows.append((f"places {begin + 1} to {end}: {scan.sequence[begin:end]}", [large]))
    return Pictures(caption, rows)


def _strongest(scans: Sequence[Scan], count: int) -> Table:
    rows = [row for scan in scans for row in scan.rows()]
    rows.sort(key=lambda row: -abs(row["change"]))
    cells = [
        [row["origin"], f"{row['from']}{row['place']}{row['to']}", row["score"], row["change"]] for row in rows[:count]
    ]
    return Table(("origin", "mutation", "answer", "change"), cells, "The strongest changes",
                 {"answer": ".3f", "change": "+.3f"})  # fmt: skip
