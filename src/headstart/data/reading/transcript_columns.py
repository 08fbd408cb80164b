"""The column of a table of recordings that says what is said in them."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from headstart.data.file_names import SOUNDS
from headstart.data.records import is_missing

_SAID = ("transcript", "transcription", "transcripts", "sentence", "text", "normalized_text", "utterance")


def named_so(columns: Sequence[str]) -> str | None:
    """The column with a usual name for transcripts; None if there is none."""
    lower = {column.strip().lower(): column for column in columns}
    return next((lower[name] for name in _SAID if name in lower), None)


def transcripts(columns: Sequence[str], inputs: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The same, beside one column of names of sounds; None for rows of other things."""
    if len(inputs) != 1 or not _are_sounds([row.get(inputs[0]) for row in rows]):
        return None
    return named_so([column for column in columns if column not in inputs])


def told(label: str, said: str) -> str:
    """What to say where another column was taken for the label."""
    return f"'{label}' was taken for the label; '{said}' holds what is said: --target {said} learns to transcribe"


def _are_sounds(values: Sequence[Any]) -> bool:
    names = [value.get("path") if isinstance(value, Mapping) else value for value in values if not is_missing(value)]
    return bool(names) and all(
        isinstance(name, str) and PurePosixPath(name.strip().lower()).suffix in SOUNDS for name in names
    )
