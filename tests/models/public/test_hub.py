"""Public checkpoints as starting points: the same numbers as their own library, and clear words where that fails."""

from __future__ import annotations

import copy
import json
import shutil
import threading
from pathlib import Path

import pytest
import torch
import transformers

from headstart.core.contracts import Backbone, Batch
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.models.backbones.hf import Hf
from headstart.models.nn.stem_and_body import Form, parts_in_order, resumed
from headstart.models.public.hub import Checkpoint, is_checkpoint, open_checkpoint
from tests.helpers import checkpoints
from tests.helpers.specs import picture_spec, text_spec

EVERY = [("hf", kind) for kind in (*checkpoints.TEXTS, *checkpoints.PICTURES)] + [
    ("timm", kind) for kind in checkpoints.TIMM
]
every = pytest.mark.parametrize(("library", "kind"), EVERY)
texts = pytest.mark.parametrize("kind", checkpoints.TEXTS)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[Path, torch.nn.Module]]:
    """Every tiny checkpoint, and the network of its own library."""
    found: dict[tuple[str, str], tuple[Path, torch.nn.Module]] = {}
    settings = {**checkpoints.TEXTS, **checkpoints.PICTURES}
    for library, kind in EVERY:
        path = tmp_path_factory.mktemp(f"{library}-{kind}")
        model = (
            checkpoints.write_timm(kind, path)
            if library == "timm"
            else checkpoints.write_hf(kind, settings[kind], path)
        )
        found[library, kind] = path, model
    return found


def random_batch(checkpoint: Checkpoint) -> Batch:
    """Two rows; of text the second is shorter."""
    generator = torch.Generator().manual_seed(1)
    if checkpoint.config["modality"]["kind"] == "image":
        facts = checkpoint.config["facts"]
        return {"x": torch.randn(2, facts["channels"], facts["height"], facts["width"], generator=generator)}
    keep = torch.arange(9) < torch.tensor([[9], [6]])
    return {"x": torch.randint(5, 30, (2, 9), generator=generator) * keep, "keep": keep}


@texts
def test_text_gives_what_transformers_gives(kind: str, written: dict) -> None:
    path, reference = written["hf", kind]
    checkpoint = open_checkpoint(f"hf:{path}")
    batch = random_batch(checkpoint)
    with torch.no_grad():
        expected = reference(input_ids=batch["x"], attention_mask=batch["keep"].long()).last_hidden_state
        found = checkpoint.backbone().eval()(batch)
    assert found.grid == (9,)
    assert torch.allclose(found.x[batch["keep"]], expected[batch["keep"]], atol=1e-5)


@pytest.mark.parametrize("kind", checkpoints.PICTURES)
def test_pictures_give_what_transformers_gives(kind: str, written: dict) -> None:
    path, reference = written["hf", kind]
    checkpoint = open_checkpoint(f"hf:{path}")
    backbone, batch = checkpoint.backbone().eval(), random_batch(checkpoint)
    with torch.no_grad():
        expected = reference(pixel_values=batch["x"])
        found = backbone(batch)
    last = expected.last_hidden_state
    if kind == "convnext":
        last = last.flatten(2).transpose(1, 2)  # [B, D, h, w] -> [B, h*w, D]
        assert torch.allclose(backbone.summary(found), expected.pooler_output, atol=1e-5)
    assert torch.allclose(found.x, last, atol=1e-5)
    assert found.x.shape[1] == found.prefix + found.grid[0] * found.grid[1]
    if found.prefix:
        assert torch.equal(backbone.summary(found), found.x[:, 0])


