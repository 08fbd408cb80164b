"""Every case of every subject."""

from __future__ import annotations

from badinput import archives, arrays, commands, images, recipes, splits, tables, texts
from badinput.case import Case

CASES: tuple[Case, ...] = tuple(
    case for subject in (images, texts, tables, arrays, archives, splits, recipes, commands) for case in subject.CASES
)
