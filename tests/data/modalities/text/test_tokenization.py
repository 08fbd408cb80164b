"""Which ids begin a word, against where the words of the text itself begin."""

from __future__ import annotations

import re

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from headstart.core.errors import DataError
from headstart.data.modalities.text import tokenization, vocabulary
from tests.helpers.sentences import sentences

TEXTS, _ = sentences(300)
CHINESE = ["这个酒店很好，房间干净。", "早餐不错，位置方便。", "服务一般，不会再来。"] * 20


def wordpiece() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=120, special_tokens=["[UNK]"]))
    return made


def tokenizer_of(kind: str) -> Tokenizer:
    if kind == "wordpiece":
        return wordpiece()
    return tokenization.trained(TEXTS, kind="bpe" if kind == "bpe" else "unigram", vocab=320, lower=False)


@pytest.mark.parametrize("kind", ["bpe", "unigram", "wordpiece"])
def test_pieces_from_one_beginning_to_the_next_are_the_words_of_the_text(kind: str) -> None:
    tokenizer = tokenizer_of(kind)
    begins = vocabulary.TokenVocabulary(tokenizer, tokenization.special(tokenizer), 0).begins()
    several = 0
    for text in TEXTS[:100]:
        words: list[list[int]] = []
        for number in tokenizer.encode(text, add_special_tokens=False).ids:
            words = [*words, [number]] if begins[number] else [*words[:-1], [*words[-1], number]]
        written = ["".join(str(tokenizer.id_to_token(number)) for number in word) for word in words]
        bare = [name.strip("Ġ▁").replace("##", "") for name in written]
        said = text.lower() if kind == "wordpiece" else text
        assert bare == re.findall(r"\w+|\.", said)
        several += sum(len(word) > 1 for word in words)
    assert several > 100


def test_in_a_script_without_spaces_every_id_that_begins_a_letter_is_a_word() -> None:
    for kind in ("bpe", "unigram"):
        tokenizer = tokenization.trained(CHINESE, kind=kind, vocab="auto" if kind == "unigram" else 300, lower=False)  # pyright: ignore[reportArgumentType]
        begins = vocabulary.TokenVocabulary(tokenizer, tokenization.special(tokenizer), 0).begins()
        for text in CHINESE[:3]:
            made = tokenizer.encode(text, add_special_tokens=False)
            letters = [text[first:last] for first, last in made.offsets]
            starts = [i == 0 or made.offsets[i][0] >= made.offsets[i - 1][1] for i in range(len(letters))]
            assert begins[made.ids].tolist() == starts
        assert begins.sum() > 20


@pytest.mark.parametrize(
    ("piece", "begins"),
    [
        (" word", True),
        ("word", False),
        ("é", False),
        (",", True),
        ("“", True),
        ("7", False),
        ("店", True),
        ("ि", False),
    ],
)
def test_pieces_of_several_scripts(piece: str, begins: bool) -> None:
    assert vocabulary._is_beginning(piece.encode()) is begins


def test_half_a_letter_goes_on_or_begins_like_its_script() -> None:
    assert not vocabulary._is_beginning("é".encode()[:1])
    assert not vocabulary._is_beginning("é".encode()[1:])
    assert vocabulary._is_beginning("店".encode()[:2])
    assert not vocabulary._is_beginning("店".encode()[2:])


def test_the_letters_of_bytes_are_those_of_the_library() -> None:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    assert sorted(vocabulary.byte_letters()) == sorted(pre_tokenizers.ByteLevel.alphabet())
    written = made.pre_tokenizer.pre_tokenize_str("aé店 ")
    letters = vocabulary.byte_letters()
    assert "".join(piece for piece, _ in written) == "".join(letters[byte] for byte in "aé店 ".encode())


def test_a_tokenizer_that_marks_the_ends_of_words_is_refused() -> None:
    made = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=100, end_of_word_suffix="</w>"))
    with pytest.raises(DataError, match="does not show where words begin"):
        vocabulary.TokenVocabulary(made, tokenization.special(made), 0).begins()
