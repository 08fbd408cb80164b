"""Progress where there is no terminal: one line that a notebook updates, or a line every few seconds in a log."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from headstart.core.inert import one_line

UPDATE, LOG = 0.5, 10.0  # seconds between two lines of a notebook, and of a log


def in_terminal() -> bool:
    """Can stderr draw a bar?"""
    return sys.stderr.isatty()


def minutes(seconds: float) -> str:
    """ "2:05"."""
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


@dataclass(slots=True)
class Line:
    """The newest state of some work on a stream that is no terminal.

    With `updates` the line is written over by the next one, as notebooks do with `\\r`, and the last one stays.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    updates: bool = field(default_factory=lambda: "ipykernel" in sys.modules)
    began: float = field(default_factory=lambda: time.monotonic())  # looked up when it is made
    _last: float = field(default_factory=lambda: time.monotonic())
    _width: int = 0
    _newest: str = ""
    _shown: str = ""

    def show(self, text: str) -> None:
        """The state is now `text`; it is written if the last one was written long enough ago."""
        self._newest = one_line(text)
        if time.monotonic() - self._last >= (UPDATE if self.updates else LOG):
            self._write()

    def close(self) -> None:
        """Write the last state, if it was not."""
        if self._newest != self._shown:
            self._write()
        if self.updates and self._shown:
            self.stream.write("\n")

    def _write(self) -> None:
        text = f"{self._newest} {minutes(time.monotonic() - self.began)}"
        # what is left of a longer line is written over
        self.stream.write(f"\r{text:{self._width}}" if self.updates else f"{text}\n")
        self.stream.flush()
        self._last, self._width, self._shown = time.monotonic(), len(text), self._newest
