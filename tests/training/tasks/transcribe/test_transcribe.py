"""Transcribing lines of drawn letters: targets, refusals, what is settled, answers and how they are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from headstart.core.contracts.choice import Circumstances
from headstart.core.contracts.look import Piece
from headstart.core.contracts.spec import Spec
from headstart.core.errors import DataError
from headstart.data.storage.gather import rows_of
from headstart.models.backbones.cnn import Cnn
from headstart.training.tasks.transcribe.transcribe import Transcribe
from headstart.training.tasks.transcribe.transcript import Transcript
from tests.helpers.worlds import World, lines, some


@pytest.fixture(scope="module")
def world() -> World:
    return lines()


def begun(world: World, **settings: Any) -> tuple[Cnn, Transcribe]:
    torch.manual_seed(0)
    backbone = Cnn(world.spec, channels=(8, 16)).eval()
    settled = {**Transcribe.infer_settings(world.labels["transcribe"]), "memory": 16, **settings}
    augment = world.modality.augment(world.modality, shift=0)
    return backbone, Transcribe(backbone, world.batch, augment, **settled).eval()


def labelled(world: World, task: Transcribe) -> dict[str, torch.Tensor]:
    rows = zip(world.labels["transcribe"], rows_of(world.stored), strict=True)
    made = [torch.from_numpy(task.label({"label": text}, row)["y"]) for text, row in rows]
    return {**world.batch, "y": torch.nn.utils.rnn.pad_sequence(made, batch_first=True, padding_value=-100)}


def refused(world: World, label: Any, code: str) -> str:
    _, task = begun(world)
    with pytest.raises(DataError) as refusal:
        task.label({"label": label, "origin": "a.wav"}, next(iter(rows_of(world.stored))))
    assert refusal.value.code == code
    assert refusal.value.where == "a.wav"
    return str(refusal.value)


def test_letters_come_from_the_train_rows_in_small_unless_capitals_are_kept(world: World) -> None:
    settled = Transcribe.infer_settings(["Ab  c", None, "é"])
    assert settled == {"letters": " Aabcé", "grams": 7}
    assert begun(world, **settled)[1].letters == " abcé"
    kept = begun(world, **settled, case="keep")[1]
    assert kept.letters == " Aabcé"
    assert kept.score([{"text": "A b"}], [{"label": "a  b"}])["wer"] == 0.5
    assert begun(world)[1].score([{"text": "a b"}], [{"label": "A  b"}])["wer"] == 0.0


def test_rows_that_cannot_be_learned_are_named(world: World) -> None:
    assert "'xy'" in refused(world, "ab xy", "HS-D507")
    assert "16 letters in 14 moments" in refused(world, "abcabcabcabcabca", "HS-D509")
    assert "10 moments" not in refused(world, "aabbaabbaa", "HS-D509")  # equal neighbours need one in between
    refused(world, 3.5, "HS-D510")
    with pytest.raises(DataError, match="HS-D508"):
        begun(world, letters="")


def test_the_loss_of_a_row_is_the_same_beside_longer_ones(world: World) -> None:
    backbone, task = begun(world)
    torch.nn.init.normal_(task.head.last.weight)
    batch = labelled(world, task)
    rows = [task(backbone, some(batch, slice(n, n + 1))).loss.item() for n in range(64)]
    assert task(backbone, batch).loss.item() == pytest.approx(np.mean(rows), rel=1e-5)


def test_moments_that_are_not_there_are_never_heard(world: World) -> None:
    backbone, task = begun(world)
    torch.nn.init.normal_(task.head.last.weight)
    keep = torch.arange(28) < torch.full((64, 1), 16)
    shown = task.outputs(backbone, {**world.batch, "keep": keep})
    assert shown.shape == (64, 14, len(task.letters) + 1)
    assert torch.equal(shown[:, 8:].argmax(2), torch.zeros(64, 6, dtype=torch.int64))
    torch.testing.assert_close(shown[:, :8].exp().sum(2), torch.ones(64, 8))


def test_the_letter_model_is_used_where_it_lowers_the_errors_on_held_out_rows(world: World) -> None:
    backbone, task = begun(world, memory=0)
    batch = labelled(world, task)
    optimizer = torch.optim.Adam([*backbone.parameters(), *task.parameters()], 3e-3)
    for _ in range(30):
        optimizer.zero_grad()
        task(backbone, batch).loss.backward()
        optimizer.step()
    with torch.no_grad():
        task.settle(backbone, [batch])
        assert task.guide[1] == 0  # it has met no labels
        task.guide.zero_()
        before = task.score(task.predict(backbone, batch), [{"label": one} for one in world.labels["transcribe"]])
        task.meet([*world.labels["transcribe"], None])
        task.settle(backbone, [batch])
        after = task.score(task.predict(backbone, batch), [{"label": one} for one in world.labels["transcribe"]])
    assert task.guide[0] == 1
    assert task.guide[1] > 0
    assert after["wer"] < before["wer"]
    task.settle(backbone, [])
    assert task.guide.tolist() == [0.0, 0.0, 0.0]


def test_words_have_times_where_the_rate_is_known(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    backbone, task = begun(world)
    path = torch.tensor([1, 0, 2, 2, 1, 1, 3, 0])  # of " abc": begins with a space
    scores = torch.eye(5)[path].log().clamp_min(-20).expand(1, -1, -1)
    monkeypatch.setattr(type(task.head), "forward", lambda head, seen, there: scores)
    monkeypatch.setattr(task, "_seen", lambda backbone, ready: (torch.zeros(1, 8, 1), torch.tensor([8])))
    (answer,) = task.predict(backbone, some(world.batch, slice(0, 1)))
    assert answer["text"] == "a b"
    assert answer["score"] == pytest.approx(1.0)
    spans = [(word["word"], word["start"], word["end"]) for word in answer["words"]]
    assert spans == [("a", pytest.approx(0.7), pytest.approx(1.4)), ("b", pytest.approx(2.1), pytest.approx(2.45))]
    still = Spec("grid", world.spec.sizes)
    monkeypatch.setattr(type(world.modality), "spec", property(lambda modality: still))
    (answer,) = task.predict(backbone, some(world.batch, slice(0, 1)))
    assert [set(word) for word in answer["words"]] == [{"word", "score"}] * 2


def test_it_suits_texts_over_time_that_are_no_names_of_classes() -> None:
    timed = Circumstances(Spec("grid", {}, rate=100.0), 8, "cpu")
    still = Circumstances(Spec("grid", {}), 8, "cpu")
    said = ["one two", "two one four", "four", "three four"]
    assert Transcribe.suits(said, timed) is not None
    assert Transcribe.suits(said, still) is None
    assert Transcribe.suits(["one", "two", "one", "two"], timed) is None
    assert Transcribe.suits(["a dog", "a cat", "a dog", "a cat"], timed) is None
    assert Transcribe.suits([1.0, 2.0], timed) is None


def test_answers_are_shown_word_by_word_and_counted_by_word(world: World) -> None:
    kind = Transcript(" abc", str)
    answer, example = {"text": "one too four"}, {"label": "one two three four"}
    (line,) = kind.mark(answer, example, ())
    assert line == [Piece("one"), Piece("two", "heard too", "wrong"), Piece("three", "", "missed"), Piece("four")]
    ((extra,),) = kind.mark({"text": "uh"}, {"label": ""}, ())
    assert extra == Piece("uh", "nobody said it", "wrong")
    rows = {row["class"]: row for row in kind.table([answer], [example])}
    assert rows["two"] == {"class": "two", "rows": 1, "recall": 0.0, "most often heard as": "too"}
    assert rows["three"]["most often heard as"] == "(nothing)"
    assert rows["one"] == {"class": "one", "rows": 1, "recall": 1.0, "most often heard as": ""}


def test_words_are_drawn_below_the_picture_where_they_were_heard(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    spec = Spec("grid", {"channels": 1, "height": 40, "width": 100}, rate=100.0)
    monkeypatch.setattr(type(world.modality), "spec", property(lambda modality: spec))
    answer = {"text": "ab", "words": [{"word": "ab", "score": 1.0, "start": 0.5, "end": 0.75}]}
    kind, picture = Transcript("ab", str), Pillow.new("L", (100, 40))
    drawn = kind.draw(picture, answer, {}, world.modality)
    assert drawn.size == (256, 80 + 26)
    assert drawn.getpixel((128, 10)) == (0xC0, 0x50, 0)  # at half of the row
    assert kind.draw(picture, {"text": "", "words": []}, {}, world.modality) is picture
