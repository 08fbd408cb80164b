"""A public checkpoint for words: tuned in every way, asked, exported, opened by transformers and peft."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from headstart.cli import run
from headstart.inference.predictor import Predictor
from tests.helpers.tiers import one_each
from tests.helpers.word_files import ROWS, column_file, frames

BERT = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
        "max_position_embeddings": 24, "model_type": "bert"}  # fmt: skip
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LONG = " and ".join(["the ship finds the wave"] * 12)  # more than the 24 places of the network


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with random weights whose WordPiece vocabulary holds halves of words."""
    path = tmp_path_factory.mktemp("public")
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = [*MARKS, "the", "and", ".", *letters, *(f"##{one}" for one in letters), "ship", "wave", "find", "##s"]
    known = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    made = Tokenizer(WordPiece(known, unk_token="[UNK]"))
    made.add_special_tokens(list(MARKS))
    made.normalizer, made.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    made.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    made.save(str(path / "tokenizer.json"))
    torch.manual_seed(0)
    transformers.BertModel(transformers.BertConfig(**BERT, vocab_size=len(known))).save_pretrained(path)
    (path / "things.conll").write_text(column_file(ROWS), "utf-8")
    (path / "frames.jsonl").write_text(frames(ROWS), "utf-8")
    return path


def tuned(checkpoint: Path, data: str, tuning: str, out: Path) -> Path:
    words = ["finetune", str(checkpoint / data), "--from", f"hf:{checkpoint}", "--tuning", tuning, "--out", str(out)]
    steps = [] if tuning == "probe" else ["--steps", "12"]
    assert run([*words, *steps, "--quiet"]) == 0
    return out


EACH = product(["things.conll", "frames.jsonl"], ["probe", "gradual", "full", "lora"])


@pytest.mark.parametrize("each", one_each(EACH, set, "-".join))
def test_every_tuning_answers_every_word(each: tuple[str, str], checkpoint: Path, tmp_path: Path) -> None:
    data, tuning = each
    predictor = Predictor.load(tuned(checkpoint, data, tuning, tmp_path / "model"))
    if data == "things.conll":
        short, long = predictor.predict(["the ship finds the wave", LONG])
        assert [len(short["tags"]), len(long["tags"])] == [5, 71]
        return
    row = json.loads((checkpoint / "frames.jsonl").read_text("utf-8").splitlines()[0])
    (tmp_path / "one.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    (answer,) = predictor.predict(tmp_path / "one.jsonl")
    assert [p["index"] for p in answer["predicates"]] == [p["index"] for p in row["predicates"]]


@pytest.mark.filterwarnings("ignore::FutureWarning")  # peft's, of names in transformers
def test_a_tagger_of_adapters_opens_in_transformers_and_in_peft(checkpoint: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    model = tuned(checkpoint, "things.conll", "lora", tmp_path / "model")
    predictor = Predictor.load(model)
    batch = predictor.some(["the ship finds the wave"], 1)
    given: dict[str, Any] = {"input_ids": batch["x"], "attention_mask": batch["keep"].long()}
    assert run(["export", str(model), "--format", "transformers", "--out", str(tmp_path / "out"), "--quiet"]) == 0
    base = transformers.AutoModel.from_pretrained(checkpoint).eval()
    with torch.no_grad():
        ours = predictor.trainee.backbone.eval()(batch).x
        adapted = peft.PeftModel.from_pretrained(base, model / "adapter").eval()(**given).last_hidden_state
        theirs = transformers.AutoModelForTokenClassification.from_pretrained(tmp_path / "out").eval()(**given).logits
        logits = predictor.task.outputs(predictor.trainee.backbone, batch)
    torch.testing.assert_close(adapted, ours, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(theirs.softmax(2), logits, atol=1e-5, rtol=1e-4)
    assert predictor.embed(["the ship finds the wave"]).shape == (1, 24)
