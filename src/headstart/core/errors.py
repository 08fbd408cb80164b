"""Every error a user can cause: where, what, found, expected and fix in one line, and a stable exit code."""

import difflib
from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

from headstart.core.inert import inert

_SHOWN = 30  # names in a piece of advice


class HeadstartError(Exception):
    """Something a person can put right. `line()` is what the command prints, `str(error)` the same for Python: advice
    then names parameters and functions in place of options and commands.

    `code` is a stable number within the class's letter, e.g. 101 of `DataError` prints as `HS-D101`.
    """

    letter: ClassVar[str] = "X"
    exit_code: int = 70

    def __init__(
        self, code: int, what: str, *, where: object = "", found: object = "", expected: object = "", fix: str = ""
    ) -> None:
        self.code = f"HS-{self.letter}{code}"
        self.what, self.where, self.found = what, str(where), str(found)
        self.expected, self.fix = str(expected), fix
        super().__init__(self.line())

    def advised(self, fix: str, *, found: object = "") -> Self:
        """The same error with another fix, where the one it came with is of no use, and with what was found since."""
        number = int(self.code.removeprefix(f"HS-{self.letter}"))
        return type(self)(
            number, self.what, where=self.where, found=found or self.found, expected=self.expected, fix=fix
        )  # fmt: skip

    def __str__(self) -> str:
        from headstart.core.python_words import in_python

        return in_python(self.line())

    def line(self) -> str:
        """The whole message in the words of the command line."""
        place = f"{self.where}: " if self.where else ""
        facts = [f"found {self.found}"] if self.found else []
        facts += [f"expected {self.expected}"] if self.expected else []
        detail = ": " + ", ".join(facts) if facts else ""
        cure = f". fix: {self.fix}" if self.fix else ""
        return inert(" ".join(f"error[{self.code}]: {place}{self.what}{detail}{cure}".split()))


class UsageError(HeadstartError):
    """The command line or the arguments of a Python call do not fit together."""

    letter, exit_code = "U", 2


class DataError(HeadstartError):
    """The data a user gave cannot be used as they are."""

    letter, exit_code = "D", 65


class InternalError(HeadstartError):
    """Our mistake, noticed by ourselves."""


class StorageError(HeadstartError):
    """The disk, a permission or a checksum stands in the way."""

    letter, exit_code = "I", 74


class BusyError(HeadstartError):
    """Somebody else works in this directory."""

    letter, exit_code = "B", 75


class RecipeError(HeadstartError):
    """A recipe has an unknown key, a wrong value, or differs from the run it should continue."""

    letter, exit_code = "R", 78


class ContractError(RecipeError):
    """Two parts were put together that cannot work together."""

    letter = "C"


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice for a mistyped name: the nearest known one, else the first of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"did you mean '{close[0]}'?" if close else "choose one of " + ", ".join(names[:_SHOWN]) + more


def alternatives(names: Sequence[str]) -> str:
    """ "a, b or c"."""
    return " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
