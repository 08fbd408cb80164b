"""Networks of transformers for sequences: the numbers of their own library, with padding and with hidden ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from headstart.core.contracts.spec import Spec
from headstart.models.backbones.hf import Hf
from tests.helpers import checkpoints

ESM = {**checkpoints.SMALL, "vocab_size": 33, "pad_token_id": 1, "mask_token_id": 32, "max_position_embeddings": 30}


def written(path: Path, **more: Any) -> tuple[Hf, Any]:
    """Ours, and transformers' own."""
    theirs = checkpoints.write_hf("esm", {**ESM, **more}, path)
    config = json.loads((path / "config.json").read_text("utf-8"))
    return Hf.pretrained(Spec("ids", {}), path, config=config).eval(), theirs


@pytest.mark.parametrize("places", ["rotary", "absolute"])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("norm", [True, False])
@torch.no_grad()
def test_an_esm_gives_what_transformers_gives(places: str, scaled: bool, norm: bool, tmp_path: Path) -> None:
    ours, theirs = written(tmp_path, position_embedding_type=places, token_dropout=scaled, emb_layer_norm_before=norm)
    keep = torch.arange(12) < torch.tensor([[12], [7]])
    x = torch.randint(4, 24, (2, 12), generator=torch.Generator().manual_seed(0))
    x[0, 3], x[1, 4] = 32, 32
    x = torch.where(keep, x, 1)
    found, expected = ours({"x": x, "keep": keep}).x, theirs(input_ids=x, attention_mask=keep.long()).last_hidden_state
    assert torch.allclose(found[keep], expected[keep], atol=1e-5)
    assert ours.packs
    assert not ours.causal


def test_gradients_reach_every_layer_of_an_esm(tmp_path: Path) -> None:
    ours, _ = written(tmp_path, position_embedding_type="absolute", emb_layer_norm_before=True)
    summary = ours.summary(ours({"x": torch.randint(4, 24, (2, 12))}))
    (summary * torch.randn_like(summary)).sum().backward()
    for layer in ours.layers():
        assert any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in layer.parameters())
