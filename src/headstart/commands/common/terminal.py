"""Where a command meets the operating system: its streams, whatever state they are in, and the signals that end it."""

import io
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from headstart.core.inert import inert, one_line


class Terminated(BaseException):
    """SIGTERM came while nothing was trained; training itself saves its state first."""


@contextmanager
def terminable() -> Iterator[None]:
    """Inside, SIGTERM is an exception, so that what is half written is cleared away; afterwards it ends the process."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second one must not cut the clearing short
        raise Terminated

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        # the exit code is decided: what comes now ends the process without a traceback from the interpreter's end
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)


def open_streams() -> None:
    """Give the process the streams it was started without, so that no file takes their numbers; none fails on a letter.

    A letter that the locale cannot show is printed as its number.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(line: str) -> None:
    """Print a line on stdout now; a reader that went away is no mistake of ours."""
    pour(line + "\n")


def pour(piece: str) -> None:
    """Print a piece of a text on stdout now; a reader that went away is no mistake of ours."""
    try:
        sys.stdout.write(inert(piece))
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads stdout any more: it leads nowhere, or the interpreter complains at its end
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def complain(line: str) -> None:
    """Print a line on stderr, if anybody listens."""
    try:
        sys.stderr.write(inert(line) + "\n")
        sys.stderr.flush()
    except OSError:
        return


def json_line(value: Any) -> str:
    """One JSON object as a line of whatever encoding stdout has: valid also where letters are escaped."""
    return json.dumps(value, ensure_ascii=(sys.stdout.encoding or "utf-8").lower() not in ("utf-8", "utf8"))


def warn(lines: Sequence[str], *, quiet: bool) -> None:
    """Say at once what must not wait for the end of a run."""
    if not quiet:
        sys.stderr.write("".join(f"warning: {one_line(line)}\n" for line in lines))


def tell(line: str, *, quiet: bool) -> None:
    """Say something on stderr that does not wait for the end of a run."""
    if not quiet:
        sys.stderr.write(f"{inert(line)}\n")


def tell_taken(taken: Mapping[str, Sequence[str]], *, quiet: bool) -> None:
    """Say what was taken of raw data and what was not, as `Store.taken` has it."""
    if taken.get("used"):
        from headstart.data.reading.accounts import sentence

        tell(sentence(taken["used"], taken.get("unused", ())), quiet=quiet)


def peak_memory_bytes() -> int:
    """The most memory this process ever held."""
    if sys.platform == "win32":
        import ctypes

        counters = (ctypes.c_size_t * 9)()  # PROCESS_MEMORY_COUNTERS: its size and page faults, the peak, and others
        counters[0] = ctypes.sizeof(counters)
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.K32GetProcessMemoryInfo(ctypes.c_void_p(kernel.GetCurrentProcess()), counters, ctypes.sizeof(counters))
        return counters[1]
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
