"""Going on from a public checkpoint with texts of one's own: domain-adaptive pretraining (Gururangan et al. 2020)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from headstart.assemble import pretraining
from headstart.cli import run as command
from headstart.core.contracts.tokens import Tokens
from headstart.core.recipe import Recipe, override
from headstart.evaluation.validation import held_losses
from headstart.models.artifact import Artifact
from headstart.models.public.hub import open_checkpoint
from headstart.models.public.mlm_head import guess_head
from headstart.training.objectives.masked import Masked
from headstart.training.objectives.mlm.mlm import Mlm
from tests.helpers.sentences import sentences

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SMALL = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
         "max_position_embeddings": 64, "vocab_size": 200, "pad_token_id": 0}  # fmt: skip
KINDS = {
    "bert": SMALL,
    "roberta": {**SMALL, "bos_token_id": 2, "eos_token_id": 3},
    "modernbert": {**SMALL, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3,
                   "global_attn_every_n_layers": 1},
}  # fmt: skip


def wordpiece(texts: list[str]) -> Tokenizer:
    """A tokenizer as BERT has it."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=200, special_tokens=MARKS))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT that transformers taught to fill gaps in sentences of three topics, as its own library saves it."""
    place = tmp_path_factory.mktemp("bert")
    texts, _ = sentences(400, topics=3, seed=1)
    tokenizer = wordpiece(texts)
    tokenizer.enable_padding()
    rows = torch.tensor([one.ids for one in tokenizer.encode_batch(texts)])[:, :48]
    torch.manual_seed(0)
    model = transformers.BertForMaskedLM(transformers.BertConfig.from_dict(SMALL))
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3)
    for step in range(250):
        ids = rows[torch.arange(32).add(32 * step) % len(rows)]
        hidden = (torch.rand(ids.shape) < 0.3) & (ids > 4)
        given, labels = ids.masked_fill(hidden, 4), ids.masked_fill(~hidden, -100)
        loss = model(input_ids=given, attention_mask=(ids != 0).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(place)
    tokenizer.no_padding()
    tokenizer.save(str(place / "tokenizer.json"))
    return place


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Own texts: four topics, of which one is new."""
    place = tmp_path_factory.mktemp("texts") / "own.txt"
    place.write_text("\n".join(sentences(600)[0]))
    return place


def test_a_checkpoint_begins_with_its_own_head_and_gets_better_on_the_new_texts(
    bert: Path, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))
    recipe = override(Recipe(), {"verb": "pretrain", "start": f"hf:{bert}", "objective.kind": "masked"})
    parts = pretraining(recipe, str(texts), device="cpu")
    begun = held_losses(parts)["loss"]
    objective = parts.trainee.objective
    assert isinstance(objective, Masked)
    assert isinstance(objective.guess, Mlm)
    objective.guess.dense.reset_parameters()
    torch.nn.init.zeros_(objective.guess.bias)
    fresh = held_losses(parts)["loss"]
    assert begun < fresh - 0.5

    out = tmp_path / "adapted"
    words = ["pretrain", str(texts), "--init", f"hf:{bert}", "--objective", "masked", "--out", str(out), "--quiet"]
    assert command([*words, "--steps", "40", "plan.batch=16", "plan.lr=1e-3", "objective.spans=word"]) == 0
    rows = [json.loads(line) for line in (out / "history.jsonl").read_text().splitlines()]
    looks = [row["valid_loss"] for row in rows if "valid_loss" in row]
    assert looks[-1] < looks[0] - 0.3

    adapted = transformers.AutoModel.from_pretrained(out).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(out)
    given = tokenizer("the sailor finds the harbour", return_tensors="pt")
    with torch.no_grad():
        theirs = adapted(**given).last_hidden_state
        ours = Artifact.open(out).backbone().eval()({"x": given["input_ids"], "keep": given["attention_mask"].bool()})
    np.testing.assert_allclose(ours.x.numpy(), theirs.numpy(), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_says_what_transformers_says(kind: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = transformers.AutoModelForMaskedLM.from_config(transformers.AutoConfig.for_model(kind, **KINDS[kind]))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.eval().save_pretrained(tmp_path)
    wordpiece(sentences(100)[0]).save(str(tmp_path / "tokenizer.json"))
    start, objective = open_checkpoint(f"hf:{tmp_path}"), head()
    assert start.knows("objective", {"kind": "masked"}, objective)
    assert start.knows("objective", {"kind": "mlm"}, objective["guess"])
    assert not start.knows("objective", {"kind": "causal"}, torch.nn.Module())
    assert not start.knows("task", {"kind": "classify"}, objective)
    start.fill_head(objective)
    ids = torch.randint(5, 150, (2, 9))
    backbone = start.backbone().eval()
    with torch.no_grad():
        tokens: Tokens = backbone({"x": ids, "keep": torch.ones_like(ids, dtype=torch.bool)})
        words = objective["guess"]
        assert isinstance(words, Head)
        ours = words(tokens.x) @ backbone.token_vectors.T + words.bias
        theirs = model(input_ids=ids).logits
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=2e-3)


def test_a_head_that_is_made_otherwise_is_left_behind(bert: Path, tmp_path: Path) -> None:
    config = json.loads((bert / "config.json").read_text())
    assert guess_head(bert, config, head())
    assert guess_head(bert, {**config, "hidden_act": "relu"}, head()) == {}
    assert guess_head(bert, {**config, "tie_word_embeddings": False}, head()) == {}
    assert guess_head(bert, config, head(width=32)) == {}
    assert guess_head(bert, config, torch.nn.Linear(2, 2)) == {}
    transformers.BertModel(transformers.BertConfig.from_dict(SMALL)).save_pretrained(tmp_path)
    assert guess_head(tmp_path, config, head()) == {}


class Head(torch.nn.Module):
    """The weights of `Mlm` and what it does with a state."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense, self.norm = torch.nn.Linear(width, width), torch.nn.LayerNorm(width)
        self.bias = torch.nn.Parameter(torch.zeros(200))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(torch.nn.functional.gelu(self.dense(x)))


def head(width: int = 48) -> torch.nn.ModuleDict:
    """Weights under the names that the objective `masked` has."""
    return torch.nn.ModuleDict({"guess": Head(width)})
