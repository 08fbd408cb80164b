"""The text modality: ids that turn back into text, padded rows, files that transformers opens."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from headstart.core.contracts import Columns
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError, RecipeError
from headstart.data.modalities.text.text import Text
from headstart.data.storage.gather import MemoryRows, ragged, stacked
from tests.helpers.sentences import sentences

TEXTS, _ = sentences(150)
CHINESE = [
    a + b + c
    for a in ("今天天气", "明天我们", "老师常常")
    for b in ("很好", "去学校", "看书")
    for c in ("。", "吗?", "呢!")
]


def stored(texts: list[str]) -> Columns:
    """Texts as the store holds them before they are settled."""
    bare = Text()
    return stacked([bare.encode(bare.read({"input": text}, Budget())) for text in texts])


def learned(texts: list[str] = TEXTS, **settings: Any) -> Text:
    made = Text(**{"vocab": 400, **settings})
    made.fit_stored([stored(texts)])
    return made


def fed(modality: Text, texts: list[str]) -> Columns:
    """Texts as the store would give them to `collate`."""
    rows = [modality.encode(modality.read({"input": text}, Budget())) for text in texts]
    return MemoryRows(modality, rows).feed(np.arange(len(rows)))


@pytest.fixture(scope="module")
def modality() -> Text:
    return learned(length=64)


def test_ids_turn_back_into_the_text_they_were_made_of(modality: Text) -> None:
    strange = [*TEXTS[:20], "naïve café, 3 × 7 = 21", "Ünïcødé 😀 — 中文", "two  spaces and\ttabs"]
    read = [modality.read({"input": text}, Budget())["input"] for text in strange]
    shown = modality.view.render(modality.collate(fed(modality, strange))["x"])
    assert [text.removeprefix(" ") for text in shown] == read


def test_a_row_has_its_marks_at_the_ends_and_padding_behind(modality: Text) -> None:
    batch = modality.collate(fed(modality, TEXTS[:20]))
    pad, begin, end = 0, 2, 3
    for ids, keep in zip(batch["x"], batch["keep"], strict=True):
        kept = ids[keep].tolist()
        assert kept[0] == begin
        assert kept[-1] == end
        assert not {pad, begin, end} & set(kept[1:-1])
        assert bool((ids[~keep] == pad).all())
        assert keep.tolist() == sorted(keep.tolist(), reverse=True)
    assert set(modality.vocabulary.marks) == {0, 1, 2, 3, 4}
    assert modality.spec.sizes == {"vocab": 400, "length": 64, "mask": 4}


@pytest.mark.parametrize("length", [4, 9, 64])
def test_collate_equals_the_slow_loop(modality: Text, length: int) -> None:
    columns = fed(modality, [*TEXTS[:12], "a"])
    batch = modality.with_settings({"length": length}).collate(columns)
    values, offsets = ragged(columns, "x")
    rows = [[2, *values[a:b][: length - 2].tolist(), 3] for a, b in pairwise(offsets)]
    longest = max(map(len, rows))
    assert longest <= length
    assert batch["x"].tolist() == [row + [0] * (longest - len(row)) for row in rows]
    assert batch["keep"].tolist() == [[True] * len(row) + [False] * (longest - len(row)) for row in rows]
    assert (batch["x"].dtype, batch["keep"].dtype) == (torch.int64, torch.bool)


def test_rows_that_happen_to_be_of_one_length_collate_as_well(modality: Text) -> None:
    batch = modality.collate(fed(modality, [TEXTS[0]] * 3))
    assert bool(batch["keep"].all())
    assert batch["x"][0].tolist() == batch["x"][2].tolist()


def test_ids_are_two_bytes_wide_up_to_65_536_of_them_and_four_beyond(modality: Text) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    assert modality.derive(stored(TEXTS))["x"].dtype == np.uint16
    for vocab, kind in ((1 << 16, np.uint16), ((1 << 16) + 1, np.uint32)):
        words = {"<pad>": 0, "a": 1, **{f"w{n}": n for n in range(2, vocab)}}
        tokenizer = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        found = Text.of_tokenizer(tokenizer, 8).derive(stored(["a w7", f"w{vocab - 1}"]))
        assert found["x"].dtype == kind
        assert found["x"].tolist() == [1, 7, vocab - 1]
        assert found["x.offsets"].tolist() == [0, 2, 3]


def test_length_holds_19_of_20_documents_where_it_is_not_said() -> None:
    made = learned(length="auto")
    lengths = np.diff(made.derive(stored(TEXTS))["x.offsets"]) + 2
    assert made.length in (32, 64, 128)
    assert np.mean(lengths <= made.length) >= 0.95
    assert learned(["a"] * 3, length="auto").length == 32
    assert learned([" ".join(TEXTS)] * 2, length="auto").length == 512


def test_only_the_length_can_be_changed_after_storing(modality: Text) -> None:
    changed = modality.with_settings({"length": 16, "vocab": 400, "tokenizer": "bpe", "lower": False})
    assert changed.spec.sizes == {**modality.spec.sizes, "length": 16}
    assert changed.spec.key == modality.spec.key
    assert modality.length == 64
    for name, value in (("vocab", 500), ("tokenizer", "unigram"), ("lower", True), ("size", 3)):
        with pytest.raises(RecipeError, match="HS-R123"):
            modality.with_settings({name: value})


@pytest.mark.parametrize("settings", [{"vocab": 299}, {"length": 3}])
def test_settings_too_small_are_refused_at_once(settings: dict[str, int]) -> None:
    with pytest.raises(RecipeError, match="at least"):
        Text(**settings)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("tokenizer", ["bpe", "unigram"])
def test_a_loaded_modality_settles_and_collates_alike(tokenizer: str, tmp_path: Path) -> None:
    made = learned(tokenizer=tokenizer, length=20, lower=True)
    made.save(tmp_path)
    again = Text.load(tmp_path)
    one, other = made.derive(stored(TEXTS)), again.derive(stored(TEXTS))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert torch.equal(made.collate(fed(made, TEXTS))["x"], again.collate(fed(again, TEXTS))["x"])
    assert (again.spec, again.vocabulary.marks) == (made.spec, made.vocabulary.marks)
    assert np.array_equal(again.vocabulary.byte_sizes(), made.vocabulary.byte_sizes())


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_a_damaged_file_is_bad_data(modality: Text, tmp_path: Path, name: str) -> None:
    modality.save(tmp_path)
    (tmp_path / name).write_text((tmp_path / name).read_text()[:-30])
    with pytest.raises(DataError):
        Text.load(tmp_path)


@pytest.mark.parametrize("tokenizer", ["bpe", "unigram"])
@pytest.mark.parametrize("texts", [TEXTS, CHINESE], ids=["english", "chinese"])
def test_transformers_opens_the_saved_files_and_gives_the_same_ids(
    tokenizer: str, texts: list[str], tmp_path: Path
) -> None:
    made = learned(texts, tokenizer=tokenizer, length=128, vocab="auto")
    made.save(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    batch = made.collate(fed(made, texts))
    answer = theirs(texts, padding=True)
    assert answer["input_ids"] == batch["x"].tolist()
    assert answer["attention_mask"] == batch["keep"].long().tolist()
    assert theirs.model_max_length == 128
    assert (theirs.pad_token_id, theirs.bos_token_id, theirs.eos_token_id, theirs.mask_token_id) == (0, 2, 3, 4)


def test_capitals_are_folded_where_that_is_asked() -> None:
    folded, exact = learned(lower=True), learned()
    for made, same in ((folded, True), (exact, False)):
        found = made.derive(stored(["The Ship waits", "the ship waits"]))
        first, second = np.split(found["x"], found["x.offsets"][1:2])
        assert np.array_equal(first, second) == same
    assert folded.view.render(folded.collate(fed(folded, ["The Ship"]))["x"])[0].strip() == "the ship"


@pytest.mark.parametrize("tokenizer", ["bpe", "unigram"])
def test_a_script_without_spaces_gets_words_of_several_letters(tokenizer: str) -> None:
    made = learned(CHINESE, tokenizer=tokenizer, vocab="auto")
    found = made.derive(stored(CHINESE))
    assert len(found["x"]) < 0.7 * sum(map(len, CHINESE))
    assert made.view.render(made.collate(fed(made, CHINESE))["x"]) == CHINESE


@pytest.mark.parametrize("tokenizer", ["bpe", "unigram"])
def test_the_ids_are_a_function_of_the_corpus(tokenizer: str) -> None:
    assert learned(tokenizer=tokenizer).spec.key == learned(tokenizer=tokenizer).spec.key
    assert learned(tokenizer=tokenizer).spec.key != learned(TEXTS[:50], tokenizer=tokenizer).spec.key


def test_a_vocabulary_that_cannot_hold_every_letter_is_refused_with_its_cure() -> None:
    letters = "".join(chr(0x4E00 + n) for n in range(400))
    with pytest.raises(DataError, match="cannot hold every character") as caught:
        learned([letters], tokenizer="unigram", vocab=300)
    assert "bpe" in caught.value.fix
    assert learned([letters], tokenizer="bpe", vocab=300).spec.sizes["vocab"] <= 300


def test_nothing_can_be_learned_from_nothing() -> None:
    with pytest.raises(DataError, match="no text to learn a vocabulary from"):
        Text().fit_stored([])
    with pytest.raises(DataError, match="has not learned yet"):
        _ = Text().spec


def test_sizes_of_ids_add_up_to_the_bytes_of_the_text(modality: Text) -> None:
    texts = ["The ship leaves.", "Ünïcødé 😀 中文"]
    found = modality.derive(stored(texts))
    sizes = modality.vocabulary.byte_sizes()
    assert not sizes[list(modality.vocabulary.marks)].any()
    spaces = len(texts)  # one is put before every text
    assert sizes[found["x"]].sum() == sum(len(text.encode()) for text in texts) + spaces


def test_content_is_what_has_letters_of_three_bytes(modality: Text) -> None:
    vocabulary = modality.vocabulary
    content = vocabulary.content()
    assert content.shape == (vocabulary.size,)
    assert not content[list(vocabulary.marks)].any()
    for number in range(vocabulary.size):
        text = vocabulary.decode([number])
        if "\ufffd" not in text and number not in vocabulary.marks:
            assert content[number] == (sum(len(c.encode()) for c in text if c.isalpha()) >= 3), text
    assert content.any()
    assert not content.all()


def test_joined_rows_are_whole_with_their_marks(modality: Text) -> None:
    columns = fed(modality, TEXTS[:5])
    found = modality.vocabulary.joined(columns)
    values, offsets = ragged(columns, "x")
    line, part = [], []
    for number, (a, b) in enumerate(pairwise(offsets)):
        row = [2, *values[a:b].tolist(), 3]
        line, part = line + row, part + [number] * len(row)
    assert found["x"].tolist() == line
    assert found["document"].tolist() == part
    assert modality.vocabulary.places(np.diff(offsets)).tolist() == [part.count(number) for number in range(5)]
