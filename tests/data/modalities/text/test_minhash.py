"""Near duplicates of texts: the hash against the set of pieces, and both against changed words."""

from __future__ import annotations

import numpy as np
import pytest

from headstart.data.modalities.text.minhash import alike, minhash
from headstart.data.preparing.duplicates import candidates

WORDS = (
    "market",
    "river",
    "council",
    "signal",
    "harbour",
    "player",
    "season",
    "energy",
    "record",
    "village",
    "engine",
    "doctor",
    "letter",
    "summer",
)


def article(seed: int, words: int = 40) -> str:
    generator = np.random.default_rng(seed)
    return " ".join(f"{WORDS[generator.integers(len(WORDS))]}{generator.integers(1000)}" for _ in range(words))


def changed(text: str, count: int, seed: int) -> str:
    words = text.split()
    for place in np.random.default_rng(seed).permutation(len(words))[:count]:
        words[place] = "another"
    return " ".join(words)


def share(one: str, other: str) -> float:
    """Jaccard similarity of the pieces, the slow and obvious way."""
    a, b = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (one.lower(), other.lower()))
    return len(a & b) / len(a | b)


def test_bits_agree_as_often_as_pieces_are_shared() -> None:
    differing, expected = 0, 0.0
    for seed in range(60):
        one = article(seed)
        other = changed(one, seed % 20, seed)
        bits = np.frombuffer(minhash(one), np.uint8) ^ np.frombuffer(minhash(other), np.uint8)
        differing += int(np.bitwise_count(bits).sum())
        expected += 128 * (1 - share(one, other)) / 2
    assert differing == pytest.approx(expected, rel=0.05)


def test_alike_is_four_fifths_of_the_pieces() -> None:
    for seed in range(40):
        one = article(seed)
        other = changed(one, seed % 8, seed)
        assert alike(one, other) == (share(one, other) >= 0.8)


def test_texts_with_changed_words_are_found_and_distinct_ones_are_not_paired() -> None:
    whole = [article(seed, words=60) for seed in range(300)]
    copies = [changed(text, 1 + seed % 3, seed) for seed, text in enumerate(whole)]
    hashes = np.frombuffer(b"".join(minhash(text) for text in whole + copies), "<u8").reshape(-1, 2)
    pairs = {(int(a), int(b)) for a, b in candidates(hashes, 10)}
    found = {(a, b) for a, b in pairs if alike((whole + copies)[a], (whole + copies)[b])}
    right = {(row, row + 300) for row in range(300)}
    assert len(found & right) > 0.9 * 300
    assert found <= right


def test_capitals_and_white_space_do_not_count() -> None:
    assert minhash("A  quick\nBrown fox") == minhash("a quick brown fox")
    assert alike("A  quick\nBrown fox", "a quick brown fox")


def test_texts_shorter_than_a_piece_are_themselves() -> None:
    assert minhash("no") != minhash("yes")
    assert not alike("no", "yes")
    assert alike("no", "NO")


def test_long_texts_are_compared_by_a_sample() -> None:
    one = article(0, words=30_000)
    other = changed(one, 1500, 1)
    assert share(one, other) > 0.85
    assert alike(one, other)
    far = changed(one, 22_000, 1)
    assert share(one, far) < 0.7
    assert not alike(one, far)
    assert len(minhash(one)) == 16
