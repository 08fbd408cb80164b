"""What people look at of one row: a picture, or text with its spans marked, and words below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image

    from headstart.core.contracts.types import Columns

State = Literal["", "label", "right", "wrong", "missed"]
"""What a stretch of text is: nothing special, labelled, an answer that is right or wrong, or one that was missed."""

Span = tuple[int, int, str, State]
"""First word, the word behind the last, label and state."""


@dataclass(frozen=True)
class Piece:
    """A stretch of text; with a state it is marked and its label written beside it. `weight` from -1 to 1 says how far
    it speaks against or for an answer."""

    text: str
    label: str = ""
    state: State = ""
    weight: float = 0.0


Line = Sequence[Piece]


@dataclass(frozen=True)
class Look:
    """One row as people look at it. `title` and `note` stand below, e.g. "said cat (61%)", "is dog". `sound` is a WAV
    file that a page plays."""

    picture: Image | None = None
    lines: Sequence[Line] = ()
    title: str = ""
    note: str = ""
    sound: bytes | None = None


class Audible(Protocol):
    """Rows as people hear them."""

    def files(self, columns: Columns) -> list[bytes]:
        """Stored rows as small WAV files, one each."""
        ...


def look_of(rendered: Any) -> Look:
    """What a view rendered of a row: a text becomes a line, all else is a picture."""
    return Look(lines=((Piece(rendered),),)) if isinstance(rendered, str) else Look(picture=rendered)


def marked(words: Sequence[str], spans: Iterable[Span]) -> list[Line]:
    """Words in lines with their spans marked; spans that overlap stand in further lines of the same words."""
    lines: list[list[Span]] = [[]]
    for span in sorted(spans, key=lambda one: (one[3] == "missed", one[0], one[1])):
        free = (line for line in lines if all(span[1] <= other[0] or other[1] <= span[0] for other in line))
        line = next(free, None)
        if line is None:
            lines.append(line := [])
        line.append(span)
    return [_pieces(words, sorted(line)) for line in lines]


def compared(said: Iterable[tuple[int, int, str]], true: Iterable[tuple[int, int, str]]) -> list[Span]:
    """Answered and true spans of words as marks: right, wrong, missed."""
    answered, wanted = set(said), set(true)
    states: list[tuple[State, set[tuple[int, int, str]]]] = [
        ("right", answered & wanted),
        ("wrong", answered - wanted),
        ("missed", wanted - answered),
    ]
    return [(*span, state) for state, found in states for span in found]


def _pieces(words: Sequence[str], spans: Sequence[Span]) -> Line:
    pieces, place = [], 0
    for begin, end, label, state in spans:
        if begin > place:
            pieces.append(Piece(" ".join(words[place:begin])))
        pieces.append(Piece(" ".join(words[begin:end]), label, state))
        place = end
    return [*pieces, Piece(" ".join(words[place:]))] if place < len(words) else pieces
