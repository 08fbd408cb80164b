"""Tables of recordings: which column says what is said, and what is told where another one is taken."""

from __future__ import annotations

from typing import Any

from headstart.data.reading.roles import Roles
from headstart.data.reading.table_columns import choose

SOUNDS = [{"file": f"{n}.wav", "speaker": "ab"[n % 2], "label": n % 3, "transcript": f"one {n}"} for n in range(12)]
PICTURES = [{**row, "file": f"{row['file']}.png"} for row in SOUNDS]


def chosen(rows: list[dict[str, Any]], *columns: str, **asked: Any) -> Roles:
    told = {"input": None, "target": None, **asked}
    return choose(columns, **told, where="t.csv", rows=[{name: row[name] for name in columns} for row in rows])


def test_what_is_said_is_the_label_where_no_column_is_called_so() -> None:
    roles = chosen(SOUNDS, "file", "transcript", "speaker")
    assert (roles.inputs, roles.target, roles.notes) == (("file",), "transcript", ())
    renamed = [{**row, "Sentence": row["transcript"], "path": row["file"]} for row in SOUNDS]
    assert chosen(renamed, "path", "Sentence", "speaker").target == "Sentence"  # as Common Voice has it


def test_a_label_goes_first_and_the_other_one_is_named() -> None:
    roles = chosen(SOUNDS, "file", "label", "transcript")
    assert roles.target == "label"
    assert roles.notes == (
        "'label' was taken for the label; 'transcript' holds what is said: --target transcript learns to transcribe",
    )
    assert roles.account().notes == roles.notes
    assert chosen(SOUNDS, "file", "label", "transcript", target="transcript").notes == ()
    assert chosen(SOUNDS, "file", "label", "transcript", target="label").notes == ()


def test_texts_beside_pictures_and_texts_that_are_the_input_are_no_transcripts() -> None:
    assert chosen(PICTURES, "file", "transcript", "speaker").target == "speaker"
    texts = [{"text": f"a long text {n}", "transcription": f"some other words {n}", "label": n % 2} for n in range(9)]
    roles = chosen(texts, "text", "transcription", "label")
    assert (roles.inputs, roles.target, roles.notes) == (("text",), "label", ())
