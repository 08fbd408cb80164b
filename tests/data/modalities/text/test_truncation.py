"""Rows of two texts: the ids that transformers makes of a pair with tokenizers like those of BERT and RoBERTa."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from headstart.core.contracts.budget import Budget
from headstart.data.modalities.text.text import Text
from headstart.data.modalities.text.truncation import divided, shortened
from headstart.data.storage.gather import MemoryRows, stacked
from tests.helpers.sentences import sentences

TEXTS, _ = sentences(120)
PAIRS = [*zip(TEXTS[:50], TEXTS[50:100], strict=True), ("one", " ".join(TEXTS[:4])), (" ".join(TEXTS[:4]), "two")]
LONG = PAIRS[-2:]


def bert() -> Tokenizer:
    """WordPiece, `[CLS] A [SEP] B [SEP]`."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(
        TEXTS, trainers.WordPieceTrainer(vocab_size=120, special_tokens=marks, show_progress=False)
    )
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def roberta() -> Tokenizer:
    """Pairs of bytes, `<s> A </s> </s> B </s>`."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    made.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=400, special_tokens=marks, show_progress=False))
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return made


def rows(modality: Text, given: Sequence[object]) -> list[list[int]]:
    """Ids of rows as a batch holds them, without padding."""
    stored = [modality.encode(modality.read({"input": one}, Budget())) for one in given]
    batch = modality.collate(MemoryRows(modality, stored).feed(np.arange(len(stored))))
    return [ids[keep].tolist() for ids, keep in zip(batch["x"], batch["keep"], strict=True)]


@pytest.mark.parametrize("made", [bert, roberta])
@pytest.mark.parametrize("length", [512, 33, 20, 8])
def test_ids_of_pairs_are_those_of_transformers(made: Callable[[], Tokenizer], length: int) -> None:
    tokenizer = made()
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(tokenizer.to_str()))
    found = rows(Text.of_tokenizer(tokenizer, length), [list(pair) for pair in PAIRS])
    for ids, (one, other) in zip(found, PAIRS, strict=True):
        expected = theirs(one, other, truncation="longest_first", max_length=length)["input_ids"]
        assert ids == expected
    longest = max(len(ids) for ids in found)
    assert (longest == length) is (length < 100)


@pytest.mark.parametrize("made", [bert, roberta])
def test_a_lone_text_is_cut_at_its_end_beside_pairs(made: Callable[[], Tokenizer]) -> None:
    tokenizer = made()
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(tokenizer.to_str()))
    found = rows(Text.of_tokenizer(tokenizer, 12), [TEXTS[0] * 3, list(PAIRS[-1]), TEXTS[1]])
    assert found[0] == theirs(TEXTS[0] * 3, truncation=True, max_length=12)["input_ids"]
    assert found[2] == theirs(TEXTS[1], truncation=True, max_length=12)["input_ids"]


def test_our_own_tokenizer_keeps_both_texts_of_a_long_pair() -> None:
    modality = Text(vocab=400, length=16)
    modality.fit_stored([stacked([modality.encode(modality.read({"input": text}, Budget())) for text in TEXTS])])
    for ids in rows(modality, [list(pair) for pair in LONG]):
        assert len(ids) == 16
        assert (ids[0], ids[-1], ids.count(3)) == (2, 3, 2)  # <s> A </s> B </s>
    short = [rows(modality, [text])[0][1:-1] for text in ("one", "two")]
    first, second = (divided(np.array(ids[1:-1]), [3]) for ids in rows(modality, [list(pair) for pair in LONG]))
    assert first[0].tolist() == short[0]
    assert second[1].tolist() == short[1]


def test_room_is_shared_out_as_by_taking_one_id_after_another() -> None:
    generator = np.random.default_rng(0)
    for _ in range(200):
        parts = [generator.integers(5, 99, generator.integers(1, 12)) for _ in range(int(generator.integers(2, 5)))]
        room = int(generator.integers(8, 30))
        kept, left = [0] * len(parts), max(0, room - len(parts) + 1)
        while left and any(count < len(part) for count, part in zip(kept, parts, strict=True)):
            for place, part in enumerate(parts):  # in turns, each whose text goes on
                if left and kept[place] < len(part):
                    kept[place], left = kept[place] + 1, left - 1
        found = divided(shortened(parts, [3], room), [3])
        assert len(found) == len(parts)
        assert sum(map(len, found)) == sum(kept)
        for one, part, count in zip(found, parts, kept, strict=True):
            assert abs(len(one) - count) <= 1  # who gets the last odd id is another matter
            assert one.tolist() == part[: len(one)].tolist()


def test_marks_of_two_ids_are_found_where_they_stand() -> None:
    row = np.array([5, 2, 2, 6, 2, 7, 2, 2, 2])
    assert [part.tolist() for part in divided(row, (2, 2))] == [[5], [6, 2, 7], [2]]
    assert [part.tolist() for part in divided(row[:1], (2, 2))] == [[5]]
    assert [part.tolist() for part in divided(row, ())] == [row.tolist()]
