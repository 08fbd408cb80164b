"""Adapters: what they compute, where they stand, what they leave behind, and that other libraries read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers.pytorch_utils import Conv1D

import headstart as hs
from headstart.core import catalog
from headstart.core.contracts import Backbone, Batch
from headstart.core.contracts.spec import Spec
from headstart.core.errors import ContractError, RecipeError
from headstart.models.adapter import adapter_files
from headstart.models.nn import lowrank
from headstart.training.tunings.lora import Lora
from tests.helpers.specs import picture_spec, text_spec

TEXT, PICTURE = text_spec(40, 16), picture_spec(3, 32, 32)
OWN = {"width": 16, "depth": 2, "heads": 2}
BERT = {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 24, "vocab_size": 40, "max_position_embeddings": 32}  # fmt: skip
LLAMA = {**BERT, "model_type": "llama", "num_key_value_heads": 1}
GPT2 = {"model_type": "gpt2", "n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 40, "n_positions": 32}
NETWORKS: Mapping[str, tuple[str, dict[str, int], dict[str, Any], int]] = {
    "encoder": ("encoder", TEXT, OWN, 8),  # attention in and out, feedforward in and out, twice
    "decoder": ("decoder", TEXT, OWN, 14),
    "bert": ("hf", TEXT, {"config": BERT}, 12),
    "llama": ("hf", TEXT, {"config": LLAMA}, 14),
    "gpt2": ("hf", TEXT, {"config": GPT2}, 8),
    "vit": ("vit", PICTURE, {**OWN, "patch": 8}, 8),
    "timm": ("timm", PICTURE, {"architecture": "vit_tiny_patch16_224",
                               "model_args": {"embed_dim": 16, "depth": 2, "num_heads": 2, "patch_size": 8}}, 8),
    "mlp": ("mlp", PICTURE, {"widths": (16, 8)}, 2),
}  # fmt: skip
every = pytest.mark.parametrize("name", list(NETWORKS))


def network(name: str) -> Backbone:
    """A network with weights large enough to show mistakes."""
    kind, spec, settings, _ = NETWORKS[name]
    torch.manual_seed(0)
    made: Backbone = catalog.load("backbones", kind)(spec, **settings)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return made.eval()


def batch(name: str) -> Batch:
    generator = torch.Generator().manual_seed(0)
    if NETWORKS[name][1] is PICTURE:
        return {"x": torch.randn(3, 3, 32, 32, generator=generator)}
    keep = torch.ones(3, 7, dtype=torch.bool)
    keep[1, 5:] = False
    return {"x": torch.randint(5, 30, (3, 7), generator=generator), "keep": keep}


def kept(backbone: Backbone, given: Batch) -> torch.Tensor:
    """The tokens where there is no padding."""
    with torch.no_grad():
        tokens = backbone(given)
    return tokens.x[tokens.keep]


def shaken(backbone: Backbone) -> None:
    """Adapters as if they had learned something."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for halves in lowrank.adapters(backbone).values():
            for half in halves:
                half.copy_(0.1 * torch.randn(half.shape, generator=generator))


@every
def test_every_linear_map_gets_an_adapter_and_fresh_ones_change_nothing(name: str) -> None:
    backbone, given = network(name), batch(name)
    before = kept(backbone, given)
    Lora().begin(backbone)
    assert len(lowrank.adapters(backbone)) == NETWORKS[name][3]
    assert torch.allclose(kept(backbone, given), before, atol=1e-6)  # the decoder multiplies its maps one by one
    trained = {n for n, p in backbone.named_parameters() if p.requires_grad}
    assert trained == {f"{m}.{half}.weight" for m in lowrank.adapters(backbone) for half in ("lora_A", "lora_B")}


@every
def test_adapters_answer_as_the_formula_says_and_so_does_the_merged_network(name: str) -> None:
    """The obvious version: the weights of a second network, W + alpha / rank * B A by hand."""
    backbone, plain, given = network(name), network(name), batch(name)
    before = kept(plain, given)
    tuning = Lora(rank=4, alpha=12.0)
    tuning.begin(backbone)
    shaken(backbone)
    with torch.no_grad():
        for place, (a, b) in lowrank.adapters(backbone).items():
            module = plain.get_submodule(place)
            change = sum(torch.outer(b[:, r], a[r]) for r in range(4)) * 12.0 / 4
            weight = module.get_parameter("weight")
            weight.add_(change.T if isinstance(module, Conv1D) else change)
    expected, adapted = kept(plain, given), kept(backbone, given)
    tuning.end(backbone)
    merged, scale = kept(backbone, given), expected.abs().max()
    assert (expected - before).abs().max() > 1e-2 * scale
    assert torch.allclose(adapted / scale, expected / scale, atol=1e-5)
    assert torch.allclose(merged / scale, adapted / scale, atol=1e-5)
    assert backbone.state_dict().keys() == plain.state_dict().keys()
    assert not [type(m) for m in backbone.modules() if "forward" in vars(type(m)) and lowrank.is_adapted(m)]


@every
def test_every_adapter_is_reached_by_a_gradient(name: str) -> None:
    backbone = network(name)
    Lora(rank=4).begin(backbone)
    shaken(backbone)
    backbone(batch(name)).x.square().sum().backward()
    for place, halves in lowrank.adapters(backbone).items():
        assert all(half.grad is not None and float(half.grad.abs().max()) > 0 for half in halves), place
    others = [p.grad for n, p in backbone.named_parameters() if ".lora_" not in n]
    assert others
    assert not any(grad is not None for grad in others)


