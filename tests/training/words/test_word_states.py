"""Words that get answers: pieces, windows, tags and roles against slow loops."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch, Task
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import ContractError, DataError, HeadstartError
from headstart.data.modalities.text import words as worded
from headstart.data.modalities.text.text import Text
from headstart.data.records import Words, text_of
from headstart.data.storage.gather import MemoryRows, stacked
from headstart.models.backbones.encoder import Encoder
from headstart.training.words.role_arguments import arguments, tags_wanted
from headstart.training.words.word_states import place_states, uncut, word_states
from tests.helpers.sentences import sentences

LENGTH = 16


@pytest.fixture(scope="module")
def modality() -> Text:
    made = Text(vocab=400, length=LENGTH)
    texts, _ = sentences(200)
    made.fit_stored([stacked([made.encode(made.read({"input": text}, Budget())) for text in texts])])
    return made


def batch_of(modality: Text, rows: list[Words]) -> Batch:
    encoded = MemoryRows(modality, [modality.encode(modality.read({"input": row}, Budget())) for row in rows])
    return {**modality.collate(encoded.feed(np.arange(len(rows)))), "key": torch.arange(len(rows))}


@pytest.fixture
def encoder(modality: Text) -> Backbone:
    torch.manual_seed(0)
    return Encoder(modality.spec, width=16, depth=2, heads=2).eval()


def task_of(kind: str, modality: Text, backbone: Backbone, labels: list[Any], rows: list[Words], **more: Any) -> Task:
    cls: type[Task] = catalog.load("tasks", kind)
    augment = modality.augment(modality)
    return cls(backbone, batch_of(modality, rows), augment, **{**cls.infer_settings(labels), **more})


def test_each_word_begins_at_the_piece_that_holds_its_first_letter(modality: Text) -> None:
    row = Words(("The", "harbour", "'s", "lantern", "!", "东", "京"), marked=(3,))
    batch = batch_of(modality, [row, Words(("Ship",))])
    begins = batch["begin"][0].tolist()
    for word, begin, end in zip(row.words, begins, [*begins[1:], int(batch["keep"][0].sum())], strict=True):
        assert modality.vocabulary.decode(batch["x"][0, begin:end].tolist()).strip().replace("\ufffd", "") in (word, "")
    assert batch["begin"][1].tolist() == [1, *[-1] * 6]
    assert batch["mark"].tolist() == [[3], [-1]]


def test_words_are_spaced_as_their_script_is() -> None:
    assert worded.surface(worded.written(["Tokyo", "is", "东", "京", "."])).text == "Tokyo is 东京 ."
    assert worded.cut("Mr. O'Neil's 东京!").words == ("Mr", ".", "O'Neil's", "东", "京", "!")


def test_short_rows_are_read_whole_and_long_ones_in_windows(modality: Text, encoder: Backbone) -> None:
    sentence = "the ship finds the harbour and the captain hears the storm again"
    long = Words(tuple(3 * sentence.split()))
    batch = batch_of(modality, [long, Words(("the", "ship"))])
    t = batch["x"].shape[1]
    assert t > 2 * LENGTH
    states = place_states(encoder, batch, LENGTH)
    half = LENGTH // 2
    for row in range(2):
        kept = int(batch["keep"][row].sum())
        windows = max(1, -(-(kept - half) // half))
        for place in range(kept):
            first = min(windows - 1, max(0, place - half // 2) // half) * half
            piece = {name: batch[name][row : row + 1, first : first + LENGTH] for name in ("x", "keep")}
            expected = encoder.encode(encoder.embed(piece)).x[0, place - first]
            torch.testing.assert_close(states[row, place], expected, atol=1e-5, rtol=1e-5)
    whole = place_states(encoder, batch, t)
    torch.testing.assert_close(whole[1, :4], states[1, :4], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(whole[0, :kept], states[0, :kept], atol=1e-3)


def test_who_reads_rows_alone_reads_them_cut(modality: Text) -> None:
    batch = batch_of(modality, [Words(("the", "ship", "finds") * 9), Words(("one",))])
    ready = modality.ready(batch)
    assert ready["x"].shape == ready["keep"].shape == (2, LENGTH)
    hidden = {**ready, "keep": ready["keep"] & (torch.arange(LENGTH) != 3)}
    whole = uncut(hidden)
    assert torch.equal(whole["x"], batch["x"])
    assert torch.equal(whole["keep"], batch["keep"] & (torch.arange(batch["x"].shape[1]) != 3))
    assert uncut(batch) is batch


def test_every_word_of_a_long_row_gets_a_tag(modality: Text, encoder: Backbone) -> None:
    words = Words(tuple(f"word{i}" for i in range(60)))
    task = task_of("tag", modality, encoder, [["B-A", "I-A"], ["O"]], [words])
    answers = task.predict(encoder, batch_of(modality, [words, Words(("one",))]))
    assert [len(answer["tags"]) for answer in answers] == [60, 1]


@pytest.mark.parametrize(("settings", "fixed"), [({}, 0.4), ({"crf": True}, 0.4)])
def test_tags_are_learnt_and_written_with_their_text(
    modality: Text, encoder: Backbone, settings: dict[str, Any], fixed: float
) -> None:
    rows = [Words(tuple(text.rstrip(".").split())) for text in sentences(32)[0]]
    labels = [
        ["B-THING" if i and row.words[i - 1].lower() == "the" else "O" for i in range(len(row.words))] for row in rows
    ]
    task = task_of("tag", modality, encoder, labels, rows, **settings)
    y = [task.label({"label": label}, {})["y"] for label in labels]
    width = max(map(len, y))
    batch = batch_of(modality, rows)
    batch["y"] = torch.tensor([[*row, *[IGNORED] * (width - len(row))] for row in y])
    optimizer = torch.optim.Adam([*encoder.parameters(), *task.parameters()], 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        task(encoder, batch).loss.backward()
        optimizer.step()
    answers = task.predict(encoder, batch)
    assert task.score(answers, [{"label": label} for label in labels])["f1"] > 0.9
    texts = [task.answer.spelled(a, partial(text_of, row.words, None)) for a, row in zip(answers, rows, strict=True)]
    shown = {span["text"].lower() for answer in texts for span in answer["spans"]}
    assert "ship" in shown or "oven" in shown
    asked = task.preprocess({"input": "Finds the ship, the storm."})["input"]
    assert asked.words == ("Finds", "the", "ship", ",", "the", "storm", ".")


def test_whole_texts_unknown_tags_and_too_few_tags_are_refused(modality: Text, encoder: Backbone) -> None:
    rows = [Words(("the", "ship"))]
    task = task_of("tag", modality, encoder, [["O", "B-A"]], rows)
    plain = {name: t for name, t in batch_of(modality, rows).items() if name not in ("begin", "mark")}
    with pytest.raises(DataError, match="these rows are whole texts"):
        task.predict(encoder, plain)
    with pytest.raises(DataError, match=r"never seen in the train split.*'B-C'"):
        task.label({"label": ["O", "B-C"], "origin": "t.conll:1"}, {})
    with pytest.raises(DataError, match="one tag per word"):
        task.label({"label": "B-A"}, {})
    with pytest.raises(DataError, match="words and tags differ"):
        task(encoder, {**batch_of(modality, rows), "y": torch.tensor([[0]])})
    chain = task_of("tag", modality, encoder, [["O", "B-A"]], rows, crf=True)
    with pytest.raises(ContractError, match=r"cannot fit task\.crf"):
        chain.linear_probe().load(
            task.linear_probe().fit(np.eye(3, 16, dtype=np.float32), np.array([0, 1, 2]), solver="ridge", seed=0)
        )


ROLES: list[Any] = [
    {
        "predicates": [
            {"index": 2, "args": [{"start": 0, "end": 2, "role": "ARG0"}, {"start": 3, "end": 5, "role": "ARG1"}]}
        ]
    },
    {"predicates": [{"index": 1, "args": []}, {"index": 3, "args": [{"start": 0, "end": 1, "role": "ARG0"}]}]},
]
SENTENCES = [Words(("the", "ship", "finds", "the", "storm"), (2,)), Words(("storms", "come", "and", "go"), (1, 3))]


@pytest.mark.parametrize("scheme", ["bio", "plain"])
def test_the_tags_of_a_reading_are_those_of_a_slow_loop(modality: Text, encoder: Backbone, scheme: str) -> None:
    task: Any = task_of("roles", modality, encoder, ROLES, SENTENCES, scheme=scheme, find=True)
    made = [task.label({"label": label}, {})["y"] for label in ROLES]
    width = max(map(len, made))
    y = torch.tensor([[*row, *[IGNORED] * (width - len(row))] for row in made])
    batch = {**batch_of(modality, SENTENCES), "y": y}
    rows, asked = task._readings(batch, find=True)
    assert list(zip(rows.tolist(), asked.tolist(), strict=True)) == [(0, 2), (1, 1), (1, 3), (0, -1), (1, -1)]
    told = tags_wanted(y, rows, asked, 5, scheme)
    for row, predicate, tags in zip(rows.tolist(), asked.tolist(), told.tolist(), strict=True):
        expected = ["O"] * 5
        for one in ROLES[row]["predicates"]:
            spans = [(one["index"], one["index"] + 1, "V")] if predicate < 0 else []
            if one["index"] == predicate:
                spans = [(arg["start"], arg["end"], arg["role"]) for arg in one["args"]]
            for begin, end, role in spans:
                for place in range(begin, end):
                    prefix = "" if scheme == "plain" else "B-" if place == begin else "I-"
                    expected[place] = f"{prefix}{role}"
        assert [task.tags[tag] for tag in tags] == expected


def test_a_predicate_is_marked_in_what_the_network_reads(modality: Text, encoder: Backbone) -> None:
    task: Any = task_of("roles", modality, encoder, ROLES, SENTENCES)
    batch = batch_of(modality, SENTENCES)
    rows, asked = torch.tensor([1, 1]), torch.tensor([1, 3])
    one, other = task._features(encoder, batch, rows, asked)[:, 0, :16]
    assert not torch.allclose(one, other, atol=1e-3)
    with torch.no_grad():
        task.mark.zero_()
    one, other = task._features(encoder, batch, rows, asked)[:, 0, :16]
    torch.testing.assert_close(one, other)


def test_predicates_are_given_or_found_or_asked_for(modality: Text, encoder: Backbone) -> None:
    unmarked = [Words(row.words) for row in SENTENCES]
    finder = task_of("roles", modality, encoder, ROLES, SENTENCES, find=True)
    with torch.no_grad():
        finder.head.bias[finder.tags.index("B-V")] = 9.0  # every word is one
    found = finder.predict(encoder, batch_of(modality, unmarked))
    assert [[p["index"] for p in answer["predicates"]] for answer in found] == [[0, 1, 2, 3, 4], [0, 1, 2, 3]]
    given = finder.predict(encoder, batch_of(modality, SENTENCES))
    assert [[p["index"] for p in answer["predicates"]] for answer in given] == [[2], [1, 3]]
    told = finder.answer.spelled(given[0], partial(text_of, SENTENCES[0].words, None))
    assert told["predicates"][0]["word"] == "finds"
    blind = task_of("roles", modality, encoder, ROLES, SENTENCES, find=False)
    with pytest.raises(HeadstartError, match="the predicates are not given"):
        blind.predict(encoder, batch_of(modality, unmarked))


def test_pieces_that_go_on_are_one_argument() -> None:
    args = [{"start": 0, "end": 1, "role": "ARG1"}, {"start": 3, "end": 4, "role": "C-ARG1"},
            {"start": 5, "end": 6, "role": "C-ARG2"}]  # fmt: skip
    found = arguments([{"index": 2, "args": args}])
    assert found == {(2, ((0, 1), (3, 4)), "ARG1"), (2, ((5, 6),), "ARG2")}


def test_states_of_words_are_those_of_their_first_pieces(modality: Text, encoder: Backbone) -> None:
    batch = batch_of(modality, [SENTENCES[1]])
    states = word_states(encoder, batch, 64)
    expected = encoder(batch).x[0, batch["begin"][0]]
    torch.testing.assert_close(states[0], expected)


def test_a_timid_head_answers_more_readily_once_it_is_settled(modality: Text, encoder: Backbone) -> None:
    texts, _ = sentences(60)
    rows = [Words(tuple(text.split())) for text in texts]
    labels = [["B-THE" if word == "the" else "O" for word in row.words] for row in rows]
    task = task_of("tag", modality, encoder, labels, rows)
    batch = batch_of(modality, rows)
    width = max(map(len, labels))
    tags = [[int(tag != "O") for tag in row] + [IGNORED] * (width - len(row)) for row in labels]
    batch["y"] = torch.tensor(tags)
    probe = task.linear_probe()
    features, targets = (tensor.detach().numpy() for tensor in task.examine(encoder, batch))
    probe.load(probe.fit(features, targets[:, :1], solver="logistic", seed=0))
    examples: list[Any] = [{"label": row} for row in labels]
    with torch.no_grad():
        outputs = task.head(torch.from_numpy(features))  # pyright: ignore
        task.head.bias[0] += (outputs[:, 1:].amax(1) - outputs[:, 0]).max() + 0.5  # pyright: ignore
    assert task.score(task.predict(encoder, batch), examples)["recall"] < 0.5
    for _ in range(9):  # it lowers by 4 at most
        task.settle(encoder, iter([batch]))
    assert task.score(task.predict(encoder, batch), examples)["f1"] > 0.9
