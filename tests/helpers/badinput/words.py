"""Bad column files, lists of words and hub data sets."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from tests.helpers.badinput.case import Case, one, put
from tests.helpers.badinput.tables import parquet

CONLL, TREES = "prepare t.conll --out out --quiet", "prepare t.conllu --out out --quiet"
LINES, HUB, PARQUET = (
    "prepare t.jsonl --out out --quiet",
    "prepare hf:./in --out out --quiet",
    "prepare t.parquet --out out --quiet",
)
TAGS = "John\tB-PER\nsleeps\tO\n"
ROLES = "0\tShe\t_\tB-A0\n1\tsaw\tsee.01\tO\n\n"
TREE = "1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_\n\n"
PROPOSITION = "1\tIt\tit\tPRON\tPRP\t_\t2\tnsubj\t_\t_\t_\tA1\n2\tis\tbe\tVERB\tVBZ\t_\t0\troot\t_\t_\tbe.01\tV\n\n"
ENDLESS = pa.array([0, 1 << 62], pa.timestamp("us"))


def rows(**wrong: Any) -> str:
    """A sound sentence and a wrong one."""
    sound = {
        "tokens": ["Yes", "."],
        **{key: [] if key == "predicates" else ["O", "O"] for key in wrong if key != "tokens"},
    }
    return "".join(json.dumps(row) + "\n" for row in (sound, {"tokens": ["She", "saw"], **wrong}))


def frame(*args: tuple[int, int, str], index: int = 1) -> list[dict[str, Any]]:
    """A predicate with these arguments."""
    return [{"index": index, "args": [{"start": a, "end": b, "role": role} for a, b, role in args]}]


CASES = [
    Case("empty column file", one("t.conll", ""), CONLL, 'error[HS-D224]: t.conll: no sentence in the file: found only empty lines or comments. fix: give a file with one token per line', 65, "conll"),
    Case("column file of a byte order mark and comments", one("t.conll", "\ufeff# a comment\n\n# another\n"), CONLL, 'error[HS-D224]: t.conll: no sentence in the file: found only empty lines or comments. fix: give a file with one token per line', 65, "conll"),
    Case("column file of tags", one("t.conll", "B-PER\nO\n\nO\n"), CONLL, "error[HS-D219]: t.conll: the file has tags and no words: found 'B-PER'. fix: give a file with the words in a column before the tags", 65, "conll"),
    Case("web page as column file", one("t.conll", "\n<!DOCTYPE html>\n<html><body>\n"), CONLL, 'error[HS-D227]: t.conll: this is a web page: found <!DOCTYPE html>, expected one token per line. fix: fetch the file itself, not the page that shows it', 65, "conll"),
    Case("XML as column file", one("t.conll", "<?xml version='1.0'?>\n<corpus>\n"), CONLL, "error[HS-D227]: t.conll: this is a web page: found <?xml version='1.0'?>, expected one token per line. fix: fetch the file itself, not the page that shows it", 65, "conll"),
    Case("line without its tag", one("t.conll", f"{TAGS}\nin\nParis\tB-LOC"), CONLL, 'error[HS-D225]: t.conll:4: the lines do not fit the columns: found a line of 1 columns, expected 2 as in most lines. fix: correct the lines, or prepare with --skip-bad', 65, "conll"),
    Case("line of two words", one("t.conll", "a O\nb O\n\nNew York B-LOC\n"), CONLL, 'error[HS-D225]: t.conll:4: the lines do not fit the columns: found a line of 3 columns, expected 2 as in most lines. fix: correct the lines, or prepare with --skip-bad', 65, "conll"),
    Case("empty tag at the end of a file without a last newline", one("t.conll", f"{TAGS}\nParis\t"), CONLL, 'error[HS-D225]: t.conll:4: the lines do not fit the columns: found nothing in column 2, expected a word or tag in column 2. fix: correct the lines, or prepare with --skip-bad', 65, "conll"),
    Case("line shorter than the target", one("t.conll", "a\tN\tO\n\nb\tN\n"), f"{CONLL} --target 3", 'error[HS-D225]: t.conll:3: the lines do not fit the columns: found a line of 2 columns, expected a word or tag in column 3. fix: correct the lines, or prepare with --skip-bad', 65, "conll"),
    Case("column 3 of 2", one("t.conll", TAGS), f"{CONLL} --target 3", "error[HS-D212]: t.conll: no column '3': found 2 columns. fix: for --target: count the columns from 1", 65, "conll"),
    Case("input of a column file that is its target", one("t.conll", TAGS), f"{CONLL} --target 1", "error[HS-D213]: t.conll: the input and the target are one column: found '1'. fix: name the column that holds what is to be predicted", 65, "conll"),
    Case("column file without blank lines", one("t.conll", TAGS + "\n" + TAGS * 5001), CONLL, 'error[HS-D226]: t.conll:4: the sentence is too long: found 10,002 tokens, expected at most 10,000. fix: put a blank line between sentences', 65, "conll"),
    Case("column file in UTF-16", one("t.conll", TAGS.encode("utf-16")), CONLL, "error[HS-D251]: t.conll: the file is not UTF-8 text: found b'\\xff\\xfeJ\\x00' at byte 0, which looks like UTF-16. fix: convert it: iconv -f UTF-16 -t UTF-8", 65, "conll"),
    Case("column of roles too few", one("t.conll", ROLES * 3 + "0\tHe\the.01\tO\n1\tsaw\tsee.01\tO\n"), CONLL, 'error[HS-D228]: t.conll:10: columns of roles and predicates differ in number: found 4 columns and 2 predicates, expected 5 columns. fix: correct the lines, or prepare with --skip-bad', 65, "conll"),
    Case("column of roles without a predicate", one("t.conll", ROLES * 3 + "0\tYes\t_\tO\n"), CONLL, 'error[HS-D228]: t.conll:10: columns of roles and predicates differ in number: found 4 columns and 0 predicates, expected 3 columns. fix: correct the lines, or prepare with --skip-bad', 65, "conll"),
    Case("tag of a role that is none", one("t.conll", ROLES * 1001 + "0\tHe\t_\tA0\n1\tsaw\tsee.01\tO\n"), CONLL, "error[HS-D229]: t.conll:3004: a column of roles cannot be read: found 'A0', expected tags like B-A0, I-A0 and O. fix: correct the lines, or prepare with --skip-bad", 65, "conll"),
    Case("role that is opened and not closed", one("t.conll", "She - (A0*)\nsaw see (V*)\n. - *\n\nHe - (A0*\nsaw see (V*)\n. - *\n"), CONLL, "error[HS-D229]: t.conll:5: a column of roles cannot be read: found '(A0*', expected a closing bracket. fix: correct the lines, or prepare with --skip-bad", 65, "conll"),
    Case("role that is closed and not opened", one("t.conll", "She - (A0*)\nsaw see (V*)\n. - *\n\nHe - *)\nsaw see (V*)\n. - *\n"), CONLL, "error[HS-D229]: t.conll:5: a column of roles cannot be read: found '*)', expected an opening bracket before the closing one. fix: correct the lines, or prepare with --skip-bad", 65, "conll"),
    Case("roles one inside of another", one("t.conll", "She - (A0*)\nsaw see (V*)\n. - *\n\nHe - (A0(A1*)\nsaw see *)\n. - *\n"), CONLL, 'error[HS-D265]: t.conll:5: arguments of one predicate overlap: found A1 from 0 to 1 and A0 from 0 to 2 of the predicate at 1. fix: correct the row, or prepare with --skip-bad', 65, "conll"),
    Case("empty CoNLL-U", one("t.conllu", "# text = Yes\n\n"), TREES, 'error[HS-D224]: t.conllu: no sentence in the file: found only empty lines or comments. fix: give a file with one token per line', 65, "conllu"),
    Case("CoNLL-U of three columns", one("t.conllu", f"{TREE}1\tYes\tyes\n"), TREES, 'error[HS-D225]: t.conllu:3: the lines do not fit the columns: found a line of 3 columns, expected 10 or more. fix: correct the lines, or prepare with --skip-bad', 65, "conllu"),
    Case("CoNLL-U that counts wrongly", one("t.conllu", TREE + TREE.strip() + "\n" + TREE), TREES, "error[HS-D225]: t.conllu:3: the lines do not fit the columns: found the number '1', expected 2. fix: correct the lines, or prepare with --skip-bad", 65, "conllu"),
    Case("tags in a file called CoNLL-U", one("t.conllu", TAGS), TREES, "error[HS-D225]: t.conllu:1: the lines do not fit the columns: found the number 'John', expected 1. fix: correct the lines, or prepare with --skip-bad", 65, "conllu"),
    Case("mistyped column of CoNLL-U", one("t.conllu", TREE), f"{TREES} --target uposs", "error[HS-D212]: t.conllu: no column 'uposs': found columns form, lemma, upos, xpos, feats, deprel. fix: for --target: did you mean 'upos'?", 65, "conllu"),
    Case("form of CoNLL-U as the target", one("t.conllu", TREE), f"{TREES} --target form", "error[HS-D213]: t.conllu: the input and the target are one column: found 'form'. fix: name the column that holds what is to be predicted", 65, "conllu"),
    Case("column of roles too many in CoNLL-U", one("t.conllu", PROPOSITION * 3 + PROPOSITION.replace("be.01", "_")), TREES, 'error[HS-D228]: t.conllu:10: columns of roles and predicates differ in number: found 12 columns and 0 predicates, expected 11 columns. fix: correct the lines, or prepare with --skip-bad', 65, "conllu"),
    Case("tags too few", one("t.jsonl", rows(tags=["O"])), LINES, 'error[HS-D267]: t.jsonl:2: words and tags differ in number: found 1 tags for 2 words. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("tag that is null", one("t.jsonl", rows(ner_tags=["O", None])), LINES, 'error[HS-D268]: t.jsonl:2: this is not a tag: found null, expected text or whole numbers. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("word that is null", one("t.jsonl", rows(tokens=["She", None], tags=["O", "O"])), LINES, 'error[HS-D266]: t.jsonl:2: these are not words: found null, expected a list of strings. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("row without words", one("t.jsonl", rows(tokens=[], tags=[])), LINES, 'error[HS-D291]: t.jsonl:2: the text is empty. fix: fill it in, or prepare with --skip-bad', 65, "jsonl"),
    Case("span behind the end of the sentence", one("t.jsonl", rows(predicates=frame((0, 3, "ARG0")))), LINES, 'error[HS-D264]: t.jsonl:2: a role lies outside its sentence: found ARG0 from 0 to 3, expected 0 <= start < end <= 2. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("span that ends where it begins", one("t.jsonl", rows(predicates=frame((1, 1, "ARG0")))), LINES, 'error[HS-D264]: t.jsonl:2: a role lies outside its sentence: found ARG0 from 1 to 1, expected 0 <= start < end <= 2. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("spans that overlap", one("t.jsonl", rows(predicates=frame((0, 1, "ARG0"), (0, 2, "ARG1")))), LINES, 'error[HS-D265]: t.jsonl:2: arguments of one predicate overlap: found ARG0 from 0 to 1 and ARG1 from 0 to 2 of the predicate at 1. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("predicate behind the end of the sentence", one("t.jsonl", rows(predicates=frame(index=2))), LINES, 'error[HS-D264]: t.jsonl:2: a role lies outside its sentence: found a predicate at 2, expected 0 to 1. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("predicates that are words", one("t.jsonl", rows(predicates=["saw"])), LINES, 'error[HS-D263]: t.jsonl:2: the predicates cannot be read: found str, expected {"index": 2, "args": [{"start": 0, "end": 2, "role": "ARG0"}]}. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("argument without an end", one("t.jsonl", rows(predicates=[{"index": 1, "args": [{"start": 0, "role": "ARG0"}]}])), LINES, 'error[HS-D263]: t.jsonl:2: the predicates cannot be read: found keys start, role, expected {"index": 2, "args": [{"start": 0, "end": 2, "role": "ARG0"}]}. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("two predicates at one word", one("t.jsonl", rows(predicates=[*frame(), *frame()])), LINES, 'error[HS-D263]: t.jsonl:2: the predicates cannot be read: found two predicates at word 1, expected one predicate a word. fix: correct the row, or prepare with --skip-bad', 65, "jsonl"),
    Case("tags too many in Parquet", one("t.parquet", parquet(tokens=[["a", "b"]], ner_tags=[[0, 1, 2]])), PARQUET, 'error[HS-D267]: t.parquet#0: words and tags differ in number: found 3 tags for 2 words. fix: correct the row, or prepare with --skip-bad', 65, "parquet"),
    Case("part in two forms", put({"in/train.conll": TAGS, "in/train.jsonl": rows(tags=["O"])}), "prepare in --out out --quiet", 'error[HS-U325]: in: a file of the data is there in two formats: found train.conll and train.jsonl. fix: name the files: headstart prepare --train FILE --valid FILE --test FILE', 2, "conll"),
    Case("folder that is no data set", put({"in/notes.xyz": "?"}), HUB, 'error[HS-D286]: hf:./in: the data set cannot be loaded: found No (supported) data files found in {place}/in. fix: check the name hf:org/name[/config][@revision] and the network, or give the files themselves', 65, "hub"),
    Case("no folder of a data set", put({}), HUB, 'error[HS-U327]: hf:./in: no such folder of a data set. fix: check the path', 2, "hub"),
    Case("no name of a data set", put({}), "prepare hf:a/b/c/d --out out --quiet", "error[HS-U328]: this is not the name of a data set: found 'hf:a/b/c/d', expected hf:org/name, hf:org/name/config, hf:org/name@revision or hf:./folder", 2, "hub"),
    Case("data set with a broken file", put({"in/data/train-00000-of-00001.parquet": b"PAR1?"}), HUB, 'error[HS-D286]: hf:./in: the data set cannot be loaded: found Parquet file size is 5 bytes, smaller than the minimum file footer (8 bytes). fix: check the name hf:org/name[/config][@revision] and the network, or give the files themselves', 65, "hub"),
    Case("data set with a read-me that is no YAML", put({"in/train.jsonl": rows(tags=["O", "O"]), "in/README.md": "---\nconfigs: [\n---\n"}), HUB, 'error[HS-D286]: hf:./in: the data set cannot be loaded: found while parsing a flow node expected the node content, but found \'<stream end>\' in "<unicode string>", line 1, column 11: configs: [ ^. fix: check the name hf:org/name[/config][@revision] and the network, or give the files themselves', 65, "hub"),
    Case("data set without rows", put({"in/train.csv": "text,label\n"}), HUB, 'error[HS-D286]: hf:./in: the data set cannot be loaded: found Instruction "train" corresponds to no data!. fix: check the name hf:org/name[/config][@revision] and the network, or give the files themselves', 65, "hub"),
    Case("data set with a date that no calendar has", put({"in/train.parquet": parquet(text=["one", "two"], day=ENDLESS)}), HUB, 'error[HS-D287]: hf:./in train#1: a row of the data set cannot be read: found date value out of range. fix: correct the row, or give the files themselves', 65, "hub"),
    Case("data set without a usual column", put({"in/train.jsonl": '{"foo": 1}\n'}), HUB, 'error[HS-D211]: hf:./in: cannot tell which column is the input: found columns foo. fix: pass --input COLUMN', 65, "hub"),
    Case("tags too few in a data set", put({"in/train.parquet": parquet(tokens=[["a"], ["b", "c"]], tags=[["O"], ["O"]])}), HUB, 'error[HS-D267]: hf:./in train#1: words and tags differ in number: found 1 tags for 2 words. fix: correct the row, or prepare with --skip-bad', 65, "hub"),
]  # fmt: skip
