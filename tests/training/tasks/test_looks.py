"""Answers and labels as people look at them: marked in the text, drawn on the picture."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow

from headstart.core.contracts.budget import Budget
from headstart.core.contracts.look import Look, Piece
from headstart.data.modalities.image.annotations import packed
from headstart.data.modalities.image.image import Image
from headstart.data.modalities.text.text import Text
from headstart.training.tasks.classify.classify import Classify
from headstart.training.tasks.detect.detect import Detect
from headstart.training.tasks.roles.answer import Predicates
from headstart.training.tasks.roles.roles import Roles
from headstart.training.tasks.segment.segment import Segment
from headstart.training.tasks.tag.answer import Tags
from headstart.training.tasks.tag.tag import Tag

WORDS = ["Ada", "saw", "New", "York"]
TRUE = ["B-PER", "O", "B-LOC", "I-LOC"]


def pictures() -> Image:
    made = Image(fit="stretch")
    made.fit([{"input": np.zeros((8, 8), np.uint8)}], Budget())
    return made


def test_tags_are_marked_as_spans_and_o_is_no_mark() -> None:
    answer = {"tags": ["B-PER", "O", "B-PER", "O"]}
    first, second = Tags(("PER", "LOC"), "bio").mark(answer, {"label": TRUE}, WORDS)
    assert first == [Piece("Ada", "PER", "right"), Piece("saw"), Piece("New", "PER", "wrong"), Piece("York")]
    assert second == [Piece("Ada saw"), Piece("New York", "LOC", "missed")]
    (line,) = Tag.show_label(Look(), {"label": TRUE}, WORDS, Text()).lines
    assert line == [Piece("Ada", "PER", "label"), Piece("saw"), Piece("New York", "LOC", "label")]


def test_where_every_word_has_a_tag_only_wrong_ones_are_marked() -> None:
    answers = Tags(("NOUN", "VERB"), "plain")
    (line,) = answers.mark({"tags": ["NOUN", "NOUN"]}, {"label": ["NOUN", "VERB"]}, WORDS[:2])
    assert line == [Piece("Ada"), Piece("saw", "NOUN, is VERB", "wrong")]


def test_every_predicate_has_its_line_with_its_arguments() -> None:
    true = [{"index": 1, "args": [{"start": 0, "end": 1, "role": "A0"}, {"start": 2, "end": 4, "role": "A1"}]}]
    said = [{"index": 1, "args": [{"start": 0, "end": 1, "role": "A0"}]}, {"index": 3, "args": []}]
    first, second = Predicates().mark({"predicates": said}, {"label": {"predicates": true}}, WORDS)
    assert first == [Piece("Ada", "A0", "right"), Piece("saw", "V", "label"), Piece("New York", "A1", "missed")]
    assert second == [Piece("Ada saw New"), Piece("York", "V", "wrong")]
    (line,) = Roles.show_label(Look(), {"label": {"predicates": true}}, WORDS, Text()).lines
    assert [piece.state for piece in line] == ["label"] * 3


def test_boxes_and_masks_are_drawn_on_pictures_and_classes_are_told() -> None:
    dark = Look(Pillow.new("L", (8, 8)))
    label = {"size": [8, 8], "boxes": [[2, 2, 6, 6]], "labels": ["cat"]}
    boxed = Detect.show_label(dark, {"label": label}, (), pictures())
    assert boxed.title == "1 cat"
    assert np.asarray(boxed.picture).any(axis=2).sum() > 100  # of an enlarged picture
    mask = np.zeros((8, 8), int)
    mask[2:6, 2:6] = 1
    masked = Segment.show_label(dark, {"label": {"mask": packed(mask)}}, (), pictures())
    assert np.asarray(masked.picture).any(axis=2).sum() == 12  # the outline of 4 x 4
    assert Classify.show_label(dark, {"label": "cat"}, (), pictures()).title == "cat"
    for task in (Detect, Segment, Tag, Roles):
        assert task.show_label(Look(), {}, (), pictures()).title == "no label"
