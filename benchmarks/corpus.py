"""The data of the text rows: novels and short texts from --data, or texts like them made here; ours in a store."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from headstart.core.contracts.vocabulary import Vocabulary
from headstart.data.prepare import prepare
from headstart.data.store import Store

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_WORDS, _BLOCK = 20_000, 10_000


def paragraphs(data: Path | None, rows: int) -> list[str]:
    """At most `rows` paragraphs of the novels in DATA/en_gutenberg, a line each."""
    if data is None:
        return [text for text, _ in made(rows, words=(10, 200))]
    return list(islice((line for file in sorted(data.glob("en_gutenberg/*.txt.gz")) for line in _lines(file)), rows))


def mixed(data: Path | None, rows: int) -> list[str]:
    """Texts of mixed length, a quarter each: sentences of SST-2, news of AG News, abstracts of DBpedia, paragraphs of
    the novels."""
    each = rows // 4
    if data is None:
        lengths = ((3, 20), (20, 50), (30, 80), (10, 300))
        return [text for i, words in enumerate(lengths) for text, _ in made(each, words=words, seed=i)]
    sentences = [line.rpartition("\t")[0] for line in _lines(data / "sent_sst2" / "test.tsv.gz")]
    articles = [text for text, _ in news(data, "test", each)]
    abstracts = [row["text"] for row in _table(data / "cls_dbpedia14" / "dbpedia_14k.csv.gz", each)]
    return [*sentences[:each], *articles, *abstracts, *paragraphs(data, each)]


def news(data: Path | None, part: str, rows: int) -> list[tuple[str, str]]:
    """Articles of AG News with their topics."""
    if data is None:
        return list(made(rows, words=(20, 50)))
    table = _table(data / "cls_ag_news" / f"{part}.csv.gz", rows)
    return [(f"{row['title']} {row['description']}", row["label"]) for row in table]


def made(rows: int, *, words: tuple[int, int] = (5, 40), seed: int = 0) -> Iterator[tuple[str, str]]:
    """Texts of so many made-up words, drawn by Zipf's law, with one of four labels that shifts their words."""
    draws = np.random.default_rng(0)
    syllables = np.array([a + b for a in "bdfgklmnprstvz" for b in "aeiou"])
    known = np.array(["".join(draws.choice(syllables, 1 + n % 4)) for n in range(_WORDS)])
    shares = np.cumsum(1 / (np.arange(_WORDS) + 2.7))  # Zipf's law as Mandelbrot wrote it
    draws = np.random.default_rng(seed)
    for start in range(0, rows, _BLOCK):
        count = min(_BLOCK, rows - start)
        lengths, labels = draws.integers(*words, count, endpoint=True), draws.integers(0, 4, count)
        ranks = np.searchsorted(shares, draws.random(int(lengths.sum())) * shares[-1])
        ranks = (ranks + np.repeat(labels * 7, lengths)) % _WORDS
        for label, row in zip(labels, np.split(known[ranks], np.cumsum(lengths)[:-1]), strict=True):
            yield " ".join(row) + ".", f"topic {label}"


def write_table(rows: int, file: Path) -> None:
    """Made-up texts and labels as a CSV file, written as they come."""
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(("text", "label"))
        table.writerows(made(rows))


def stored(texts: Sequence[str], *, vocab: int, length: int) -> Store:
    """The texts as a headstart store with a tokenizer of `vocab` ids; a tenth is held out."""
    given = np.array(texts, object)  # an array holds texts, where a list could hold paths
    settings = {"vocab": vocab, "length": length}
    place = Path(tempfile.mkdtemp()) / "store"
    return prepare(given, place, near="keep", split="train=.9,valid=.1", settings=settings)


def vocabulary_of(store: Store) -> Vocabulary:
    """The ids of a store of texts."""
    vocabulary = store.modality.vocabulary
    assert vocabulary is not None
    return vocabulary


def texts_of(store: Store, split: str) -> list[str]:
    """The rows of a split as they were cleaned."""
    return list(vocabulary_of(store).texts(store.take(store.rows(split))))


def whole_rows(store: Store, split: str, count: int) -> np.ndarray:
    """The first `count` rows that fill a row of the network to its end: without padding, and of one document."""
    vocabulary, rows = vocabulary_of(store), store.rows(split)
    stored_lengths = store.lengths(rows, "x")
    assert stored_lengths is not None
    found = rows[vocabulary.places(stored_lengths) >= vocabulary.length][:count]
    assert len(found), "no held-out text is long enough"
    return found


def tokenizer_of(store: Store) -> PreTrainedTokenizerFast:
    """The store's tokenizer as transformers opens it."""
    from transformers import AutoTokenizer

    place = Path(tempfile.mkdtemp())
    store.modality.save(place)
    return AutoTokenizer.from_pretrained(str(place))


def _lines(file: Path) -> Iterator[str]:
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        yield from (line.strip() for line in opened if line.strip())


def _table(file: Path, rows: int) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="") as opened:
        return list(islice(csv.DictReader(io.StringIO(opened.read())), rows))