@pytest.mark.parametrize("kind", checkpoints.TIMM)
def test_pictures_give_what_timm_gives(kind: str, written: dict) -> None:
    path, reference = written["timm", kind]
    checkpoint = open_checkpoint(f"timm:{path}")
    backbone, batch = checkpoint.backbone().eval(), random_batch(checkpoint)
    with torch.no_grad():
        features = reference.forward_features(batch["x"])
        found = backbone(batch)
        expected = reference.forward_head(features, pre_logits=True)
        scales = backbone.pyramid(batch)
    if features.ndim == 4:
        features = features.flatten(1, 2) if kind == "swin" else features.flatten(2).transpose(1, 2)
        assert len(scales) > 1
    assert torch.allclose(found.x, features, atol=1e-5)
    assert torch.allclose(backbone.summary(found), expected, atol=1e-5)
    places = [scale.grid[0] * scale.grid[1] for scale in scales]
    assert places == sorted(places, reverse=True)


@every
def test_layers_hold_every_parameter_once_and_gradients_reach_each(library: str, kind: str, written: dict) -> None:
    checkpoint = open_checkpoint(f"{library}:{written[library, kind][0]}")
    backbone = checkpoint.backbone()
    listed = [id(parameter) for layer in backbone.layers() for parameter in layer.parameters()]
    assert len(listed) == len(set(listed))
    assert set(listed) == {id(parameter) for parameter in backbone.parameters()}
    summary = backbone.summary(backbone(random_batch(checkpoint)))
    (summary * torch.randn_like(summary)).sum().backward()
    for layer in backbone.layers():
        reached = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in layer.parameters()]
        assert any(reached), f"no gradient in {layer}"


@texts
def test_a_padded_row_equals_the_row_alone(kind: str, written: dict) -> None:
    backbone = open_checkpoint(f"hf:{written['hf', kind][0]}").backbone().eval()
    batch = random_batch(open_checkpoint(f"hf:{written['hf', kind][0]}"))
    with torch.no_grad():
        together = backbone(batch).x[1, :6]
        alone = backbone({"x": batch["x"][1:, :6], "keep": batch["keep"][1:, :6]}).x[0]
    assert torch.allclose(together, alone, atol=1e-5)


@texts
def test_packed_documents_do_not_see_each_other_where_that_is_promised(kind: str, written: dict) -> None:
    backbone = open_checkpoint(f"hf:{written['hf', kind][0]}").backbone().eval()
    assert backbone.packs == (kind != "deberta-v2")
    batch = random_batch(open_checkpoint(f"hf:{written['hf', kind][0]}"))
    part = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1]).expand(2, 9)
    keep = torch.ones_like(part, dtype=torch.bool)
    other = {"x": batch["x"].clone(), "keep": keep, "document": part}
    other["x"][:, 0] = 7
    with torch.no_grad():
        one = backbone({**batch, "keep": keep, "document": part}).x
        changed = backbone(other).x
    assert torch.allclose(one[:, 4:], changed[:, 4:], atol=1e-6) == backbone.packs
    assert not torch.allclose(one[:, :4], changed[:, :4], atol=1e-3)


@texts
def test_networks_that_read_forward_say_so(kind: str, written: dict) -> None:
    assert open_checkpoint(f"hf:{written['hf', kind][0]}").backbone().causal == (kind in ("gpt2", "llama"))


def test_vocabulary_is_the_table_of_the_input(written: dict) -> None:
    path, reference = written["hf", "bert"]
    backbone = open_checkpoint(f"hf:{path}").backbone()
    assert torch.equal(backbone.token_vectors, reference.get_input_embeddings().weight)
    assert open_checkpoint(f"hf:{written['hf', 'vit'][0]}").backbone().token_vectors is None


def test_the_modality_is_that_of_the_checkpoint(written: dict) -> None:
    picture = open_checkpoint(f"hf:{written['hf', 'vit'][0]}").modality()
    assert picture.spec.sizes == {"channels": 3, "height": 32, "width": 32}
    assert picture.ready({"x": torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)})[
        "x"
    ].flatten().tolist() == pytest.approx([1.8, 1.6, 1.4])
    text = open_checkpoint(f"hf:{written['hf', 'bert'][0]}").modality()
    assert text.spec.sizes["vocab"] == len(checkpoints.VOCABULARY)
    assert text.length == 32
    assert (
        open_checkpoint(f"hf:{written['hf', 'roberta'][0]}").modality().length == 31
    )  # places behind the padding's id


