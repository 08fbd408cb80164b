"""A text that grows by one id at a time: whole letters only, cut before a stop string."""

from collections.abc import Sequence

from headstart.core.contracts.vocabulary import Vocabulary

_HALF = "\ufffd"  # how a tokenizer spells bytes that are no whole letter
_CONTEXT = 8  # ids before the new ones that may change how these are spelled


class Spelling:
    """Ids -> pieces of text, each as soon as its last letter is whole; `begun` are the ids before the first of them."""

    def __init__(self, vocabulary: Vocabulary, begun: Sequence[int]) -> None:
        self._vocabulary = vocabulary
        self._ids = list(begun[-_CONTEXT:])
        self._context = vocabulary.decode(self._ids)
        self._opens = not self._context  # tokenizers put a space before the first word of a text

    def add(self, one: int) -> str:
        """What can be said once this id is known; "" while a letter is not whole."""
        self._ids.append(one)
        whole = self._vocabulary.decode(self._ids)
        if whole.endswith(_HALF):
            return ""
        piece, self._context = whole[len(self._context) :], whole
        piece, self._opens = piece.removeprefix(" ") if self._opens else piece, False
        if len(self._ids) > 4 * _CONTEXT:
            self._ids = self._ids[-_CONTEXT:]
            self._context = self._vocabulary.decode(self._ids)
        return piece


class Stops:
    """Text -> text that no stop string has begun in; what may be the beginning of one is held back.

    `met` says that one was met: nothing follows.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._held = ""
        self.met = False

    def add(self, piece: str) -> str:
        """What is certain to stand before any stop string."""
        text = self._held + piece
        places = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if places:
            self.met, self._held = True, ""
            return text[: min(places)]
        starts = {stop[:size] for stop in self._stops for size in range(1, len(stop))}
        begun = max((len(start) for start in starts if text.endswith(start)), default=0)
        self._held = text[len(text) - begun :]
        return text[: len(text) - begun]

    def rest(self) -> str:
        """What was held back, at the end of the text."""
        rest, self._held = self._held, ""
        return rest
