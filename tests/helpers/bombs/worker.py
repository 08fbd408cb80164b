"""A process that prepares bombs one after the other and reports what each cost: `python -m ... FOLDER NAME...`."""

from __future__ import annotations

import ctypes
import gc
import json
import shutil
import sys
import time
from pathlib import Path

from tests.helpers.bombs import BOMBS
from tests.helpers.bombs.pictures import honest


def peak() -> int:
    """The most memory in use since it was last asked to forget, in bytes."""
    told = Path("/proc/self/status").read_text("ascii").partition("VmHWM:")[2]
    return int(told.split()[0]) * 1024


def forget() -> None:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def prepared(given: Path, out: Path) -> str:
    import headstart as hs
    from headstart.core.errors import HeadstartError

    try:
        hs.prepare(given, out=out)
    except HeadstartError as error:
        return error.line()
    return "read"


def said(report: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def main(root: Path, names: list[str]) -> None:
    import pyarrow.parquet  # noqa: F401  what every run imports is no cost of a bomb

    warm = root / "warm"
    for name, data in honest().items():
        (warm / name).parent.mkdir(parents=True, exist_ok=True)
        (warm / name).write_bytes(data)
    said({"name": "honest", "said": prepared(warm, root / "warm.out")})
    known = {bomb.name: bomb for bomb in BOMBS}
    for number, name in enumerate(names):
        place = root / str(number)
        place.mkdir()
        given = known[name].build(place)
        forget()
        before, began, clock = peak(), time.process_time(), time.monotonic()
        told = prepared(given, place / "out")
        cost = {"seconds": time.process_time() - began, "wall": time.monotonic() - clock}
        cost |= {"megabytes": (peak() - before) / 1e6, "left": (place / "out").exists()}
        said({"name": name, "said": told, **cost})
        shutil.rmtree(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