def test_data_of_another_kind_are_refused(written: dict) -> None:
    text, picture = (open_checkpoint(f"hf:{written['hf', kind][0]}").config["backbone"] for kind in ("bert", "vit"))
    with pytest.raises(ContractError, match="reads text"):
        Hf(picture_spec(3, 32, 32), config=text["config"])
    with pytest.raises(ContractError, match="reads pictures"):
        Hf(text_spec(40), config=picture["config"])
    with pytest.raises(ContractError, match="of its own size"):
        Hf(picture_spec(3, 16, 16), config=picture["config"])


def test_what_a_checkpoint_says_about_itself(written: dict, tmp_path: Path) -> None:
    checkpoints.write_hf("vit", checkpoints.PICTURES["vit"], tmp_path)
    (tmp_path / "README.md").write_text("---\nlicense: apache-2.0\ntags: []\n---\n# A model\n", "utf-8")
    checkpoint = open_checkpoint(f"hf:{tmp_path}")
    assert is_checkpoint(tmp_path) == "hf"
    assert is_checkpoint(written["timm", "vit"][0]) == "timm"
    assert checkpoint.facts["data"]["licence"] == "apache-2.0"
    assert checkpoint.facts["verb"] == "public checkpoint"
    assert checkpoint.facts["lineage"] == []
    assert checkpoint.finished
    assert len(checkpoint.seen()) == 0
    assert len(checkpoint.hash) == 64
    assert checkpoint.config["backbone"]["kind"] == "hf"
    (tmp_path / "headstart.json").write_text("{}", "utf-8")
    assert is_checkpoint(tmp_path) is None
    assert is_checkpoint(tmp_path / "nothing") is None


def test_a_timm_name_without_a_tag_means_its_default_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def note(repository: str, **_: object) -> str:
        asked.append(repository)
        raise FileNotFoundError("no network in a test")

    monkeypatch.setattr("huggingface_hub.snapshot_download", note)
    with pytest.raises(UsageError, match="HF_HOME"):
        open_checkpoint("timm:resnet18")
    assert set(asked) == {"timm/resnet18.a1_in1k"}


