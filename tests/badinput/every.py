"""Every case of every subject."""

from __future__ import annotations

from badinput import archives, arrays, commands, images, masks, recipes, splits, tables, texts, words
from badinput.case import Case

CASES: tuple[Case, ...] = tuple(
    case
    for subject in (images, masks, texts, words, tables, arrays, archives, splits, recipes, commands)
    for case in subject.CASES
)