def test_layers_are_a_share_from_the_output_side_or_numbers() -> None:
    def hit(layers: float | tuple[int, ...]) -> set[str]:
        backbone = network("encoder")
        Lora(layers=layers).begin(backbone)
        return {name.rpartition(".attn")[0].rpartition(".mlp")[0] or name[:8] for name in lowrank.adapters(backbone)}

    assert {name[:8] for name in hit(0.5)} == {"blocks.1"}
    assert {name[:8] for name in hit((0,))} == {"blocks.0"}
    assert {name[:8] for name in hit((1, 0, 1))} == {"blocks.0", "blocks.1"}
    with pytest.raises(RecipeError, match=r"numbers from 0 to 1"):
        hit((2,))


@pytest.mark.parametrize(
    "settings",
    [{"rank": 0}, {"alpha": -1.0}, {"alpha": float("nan")}, {"dropout": 1.0}, {"layers": 0.0}, {"layers": 1.5},
     {"layers": ()}],
)  # fmt: skip
def test_adapters_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="HS-R266"):
        Lora(**settings)


@pytest.mark.parametrize(("kind", "spec"), [("cnn", PICTURE), ("resnet", PICTURE), ("rnn", TEXT)])
def test_a_network_without_linear_maps_is_refused_in_one_line(kind: str, spec: Spec) -> None:
    backbone = catalog.load("backbones", kind)(spec)
    with pytest.raises(ContractError, match="HS-C265"):
        Lora().begin(backbone)


def test_groups_without_adapters_are_refused() -> None:
    with pytest.raises(ContractError, match="HS-C268"):
        Lora().groups(network("mlp"), torch.nn.Linear(1, 1))  # pyright: ignore[reportArgumentType]


def test_dropout_of_adapters_is_off_in_eval_mode() -> None:
    backbone, given = network("encoder"), batch("encoder")
    Lora(dropout=0.5).begin(backbone)
    shaken(backbone)
    assert torch.equal(kept(backbone, given), kept(backbone, given))
    backbone.train()
    backbone.apply(_without_own_dropout)
    assert not torch.equal(kept(backbone, given), kept(backbone, given))


def _without_own_dropout(module: torch.nn.Module) -> None:
    if "Dropout" in type(module).__name__:
        module.eval()


def test_a_frozen_batch_norm_keeps_its_statistics() -> None:
    backbone = catalog.load("backbones", "mlp")(PICTURE, widths=(16, 8), norm="batch")
    tuning = Lora()
    tuning.begin(backbone)
    before = {n: b.clone() for n, b in backbone.named_buffers()}
    assert before
    backbone.train()
    tuning.at(0.0)
    backbone(batch("mlp"))
    assert all(torch.equal(before[n], b) for n, b in backbone.named_buffers())


@pytest.fixture(scope="module")
def opened() -> Callable[[str, Path], torch.nn.Module]:
    """The network as its own library builds it, from the files that a saved model of ours has."""
    import timm
    import transformers
    from safetensors.torch import save_file

    from headstart.models.nn.names import renamed

    def made(name: str, path: Path) -> torch.nn.Module:
        backbone = network(name)
        outside = backbone.interop
        (path / "config.json").write_text(json.dumps({**outside.config}))
        state = {renamed(n, outside.names): t.clone() for n, t in backbone.state_dict().items()}
        save_file(state, path / "model.safetensors", {"format": "pt"})
        if "architecture" in outside.config:
            return timm.create_model(f"local-dir:{path}", pretrained=True).eval()
        return transformers.AutoModel.from_pretrained(path).eval()

    return made


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", ["encoder", "decoder", "bert", "llama", "gpt2", "vit", "timm"])
def test_peft_reads_the_adapter_and_answers_alike(
    name: str, opened: Callable[[str, Path], torch.nn.Module], tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft")
    backbone, given, tuning = network(name), batch(name), Lora(rank=4, alpha=12.0)
    tuning.begin(backbone)
    shaken(backbone)
    tuning.end(backbone)
    for file, content in tuning.files(backbone, "org/name").items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content)
    expected = kept(backbone, given)
    base = opened(name, tmp_path)
    theirs = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
    with torch.no_grad():
        if "keep" in given:
            found = theirs(input_ids=given["x"], attention_mask=given["keep"].long()).last_hidden_state
            found = found[given["keep"]]
        else:
            found = theirs.base_model.model.forward_features(given["x"]).flatten(0, 1)
    carried = [n for n, m in theirs.named_modules() if hasattr(m, "lora_A")]
    assert len(carried) == NETWORKS[name][3]
    assert torch.allclose(found / expected.abs().max(), expected / expected.abs().max(), atol=1e-5)


def test_a_network_that_nobody_else_knows_leaves_no_adapter_files() -> None:
    backbone = network("mlp")
    tuning = Lora()
    tuning.begin(backbone)
    tuning.end(backbone)
    assert adapter_files(backbone.interop, {}, {}, "") == {}
    assert tuning.files(backbone, "") == {}


def test_a_fresh_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"HS-C267.*start=MODEL"):
        hs.finetune("digits", start="scratch", tuning="lora", backbone="mlp", out=tmp_path / "run")


@pytest.mark.parametrize(
    ("asked", "twin"), [("lora", {}), ("probe", {}), ("auto", {}), ("gradual", {"kind": "gradual"})]
)
def test_a_proof_trains_the_network_from_scratch_whole(asked: str, twin: dict[str, str], tmp_path: Path) -> None:
    from headstart.core.recipe import Recipe
    from headstart.data.cache import open_data
    from headstart.evaluation.arms import scratch_twin

    hs.pretrain("digits", backbone="mlp", objective="autoencoder", steps=1, out=tmp_path / "start")
    recipe = Recipe(
        start=str(tmp_path / "start"), tuning={"kind": asked, "rank": 4} if asked == "lora" else {"kind": asked}
    )
    found = scratch_twin(recipe, open_data("digits"))
    assert found.start == "scratch"
    assert found.tuning == twin
