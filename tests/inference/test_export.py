"""Exports: each form answers as the model does, alone in its own library, and a wrong one is never left behind."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

from headstart.cli import run
from headstart.core import catalog
from headstart.core.contracts import Modality
from headstart.core.contracts.budget import Budget
from headstart.core.errors import ContractError, InternalError, UsageError
from headstart.data.modalities.image.image import Image
from headstart.data.modalities.text.text import Text
from headstart.data.records import Words
from headstart.data.storage.gather import MemoryRows, stacked
from headstart.inference import export as exporting
from headstart.inference import onnx_pt2
from headstart.inference.export import Exported, export
from headstart.inference.predictor import Predictor
from headstart.inference.traceable import Whole, gap
from headstart.models import artifact
from headstart.models.nn import visual_words
from tests.helpers.made import facts as facts_of
from tests.helpers.sentences import sentences

TEXTS, _ = sentences(60)
PICTURES = [np.random.default_rng(n).integers(0, 256, (8, 8), dtype=np.uint8) for n in range(5)]
OWN = {"width": 16, "depth": 2, "heads": 2}
BERT = {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 24, "vocab_size": 400, "max_position_embeddings": 64}  # fmt: skip
NETWORKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "encoder": ("text", "encoder", OWN),
    "bert": ("text", "hf", {"config": BERT}),
    "rnn": ("text", "rnn", {"width": 16, "hidden": 16}),
    "vit": ("image", "vit", OWN),
    "cnn": ("image", "cnn", {"channels": [8, 8]}),
    "dictionary": ("image", "dictionary", {"words": 8, "kernel": 3, "pool": 2, "side": 6}),
}
TASKS: dict[str, dict[str, Any]] = {
    "classify": {"classes": ["a", "b", "c"]},
    "several": {"classes": ["a", "b", "c"], "multi_label": True, "hidden": 8},
    "regress": {"mean": [3.0, -1.0], "std": [2.0, 5.0]},
    "tag": {"labels": ["A", "B"], "scheme": "bio"},
}
quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def modalities() -> dict[str, Modality]:
    text = Text(vocab=400, length=32)
    text.fit_stored([stacked([text.encode(text.read({"input": one}, Budget())) for one in TEXTS])])
    return {"text": text, "image": Image.of((8, 8), 1, [0.4], [0.3])}


@pytest.fixture
def model(modalities: dict[str, Modality], tmp_path: Path) -> Callable[..., Path]:
    """A saved model whose weights are large enough to show mistakes."""

    def made(name: str, task: str = "classify") -> Path:
        world, kind, settings = NETWORKS[name]
        modality = modalities[world]
        torch.manual_seed(0)
        backbone = catalog.load("backbones", kind)(modality.spec, **settings)
        augment = modality.augment(modality)
        sample = modality.collate(MemoryRows(modality, [modality.spec.empty] * 2).feed(np.arange(2)))
        learner = task if task in ("regress", "tag") else "classify"
        head = catalog.load("tasks", learner)(backbone, sample, augment, **TASKS[task])
        for parameter in [*backbone.parameters(), *head.parameters()]:
            torch.nn.init.normal_(parameter, std=0.3)
        config = {"backbone": {"kind": kind, **settings}, "facts": dict(modality.spec.sizes),
                  "modality": {"kind": world}, "augment": {"kind": world},
                  "task": {"kind": learner, **TASKS[task]}}  # fmt: skip
        path = tmp_path / f"{name}-{task}"
        facts = facts_of()
        artifact.save(path, config=config, backbone=backbone, head=head, modality=modality, facts=facts)
        artifact.seal(path)
        return path

    return made


def inputs(name: str) -> list[Any]:
    return TEXTS[:5] if NETWORKS[name][0] == "text" else list(PICTURES)


def exported(path: Path, form: str, out: Path, name: str) -> tuple[Exported, Predictor]:
    predictor = Predictor.load(path)
    return export(predictor, form, out, inputs(name)), predictor


def numbers(predictor: Predictor, name: str) -> np.ndarray:
    """Answers for the inputs, from what `predict` says: the way that exports are not made from."""
    rows = []
    for answer in predictor.predict(inputs(name)):
        rows.append(np.atleast_1d(answer["value"]) if "value" in answer else list(answer["probabilities"].values()))
    return np.array(rows, np.float64)


@quiet
@pytest.mark.parametrize(
    ("name", "task"),
    [("encoder", "classify"), ("cnn", "several"), pytest.param("bert", "regress", marks=pytest.mark.slow)],
)
def test_onnx_answers_as_predict_does(name: str, task: str, model: Callable[..., Path], tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    done, predictor = exported(model(name, task), "onnx", tmp_path / "out", name)
    assert done.difference < 1e-4
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    batch = predictor.some(inputs(name), 5)
    given = {"pixels": batch["x"]} if "keep" not in batch else {}
    given |= {} if given else {"input_ids": batch["x"], "attention_mask": batch["keep"].long()}
    (found,) = session.run(None, {key: value.numpy() for key, value in given.items()})
    assert np.allclose(found, numbers(predictor, name), atol=1e-4)
    assert [output.name for output in session.get_outputs()] == ["answers"]


@quiet
@pytest.mark.parametrize(("name", "task"), [("encoder", "several"), ("bert", "classify"), ("vit", "regress")])
def test_pt2_answers_as_predict_does(name: str, task: str, model: Callable[..., Path], tmp_path: Path) -> None:
    done, predictor = exported(model(name, task), "pt2", tmp_path / "out", name)
    assert done.difference < 1e-4
    batch = predictor.some(inputs(name), 5)
    graph = torch.export.load(tmp_path / "out" / "model.pt2").module()
    found = graph(batch["x"], batch["keep"].long()) if "keep" in batch else graph(batch["x"])
    assert np.allclose(found.detach().numpy(), numbers(predictor, name), atol=1e-4)


@pytest.mark.parametrize("form", [pytest.param("onnx", marks=pytest.mark.slow), "pt2"])
@quiet
def test_a_dictionary_that_reads_in_pieces_is_exported_whole(
    form: str, model: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visual_words, "_PIECE", 1)  # one picture at a time: an export would hold batches to that
    done, _ = exported(model("dictionary", "classify"), form, tmp_path / "out", "dictionary")  # read back and asked
    assert done.difference < 1e-4


@pytest.mark.parametrize(("name", "task"), [("encoder", "classify"), ("bert", "regress"), ("encoder", "several")])
def test_the_formula_of_the_head_holds_in_transformers(
    name: str, task: str, model: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done, predictor = exported(model(name, task), "transformers", out, name)
    assert done.usage["head"].startswith("features = mean of last_hidden_state over kept places; outputs = ")
    assert done.usage["head"] in (out / "README.md").read_text()
    assert "headstart" not in json.loads((out / "config.json").read_text())
    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    batch = tokenizer(inputs(name), padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        places = transformers.AutoModel.from_pretrained(out).eval()(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
        )
    keep, head = batch["attention_mask"][..., None], load_file(out / "head.safetensors")
    x = (places.last_hidden_state * keep).sum(1) / keep.sum(1)
    if task == "several":
        x = torch.nn.functional.gelu(x @ head["hidden.weight"].T + head["hidden.bias"])
    x = x @ head["weight"].T + head["bias"]
    std, mean = (torch.tensor(TASKS["regress"][key]) for key in ("std", "mean"))
    last = {"classify": lambda: x.softmax(1), "several": lambda: x.sigmoid(), "regress": lambda: x * std + mean}
    assert np.allclose(last[task]().numpy(), numbers(predictor, name), atol=1e-4)


@quiet
@pytest.mark.parametrize("name", ["bert", "encoder"])
def test_a_tagger_is_a_token_classifier_of_theirs_or_a_formula(
    name: str, model: Callable[..., Path], tmp_path: Path
) -> None:
    out, row = tmp_path / "out", Words(("the", "ship", "finds", "lanterns"))
    done, predictor = exported(model(name, "tag"), "transformers", out, name)
    task: Any = predictor.task
    (answer,) = predictor.predict([row])
    batch = predictor.some([row], 1)
    with torch.no_grad():
        if name == "bert":
            theirs = transformers.AutoModelForTokenClassification.from_pretrained(out).eval()
            logits = theirs(input_ids=batch["x"], attention_mask=batch["keep"].long()).logits
            assert [theirs.config.id2label[n] for n in range(5)] == task.tags
            assert done.usage["opens"].startswith("AutoModelForTokenClassification")
        else:  # in front of ModernBERT's classifier lies another layer
            assert done.usage["head"].startswith("features = last_hidden_state at the first piece of each word")
            places = transformers.AutoModel.from_pretrained(out).eval()(input_ids=batch["x"]).last_hidden_state
            head = load_file(out / "head.safetensors")
            logits = places @ head["weight"].T + head["bias"]
    assert done.usage["classes"] == task.tags
    shares = logits[0, batch["begin"][0]].log_softmax(1)[None]
    (best,) = task.chain.best(shares, batch["begin"] >= 0)
    assert [task.tags[number] for number in best] == answer["tags"]


@quiet
def test_a_vit_gets_its_classifier_in_timm_and_transformers(model: Callable[..., Path], tmp_path: Path) -> None:
    import timm

    out = tmp_path / "out"
    _, predictor = exported(model("vit"), "transformers", out, "vit")
    x = predictor.modality.ready(predictor.some(PICTURES, 5))["x"]
    theirs = transformers.AutoModelForImageClassification.from_pretrained(out).eval()
    with torch.no_grad():
        found = [timm.create_model(f"local-dir:{out}", pretrained=True).eval()(x), theirs(pixel_values=x).logits]
    for logits in found:
        assert np.allclose(logits.softmax(1).numpy(), numbers(predictor, "vit"), atol=1e-4)
    assert [theirs.config.id2label[n] for n in range(3)] == ["a", "b", "c"]


@quiet
@pytest.mark.parametrize("form", ["transformers", "pt2"])
def test_a_public_checkpoint_is_exported_as_vectors(form: str, tmp_path: Path, capsys: Any) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    torch.manual_seed(0)
    transformers.BertModel(transformers.BertConfig(**{**BERT, "vocab_size": 6})).save_pretrained(tmp_path / "base")
    words = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "[UNK]": 4, "a": 5}
    Tokenizer(WordLevel(words, unk_token="[UNK]")).save(str(tmp_path / "base" / "tokenizer.json"))
    words = ["export", f"hf:{tmp_path / 'base'}", "--format", form, "--out", str(tmp_path / "out"), "--json"]
    assert run(words) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["gives"], said["command"]) == ("vectors", "export")
    assert said["difference"] < 1e-4
    assert "export.json" in said["files"]


@pytest.mark.parametrize("form", ["pt2", "onnx"])
def test_a_wrong_export_is_not_left_behind(
    form: str, model: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: the graph is made of a model with another head."""

    def spoilt(whole: Whole, batch: tuple[torch.Tensor, ...]) -> Any:
        twin = copy.deepcopy(whole)
        assert twin.task is not None
        with torch.no_grad():
            next(twin.task.parameters()).mul_(1.5)
        return sound(twin, batch)

    path, sound = model("cnn"), onnx_pt2._graph
    before = sorted(p.name for p in tmp_path.iterdir())
    monkeypatch.setattr(onnx_pt2, "_graph", spoilt)
    with pytest.raises(InternalError, match=r"HS-X22.*a difference of 0\.\d+"):
        export(Predictor.load(path), form, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_what_cannot_be_exported_is_refused_in_one_line(
    model: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with pytest.raises(ContractError, match=r'HS-C277.*format="onnx" or pt2'):
        export(Predictor.load(model("cnn")), "transformers", out)
    with pytest.raises(ContractError, match=r"HS-C276.*rnn"):
        export(Predictor.load(model("rnn")), "pt2", out)
    with pytest.raises(UsageError, match=r"HS-U605.*onnx"):
        export(Predictor.load(model("cnn")), "onxn", out)
    monkeypatch.setattr(onnx_pt2, "find_spec", lambda name: None if name == "onnxscript" else object())
    with pytest.raises(UsageError, match=r"HS-U606\]: onnxscript is not installed.*headstart\[export\]"):
        export(Predictor.load(model("cnn")), "onnx", out)
    assert not out.exists()
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="HS-U607"):
        export(Predictor.load(model("cnn")), "pt2", out)
    assert [p.name for p in out.iterdir()] == ["thesis.txt"]
    assert not list(tmp_path.glob(".out.*"))


def test_gap_is_infinite_where_shapes_or_numbers_are_odd() -> None:
    one = torch.tensor([1.0, 200.0])
    assert gap(one, one) == 0
    assert gap(one, one + 2) == pytest.approx(0.01)
    assert gap(one, one[:1]) == float("inf")
    assert gap(one, torch.tensor([float("nan"), 200.0])) == float("inf")
    assert exporting.CLOSE < 0.01
