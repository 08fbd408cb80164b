"""Feed a reader one input after the other: a result or a HeadstartError, soon, in bounded memory, nothing written."""

from __future__ import annotations

import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from headstart.core.errors import HeadstartError
from tests.helpers.fuzz.mutations import mutated

LONGEST = 5.0  # seconds of processor time an input may take
PATIENCE = 60.0  # seconds on the wall, however busy the machine: longer is a hang
GROWTH = 2 << 30  # bytes the process may grow: a picture of 89 million pixels needs most of it


@dataclass(frozen=True, slots=True)
class Seed:
    """A sound file. Half of its mutations happen inside `wrap`, which compresses what is changed and keeps it valid.

    `beside` are files that lie in the same folder.
    """

    name: str
    data: bytes
    wrap: Callable[[bytes], bytes] = bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subject:
    """A reader with its sound files. `read` gets the path of the mutated file and looks at everything in it."""

    name: str
    seeds: tuple[Seed, ...]
    read: Callable[[Path], object]


@dataclass(slots=True)
class Tally:
    """What became of the inputs: `read` and `refused` are well, each item of `bad` is a failure."""

    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    slowest: float = 0.0
    grown: int = 0


class Hang(BaseException):
    """An input took too long; no reader catches a BaseException."""


@contextmanager
def alarm(longest: float, patience: float) -> Iterator[None]:
    """Raise Hang in the main thread when so much processor time, or so much time on the wall, is over."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang

    clocks = ((signal.ITIMER_PROF, signal.SIGPROF, longest), (signal.ITIMER_REAL, signal.SIGALRM, patience))
    before = [signal.signal(name, ring) for _, name, _ in clocks]
    for clock, _, seconds in clocks:
        signal.setitimer(clock, seconds)
    try:
        yield
    finally:
        for (clock, name, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(clock, 0)
            signal.signal(name, handler)


@contextmanager
def refusals() -> Iterator[None]:
    """A HeadstartError of one line is as good as a result, our own mistake is not."""
    try:
        yield
    except HeadstartError as error:
        if "\n" in str(error) or error.exit_code == 70:
            raise AssertionError(str(error)) from error


def inputs(subject: Subject, count: int, seed: int, begin: int = 0) -> Iterator[tuple[int, Seed, bytes]]:
    """Numbered inputs; each depends on its number alone, so that one can be made again."""
    for number in range(begin, begin + count):
        random = Random(f"{subject.name} {seed} {number}")
        chosen = random.choice(subject.seeds)
        others = [one.data for one in subject.seeds]
        inside = random.random() < 0.5
        if inside:
            yield number, chosen, chosen.wrap(mutated(chosen.data, others, random))
        else:
            wrapped = [one.wrap(one.data) for one in subject.seeds]
            yield number, chosen, mutated(chosen.wrap(chosen.data), wrapped, random)


def attempt(subject: Subject, seed: Seed, data: bytes, folder: Path, tally: Tally, longest: float = LONGEST,
            patience: float = PATIENCE) -> None:  # fmt: skip
    """One input, laid in the folder and read."""
    for name, content in seed.beside.items():
        (folder / name).write_bytes(content)
    (folder / seed.name).write_bytes(data)
    began = time.process_time()
    try:
        with alarm(longest, patience):
            subject.read(folder / seed.name)
        tally.counts["read"] += 1
    except HeadstartError as error:
        tally.counts["refused"] += 1
        tally.codes[error.code] += 1
        if "\n" in str(error) or error.exit_code == 70:
            tally.bad.append(f"bad message {error}")
    except Hang:
        tally.bad.append(
            f"hang of {longest} s of processor time, or {patience} s, in {seed.name}\n{traceback.format_exc(limit=-6)}"
        )
    except BaseException as crash:
        if isinstance(crash, KeyboardInterrupt):
            raise
        tally.bad.append(f"crash on {seed.name}\n{traceback.format_exc(limit=-6)}")
    took = time.process_time() - began
    tally.slowest = max(tally.slowest, took)
    if took > longest + 1:
        tally.bad.append(f"{took:.1f} s for {seed.name}")


def fuzzed(subject: Subject, place: Path, *, count: int, seed: int = 0, begin: int = 0, longest: float = LONGEST,
           patience: float = PATIENCE,
           told: Callable[[int, bytes], object] = lambda number, data: None) -> Tally:  # fmt: skip
    """Many inputs for one reader. `place` is an empty folder; everything that appears outside of place/in is bad."""
    tally = Tally()
    inner = place / "in"
    inner.mkdir()
    before = _peak()
    for number, chosen, data in inputs(subject, count, seed, begin):
        told(number, data)
        failures = len(tally.bad)
        attempt(subject, chosen, data, inner, tally, longest, patience)
        tally.bad[failures:] = [f"input {number} of seed {seed}: {line}" for line in tally.bad[failures:]]
        known = {chosen.name, *chosen.beside}
        strange = [path.name for path in inner.iterdir() if path.name not in known]
        strange += [path.name for path in place.iterdir() if path != inner]
        if strange:
            tally.bad.append(f"input {number} of seed {seed}: wrote {strange}")
        for name in known:
            (inner / name).unlink(missing_ok=True)
    tally.grown = _peak() - before
    if tally.grown > GROWTH:
        tally.bad.append(f"{tally.grown:,} bytes of memory")
    return tally


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
