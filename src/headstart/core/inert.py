"""Text that a terminal, a page of Markdown and a spreadsheet show and do not obey."""

import re

# what moves the cursor, changes colours, breaks lines unseen, or turns the order of letters around; tabs and line ends
# stay
_ACTIVE = (
    *range(9),
    *range(11, 32),
    *range(0x7F, 0xA0),
    0x061C,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
)
_SHOWN = {letter: f"\\u{letter:04x}" for letter in _ACTIVE}
_MARKUP = re.compile(r"([\\`*_\[\]|#~$])")
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("://", "&#58;//"), ("www.", "www&#46;"))
# what spreadsheets take for the beginning of a formula, behind quotes that mark such a cell as text
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def inert(text: str) -> str:
    """The same text with control letters as their numbers, in the form that JSON has."""
    return text.translate(_SHOWN)


def one_line(text: str) -> str:
    """The same on one line, so that no name can look like a message of its own."""
    return inert(text).replace("\n", "\\n").replace("\t", " ")


def markdown(text: str) -> str:
    """Text in one line of Markdown: no markup, no HTML, no links, no cell breaks, no headings."""
    shown = inert(_MARKUP.sub(r"\\\1", " ".join(text.split())))
    for mark, entity in _ENTITIES:
        shown = shown.replace(mark, entity)
    return shown


def quoted_formula(text: str) -> str:
    """A cell that a spreadsheet shows: `'` before what it would run. Numbers, also negative ones, stay as they are."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text.lstrip("'")) else text


def unquoted_formula(text: str) -> str:
    """A cell as it was before `quoted_formula`."""
    inner = text[1:]
    return inner if text[:1] == "'" and quoted_formula(inner) == text else text
