"""Text networks of ours that were saved open with transformers and answer alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.budget import Budget
from headstart.data.modalities.text.text import Text
from headstart.data.storage.gather import MemoryRows, stacked
from headstart.models import artifact
from headstart.models.artifact import Artifact
from tests.helpers.made import facts as facts_of
from tests.helpers.sentences import sentences

SMALL = {"width": 32, "depth": 3, "heads": 2}
TEXTS, _ = sentences(100)


@pytest.fixture(scope="module")
def modality() -> Text:
    made = Text(vocab=400, length=32)
    made.fit_stored([stacked([made.encode(made.read({"input": text}, Budget())) for text in TEXTS])])
    return made


@pytest.fixture
def batch(modality: Text) -> Batch:
    """Rows of differing length."""
    rows = [modality.encode(modality.read({"input": text}, Budget())) for text in TEXTS[:12]]
    made = modality.collate(MemoryRows(modality, rows).feed(np.arange(12)))
    assert not bool(made["keep"].all())
    return made


def saved(kind: str, modality: Text, path: Path) -> tuple[Backbone, Artifact]:
    """A network with weights large enough to show mistakes, and the directory it was written to."""
    torch.manual_seed(0)
    backbone: Backbone = catalog.load("backbones", kind)(modality.spec, **SMALL)
    for parameter in backbone.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    objective = "masked" if kind == "encoder" else "causal"
    config = {"backbone": {"kind": kind, **SMALL}, "facts": dict(modality.spec.sizes), "modality": {"kind": "text"},
              "augment": {"kind": "text"}, "objective": {"kind": objective}}  # fmt: skip
    head = torch.nn.Linear(2, 2)
    artifact.save(path, config=config, backbone=backbone, head=head, modality=modality, facts=facts_of())
    artifact.seal(path)
    return backbone.eval(), Artifact.open(path)


@pytest.mark.parametrize(("kind", "theirs"), [("encoder", "modernbert"), ("decoder", "llama")])
def test_automodel_opens_a_saved_network_and_answers_alike(
    kind: str, theirs: str, modality: Text, batch: Batch, tmp_path: Path
) -> None:
    backbone, opened = saved(kind, modality, tmp_path)
    there, report = transformers.AutoModel.from_pretrained(tmp_path, output_loading_info=True)
    assert there.config.model_type == theirs
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    keep = batch["keep"]
    with torch.no_grad():
        found = there.eval()(input_ids=batch["x"], attention_mask=keep.long()).last_hidden_state
        expected = backbone(batch).x
        assert torch.allclose(found[keep], expected[keep], atol=1e-5)
        assert torch.equal(opened.backbone().eval()(batch).x, expected)


def test_a_saved_decoder_guesses_the_next_word_in_transformers(modality: Text, batch: Batch, tmp_path: Path) -> None:
    backbone, _ = saved("decoder", modality, tmp_path)
    there = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    keep = batch["keep"]
    with torch.no_grad():
        found = there(input_ids=batch["x"], attention_mask=keep.long()).logits
        expected = backbone(batch).x @ backbone.token_vectors.T
    assert found.shape[-1] == modality.spec.sizes["vocab"]
    assert torch.allclose(found[keep], expected[keep], atol=1e-5)


def test_the_tokenizer_lies_beside_the_network(modality: Text, batch: Batch, tmp_path: Path) -> None:
    saved("encoder", modality, tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert theirs(TEXTS[:12], padding=True, truncation=True)["input_ids"] == batch["x"].tolist()
