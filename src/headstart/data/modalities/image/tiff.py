"""What a TIFF file says of its pages, and which of them are channels; nothing is decoded here."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import TiffImagePlugin

MOST_CHANNELS = 1024  # more pages are a film or a document, of which the first page counts
_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_NEVER = -1


@dataclass(frozen=True, slots=True)
class Page:
    """What a page of a TIFF file says of itself. `kinds`: bits and number format of its samples."""

    height: int
    width: int
    samples: int
    kinds: tuple[tuple[int, ...], tuple[int, ...]]
    grey: bool
    extra: tuple[int, ...]

    @property
    def banded(self) -> bool:
        """Does it hold other channels than grey or colours, with or without transparency?"""
        transparent = bool({1, 2} & {*self.extra})
        unknown = (self.grey and self.samples > 1) or (self.samples == 4 and self.extra == (0,))
        return self.samples > 4 or (unknown and not transparent)

    @property
    def deep(self) -> bool:
        """Are its numbers whole ones of more than 8 bits?"""
        return max(self.kinds[0]) > 8 and max(self.kinds[1]) <= 2


def first_page(data: bytes) -> Page | None:
    """The first page; None for other files than TIFF. ValueError if it is broken."""
    return next(_pages(data), None)


def count(data: bytes) -> int | None:
    """How many bands or pages of a TIFF file are channels; None where it is an ordinary picture, or another file.

    Pages are if there are 2 to 1,024 of them, grey, of one size and of one depth of 8 bits or more.
    """
    first = first_page(data)
    if first is None or first.banded:
        return first and first.samples
    if not first.grey or min(first.kinds[0]) < 8:
        return None
    pages = 0
    for page in _pages(data):
        pages += 1
        if page != first or pages > MOST_CHANNELS:
            return None
    return pages if pages > 1 else None


def _pages(data: bytes) -> Iterator[Page]:
    if data[:4] not in _MARKS:
        return
    file = io.BytesIO(data)
    directory = TiffImagePlugin.ImageFileDirectory_v2(data[:16] if b"+" in data[2:4] else data[:8])
    place, seen = directory.next, set[int]()
    while place and place not in seen:
        seen.add(place)
        file.seek(place)
        directory.next = _NEVER
        directory.load(file)
        if directory.next == _NEVER:  # Pillow only warns
            raise ValueError(f"truncated: no page at {place:,}")
        place = directory.next
        kinds = tuple(directory.get(258, (1,))), tuple(directory.get(339, (1,)))
        samples, extra = int(directory.get(277, 1)), tuple(directory.get(338, ()))
        yield Page(int(directory[257]), int(directory[256]), samples, kinds, directory.get(262) in (0, 1), extra)
