"""Writing: the same text however it is asked for, ended where it should be, and never half a letter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import transformers

import headstart as hs
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.inference.detokenizer import Spelling, Stops
from headstart.inference.predictor import Predictor
from headstart.inference.text_generator import Manner, Writer
from tests.helpers.public_writers import bytewise, public
from tests.helpers.sentences import sentences

TEXTS, _ = sentences(300)
PROMPTS = ["The sailor", "The planet hears the moon and", "Ü", "", "The coach follows the"]
GREEDY = Manner(temperature=0.0, max_tokens=20)


def model_of(kind: str, path: Path) -> Predictor:
    settings = {"backbone.width": 48, "backbone.hidden": 64, "plan.batch": 16, "plan.lr": 5e-3}
    data = path / "lines.txt"
    data.write_text("\n".join([*TEXTS, *(f"冬{text}雪" for text in TEXTS[:80])]), "utf-8")
    store = hs.prepare(data, out=path / "data", settings={"vocab": 420, "length": 48})
    return hs.pretrain(
        store, backbone=kind, objective="causal", steps=60, out=path / kind, settings=settings, quiet=True
    )


@pytest.fixture(scope="module", params=["decoder", "rnn"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return model_of(request.param, tmp_path_factory.mktemp("writing"))


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return model_of("decoder", tmp_path_factory.mktemp("decoder"))


@pytest.fixture(scope="module")
def writer(decoder: Predictor) -> Writer:
    return Writer(decoder.modality, decoder.trainee)


@torch.no_grad()
def slowly(model: Predictor, prompt: str, count: int) -> str:
    """One text without memory, batch or pieces."""
    backbone, modality = model.trainee.backbone.eval(), model.modality
    begun = modality.vocabulary.encode_prompt(prompt)  # pyright: ignore[reportAttributeAccessIssue]
    ids = list(begun)
    for _ in range(count):
        x = torch.tensor([ids])
        states = backbone({"x": x, "keep": torch.ones_like(x, dtype=torch.bool)}).x[0, -1]
        logits = backbone.token_vectors @ states
        logits[[0, 1, 2, 4]] = -torch.inf  # marks, but the one that ends a text
        ids.append(int(logits.argmax()))
        if ids[-1] == 3:
            break
    said = modality.view.render(torch.tensor([ids]))[0]
    return said.removeprefix(modality.view.render(torch.tensor([begun]))[0]).rstrip("\ufffd")


def test_greedy_texts_equal_the_slow_ones_alone_and_together(model: Predictor) -> None:
    together = [one.text for one in model.generate(PROMPTS, temperature=0.0, max_tokens=20)]
    assert together == [model.generate(prompt, temperature=0.0, max_tokens=20)[0].text for prompt in PROMPTS]
    expected = [slowly(model, prompt, 20) for prompt in PROMPTS]
    expected[3] = expected[3].removeprefix(" ")  # tokenizers put a space before the first word
    assert together == expected
    assert len({*together}) > 1


def test_equal_seeds_write_equal_texts(model: Predictor) -> None:
    draws = [[one.text for one in model.generate(PROMPTS, n=2, max_tokens=15, seed=seed)] for seed in (5, 5, 6)]
    assert draws[0] == draws[1] != draws[2]
    assert draws[0][0] != draws[0][1]


def test_texts_come_in_the_order_of_their_prompts(decoder: Predictor) -> None:
    found = decoder.generate(PROMPTS * 9, n=2, max_tokens=3)  # more than are written together
    assert [one.prompt for one in found] == [prompt for prompt in PROMPTS * 9 for _ in range(2)]


def test_writing_leaves_the_model_in_its_mode(decoder: Predictor) -> None:
    decoder.trainee.backbone.train()
    decoder.generate("The", max_tokens=2)
    assert decoder.trainee.backbone.training
    for _ in Writer(decoder.modality, decoder.trainee).stream("The", Manner(max_tokens=5)):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    assert decoder.trainee.backbone.training
    decoder.trainee.backbone.eval()


def test_a_stream_says_what_is_written_at_once(writer: Writer) -> None:
    count = 0
    for seed in range(5):
        manner = Manner(max_tokens=30, seed=seed, temperature=1.5)
        pieces = list(writer.stream("The sailor", manner))
        (whole,) = writer.write(["The sailor"], manner)
        assert "".join(pieces) == whole.text
        count += len(pieces)
    assert count > 20


def test_a_text_ends_at_the_mark_at_a_stop_at_the_tokens_or_at_the_last_place(writer: Writer) -> None:
    manner = Manner(max_tokens=100, n=40)
    found = writer.write(["The sailor"], manner)
    assert {one.ended for one in found} == {"end", "places"}
    begun = len(writer._begun("The sailor"))
    assert all(begun + one.tokens == 48 for one in found if one.ended == "places")
    assert all(begun + one.tokens < 48 for one in found if one.ended == "end")
    short = writer.write(["The sailor"], Manner(max_tokens=3, n=40))
    assert {one.tokens for one in short if one.ended == "tokens"} == {3}
    stopped = writer.write(["The sailor"], Manner(n=40, stop=["e a", "zzz"]))
    assert any(one.ended == "stop" for one in stopped)
    for cut, whole in zip(stopped, found, strict=True):
        assert "e a" not in cut.text
        if whole.text.partition("e a")[1]:
            assert (cut.text, cut.ended) == (whole.text.partition("e a")[0], "stop")


def test_marks_are_never_written(decoder: Predictor) -> None:
    voice = torch.randn(decoder.trainee.backbone.token_vectors.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = decoder.trainee.backbone.token_vectors.clone()
        decoder.trainee.backbone.token_vectors.copy_(voice)
        texts = decoder.generate("The", n=30, max_tokens=40, temperature=50.0)  # all ids are about as likely
        decoder.trainee.backbone.token_vectors.copy_(before)
    assert not any(mark in one.text for one in texts for mark in ("<pad>", "<unk>", "<s>", "</s>", "<mask>"))
    assert {one.ended for one in texts} <= {"end", "tokens"}
    assert sum(one.tokens for one in texts) > 600


@pytest.mark.parametrize("stops", [["ab"], ["aab", "b"], ["abab"], ["ba", "aaaa"], ["c"]])
def test_stops_cut_before_the_first_however_the_text_is_cut(stops: list[str]) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        text = "".join("ab"[i] for i in torch.randint(0, 2, (12,), generator=generator).tolist())
        places = [text.find(stop) for stop in stops if stop in text]
        expected = text[: min(places)] if places else text
        for size in (1, 2, 3, 12):
            watcher, said = Stops(stops), ""
            for start in range(0, len(text), size):
                said += watcher.add(text[start : start + size])
                assert expected.startswith(said)  # nothing that would have to be taken back
                if watcher.met:
                    break
            said += watcher.rest()
            assert said == expected
            assert watcher.met == bool(places)


def test_pieces_are_whole_letters_and_add_up() -> None:
    from headstart.data.modalities.text.text import Text

    text = "naïve 雪が降る 🙂🏽 end, und noch ein längerer Satz über Füße."
    modality = Text.of_tokenizer(bytewise(), 64)
    for place in range(0, len(text), 5):
        spelling = Spelling(modality.vocabulary, modality.vocabulary.encode_prompt(text[:place]))
        pieces = [spelling.add(one) for one in modality.vocabulary.encode_prompt(text[place:])]
        assert "\ufffd" not in "".join(pieces)
        assert "".join(pieces) == text[place:].removeprefix(" " if place == 0 else "")
        assert all(len(piece) <= 1 for piece in pieces)


def test_half_a_letter_at_the_end_is_left_out() -> None:
    from headstart.data.modalities.text.text import Text

    modality = Text.of_tokenizer(bytewise(), 64)
    spelling = Spelling(modality.vocabulary, [])
    assert "".join(spelling.add(one) for one in modality.vocabulary.encode_prompt("a雪b雪")[:-1]) == "a雪b"


def test_a_prompt_longer_than_the_model_reads_is_one_clear_error(decoder: Predictor, writer: Writer) -> None:
    with pytest.raises(UsageError, match=r"HS-U547.*at most 47"):
        decoder.generate("The sailor " * 40)
    fits = next(prompt for n in range(200) if len(writer._begun(prompt := "The" + "!" * n)) == 47)
    found = writer.write([fits], Manner(n=20))
    assert {(one.tokens, one.ended) for one in found} <= {(1, "places"), (0, "end")}


@pytest.mark.parametrize(
    "wrong",
    [{"n": 0}, {"max_tokens": 0}, {"temperature": -1.0}, {"temperature": float("nan")}, {"top_k": -1}, {"top_p": 0.0},
     {"top_p": 1.1}, {"stop": "and"}, {"stop": [""]}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="HS-U548"):
        Manner(**wrong)  # pyright: ignore[reportArgumentType]


def test_several_greedy_texts_are_refused() -> None:
    with pytest.raises(UsageError, match="HS-U545"):
        Manner(n=2, temperature=0.0)


def test_models_that_do_not_write_say_what_to_do(decoder: Predictor, tmp_path: Path) -> None:
    settings = {"backbone.width": 32, "backbone.depth": 1, "plan.batch": 16}
    table = {"input": TEXTS, "label": [str(i % 2) for i in range(300)]}
    lines = tmp_path / "table.csv"
    lines.write_text("text,topic\n" + "".join(f'"{t}",{y}\n' for t, y in zip(*table.values(), strict=True)), "utf-8")
    reader = hs.pretrain(lines, backbone="encoder", objective="masked", steps=2, out=tmp_path / "e", settings=settings)
    with pytest.raises(ContractError, match=r"HS-C143.*encoder cannot generate text.*decoder, hf or rnn"):
        reader.generate("The")
    tuned = hs.finetune(lines, start=decoder, target="topic", tuning="probe", out=tmp_path / "tuned")
    with pytest.raises(ContractError, match=r"HS-C144.*classify does not train a causal language model.*causal"):
        tuned.generate("The")
    pixels = hs.pretrain("digits", objective="pca", out=tmp_path / "pca")
    with pytest.raises(UsageError, match=r"HS-U551.*models that generate"):
        pixels.generate("The")


@pytest.mark.parametrize(
    ("kind", "more"),
    [("gpt2", {"n_positions": 64}), ("gpt2", {"n_positions": 64, "tie_word_embeddings": False}),
     ("llama", {"intermediate_size": 24, "tie_word_embeddings": False, "max_position_embeddings": 64}),
     ("llama", {"intermediate_size": 24, "tie_word_embeddings": True, "max_position_embeddings": 64}),
     ("phi", {"intermediate_size": 24, "max_position_embeddings": 64}),
     ("gpt_neox", {"intermediate_size": 24, "max_position_embeddings": 64})],
    ids=lambda value: value if isinstance(value, str) else str(value.get("tie_word_embeddings", "")),
)  # fmt: skip
def test_a_public_checkpoint_writes_what_transformers_writes(
    kind: str, more: dict[str, object], tmp_path: Path
) -> None:
    theirs = public(tmp_path, kind, eos_token_id=256, bos_token_id=256, **more)
    ours = hs.load(f"hf:{tmp_path}")
    for prompt in ("ab", "The sailor, ü"):
        (found,) = ours.generate(prompt, temperature=0.0, max_tokens=25)
        begun = torch.tensor([ours.modality.vocabulary.encode_prompt(prompt)])  # pyright: ignore[reportAttributeAccessIssue]
        made = theirs.generate(  # pyright: ignore[reportCallIssue]
            begun, attention_mask=torch.ones_like(begun), max_new_tokens=25, do_sample=False, eos_token_id=256,
            pad_token_id=256, suppress_tokens=[257, 258, 259],
        )[0, begun.shape[1] :].tolist()  # fmt: skip
        made = made[: made.index(256)] if 256 in made else made
        assert found.tokens == len(made)
        spelled = ours.modality.vocabulary.decode  # pyright: ignore[reportAttributeAccessIssue]
        whole = spelled([*begun[0].tolist(), *made])
        assert found.text == whole[len(prompt) :].rstrip("\ufffd")
    assert ours.generate("", max_tokens=3)[0].tokens <= 3


def test_a_network_that_had_an_output_of_its_own_learns_with_its_words_and_transformers_agrees(tmp_path: Path) -> None:
    more = {"intermediate_size": 24, "tie_word_embeddings": False, "max_position_embeddings": 64, "eos_token_id": 256}
    public(tmp_path / "public", "llama", **more)
    lines = tmp_path / "lines.txt"
    lines.write_text("\n".join(TEXTS), "utf-8")
    model = hs.pretrain(
        lines, init=f"hf:{tmp_path / 'public'}", objective="causal", steps=4, out=tmp_path / "model", quiet=True
    )
    there = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model").eval()
    begun = torch.tensor([model.modality.vocabulary.encode_prompt("The sailor")])  # pyright: ignore[reportAttributeAccessIssue]
    made = there.generate(begun, max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=256)
    (found,) = model.generate("The sailor", temperature=0.0, max_tokens=12)
    spelled = model.modality.vocabulary.decode  # pyright: ignore[reportAttributeAccessIssue]
    assert found.text == spelled(made[0].tolist())[len("The sailor") :].rstrip("\ufffd")


def test_an_output_that_is_missing_or_more_than_a_product_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    more = {"intermediate_size": 24, "max_position_embeddings": 64}
    public(tmp_path / "capped", "gemma2", head_dim=8, num_key_value_heads=1, **more)
    with pytest.raises(ContractError, match=r"HS-C147.*gemma2"):
        hs.load(f"hf:{tmp_path / 'capped'}").generate("a")
    public(tmp_path / "bare", "llama", tie_word_embeddings=False, **more)
    tensors = load_file(tmp_path / "bare" / "model.safetensors")
    del tensors["lm_head.weight"]
    save_file(tensors, tmp_path / "bare" / "model.safetensors", {"format": "pt"})
    with pytest.raises(DataError, match=r"HS-D365.*lm_head.weight"):
        hs.load(f"hf:{tmp_path / 'bare'}").generate("a")


def test_a_public_network_writes_to_its_last_position(tmp_path: Path) -> None:
    public(tmp_path, "gpt2", n_positions=20, eos_token_id=256)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["n_positions"] == 20
    found = hs.load(f"hf:{tmp_path}").generate("abcd", n=20, max_tokens=100)
    assert {one.tokens for one in found if one.ended == "places"} == {16}
