"""Every case of every subject."""

from __future__ import annotations

from tests.helpers.badinput import (
    archives,
    arrays,
    boxes,
    commands,
    databases,
    images,
    layouts,
    masks,
    recipes,
    recordings,
    sequences,
    series,
    signals,
    sounds,
    splits,
    table_cells,
    tables,
    texts,
    tools,
    words,
)
from tests.helpers.badinput.case import Case

CASES: tuple[Case, ...] = tuple(
    case
    for subject in (
        images,
        masks,
        texts,
        words,
        tables,
        arrays,
        archives,
        boxes,
        tools,
        layouts,
        splits,
        recipes,
        recordings,
        sequences,
        series,
        signals,
        sounds,
        table_cells,
        commands,
        databases,
    )
    for case in subject.CASES
)
