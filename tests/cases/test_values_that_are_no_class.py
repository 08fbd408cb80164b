"""Spans become tags, choices become classes, and what is neither is refused with the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headstart import finetune
from headstart.core.errors import DataError, UsageError
from headstart.data.prepare import prepare
from headstart.data.reading.open_raw import open_raw
from headstart.data.records import Words

TEXT = "Anna met O'Neil in Lund."
TAGGED = (Words(("Anna", "met", "O'Neil", "in", "Lund", ".")), ["B-PER", "O", "B-PER", "O", "B-LOC", "O"])
SPANS = [(0, 4, "PER"), (9, 15, "PER"), (19, 23, "LOC")]
FORMS: dict[str, Any] = {
    "lists": [list(one) for one in SPANS],
    "objects": [{"start": a, "end": b, "label": name} for a, b, name in SPANS],
    "lists of labels": [{"start": a, "end": b, "text": TEXT[a:b], "labels": [name]} for a, b, name in SPANS],
    "offsets": [{"start_offset": a, "end_offset": b, "label": name, "id": a} for a, b, name in SPANS],
    "entities": {"entities": [list(one) for one in SPANS]},
    "in any order": [list(one) for one in reversed(SPANS)],
}


def lines(place: Path, rows: list[dict[str, Any]]) -> Path:
    (place / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place / "t.jsonl"


def read(given: Path, target: str | None = None) -> list[tuple[Any, Any]]:
    raw = open_raw(given, modality="auto", input=None, target=target)
    return [(example["input"], example.get("label")) for example in raw.examples()]


@pytest.mark.parametrize("form", FORMS)
def test_spans_of_letters_are_read_as_tags(form: str, tmp_path: Path) -> None:
    rows = [{"text": TEXT, "label": FORMS[form]}, {"text": "Nobody came.", "label": []}]
    assert read(lines(tmp_path, rows)) == [TAGGED, (Words(("Nobody", "came", ".")), ["O", "O", "O"])]


def test_spans_inside_of_a_text_of_csv_are_read_too(tmp_path: Path) -> None:
    cell = json.dumps(FORMS["objects"]).replace('"', '""')
    (tmp_path / "t.csv").write_text(f'text,label\n"{TEXT}","{cell}"\n')
    assert read(tmp_path / "t.csv") == [TAGGED]


def test_a_span_within_a_word_cuts_it(tmp_path: Path) -> None:
    (found,) = read(lines(tmp_path, [{"text": "pre-war Swedishness", "label": [[8, 15, "LANG"]]}]))
    assert found == (Words(("pre", "-", "war", "Swedish", "ness")), ["O", "O", "O", "B-LANG", "O"])


def test_lists_of_words_and_tags_may_stand_as_texts(tmp_path: Path) -> None:
    words, tags = ("Anna", "met", "Bo"), ["B-PER", "O", "B-PER"]
    for write in (json.dumps, lambda value: str(list(value)), lambda value: str(list(value)).replace(",", "")):
        cells = ",".join('"' + write(list(value)).replace('"', '""') + '"' for value in (words, tags))
        (tmp_path / "t.csv").write_text(f"tokens,ner_tags\n{cells}\n")
        assert read(tmp_path / "t.csv") == [(Words(words), tags)]


def test_choices_are_classes(tmp_path: Path) -> None:
    rows = [{"text": f"text {n}", "mood": {"choices": ["calm", "loud"][: 1 + n % 2]}} for n in range(4)]
    assert [label for _, label in read(lines(tmp_path, rows), "mood")] == [["calm"], ["calm", "loud"]] * 2
    rows = [{"text": f"text {n}", "mood": "calm" if n % 2 else {"choices": ["loud"]}} for n in range(2)]
    assert [label for _, label in read(lines(tmp_path, rows), "mood")] == [["loud"], "calm"]


def test_objects_are_no_classes_and_the_error_says_what_to_do(tmp_path: Path) -> None:
    rows = [{"text": f"text number {n}", "label": {"score": n % 2, "by": "me"}} for n in range(40)]
    store = prepare(lines(tmp_path, rows), tmp_path / "data", near="keep")
    with pytest.raises(DataError, match=r"HS-D418.*found {'by': 'me', 'score': .*fix: .*by target, or"):
        finetune(store, start="scratch", task="classify", out=tmp_path / "out")
    with pytest.raises(DataError, match=r"HS-D928.*by: a target has one class alone: found me"):
        finetune(store, start="scratch", out=tmp_path / "out")


def test_numbers_that_may_name_or_measure_are_asked_for(tmp_path: Path) -> None:
    rows = "".join(f"text number {n},{n % 4}.5\n" for n in range(60))
    (tmp_path / "t.csv").write_text("text,label\n" + rows)
    store = prepare(tmp_path / "t.csv", tmp_path / "data", near="keep")
    assert sorted(store.manifest["classes"]["train"]) == ["0.5", "1.5", "2.5", "3.5"]
    with pytest.raises(UsageError, match=r'HS-U526.*task="classify" or task="regress"'):
        finetune(store, start="scratch", out=tmp_path / "out", steps=1)
    model = finetune(store, start="scratch", task="regress", out=tmp_path / "one", steps=1)
    assert "value" in model.predict(["text number 1"])[0]


def test_several_labels_a_row_are_learned_and_answered_as_a_list(tmp_path: Path) -> None:
    rows = "".join(f"{'red apple' if n % 2 else 'blue sky'} number {n},{'red' if n % 2 else 'blue|cold'}\n"
                   if n % 3 else f"red sky number {n},red|cold\n" for n in range(90))  # fmt: skip
    (tmp_path / "t.csv").write_text("text,labels\n" + rows)
    model = finetune(tmp_path / "t.csv", start="scratch", backbone="linear", out=tmp_path / "out")
    (answer,) = model.predict(["blue sky number 7"])
    assert answer["labels"] == ["blue", "cold"]
