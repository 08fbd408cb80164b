"""The account of how a source is read: what is taken of it, with the reason, and what is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from headstart.core.shown import Unscored


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A part of a source that is read.

    what  the part, such as "column ticket"
    role  what it is taken for: "input", "label", "split"; "" for a sentence that says it all
    why   the reason, where it is a guess
    """

    what: str
    role: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Unscored):
    """What was taken of a source, and the names of what was not used: columns and files.

    `notes` are warnings that somebody who uses the data should see.
    """

    used: tuple[Used, ...] = ()
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def warnings(self) -> Sequence[str]:
        """The notes, by the name that every result of a verb has for them."""
        return self.notes