def test_the_cache_of_the_hub_is_enough(
    written: dict, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--someone--small-bert"
    shutil.copytree(written["hf", "bert"][0], repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit, "utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    for name in ("hf:someone/small-bert", "hf:someone/small-bert@main", f"hf:someone/small-bert@{commit}"):
        checkpoint = open_checkpoint(name)
        assert checkpoint.facts["revision"] == commit
        assert checkpoint.facts["data"]["source"] == [name]
    checkpoint.backbone()
    assert capfd.readouterr().err == ""


def test_what_a_killed_download_left_is_not_taken_for_the_whole(
    written: dict, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given, asked = written["hf", "bert"][0], list[bool]()

    def download(repository: str, *, local_files_only: bool, **rest: object) -> str:
        """As the hub's library: offline it gives whatever is there."""
        place = tmp_path / "snapshot"
        if not local_files_only:
            asked.append((place / "model.safetensors").exists())
            for file in sorted(given.iterdir()):
                place.mkdir(exist_ok=True)
                shutil.copy(file, place)
                if file.name == "model.safetensors" and len(asked) == 1:
                    raise KeyboardInterrupt  # before the tokenizer
        elif not place.is_dir():
            raise FileNotFoundError("nothing is cached")
        return str(place)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(KeyboardInterrupt):
        open_checkpoint("hf:someone/small-bert")
    assert open_checkpoint("hf:someone/small-bert").modality().vocabulary is not None
    open_checkpoint("hf:someone/small-bert")
    assert asked == [False, True]  # the third call found it whole


@pytest.mark.parametrize("name", ["hf:nobody/nothing", "hf:no such name!", "hf:a/b/c", "timm:resnet18.a1_in1k@main"])
def test_a_name_that_is_not_there_is_one_clear_error(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UsageError, match="not found") as caught:
        open_checkpoint(name)
    assert "HS-U591" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [("hf:/nowhere", "no such directory"),
     ("hf:", "not the name of a public checkpoint: found hf:, expected hf:org/name"),
     ("timm:resnet1888", "did you mean"), ("timm:resnet18.wrong", "did you mean")],
)  # fmt: skip
def test_an_impossible_name_is_refused(name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        open_checkpoint(name)


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    checkpoints.write_hf("bert", checkpoints.BERT, tmp_path)
    return tmp_path


def test_only_safetensors_are_opened(bert: Path) -> None:
    (bert / "model.safetensors").rename(bert / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"pytorch_model\.bin.*hs\.convert"):
        open_checkpoint(f"hf:{bert}")


def test_code_of_a_checkpoint_is_never_run(bert: Path) -> None:
    checkpoints.change_config(bert, auto_map={"AutoModel": "modeling.Evil"})
    (bert / "modeling.py").write_text("raise SystemExit", "utf-8")
    with pytest.raises(DataError, match="never run"):
        open_checkpoint(f"hf:{bert}")


def test_quantised_weights_are_refused(bert: Path) -> None:
    checkpoints.change_config(bert, quantization_config={"quant_method": "gptq"})
    with pytest.raises(DataError, match="quantised"):
        open_checkpoint(f"hf:{bert}")


@pytest.mark.parametrize("content", ['{"model_type": "bert"', "[]", "\xff", "{}", '{"model_type": 3}'])
def test_a_damaged_config_is_refused(content: str, bert: Path) -> None:
    (bert / "config.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError, match="config"):
        open_checkpoint(f"hf:{bert}")


def test_an_unknown_network_is_refused(bert: Path) -> None:
    checkpoints.change_config(bert, model_type="bertha")
    with pytest.raises(UsageError, match="bertha"):
        open_checkpoint(f"hf:{bert}").modality()


@pytest.mark.parametrize("field", [{"hidden_size": "wide"}, {"num_attention_heads": 3}])
def test_a_config_that_builds_nothing_is_refused(field: dict, bert: Path) -> None:
    checkpoints.change_config(bert, **field)
    with pytest.raises(ContractError, match="does not fit"):
        open_checkpoint(f"hf:{bert}").backbone()


def test_weights_of_half_precision_become_whole(tmp_path: Path) -> None:
    checkpoints.write_hf("bert", checkpoints.BERT, tmp_path).bfloat16().save_pretrained(tmp_path)
    backbone = open_checkpoint(f"hf:{tmp_path}").backbone()
    assert {parameter.dtype for parameter in backbone.parameters()} == {torch.float32}


def test_a_checkpoint_with_a_head_gives_its_network(tmp_path: Path) -> None:
    config = transformers.BertConfig(**checkpoints.BERT)
    reference = transformers.BertForMaskedLM(config)
    reference.save_pretrained(tmp_path)
    batch = {"x": torch.arange(5, 12)[None]}
    found = open_checkpoint(f"hf:{tmp_path}").backbone().eval()(batch).x
    assert torch.allclose(found, reference.eval().bert(input_ids=batch["x"]).last_hidden_state, atol=1e-5)


def test_a_checkpoint_of_timm_that_transformers_saved_is_read(tmp_path: Path) -> None:
    path, again = tmp_path / "timm", tmp_path / "transformers"
    checkpoints.write_timm("resnet", path)
    checkpoints.change_config(path, model_args=checkpoints.TIMM["resnet"][1])
    transformers.AutoModel.from_pretrained(path).save_pretrained(again)
    x = torch.randn(1, 3, 32, 32)
    one, other = (open_checkpoint(f"hf:{p}").backbone().eval()({"x": x}).x for p in (path, again))
    assert torch.equal(one, other)


def test_two_towers_are_refused(tmp_path: Path) -> None:
    checkpoints.write_hf("bert", checkpoints.BERT, tmp_path)
    checkpoints.change_config(tmp_path, model_type="clip", text_config={}, vision_config={})
    with pytest.raises(ContractError, match="text alone or pictures alone"):
        open_checkpoint(f"hf:{tmp_path}").backbone()


def test_an_encoder_decoder_without_a_twin_is_refused(tmp_path: Path) -> None:
    checkpoints.write_hf("bert", checkpoints.BERT, tmp_path)
    checkpoints.change_config(tmp_path, model_type="bart")
    with pytest.raises(ContractError, match="separate encoder"):
        open_checkpoint(f"hf:{tmp_path}").backbone()


@pytest.mark.parametrize("library", ["hf", "timm"])
def test_truncated_weights_are_refused(library: str, tmp_path: Path) -> None:
    if library == "hf":
        checkpoints.write_hf("vit", checkpoints.PICTURES["vit"], tmp_path)
    else:
        checkpoints.write_timm("resnet", tmp_path)
    content = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        open_checkpoint(f"{library}:{tmp_path}").backbone()


def test_missing_weights_are_never_made_up(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    checkpoints.drop_weight(bert, "encoder.layer.1.output.dense.weight")
    with pytest.raises(DataError, match="incomplete"):
        open_checkpoint(f"hf:{bert}").backbone()
    other = tmp_path_factory.mktemp("timm")
    checkpoints.write_timm("resnet", other)
    checkpoints.drop_weight(other, "layer4.0.conv1.weight")
    with pytest.raises(DataError, match="incomplete"):
        open_checkpoint(f"timm:{other}").backbone()


def test_weights_of_another_size_are_refused(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    checkpoints.change_config(bert, intermediate_size=30)
    with pytest.raises(DataError, match="cannot be read"):
        open_checkpoint(f"hf:{bert}").backbone()
    other = tmp_path_factory.mktemp("timm")
    checkpoints.write_timm("vit", other)
    args = {**checkpoints.TIMM["vit"][1], "mlp_ratio": 2.0}
    checkpoints.change_config(other, model_args=args)
    with pytest.raises(DataError, match="do not fit"):
        open_checkpoint(f"timm:{other}").backbone()


def test_a_missing_or_damaged_tokenizer_is_refused(bert: Path) -> None:
    (bert / "tokenizer.json").write_text("{", "utf-8")
    with pytest.raises(DataError, match="tokenizer"):
        open_checkpoint(f"hf:{bert}").modality()
    (bert / "tokenizer.json").unlink()
    with pytest.raises(DataError, match="tokenizer"):
        open_checkpoint(f"hf:{bert}").modality()


@pytest.mark.parametrize(("added", "refused"), [("<url>", True), ("[PAD]", False)])
def test_only_padding_may_have_an_id_without_a_vector(bert: Path, added: str, refused: bool) -> None:
    stated = json.loads((bert / "tokenizer.json").read_text("utf-8"))
    words = {word.replace("[PAD]", "first"): number for word, number in stated["model"]["vocab"].items()}
    stated["model"]["vocab"] = {**words, **{f"w{number}": number for number in range(len(words), 40)}}
    kept = [one for one in stated["added_tokens"] if one["content"] != "[PAD]"]
    new = {"id": 40, "content": added, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
           "special": True}  # fmt: skip
    stated["added_tokens"] = [*kept, new]
    (bert / "tokenizer.json").write_text(json.dumps(stated), "utf-8")
    start = open_checkpoint(f"hf:{bert}")
    if refused:
        with pytest.raises(DataError, match=r"HS-D398.*<url>"):
            start.modality()
        return
    assert start.modality().vocabulary is not None
    x, keep = torch.tensor([[5, 6, 40]]), torch.tensor([[True, True, False]])
    backbone = start.backbone().eval()
    padded, alone = (backbone({"x": x[:, :n], "keep": keep[:, :n]}).x[:, :2] for n in (3, 2))
    assert torch.allclose(padded, alone, atol=1e-5)


def test_threads_that_share_a_cut_network_do_not_disturb_each_other(written: dict) -> None:
    checkpoint = open_checkpoint(f"hf:{written['hf', 'vit'][0]}")
    backbone = checkpoint.backbone().eval()
    batches = [{"x": torch.randn(1, 3, 32, 32)} for _ in range(8)]
    expected = [backbone(batch).x.detach() for batch in batches]
    found: dict[int, torch.Tensor] = {}

    def work(i: int) -> None:
        for _ in range(5):
            found[i] = backbone(batches[i]).x.detach()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.allclose(found[i], expected[i], atol=1e-6) for i in range(8))


def test_nothing_is_left_behind_when_the_second_half_fails(written: dict) -> None:
    backbone: Backbone = open_checkpoint(f"timm:{written['timm', 'vit'][0]}").backbone().eval()
    batch = {"x": torch.randn(1, 3, 32, 32)}
    expected = backbone(batch).x
    tokens = backbone.embed(batch)
    with pytest.raises(RuntimeError):
        backbone.encode(tokens.with_x(tokens.x[..., :3]))
    assert torch.equal(backbone(batch).x, expected)
    assert torch.equal(copy.deepcopy(backbone)(batch).x, expected)


def test_resumed_answers_for_its_own_module_only() -> None:
    from headstart.models.nn.stem_and_body import cut

    one, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    cut(one)
    cut(other)
    x = torch.ones(1, 2)
    expected = other(x)
    with resumed(one, torch.zeros(1, 2)):
        assert torch.equal(one(x), torch.zeros(1, 2))
        assert torch.equal(other(x), expected)
    assert not torch.equal(one(x), torch.zeros(1, 2))


@pytest.mark.parametrize(
    ("shape", "channels_last", "expected"),
    [((2, 5, 3, 4), False, ("NCHW", (3, 4), 0)), ((2, 3, 4, 5), True, ("NHWC", (3, 4), 0)),
     ((2, 12, 5), False, ("NLC", (3, 4), 0)), ((2, 14, 5), False, ("NLC", (3, 4), 2))],
)  # fmt: skip
def test_a_form_is_seen_and_turned_back(
    shape: tuple[int, ...], channels_last: bool, expected: tuple[str, tuple[int, int], int]
) -> None:
    x = torch.randn(*shape)
    form = Form.of(x, (30, 40), channels_last=channels_last)
    assert (form.layout, form.grid, form.prefix) == expected
    tokens = form.tokens(x)
    assert tokens.x.shape == (2, form.prefix + 12, 5)
    assert torch.equal(form.original(tokens), x)


def test_a_form_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="13 places"):
        Form.of(torch.randn(1, 13, 2), (30, 40), prefix=0)
    with pytest.raises(ValueError, match="returns"):
        Form.of(torch.randn(1, 13), (30, 40))


def test_parts_come_in_order_with_shared_weights_once() -> None:
    block = torch.nn.TransformerEncoderLayer(4, 1, 4)
    network = torch.nn.Module()
    network.token = torch.nn.Parameter(torch.zeros(1))
    network.first = torch.nn.Linear(2, 4)
    network.blocks = torch.nn.ModuleList([block, torch.nn.TransformerEncoderLayer(4, 1, 4)])
    network.again = network.first
    found = parts_in_order(network)
    blocks = ["TransformerEncoderLayer"] * 2
    assert [type(part).__name__ for part in found] == ["ParameterList", "Linear", *blocks]
