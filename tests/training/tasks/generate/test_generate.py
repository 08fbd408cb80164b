"""Writing answers: rows against slow loops, what is learned, how the start's voice goes on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

import headstart as hs
from headstart.assemble import finetuning
from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch, Task
from headstart.core.contracts.budget import Budget
from headstart.core.contracts.types import IGNORED
from headstart.core.errors import ContractError, DataError
from headstart.core.recipe import Recipe, override
from headstart.data.modalities.text.text import Text
from headstart.data.storage.gather import MemoryRows, stacked
from headstart.inference.predictor import Predictor
from headstart.models.nn import lowrank
from headstart.training.tasks.generate.nearest_prompt import NearestPrompt
from headstart.training.tunings.gradual import Gradual
from headstart.training.tunings.lora import Lora
from tests.helpers.public_writers import public
from tests.helpers.sentences import TOPICS, sentences

LENGTH = 24
PROMPTS = ["The ship.", "Storm", "The captain hears the wave and the sailor forgets the lantern for years"]
ANSWERS = ["yes", "", "the lantern, without a word"]
NETWORKS: dict[str, dict[str, Any]] = {
    "decoder": {"width": 32, "depth": 2},
    "rnn": {"width": 32, "hidden": 32},
    "hf": {"config": {"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 2, "vocab_size": 410,
                      "n_positions": 64}},
}  # fmt: skip
networks = pytest.mark.parametrize("name", list(NETWORKS))


@pytest.fixture(scope="module")
def modality() -> Text:
    made = Text(vocab=400, length=LENGTH)
    made.fit_stored([stacked([made.encode(made.read({"input": text}, Budget())) for text in sentences(200)[0]])])
    return made


def built(name: str, modality: Text) -> Backbone:
    torch.manual_seed(0)
    backbone = catalog.load("backbones", name)(modality.spec, **NETWORKS[name])
    for parameter in backbone.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return backbone.eval()


def task_of(modality: Text, backbone: Backbone, **settings: Any) -> Task:
    augment = modality.augment(modality)
    return catalog.load("tasks", "generate")(backbone, batch_of(modality, PROMPTS), augment, **settings).eval()


def batch_of(modality: Text, prompts: Sequence[str], answers: Sequence[Sequence[int]] = ()) -> Batch:
    encoded = MemoryRows(modality, [modality.encode(modality.read({"input": one}, Budget())) for one in prompts])
    batch = {**modality.collate(encoded.feed(np.arange(len(prompts)))), "key": torch.arange(len(prompts))}
    if answers:
        rows = [torch.tensor(ids) for ids in answers]
        batch["y"] = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=IGNORED)
    return batch


def told(task: Task, answers: Sequence[str]) -> list[list[int]]:
    return [task.label({"label": one}, {})["y"].tolist() for one in answers]


def by_hand(modality: Text, prompt: str, answer: Sequence[int], longest: int) -> tuple[list[int], int]:
    """A row of <s> prompt </s> answer </s>, and the place at which its answer begins."""
    ids = modality.vocabulary.encode_prompt(prompt)[: LENGTH - 1 - longest]
    return [*ids, 3, *answer], len(ids) + 1


def test_an_answer_is_its_ids_and_the_mark_of_the_end(modality: Text) -> None:
    task = task_of(modality, built("decoder", modality))
    ids = task.label({"label": "  the lantern \r\n"}, {})["y"].tolist()
    assert ids == [*modality.vocabulary.encode_prompt("the lantern")[1:], 3]
    assert task.label({"label": ""}, {})["y"].tolist() == [3]


@networks
def test_the_loss_is_that_of_rows_read_one_by_one(name: str, modality: Text) -> None:
    backbone = built(name, modality)
    task = task_of(modality, backbone)
    answers = told(task, ANSWERS)
    longest = max(map(len, answers))
    losses = []
    with torch.no_grad():
        for prompt, answer in zip(PROMPTS, answers, strict=True):
            row, place = by_hand(modality, prompt, answer, longest)
            x = torch.tensor([row])
            states = backbone({"x": x, "keep": torch.ones_like(x, dtype=torch.bool)}).x[0]
            logits = states[place - 1 : -1] @ backbone.token_vectors.T
            losses.append(functional.cross_entropy(logits, x[0, place:]))
        found = task(backbone, batch_of(modality, PROMPTS, answers)).loss
    assert len(modality.vocabulary.encode_prompt(PROMPTS[2])) > LENGTH - 1 - longest  # this prompt lost its end
    torch.testing.assert_close(found, torch.stack(losses).mean(), atol=1e-5, rtol=1e-5)


def test_a_hidden_word_of_a_prompt_is_not_seen_and_answers_stay(modality: Text) -> None:
    backbone = built("decoder", modality)
    task = task_of(modality, backbone)
    batch = batch_of(modality, PROMPTS, told(task, ANSWERS))
    whole = task(backbone, batch).loss
    task.augment.drop = 0.5  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
    task.augment.train()
    features, targets = task.examine(backbone, batch)
    assert targets[:, 0].tolist() == [one for row in told(task, ANSWERS) for one in row]
    assert not torch.allclose(task.judge(features, targets).loss, whole)


def slowly(modality: Text, backbone: Backbone, prompt: str, longest: int, most: int) -> str:
    """An answer without memory and batch."""
    row, place = by_hand(modality, prompt, [], longest)
    while len(row) < place + most:
        x = torch.tensor([row])
        states = backbone({"x": x, "keep": torch.ones_like(x, dtype=torch.bool)}).x[0, -1]
        logits = backbone.token_vectors @ states
        logits[[0, 1, 2, 4]] = -torch.inf
        logits[400:] = -torch.inf
        row.append(int(logits.argmax()))
        if row[-1] == 3:
            row.pop()
            break
    return modality.vocabulary.decode(row[place:]).strip(" \n\t\ufffd")


@networks
@torch.no_grad()
def test_answers_equal_the_slow_ones_and_those_of_the_writer(name: str, modality: Text) -> None:
    backbone = built(name, modality)
    task = task_of(modality, backbone)
    task.train()
    task.examine(backbone, batch_of(modality, PROMPTS, told(task, ANSWERS)))  # now it knows how long answers are
    task.eval()
    longest = max(map(len, told(task, ANSWERS)))
    found = [answer["text"] for answer in task.predict(backbone, batch_of(modality, PROMPTS))]
    assert found == [slowly(modality, backbone, prompt, longest, longest) for prompt in PROMPTS]
    predictor = Predictor(modality, hs_trainee(backbone, task))
    written = predictor.generate(PROMPTS, temperature=0.0, max_tokens=longest)
    assert [one.text.strip(" \n\t\ufffd") for one in written] == found


def hs_trainee(backbone: Backbone, task: Task) -> Any:
    from headstart.training.loop import Trainee

    return Trainee(backbone, task)


@torch.no_grad()
def test_writing_ends_at_the_end_mark_and_after_so_many_tokens(modality: Text) -> None:
    backbone = built("decoder", modality)
    task = task_of(modality, backbone, tied=False, bias=True, max_tokens=3)
    bias = task.get_parameter("bias")
    word = modality.vocabulary.encode_prompt("ship")[1]
    task.get_buffer("longest").fill_(3)  # as learning from answers of three tokens leaves it
    bias[word] = 1e4
    assert [answer["text"] for answer in task.predict(backbone, batch_of(modality, PROMPTS))] == ["ship ship ship"] * 3
    bias[3] = 2e4
    assert [answer["text"] for answer in task.predict(backbone, batch_of(modality, PROMPTS))] == [""] * 3
    bias[2] = 3e4  # the mark of a beginning is never written
    assert [answer["text"] for answer in task.predict(backbone, batch_of(modality, PROMPTS))] == [""] * 3


def test_what_is_no_answer_and_what_cannot_write_is_refused(modality: Text) -> None:
    backbone = built("decoder", modality)
    task = task_of(modality, backbone)
    with pytest.raises(DataError, match=r"HS-D421.*row 7.*3\.5"):
        task.label({"label": 3.5, "origin": "row 7"}, {})
    with pytest.raises(DataError, match=r"HS-D421"):
        type(task).infer_settings(["yes", None, ["no"]])
    with pytest.raises(DataError, match=r"HS-D422.*row 7.*at most 21.*modality.length=256"):
        task.label({"label": " ".join(["lantern"] * 40), "origin": "row 7"}, {})
    assert len(task.label({"label": "!" * 19}, {})["y"]) == 21
    encoder = catalog.load("backbones", "encoder")(modality.spec, width=16, depth=1, heads=2)
    with pytest.raises(ContractError, match=r"HS-C282.*encoder is not causal.*decoder"):
        task_of(modality, encoder)


def test_pictures_have_no_answers_that_could_be_written() -> None:
    from headstart.data.modalities.image.image import Image

    modality = Image.of((8, 8), 1, [0.4], [0.3])
    backbone = catalog.load("backbones", "mlp")(modality.spec)
    with pytest.raises(ContractError, match=r"HS-C281.*image"):
        catalog.load("tasks", "generate")(backbone, {}, modality.augment(modality))


def copies(count: int, *, permuted: bool = False) -> list[tuple[str, str]]:
    """Three things, and the second of them in the plural."""
    generator = np.random.default_rng(0)
    things = sorted({one for topic in TOPICS for one in topic})
    prompts = [" ".join(generator.choice(things, 3)) for _ in range(count)]
    answers = [f"{prompt.split()[1]}s" for prompt in prompts]
    return list(zip(prompts, [answers[i] for i in generator.permutation(count)] if permuted else answers, strict=True))


def table(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    path.write_text("text,answer\n" + "".join(f'"{a}","{b}"\n' for a, b in rows), "utf-8")
    return path


def learned(path: Path, rows: Sequence[tuple[str, str]], steps: int = 280) -> dict[str, float]:
    """Scores of a small decoder from scratch on rows it did not learn from."""
    settings = {"backbone.width": 48, "backbone.depth": 2, "modality.length": 32, "plan.lr": 3e-3, "plan.check": 1.0}
    out, length = path / "model", {"length": settings.pop("modality.length")}
    data = hs.prepare(table(path / "rows.csv", rows), target="answer", out=path / "data", settings=length)
    hs.finetune(data, start="scratch", task="generate", steps=steps, out=out, settings=settings)
    return hs.evaluate(out, data).scores


def test_a_rule_is_learned_by_a_fresh_network_and_better_than_by_the_nearest_prompt(tmp_path: Path) -> None:
    scores = learned(tmp_path, copies(1500))
    assert scores["exact"] > 0.9
    assert scores["sentence_chrf"] > scores["baseline_sentence_chrf"] + 0.2


def test_permuted_answers_do_not_reach_the_score(tmp_path: Path) -> None:
    assert learned(tmp_path, copies(1500, permuted=True))["exact"] < 0.15


def test_the_nearest_prompt_answers_and_the_blind_one_says_the_most_frequent(modality: Text) -> None:
    task = task_of(modality, built("decoder", modality))
    known = ["the ship finds the wave", "the oven needs butter", "the goal of the league", "the moon"]
    answers = ["sea", "food", "ball", "food"]
    rows = [modality.encode(modality.read({"input": one}, Budget())) for one in known]
    asked = [
        modality.encode(modality.read({"input": one}, Budget())) for one in ["a goal", "butter and oven", "qqq", "wave"]
    ]
    targets = {"y": batch_of(modality, known, told(task, answers))["y"].numpy()}
    baseline = NearestPrompt(task, modality, stacked(rows), targets, 0)  # pyright: ignore[reportArgumentType]
    assert [one["text"] for one in baseline.predict(stacked(asked), 4).answers] == ["ball", "food", "food", "sea"]
    assert [one["text"] for one in baseline.blind(stacked(asked), 4).answers] == ["food"] * 4


def test_scores_are_shares_of_equal_answers_and_the_mean_of_each_answers_chrf(modality: Text) -> None:
    task = task_of(modality, built("decoder", modality))
    answers = [{"text": "the  ship"}, {"text": "ab"}]
    examples = [{"label": "the ship "}, {"label": "abcd"}]
    part = (2 / 4 + 1 / 3) / 2
    second = 5 * part / (4 + part)
    assert task.score(answers, examples) == pytest.approx({"sentence_chrf": (1 + second) / 2, "exact": 0.5})
    assert task.row_scores(answers, examples).tolist() == pytest.approx([1.0, second])


@pytest.mark.parametrize("name", ["decoder", "hf"])
@torch.no_grad()
def test_a_network_with_adapters_reads_on_as_it_reads_at_once(name: str, modality: Text) -> None:
    backbone = built(name, modality)
    before = backbone.cache(torch.tensor([[2, 9, 8, 7]]), None)[0]
    Lora(rank=2).begin(backbone)
    for _, up in lowrank.adapters(backbone).values():
        torch.nn.init.normal_(up, std=0.3)
    x = torch.tensor([[2, 9, 8, 7]])
    whole = backbone({"x": x, "keep": torch.ones_like(x, dtype=torch.bool)}).x
    torch.testing.assert_close(backbone.cache(x, None)[0], whole, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(before, whole, atol=1e-2)


def test_gradual_opens_the_last_layer_first_where_the_task_has_no_weights(modality: Text) -> None:
    backbone = built("rnn", modality)
    for settings, opened in (({}, [2]), ({"bias": True}, [])):
        tuning = Gradual()
        tuning.groups(backbone, task_of(modality, backbone, **settings))
        tuning.at(0.0)
        free = [i for i, layer in enumerate(backbone.layers()) if all(p.requires_grad for p in layer.parameters())]
        assert free == opened


def parts_of(start: Path | str, data: Path, **settings: Any) -> Any:
    said = {"verb": "finetune", "start": str(start), "task.kind": "generate", "data.target": "answer", **settings}
    return finetuning(override(Recipe(), said), data, device="cpu")


@pytest.mark.parametrize(
    ("kind", "more", "own"),
    [("gpt2", {"n_positions": 64}, ()), ("gpt_neox", {"intermediate_size": 24}, ("weight",)),
     ("phi", {"intermediate_size": 24}, ("weight", "bias"))],
)  # fmt: skip
def test_a_public_network_begins_with_its_own_output_and_keeps_it(
    kind: str, more: dict[str, Any], own: tuple[str, ...], tmp_path: Path
) -> None:
    theirs = public(tmp_path / kind, kind, eos_token_id=256, **more)
    data = table(tmp_path / "rows.csv", [*copies(40), ("one", "two")])
    parts = parts_of(f"hf:{tmp_path / kind}", data)
    task, backbone = parts.trainee.objective.eval(), parts.trainee.backbone.eval()
    assert tuple(dict(task.named_parameters())) == own
    assert parts.recipe.task["tied"] == ("weight" not in own)
    x = torch.tensor([[5, 6, 7, 8]])
    given = {"x": x, "keep": torch.ones_like(x, dtype=torch.bool)}
    with torch.no_grad():
        expected = theirs(input_ids=x).logits
        torch.testing.assert_close(task.outputs(backbone, given), expected, atol=1e-4, rtol=1e-4)
    tuned = hs.finetune(
        data, start=f"hf:{tmp_path / kind}", target="answer", task="generate", steps=3, out=tmp_path / "tuned"
    )
    with torch.no_grad():
        moved = tuned.task.eval().outputs(tuned.trainee.backbone.eval(), given)
    other = table(tmp_path / "other.csv", [(f"{a} and {a}", f"{b} {b} {b}") for a, b in copies(40)])
    again = parts_of(tmp_path / "tuned", other).trainee  # answers are longer, the output is the same
    with torch.no_grad():
        torch.testing.assert_close(again.objective.eval().outputs(again.backbone.eval(), given), moved)
    assert not torch.allclose(moved, expected, atol=1e-4)


def test_a_causal_start_goes_on_with_its_vocabulary(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(sentences(100)[0]), "utf-8")
    start = hs.pretrain(lines, backbone="rnn", objective="causal", steps=3, out=tmp_path / "start", quiet=True)
    parts = parts_of(tmp_path / "start", table(tmp_path / "rows.csv", copies(40)))
    weight, bias = parts.trainee.objective.lm_head.weights(parts.trainee.backbone)
    assert bias is None
    torch.testing.assert_close(weight, start.trainee.backbone.token_vectors)
    assert not list(parts.trainee.objective.parameters())


def test_prompts_that_leave_no_room_for_answers_are_told(tmp_path: Path) -> None:
    rows = [(text, "without a word and for years") for text in sentences(100)[0]]
    (warning,) = parts_of("scratch", table(tmp_path / "rows.csv", rows), **{"modality.length": 24}).warnings
    assert "kept for answers" in warning
    assert "modality.length=48" in warning
    assert parts_of("scratch", tmp_path / "rows.csv", **{"modality.length": 64}).warnings == ()


def test_rows_of_a_batch_do_not_touch_each_other(modality: Text) -> None:
    backbone = built("decoder", modality)
    task = task_of(modality, backbone)
    answers = told(task, ANSWERS)
    whole, _ = task.examine(backbone, batch_of(modality, PROMPTS, answers))
    ends = np.cumsum([0, *map(len, answers)])
    for number, (a, b) in enumerate(pairwise(ends.tolist())):
        alone = batch_of(modality, PROMPTS, answers)
        alone = {name: values[number : number + 1] for name, values in alone.items()}
        torch.testing.assert_close(task.examine(backbone, alone)[0], whole[a:b], atol=1e-5, rtol=1e-5)
