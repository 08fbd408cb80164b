"""A process of its own that fuzzes one reader: a crash of native code, or a hang in it, ends only this process.

`python -m tests.helpers.fuzz.worker NAME COUNT SEED FOLDER [BEGIN]` keeps the input at work in FOLDER/input and prints
one JSON line.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import sys
import warnings
from pathlib import Path

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MEMORY = 4 << 30  # bytes of address space above what the libraries take
WATCHED = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.system", "os.exec",
           "os.posix_spawn", "subprocess.Popen", "socket.connect", "shutil.unpack_archive")  # fmt: skip


def main(name: str, count: str, seed: str, folder: str, begin: str = "0") -> None:
    """Fuzz the reader and print what came of it."""
    os.environ |= {"HF_DATASETS_CACHE": str(Path(folder) / "datasets"), "HF_HUB_OFFLINE": "1"}
    from tests.helpers.fuzz import harness, subjects

    warnings.simplefilter("error")
    subject = subjects.subject(name)
    place = Path(folder) / f"place-{begin}"
    place.mkdir()
    for one in subject.seeds:  # caches are filled, and modules imported, before anything is counted
        harness.attempt(subject, one, one.wrap(one.data), place, harness.Tally())
        for path in place.iterdir():
            path.unlink()
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    watched: list[str] = []
    sys.addaudithook(lambda event, arguments: _watch(event, arguments, str(folder), watched))

    def told(number: int, data: bytes) -> None:
        faulthandler.dump_traceback_later(2 * harness.PATIENCE, exit=True)
        (Path(folder) / "input").write_bytes(f"{number}\n".encode() + data)

    tally = harness.fuzzed(subject, place, count=int(count), seed=int(seed), begin=int(begin), told=told)
    faulthandler.cancel_dump_traceback_later()
    if watched:
        tally.bad.append(f"outside of the folder: {watched[:5]}")
    found = {"read": tally.counts["read"], "refused": tally.counts["refused"], "bad": tally.bad[:20]}
    sys.stdout.write(json.dumps({**found, "slowest": tally.slowest, "grown": tally.grown}) + "\n")


def _watch(event: str, arguments: tuple[object, ...], folder: str, watched: list[str]) -> None:
    """Note whatever writes, removes, starts or calls something outside of the folder."""
    if event == "open":
        path, _, flags = arguments
        writes = isinstance(flags, int) and flags & WRITING
        if not writes or not isinstance(path, str | bytes):
            return
    elif event not in WATCHED:
        return
    path = str(os.fsdecode(arguments[0])) if arguments and isinstance(arguments[0], str | bytes) else event
    if event in ("os.remove", "os.rmdir") and isinstance(arguments[1], int) and arguments[1] >= 0:
        path = os.path.join(os.readlink(f"/proc/self/fd/{arguments[1]}"), path)  # as rmtree names what it removes
    if not path.startswith((folder, "/dev/null")):
        watched.append(f"{event} {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
