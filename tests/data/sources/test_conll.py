"""Column files give words with their tags or roles, however they are written."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headstart.core.errors import DataError, HeadstartError
from headstart.data.reading.open_raw import open_raw
from headstart.data.records import Words
from tests.helpers.fuzz.corpus import zstd

TAGGED = [
    (["John", "Smith", "lives", "in", "#Paris"], ["B-PER", "I-PER", "O", "O", "B-LOC"]),
    (["Yes", "."], ["O", "O"]),
]
ROLES = {"predicates": [
    {"index": 1, "args": [{"start": 0, "end": 1, "role": "ARG0"}, {"start": 2, "end": 4, "role": "ARG1"}]},
    {"index": 4, "args": [{"start": 2, "end": 4, "role": "ARG2"}]},
]}  # fmt: skip
SHE = ("She", "saw", "the", "dog", "run")


def examples(given: Any, **options: str) -> list[dict[str, Any]]:
    raw = open_raw(given, modality="auto", input=options.get("input"), target=options.get("target"))
    assert raw.modality == "text"
    return [dict(example) for example in raw.examples()]


def read(place: Path, name: str, text: str | bytes, **options: str) -> list[tuple[Any, Any]]:
    """Words (or the code of the error) and label of every row of a file."""
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    found = [(example["input"], example.get("label")) for example in examples(place / name, **options)]
    return [(one.code if isinstance(one, DataError) else list(one.words), label) for one, label in found]


def columns(*rows: str, divider: str = "\t") -> str:
    """Lines of cells, written here with blanks between them."""
    return "".join(divider.join(row.split()) + "\n" for row in rows)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("between", ["", "\t", "  ", "\n\n"], ids=["nothing", "a tab", "blanks", "several lines"])
@pytest.mark.parametrize("divider", ["\t", " ", "   "])
def test_tags_are_read_whatever_stands_between_columns_and_sentences(
    tmp_path: Path, divider: str, between: str, end: str
) -> None:
    blocks = ["\n".join(f"{w}{divider}{t}" for w, t in zip(*one, strict=True)) for one in TAGGED]
    text = f"\n{between}\n".join(blocks).replace("\n", end)  # and no blank line at the end
    for name, data in (("t.conll", text.encode()), ("t.bio", b"\xef\xbb\xbf" + text.encode()),
                       ("t.iob2.gz", gzip.compress(text.encode())), ("t.tags.zst", zstd(text.encode()))):  # fmt: skip
        assert read(tmp_path, name, data) == TAGGED, name


def test_an_origin_is_the_line_of_the_first_token(tmp_path: Path) -> None:
    (tmp_path / "t.conll").write_text("-DOCSTART- -X- O\n\n# sent_id = 1\n# O\na O\n\n\nb O\n-DOCSTART- -X- O\nc O\n")
    found = examples(tmp_path / "t.conll")
    assert [example["origin"] for example in found] == ["t.conll:4", "t.conll:8", "t.conll:10"]
    assert [example["input"].words for example in found] == [("#", "a"), ("b",), ("c",)]


def test_a_column_that_counts_tokens_is_no_word(tmp_path: Path) -> None:
    for begin in (0, 1):
        text = columns(f"{begin} A O", f"{begin + 1} b O") + "\n" + columns(f"{begin} c O")
        assert read(tmp_path, "t.conll", text) == [(["A", "b"], ["O", "O"]), (["c"], ["O"])]
    assert read(tmp_path, "t.conll", columns("1 B-N", "3 O")) == [(["1", "3"], ["B-N", "O"])]
    assert read(tmp_path, "t.conll", columns("0 A", "1 b")) == [(["A", "b"], None)]


def test_columns_are_named_by_number(tmp_path: Path) -> None:
    text = columns("EU NNP B-NP B-ORG", "rejects VBZ B-VP O")
    assert read(tmp_path, "t.conll", text) == [(["EU", "rejects"], ["B-ORG", "O"])]
    assert read(tmp_path, "t.conll", text, target="2") == [(["EU", "rejects"], ["NNP", "VBZ"])]
    assert read(tmp_path, "t.conll", text, input="4", target="1") == [(["B-ORG", "O"], ["EU", "rejects"])]
    with pytest.raises(HeadstartError, match="no column '5'"):
        read(tmp_path, "t.conll", text, target="5")


def test_a_file_of_words_alone_has_no_labels(tmp_path: Path) -> None:
    assert read(tmp_path, "t.conll", "One\nword\n\n#\na\n") == [(["One", "word"], None), (["#", "a"], None)]


def test_a_sentence_with_a_wrong_line_is_an_unreadable_row_of_its_own(tmp_path: Path) -> None:
    text = "a\tO\n\nb\tO\nc\n\nNew\tYork\tO\n\n#x\n\nd\t\n\ne\tO\n"
    found = read(tmp_path, "t.conll", text)
    assert found == [(["a"], ["O"]), *[("HS-D225", None)] * 4, (["e"], ["O"])]


ROLE_FILES = {
    "tags behind an index": columns("0 She _ B-ARG0 O", "1 saw see.01 B-V O", "2 the _ B-ARG1 B-ARG2",
                                    "3 dog _ I-ARG1 I-ARG2", "4 run run.02 O B-V"),
    "tags that end themselves": columns("She _ S-ARG0 O", "saw see S-V O", "the _ B-ARG1 B-ARG2",
                                        "dog _ E-ARG1 E-ARG2", "run run O S-V"),
    "brackets of CoNLL-2005": columns("She PRP (S* - (ARG0*) *", "saw VBD * see (V*) *", "the DT * - (ARG1* (ARG2*",
                                      "dog NN * - *) *)", "run VB *) run * (V*)", divider="  "),
    "CoNLL-2012": "#begin document (d); part 000\n" + columns(
        "d 0 0 She PRP (S* - - - s * (ARG0*) * (1)", "d 0 1 saw VBD * see 01 1 s * (V*) * -",
        "d 0 2 the DT * - - - s * (ARG1* (ARG2* (2", "d 0 3 dog NN * - - - s * *) *) 2)",
        "d 0 4 run VB *) run 02 1 s * * (V*) -", divider="    ") + "\n#end document\n",
}  # fmt: skip


@pytest.mark.parametrize("written", ROLE_FILES)
def test_roles_are_the_same_however_they_are_written(tmp_path: Path, written: str) -> None:
    (tmp_path / "t.conll").write_text(ROLE_FILES[written])
    (found,) = examples(tmp_path / "t.conll")
    assert found["input"] == Words(SHE, (1, 4))
    assert found["label"] == ROLES


def test_random_spans_survive_tags_and_brackets(tmp_path: Path) -> None:
    random = Random(0)
    expected, tagged, bracketed = [], "", ""
    for _ in range(200):
        words = [f"w{n}" for n in range(random.randint(2, 9))]
        asked = sorted(random.sample(range(len(words)), random.randint(0, 2)))
        frames = [{"index": index, "args": spans(len(words), random)} for index in asked]
        expected.append({"predicates": frames})
        ones = [tags(len(words), frame["args"]) for frame in frames]
        others = [brackets(len(words), frame["args"]) for frame in frames]
        for place, word in enumerate(words):
            mark = "be.01" if place in asked else "-"
            tagged += "\t".join([word, mark, *(one[place] for one in ones)]) + "\n"
            bracketed += " ".join([word, "N", mark, *(one[place] for one in others)]) + "\n"
        tagged, bracketed = tagged + "\n", bracketed + "\n"
    assert [label for _, label in read(tmp_path, "t.conll", tagged)] == expected
    assert [label for _, label in read(tmp_path, "t.conll", bracketed)] == expected


def spans(length: int, random: Random) -> list[dict[str, Any]]:
    """Spans that do not overlap, in order, neighbours of one role among them."""
    edges = sorted(random.sample(range(length + 1), random.choice([0, 2, min(4, length + 1) // 2 * 2])))
    return [{"start": a, "end": b, "role": random.choice(["A0", "A1"])}
            for a, b in zip(edges[::2], edges[1::2], strict=True)]  # fmt: skip


def tags(length: int, args: list[dict[str, Any]]) -> list[str]:
    made = ["O"] * length
    for arg in args:
        made[arg["start"] : arg["end"]] = [f"I-{arg['role']}"] * (arg["end"] - arg["start"])
        made[arg["start"]] = f"B-{arg['role']}"
    return made


def brackets(length: int, args: list[dict[str, Any]]) -> list[str]:
    made = ["*"] * length
    for arg in args:
        made[arg["start"]] = f"({arg['role']}" + made[arg["start"]]
        made[arg["end"] - 1] += ")"
    return made


def test_a_sentence_with_a_column_of_roles_too_few_is_unreadable(tmp_path: Path) -> None:
    sound = columns("a _ B-A0", "b b.01 O") + "\n"
    bad = columns("a a.01 O", "b b.01 O") + "\n"
    found = read(tmp_path, "t.conll", sound * 3 + bad)
    assert [words for words, _ in found] == [["a", "b"]] * 3 + ["HS-D228"]


def test_tags_with_a_column_of_dashes_are_no_roles(tmp_path: Path) -> None:
    text = columns("She _ _ B-PER", "saw _ _ O") + "\n" + columns("It _ _ O")
    assert read(tmp_path, "t.conll", text) == [(["She", "saw"], ["B-PER", "O"]), (["It"], ["O"])]


TREE = columns(
    "1-2 Don't _ _ _ _ _ _ _ _", "1 Do do AUX VB Mood=Imp 3 aux _ _", "2 n't not PART RB _ 3 advmod _ _",
    "2.1 you you PRON _ _ _ _ 3:nsubj _", "3 go go VERB VB VerbForm=Inf 0 root _ _",
)  # fmt: skip


@pytest.mark.parametrize("name", ["t.conllu", "t.conll"])
def test_trees_have_tags_by_their_names(tmp_path: Path, name: str) -> None:
    words = ["Do", "n't", "go"]
    text = f"# newdoc\n# text = Don't go\n{TREE}\n#x\n{TREE}"
    assert read(tmp_path, name, text) == [(words, ["AUX", "PART", "VERB"])] * 2
    for target, expected in (("xpos", ["VB", "RB", "VB"]), ("feats", ["Mood=Imp", "_", "VerbForm=Inf"]),
                             ("deprel", ["aux", "advmod", "root"]), ("3", ["do", "not", "go"])):  # fmt: skip
        assert read(tmp_path, name, text, target=target) == [(words, expected)] * 2
    assert read(tmp_path, name, text, input="lemma") == [(["do", "not", "go"], ["AUX", "PART", "VERB"])] * 2
    with pytest.raises(HeadstartError, match="did you mean 'deprel'"):
        read(tmp_path, name, text, target="deprell")


def test_trees_that_begin_anew_without_a_blank_line_are_unreadable(tmp_path: Path) -> None:
    assert [words for words, _ in read(tmp_path, "t.conllu", TREE + TREE + "\n" + TREE)] == [
        "HS-D225",
        ["Do", "n't", "go"],
    ]


def test_roles_at_head_words_are_spans_of_one_word(tmp_path: Path) -> None:
    words = ["She", "saw", "it", ".", ")", ")"]
    heads = {
        "predicates": [
            {"index": 1, "args": [{"start": 0, "end": 1, "role": "A0"}, {"start": 2, "end": 3, "role": "A1"}]}
        ]
    }
    up = columns("1 She she PRON PRP _ 2 nsubj _ _ _ A0", "2 saw see VERB VBD _ 0 root _ _ see.01 V",
                 "3 it it PRON PRP _ 2 obj _ _ _ A1", "4 . . PUNCT . _ 2 punct _ _ _ _",
                 "5 ) ) PUNCT ) _ 2 punct _ _ _ _", "6 ) ) PUNCT ) _ 2 punct _ _ _ _")  # fmt: skip
    none = "1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_\t_\t\n"
    expected = [(words, heads), (["Yes"], {"predicates": []})]
    assert read(tmp_path, "t.conllu", f"{up}\n{none}") == expected
    old = columns("1 She she she PRP PRP _ _ 2 2 SBJ SBJ _ _ A0", "2 saw see see VBD VBD _ _ 0 0 ROOT ROOT Y see.01 _",
                  "3 it it it PRP PRP _ _ 2 2 OBJ OBJ _ _ A1", "4 . . . . . _ _ 2 2 P P _ _ _",
                  "5 ) ) ) ) ) _ _ 2 2 P P _ _ _", "6 ) ) ) ) ) _ _ 2 2 P P _ _ _")  # fmt: skip
    bare = columns("1 Yes yes yes UH UH _ _ 0 0 ROOT ROOT _ _")
    for name in ("t.conll09", "t.conll"):
        assert read(tmp_path, name, f"{old}\n{bare}") == expected
    assert read(tmp_path, "t.conll", old, target="deprel") == [(words, ["SBJ", "ROOT", "OBJ", "P", "P", "P"])]


def test_parts_are_known_by_their_names(tmp_path: Path) -> None:
    for name in ("en-ud-train.conllu", "en-ud-dev.conllu", "en-ud-test.conllu"):
        (tmp_path / name).write_text(TREE)
    assert [example["split"] for example in examples(tmp_path)] == ["valid", "test", "train"]
    (tmp_path / "train.conll").write_text("a O\n")
    (tmp_path / "train.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(HeadstartError, match=r"train\.conll and train\.jsonl"):
        examples(tmp_path)


def lines_of(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().split("\n")


@pytest.mark.shared
def test_wnut_is_read_as_its_page_says(shared_data: Path) -> None:
    found = examples(shared_data / "ner_wnut17")
    assert Counter(example["split"] for example in found) == {"train": 3394, "valid": 1009, "test": 1287}
    tags = Counter(tag for example in found if example["split"] == "train" for tag in example["label"])
    begins = {"person": 660, "location": 548, "group": 264, "corporation": 221, "product": 142, "creative-work": 140}
    assert {name: tags[f"B-{name}"] for name in begins} == begins
    sentences: list[list[str]] = [[]]
    for line in lines_of(shared_data / "ner_wnut17" / "train.conll.gz"):
        if line.strip():
            sentences[-1].append(line)
        elif sentences[-1]:
            sentences.append([])
    read = [
        "\n".join(map("\t".join, zip(e["input"].words, e["label"], strict=True)))
        for e in found
        if e["split"] == "train"
    ]
    assert read == ["\n".join(sentence) for sentence in sentences if sentence]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("part", "count"), [pytest.param("train", 17_895, marks=pytest.mark.slow), ("dev", 2307), ("test", 2291)]
)
def test_roles_in_columns_and_in_json_are_equal(shared_data: Path, part: str, count: int) -> None:
    folder = shared_data / "srl_propbank_frames"
    ones, others = examples(folder / f"{part}.conll.gz"), examples(folder / f"{part}.jsonl.gz")
    assert len(ones) == len(others) == count
    for one, other in zip(ones, others, strict=True):
        assert one["input"] == other["input"]
        assert one["label"] == other["label"]
    rows = [json.loads(line) for line in lines_of(folder / f"{part}.jsonl.gz") if line]
    assert [list(one["input"].words) for one in ones] == [row["tokens"] for row in rows]
    roles = Counter(arg["role"] for row in rows for frame in row["predicates"] for arg in frame["args"])
    assert roles == Counter(
        arg["role"] for one in ones for frame in one["label"]["predicates"] for arg in frame["args"]
    )


@pytest.mark.shared
def test_universal_propositions_have_the_predicates_and_roles_of_their_page(shared_data: Path) -> None:
    folder = shared_data / "srl_up_english_ewt"
    found = examples(folder)
    frames = [(e["split"], frame) for e in found for frame in e["label"]["predicates"]]
    assert Counter(e["split"] for e in found) == {"valid": 2002, "test": 2077}
    assert Counter(split for split, _ in frames) == {"valid": 4977, "test": 4799}
    roles = Counter(arg["role"] for split, frame in frames if split == "valid" for arg in frame["args"])
    assert {name: roles[name] for name in ("ARG1", "ARG0", "ARG2", "ARGM-TMP", "ARGM-ADV", "ARGM-MOD")} == {
        "ARG1": 3325, "ARG0": 1733, "ARG2": 1212, "ARGM-TMP": 552, "ARGM-ADV": 481, "ARGM-MOD": 377,
    }  # fmt: skip
    blocks = "\n".join(lines_of(folder / "en_ewt-up-dev.conllu.gz")).strip().split("\n\n")
    made = [e["label"]["predicates"] for e in found if e["split"] == "valid"]
    assert [[(f["index"], [(a["start"], a["role"]) for a in f["args"]]) for f in frames] for frames in made] == [
        by_the_page(block) for block in blocks
    ]


def by_the_page(block: str) -> list[tuple[int, list[tuple[int, str]]]]:
    """Predicates and (head word, role) of each, read as the page of the data set says."""
    rows = [line.split("\t") for line in block.split("\n") if not line.startswith("#")]
    rows = [row for row in rows if row[0].isdigit()]
    asked = [place for place, row in enumerate(rows) if row[10] not in ("_", "")]
    return [(place, [(n, row[11 + k]) for n, row in enumerate(rows) if row[11 + k] not in ("_", "V", "C-V")])
            for k, place in enumerate(asked)]  # fmt: skip
