"""Texts whose words are known: written as one string with unseen marks in it, so that they are stored like any text.

Control characters are taken out of every text that is read (`texts.clean`), so none of these marks can be in one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from headstart.data.records import Words as Words
from headstart.data.records import cut as cut
from headstart.data.records import is_unspaced as is_unspaced

END, MARK, SEGMENT = "\x1f", "\x1e", "\x1d"
"""Behind a word; before a marked word; between the parts of a text that came from several columns."""

_LOST = "\ufffd"  # stands for a word of which cleaning leaves nothing: answers are counted by words


@dataclass(frozen=True, slots=True)
class Surface:
    """A text as it is read, where its words begin and end in it, and which of them are marked."""

    text: str
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    marked: tuple[int, ...]


def written(words: Sequence[str], marked: Sequence[int] = ()) -> str:
    """Clean words as one string with marks."""
    asked = set(marked)
    return END.join((MARK if i in asked else "") + (word or _LOST) for i, word in enumerate(words)) + END


def surface(stored: str) -> Surface:
    """The opposite of `written`: words with a space between them, but none beside letters that are written without."""
    text, begins, ends, marked = "", [], [], []
    for number, word in enumerate(stored.removesuffix(END).split(END)):
        if word.startswith(MARK):
            marked.append(number)
            word = word[1:]
        text += " " if text and not (is_unspaced(text[-1]) and is_unspaced(word[0])) else ""
        begins.append(len(text))
        text += word
        ends.append(len(text))
    return Surface(text, tuple(begins), tuple(ends), tuple(marked))


def readable(stored: str) -> str:
    """A stored text as a person reads it: its words with spaces, its parts on lines of their own."""
    return surface(stored).text if END in stored else stored.replace(SEGMENT, "\n")
