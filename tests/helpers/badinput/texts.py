"""Bad texts, as files, lines and cells."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

import gzip

from tests.helpers.badinput.case import Case, one, put
from tests.helpers.fuzz.corpus import PROSE, zstd

TXT, GZ, ZST = (f"prepare t.txt{suffix} --out out --quiet" for suffix in ("", ".gz", ".zst"))
LINES, LIST = "prepare t.jsonl --out out --quiet", "prepare t.json --out out --quiet"
FOLDER = "prepare in --out out --quiet"


def bomb(size: int) -> bytes:
    """Zeros as many gzip members of a mebibyte, behind one another."""
    return gzip.compress(bytes(1 << 20), mtime=0) * (size >> 20)


CASES = [
    Case("empty text file", one("t.txt", ""), TXT, 'error[HS-D223]: t.txt: no document in the file: found only empty lines. fix: give a file with one document per line', 65, "text"),
    Case("only a byte order mark", one("t.txt", b"\xef\xbb\xbf"), TXT, 'error[HS-D223]: t.txt: no document in the file: found only empty lines. fix: give a file with one document per line', 65, "text"),
    Case("only spaces", one("t.txt", "  \n\t\n"), TXT, 'error[HS-D223]: t.txt: no document in the file: found only empty lines. fix: give a file with one document per line', 65, "text"),
    Case("UTF-16 with a mark", one("t.txt", "text".encode("utf-16")), TXT, "error[HS-D251]: t.txt: the file is not UTF-8 text: found b'\\xff\\xfet\\x00' at byte 0, which looks like UTF-16. fix: convert it: iconv -f UTF-16 -t UTF-8", 65, "text"),
    Case("UTF-16 big-endian", one("t.txt", "text".encode("utf-16-be")), TXT, "error[HS-D251]: t.txt: the file is not UTF-8 text: found b'\\x00t\\x00e' at byte 0, which looks like UTF-16BE. fix: convert it: iconv -f UTF-16BE -t UTF-8", 65, "text"),
    Case("Latin-1 in line 2", one("t.txt", "one\nKäse\n".encode("latin-1")), TXT, "error[HS-D251]: t.txt: the file is not UTF-8 text: found b'\\xe4se\\n' at byte 5, which looks like LATIN1. fix: convert it: iconv -f LATIN1 -t UTF-8", 65, "text"),
    Case("half a surrogate pair as UTF-8", one("t.txt", b"one\ntwo \xed\xa0\x80\n"), TXT, "error[HS-D251]: t.txt: the file is not UTF-8 text: found b'\\xed\\xa0\\x80\\n' at byte 8, which looks like WINDOWS-1252. fix: convert it: iconv -f WINDOWS-1252 -t UTF-8", 65, "text"),
    Case("cut in the middle of a letter", one("t.txt", "one ü".encode()[:-1]), TXT, "error[HS-D251]: t.txt: the file is not UTF-8 text: found b'\\xc3' at byte 4, which looks like LATIN1. fix: convert it: iconv -f LATIN1 -t UTF-8", 65, "text"),
    Case("broken gzip", one("t.txt.gz", gzip.compress(PROSE * 99)[:-9]), GZ, 'error[HS-D252]: t.txt.gz: the file cannot be read: found Compressed file ended before the end-of-stream marker was reached. fix: fetch the file again', 65, "text"),
    Case("no gzip", one("t.txt.gz", PROSE), GZ, "error[HS-D252]: t.txt.gz: the file cannot be read: found Not a gzipped file (b'On'). fix: fetch the file again", 65, "text"),
    Case("broken Zstandard", one("t.txt.zst", zstd(PROSE * 99)[:-9]), ZST, 'error[HS-D252]: t.txt.zst: the file cannot be read: found Truncated compressed stream. fix: fetch the file again', 65, "text"),
    Case("no Zstandard", one("t.txt.zst", PROSE), ZST, 'error[HS-D252]: t.txt.zst: the file cannot be read: found ZSTD decompress failed: Unknown frame descriptor. fix: fetch the file again', 65, "text"),
    Case("gzip of 65 MiB of zeros", one("t.txt.gz", bomb(65 << 20)), GZ, 'error[HS-D257]: t.txt.gz: the compressed file is not safe to read: found contents of more than 100 times its size. fix: unpack it yourself if you trust it', 65, "text"),
    Case("document of 65 MiB of zeros in a folder", put({"in/a/1.txt.gz": bomb(65 << 20), "in/b/1.txt": "b"}), FOLDER, 'error[HS-D257]: a/1.txt.gz: the compressed file is not safe to read: found contents of more than 100 times its size. fix: unpack it yourself if you trust it', 65, "folder"),
    Case("JSON of nothing", one("t.json", "[" + "{}," * 600_000 + "{}]"), "prepare t.json --out out --quiet", 'error[HS-D274]: t.json: the file is not safe to read: found 600,002 objects in 1,800,004 characters. fix: unpack it yourself if you trust it', 65, "jsonl"),
    Case("Zstandard of 65 MiB of one letter", one("t.txt.zst", zstd(b"a" * (65 << 20))), ZST, 'error[HS-D257]: t.txt.zst: the compressed file is not safe to read: found contents of more than 100 times its size. fix: unpack it yourself if you trust it', 65, "text"),
    Case("zero bytes in a document", put({"in/a/1.txt": "a", "in/b/1.txt": b"\0" * 9}), FOLDER, 'error[HS-D294]: b/1.txt: the file is binary, not text: found 9 zero bytes of 9. fix: leave it out', 65, "text folder"),
    Case("empty document", put({"in/a/1.txt": "a", "in/b/1.txt": " "}), FOLDER, 'error[HS-D291]: b/1.txt: the text is empty. fix: fill it in, or prepare with --skip-bad', 65, "text folder"),
    Case("vocabulary too small", one("t.txt", "one\ntwo\n"), f"{TXT} modality.vocab=10", 'error[HS-R124]: text.vocab: a vocabulary needs at least 300 ids: found 10', 78, "text"),
    Case("rows too short", one("t.txt", "one\ntwo\n"), f"{TXT} modality.length=2", 'error[HS-R125]: text.length: a row needs at least 4 places: found 2', 78, "text"),
    Case("unigrams of more letters than ids", one("t.txt", "".join(chr(0x4E00 + n) + " " for n in range(400)) + "\n"), f"{TXT} modality.tokenizer=unigram modality.vocab=300", 'error[HS-D117]: the vocabulary cannot hold every character: found 300, expected 407. fix: raise modality.vocab, or use modality.tokenizer=bpe', 65, "text"),
    Case("unknown tokenizer", one("t.txt", "one\ntwo\n"), f"{TXT} modality.tokenizer=bpee", "error[HS-R104]: modality.tokenizer: setting has the wrong type or value: found 'bpee', expected 'bpe' or 'unigram'. fix: see `headstart show modality text`", 78, "text"),
    Case("unknown setting of text", one("t.txt", "one\ntwo\n"), f"{TXT} modality.lenght=8", "error[HS-R103]: modality: unknown setting: found 'lenght'. fix: did you mean 'length'?", 78, "text"),
    Case("column of a text file", one("t.txt", "one\ntwo\n"), f"{TXT} --input text", 'error[HS-U322]: only a table has columns: found --input text. fix: leave it out', 2, "text"),
    Case("empty JSON lines", one("t.jsonl", "\n\n"), LINES, 'error[HS-D281]: t.jsonl: no row in the file: expected one object per line', 65, "jsonl"),
    Case("broken line of JSON", one("t.jsonl", '{"text": "a"}\n{"text": "b"\n'), LINES, "error[HS-D282]: t.jsonl:2: this is not JSON: found Expecting ',' delimiter, column 13. fix: correct the line, or prepare with --skip-bad", 65, "jsonl"),
    Case("line that is a list", one("t.jsonl", '{"text": "a"}\n[1]\n'), LINES, 'error[HS-D285]: t.jsonl:2: the row is not an object: found a list, expected {...}. fix: correct the line, or prepare with --skip-bad', 65, "jsonl"),
    Case("line nested a thousandfold", one("t.jsonl", '{"text": "a"}\n' + "[" * 5000 + "\n"), LINES, 'error[HS-D282]: t.jsonl:2: this is not JSON: found objects nested too deeply. fix: correct the line, or prepare with --skip-bad', 65, "jsonl"),
    Case("row without its text", one("t.jsonl", '{"text": "a"}\n{"txt": "b"}\n'), LINES, 'error[HS-D283]: t.jsonl:2: the row has no input: found keys txt, expected text. fix: correct the line, or prepare with --skip-bad', 65, "jsonl"),
    Case("null as text", one("t.jsonl", '{"text": "a"}\n{"text": null}\n'), LINES, 'error[HS-D291]: t.jsonl:2: the text is empty. fix: fill it in, or prepare with --skip-bad', 65, "jsonl"),
    Case("number as text", one("t.jsonl", '{"text": "a"}\n{"text": 3}\n'), LINES, 'error[HS-D292]: t.jsonl:2: no text: found int 3, expected a str, UTF-8 bytes or a file. fix: pass --input with the text column', 65, "jsonl"),
    Case("UTF-16 JSON", one("t.jsonl", '{"text": "a"}\n'.encode("utf-16")), LINES, "error[HS-D251]: t.jsonl: the file is not UTF-8 text: found b'\\xff\\xfe{\\x00' at byte 0, which looks like UTF-16. fix: convert it: iconv -f UTF-16 -t UTF-8", 65, "jsonl"),
    Case("JSON of an object", one("t.json", '{"text": "a"}'), LIST, 'error[HS-D284]: t.json: the JSON file is not a table: found an object, expected a list of objects', 65, "jsonl"),
    Case("JSON that ends early", one("t.json", '[{"text": "a"},'), LIST, 'error[HS-D282]: t.json: this is not JSON: found Expecting value, column 16. fix: correct the line, or prepare with --skip-bad', 65, "jsonl"),
    Case("JSON of an empty list", one("t.json", "[]"), LIST, 'error[HS-D281]: t.json: no row in the file: expected a list of objects', 65, "jsonl"),
]  # fmt: skip
