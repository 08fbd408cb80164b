"""A model tuned by adapters is a plain model when it is saved, and the adapter beside it is enough for peft."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import transformers
from safetensors import safe_open

import headstart as hs
from headstart.cli import run
from headstart.inference.predictor import Predictor
from tests.helpers import checkpoints

WORDS = ["a b c d", "e f g", "h i j k l", "m n o", "p q", "r s t u v w", "x y z a", "b d f h j"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADSTART_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """160 texts of one-letter words; the class says whether an "a" is among them."""
    generator, path = np.random.default_rng(0), tmp_path / "letters.csv"
    texts = [" ".join(generator.choice(list("abcdefgh"), generator.integers(3, 9))) for _ in range(160)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *((text, "a" if "a" in text else "none") for text in texts)])
    return path


def tuned(*words: str | Path) -> dict[str, Any]:
    """The facts of a model after a run with adapters."""
    out = str(words[-1])
    more = ["--tuning", "lora", "tuning.rank=4", "--steps", "30", "plan.lr=0.02", "plan.batch=16", "--quiet"]
    assert run(["finetune", *map(str, words[:-1]), *more, "--out", out]) == 0
    return json.loads((Path(out) / "headstart.json").read_text())


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("kind", ["bert", pytest.param("llama", marks=pytest.mark.slow), "gpt2"])
def test_a_tuned_public_checkpoint_opens_merged_and_as_base_with_adapter(
    kind: str, table: Path, tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft")
    base, out = tmp_path / "base", tmp_path / "tuned"
    checkpoints.write_hf(kind, checkpoints.TEXTS[kind], base)
    facts = tuned(table, "--from", f"hf:{base}", "--target", "label", out)
    assert facts["trained"]["adapters_reached"] == facts["trained"]["linear_maps"]
    assert [w for w in facts["warnings"] if "adapters" in w] == []
    with safe_open(out / "model.safetensors", "pt") as weights:
        assert not [name for name in weights.keys() if "lora" in name]  # noqa: SIM118 - no mapping
    merged, report = transformers.AutoModel.from_pretrained(out, output_loading_info=True)
    assert not [name for name in report["missing_keys"] if "pooler" not in name]
    adapted = peft.PeftModel.from_pretrained(transformers.AutoModel.from_pretrained(base), out / "adapter")
    ids = torch.randint(5, 30, (2, 7), generator=torch.Generator().manual_seed(0))
    batch = {"x": ids, "keep": torch.ones_like(ids, dtype=torch.bool)}
    with torch.no_grad():
        ours = Predictor.load(out).trainee.backbone.eval()(batch).x
        first = transformers.AutoModel.from_pretrained(base).eval()(input_ids=ids).last_hidden_state
        for theirs in (merged, adapted):
            assert torch.allclose(theirs.eval()(input_ids=ids).last_hidden_state, ours, atol=1e-5)
        assert not torch.allclose(first, ours, atol=1e-3)  # the adapter has learned something


def test_a_tuned_encoder_of_ours_answers_embeds_verifies_and_repeats(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, out = tmp_path / "data", tmp_path / "tuned"
    assert run(["prepare", str(table), "--target", "label", "--out", str(data), "modality.vocab=300", "--quiet"]) == 0
    words = ["pretrain", str(data), "--backbone", "encoder", "--objective", "masked", "--steps", "5", "--quiet"]
    small = ["backbone.width=16", "backbone.depth=2", "backbone.heads=2"]
    assert run([*words, *small, "--out", str(tmp_path / "pre")]) == 0
    facts = tuned(data, "--from", tmp_path / "pre", out)
    assert facts["trained"]["linear_maps"] == facts["trained"]["adapters_reached"] == 8
    assert any("8 of 8 linear maps" in reason for reason in facts["reasons"])
    assert {p.name for p in (out / "adapter").iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    opened = hs.load(out)
    assert len(opened.predict(WORDS)) == len(WORDS)
    assert opened.embed(WORDS).shape == (len(WORDS), 16)
    capsys.readouterr()
    assert run(["verify", str(out)]) == 0
    assert run(["rerun", str(out), "--out", str(tmp_path / "again"), "--json", "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["equal"] is True
    assert run(["finetune", str(data), "--from", str(out), "--tuning", "full", "--steps", "2",
                "--quiet", "--out", str(tmp_path / "more")]) == 0  # fmt: skip
    (out / "adapter" / "adapter_config.json").write_text("{}")
    assert run(["verify", str(out)]) == 74


def test_a_tuned_vit_of_ours_opens_merged_in_timm(tmp_path: Path) -> None:
    words = ["pretrain", "digits", "--backbone", "vit", "--objective", "masked", "--steps", "5", "--quiet"]
    assert run([*words, "backbone.width=24", "backbone.depth=2", "--out", str(tmp_path / "pre")]) == 0
    tuned("digits", "--from", tmp_path / "pre", tmp_path / "tuned")
    backbone = Predictor.load(tmp_path / "tuned").trainee.backbone.eval()
    there = timm.create_model(f"local-dir:{tmp_path / 'tuned'}", pretrained=True).eval()
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(there.forward_features(x), backbone({"x": x}).x, atol=1e-5)


def test_the_rate_is_ten_times_what_the_network_advises_for_full_tuning(table: Path, tmp_path: Path) -> None:
    from headstart.assemble import finetuning
    from headstart.core.recipe import Recipe

    checkpoints.write_hf("bert", checkpoints.TEXTS["bert"], tmp_path / "base")
    rates: list[float] = []
    make: Callable[..., Any] = finetuning
    for kind in ("full", "lora"):
        recipe = Recipe(verb="finetune", start=f"hf:{tmp_path / 'base'}", tuning={"kind": kind})
        rates.append(make(recipe, hs.prepare(table, target="label"), device="cpu").plan.lr)
    assert rates[1] == pytest.approx(10 * rates[0])
