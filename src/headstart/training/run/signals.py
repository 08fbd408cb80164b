"""SIGINT and SIGTERM in the middle of a run: never in the middle of a step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from headstart.core.errors import HeadstartError


class Interrupted(HeadstartError):
    """A signal came; the state is saved and the same command goes on from here."""

    def __init__(self, number: int, folder: Path) -> None:
        fix = f"run the same command again to go on ({folder})"
        super().__init__(130, f"interrupted by {signal.Signals(number).name}, state saved", fix=fix)
        self.number, self.exit_code = number, 128 + number


@contextmanager
def signals(*, active: bool) -> Iterator[list[int]]:
    """Inside, they only raise a flag, so that a step is never cut in two; a second SIGINT ends at once."""
    caught: list[int] = []
    if not active or threading.current_thread() is not threading.main_thread():
        yield caught
        return

    def note(number: int, frame: FrameType | None) -> None:
        if caught and number == signal.SIGINT:
            raise KeyboardInterrupt
        caught.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
