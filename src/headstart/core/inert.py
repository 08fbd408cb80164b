"""Text that a terminal shows and does not obey."""

# what moves the cursor, changes colours, or turns the order of letters around; tabs and line ends stay
_ACTIVE = (
    *range(9),
    *range(11, 32),
    *range(0x7F, 0xA0),
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)
_SHOWN = {letter: f"\\u{letter:04x}" for letter in _ACTIVE}


def inert(text: str) -> str:
    """The same text with control letters as their numbers, in the form that JSON has."""
    return text.translate(_SHOWN)
