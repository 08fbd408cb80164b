"""Which rows a model learned from: their hashes, and sketches by which changed copies of them are known again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from headstart.core.errors import DataError
from headstart.core.files import write_whole
from headstart.data.preparing.sketching import sketches_of
from headstart.data.store import Store
from headstart.models.start import Start
from headstart.models.trust.safe_files import plain_file

SEEN, SKETCHES = "seen.bin", "sketches.bin"
MOST_SKETCHES = 1_000_000  # rows, an even sample of more: pictures take 264 bytes each, texts 136
_MOST = 1 << 31  # bytes, 268 million rows
KEY = 8  # bytes of a hash
_WIDEST = 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of rows that were learned from: their hashes, sorted uint64 [n], hash and sketch of them, uint8
    [m, 8 + bytes], and the kind of modality that made these."""

    seen: np.ndarray
    sketches: np.ndarray
    kind: str

    def fits(self, sketches: np.ndarray) -> bool:
        """Are its sketches of the same form? Those of earlier versions are shorter."""
        return self.sketches.shape[1] == KEY + sketches.shape[1]


def of_start(start: Start) -> Memory:
    """What a model, and its parents, learned from."""
    return Memory(start.seen(), start.sketches(), start.config["modality"]["kind"])


def of_rows(store: Store, rows: np.ndarray) -> Memory:
    """The same of rows of a store that are learned from now."""
    return Memory(np.unique(row_numbers(store.hashes_of(rows))), sketched(store, rows), store.manifest["modality"])


def row_numbers(hashes: list[bytes]) -> np.ndarray:
    """Row hashes as uint64, the form in which a model remembers what it saw."""
    return np.array([int.from_bytes(h[:KEY], "little") for h in hashes], np.uint64)


def sketched(store: Store, rows: np.ndarray) -> np.ndarray:
    """Hash and sketch of each row, uint8 [n, 8 + bytes], of at most 1,000,000 rows: those of the smallest hashes.

    [0, 8] where the modality has none.
    """
    keys = row_numbers(store.hashes_of(rows))
    if store.modality.duplicates is None or not len(rows):
        return np.empty((0, KEY), np.uint8)
    chosen = np.argsort(keys, kind="stable")[:MOST_SKETCHES]
    found = sketches_of(store.modality.duplicates, store.take, rows[np.sort(chosen)])
    return np.concatenate([keys[np.sort(chosen)].view(np.uint8).reshape(-1, KEY), found], 1)


def write(path: Path, seen: Sequence[np.ndarray], sketches: Sequence[np.ndarray]) -> None:
    """Write into a model directory what it and its parents saw: hashes [n] and `sketched` rows of each."""
    write_whole(path / SEEN, np.unique(np.concatenate([np.empty(0, np.uint64), *seen]).astype(np.uint64)).tobytes())
    width = sketches[0].shape[1] if sketches else KEY
    rows = np.concatenate([np.empty((0, width), np.uint8), *(one for one in sketches if one.shape[1] == width)])
    keys, first = np.unique(np.ascontiguousarray(rows[:, :KEY]).view(np.uint64)[:, 0], return_index=True)
    kept = rows[first[: min(len(keys), MOST_SKETCHES)]]
    write_whole(path / SKETCHES, np.uint64(width).tobytes() + kept.tobytes())


def seen(path: Path) -> np.ndarray:
    """Hashes of the rows that a model directory names, sorted uint64."""
    check(path)
    return np.fromfile(path / SEEN, np.uint64) if (path / SEEN).exists() else np.empty(0, np.uint64)


def sketches(path: Path) -> np.ndarray:
    """Hash and sketch of rows as `sketched` gives them; [0, 8] for a directory of an earlier version."""
    check(path)
    if not (path / SKETCHES).exists():
        return np.empty((0, KEY), np.uint8)
    content = np.fromfile(path / SKETCHES, np.uint8)
    return content[KEY:].reshape(-1, _width(path / SKETCHES))


def check(path: Path) -> None:
    """DataError unless both files, where there are any, are lists of rows of one length."""
    for name in (SEEN, SKETCHES):
        place = path / name
        if not place.exists():
            continue
        size = plain_file(place, most=_MOST).stat().st_size
        width = KEY if name == SEEN else _width(place)
        if width < KEY or width > _WIDEST or (size - (KEY if name == SKETCHES else 0)) % width:
            fix, expected = "restore the file or make the model again", f"{width} bytes for every row"
            raise DataError(379, "the rows that the model saw cannot be read", where=place, expected=expected, fix=fix)


def _width(place: Path) -> int:
    """Bytes of a row of sketches; 0 where the file does not say it."""
    with place.open("rb") as file:
        return int.from_bytes(file.read(KEY), "little")
