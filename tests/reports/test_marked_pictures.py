"""A row that is a picture and whose answer is marked word by word shows both."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from PIL import Image as Pillow

from headstart.core.contracts.look import Look, Piece
from headstart.core.contracts.spec import Spec
from headstart.reports.answers import _look
from headstart.training.tasks.transcribe.transcript import Transcript


def test_the_picture_stays_beside_the_words_with_the_answer_drawn_into_it() -> None:
    kind = Transcript(" abc", str)
    answer = {"text": "a c", "words": [{"word": "a", "start": 0.1, "end": 0.2, "score": 1.0}]}
    evaluation: Any = SimpleNamespace(answers=[answer], examples=[{"label": "a b", "origin": "x.wav"}])
    modality = SimpleNamespace(spec=Spec("grid", {"width": 100}, rate=100.0))
    predictor: Any = SimpleNamespace(task=SimpleNamespace(answer=kind), modality=modality)
    shown = _look(evaluation, predictor, 0, Look(picture=Pillow.new("L", (100, 40)), title="a b"), ())
    assert shown.lines == [[Piece("a"), Piece("b", "heard c", "wrong")]]
    assert (shown.title, shown.note) == ("", "x.wav")
    assert shown.picture is not None
    assert shown.picture.size == (256, 80 + 26)
