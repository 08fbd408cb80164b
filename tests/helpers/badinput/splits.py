"""Bad labels and splits, and outputs that cannot be written."""

# ruff: noqa: E501 (a golden line stays on one line)

from __future__ import annotations

from pathlib import Path

from headstart.data.cache import open_data
from headstart.data.prepare import prepare
from tests.helpers.badinput.case import Build, Case, nothing, one, put
from tests.helpers.fuzz.corpus import picture
from tests.helpers.sentences import sentences

CSV = "prepare t.csv --out out --quiet"
LINES = [f'"{text}",{"ab"[n % 2]}\n' for n, text in enumerate(sentences(40)[0])]
TABLE = "text,label\n" + "".join(LINES)
SOUND = one("t.csv", TABLE)


def parts(train: str, test: str) -> Build:
    return put({"in/train.csv": f"text,label\n{train}", "in/test.csv": f"text,label\n{test}"})


def other(place: Path) -> None:
    SOUND(place)
    prepare(place / "t.csv", place / "out", near="keep")


def full(place: Path) -> None:
    SOUND(place)
    put({"out/thesis.txt": "dear reader"})(place)


def bad_rows(count: int, of: int) -> Build:
    """So many empty texts before others, none like another."""
    texts = [" "] * count + sentences(of)[0][count:]
    return one("t.csv", "text\n" + "".join(f'"{text}"\n' for text in texts))


CASES = [
    Case("class missing in train", parts("one two,a\nthree four,b\n", "five six,c\n"), "prepare in --out out --quiet", 'error[HS-D342]: a class is missing in the train split: found c. fix: add train rows of it, or remove it from valid and test; if it means no class, say prepare --unknown or data.unknown', 65, "csv"),
    Case("contradictions and nothing else", one("t.csv", "text,label\none two,a\none two,b\n"), CSV, 'error[HS-D334]: cleaning leaves no row: found only copies with conflicting labels', 65, "csv"),
    Case("split without numbers", SOUND, f"{CSV} --split train", 'error[HS-U311]: the split cannot be read: found \'train\'. fix: write it like "train=.8,valid=.1,test=.1"', 2),
    Case("split of words", SOUND, f"{CSV} --split train=most", 'error[HS-U311]: the split cannot be read: found \'train=most\'. fix: write it like "train=.8,valid=.1,test=.1"', 2),
    Case("split of an unknown split", SOUND, f"{CSV} --split train=.5,dev=.5", 'error[HS-U312]: unknown split: found dev, expected train, valid, test', 2),
    Case("split above one", SOUND, f"{CSV} --split train=.9,test=.9", 'error[HS-U313]: the shares must add up to 1, with some left for train: found \'train=.9,test=.9\'. fix: write it like "train=.8,valid=.1,test=.1"', 2),
    Case("split below zero", SOUND, f"{CSV} --split train=1.5,test=-.5", 'error[HS-U313]: the shares must add up to 1, with some left for train: found \'train=1.5,test=-.5\'. fix: write it like "train=.8,valid=.1,test=.1"', 2),
    Case("split without train", SOUND, f"{CSV} --split test=1", 'error[HS-U313]: the shares must add up to 1, with some left for train: found \'test=1\'. fix: write it like "train=.8,valid=.1,test=.1"', 2),
    Case("split of NaN", SOUND, f"{CSV} --split train=nan", 'error[HS-U313]: the shares must add up to 1, with some left for train: found \'train=nan\'. fix: write it like "train=.8,valid=.1,test=.1"', 2),
    Case("split of parts there are", parts("one two,a\nthree four,b\n", "five six,a\n"), "prepare in --out out --quiet --split train=.5,test=.5", 'error[HS-U314]: the data have train, valid or test splits already: found train=.5,test=.5. fix: prepare without --split and --time, or give the data without their splits', 2),
    Case("groups of related texts", SOUND, f"{CSV} --group similarity", "error[HS-U612]: it is not known which of these rows are related: found data of kind text. fix: name a column: prepare --group COLUMN", 2),
    Case("a field of names that are texts", SOUND, f"{CSV} --group name:2", "error[HS-D212]: no column 'name:2': found columns label. fix: choose one of label", 65),
    Case("near that is neither", SOUND, f"{CSV} --near dropp", "error[HS-U315]: unknown value for near: found 'dropp'. fix: did you mean 'drop'?", 2),
    Case("share of bad rows above one", SOUND, f"{CSV} --skip-bad --max-bad 5", 'error[HS-U317]: max_bad must be a share of the rows: found 5.0, expected a number from 0 to 1', 2),
    Case("share of bad rows that is NaN", SOUND, f"{CSV} --skip-bad --max-bad nan", 'error[HS-U317]: max_bad must be a share of the rows: found nan, expected a number from 0 to 1', 2),
    Case("two bad rows of a hundred", bad_rows(2, 100), f"{CSV} --skip-bad", 'error[HS-D333]: too many rows cannot be read: found 2 of 100 rows; the first: error[HS-D291]: t.csv:2: the text is empty, expected at most 0.01 of all. fix: repair the files, or prepare with a higher --max-bad', 65),
    Case("nothing but bad rows", bad_rows(4, 4), f"{CSV} --skip-bad", 'error[HS-D204]: t.csv: cannot tell what kind of data these are. fix: prepare with --modality audio, image, sequence, series, signals, text or trajectory', 65),
    Case("source given twice", SOUND, f"{CSV} --train t.csv", "error[HS-U561]: give either DATA, or --train, --valid and --test: found t.csv, --train. fix: leave one out", 2),
    Case("source not given", nothing, "prepare --out out --quiet", 'error[HS-U560]: no data given. fix: name a SOURCE, or pass --train, --valid and --test', 2),
    Case("source not there", put({"photos/1.png": picture()}), "prepare photo --out out --quiet", "error[HS-U301]: photo: no such file or folder. fix: did you mean 'photos'?", 2),
    Case("unknown kind of file", one("data.xyz", "?"), "prepare data.xyz --out out --quiet", "error[HS-D203]: data.xyz: no reader for this file: found '.xyz', expected a folder or one of archive, arff, array, box_table, coco, conll, conllu, createml, csv, cvat, episodes, excel, fasta, file, folder, frame, hdf5, hub, idx, jsonl, label_studio, labelme, lerobot, masks, parquet, picture_table, records, series_folder, sql, text, transcripts, ucr, voc, webdataset, yolo", 65),
    Case("unknown modality", SOUND, f"{CSV} --modality txt", "error[HS-R101]: unknown modality: found 'txt'. fix: did you mean 'text'?", 78),
    Case("output with other files", full, CSV, 'error[HS-U303]: out: the output directory is not empty: found files that headstart did not write. fix: choose another --out', 2),
    Case("output of another preparation", other, CSV, 'error[HS-U304]: out: the output directory is not empty: found another preparation. fix: choose another --out, or pass --overwrite to replace it', 2),
    Case("output that is a file", put({"t.csv": TABLE, "out": "x"}), CSV, 'error[HS-U302]: out: the output must be a directory: found a file. fix: choose another --out', 2),
    Case("output below a file", put({"t.csv": TABLE, "file": "x"}), "prepare t.csv --out file/out --quiet", 'error[HS-I221]: file/out: cannot write the prepared data: found Not a directory. fix: free some space or choose another place', 74),
    Case("options for prepared data", other, lambda place: open_data(place / "out", near="keep"), 'error[HS-U305]: {place}/out: the data are prepared already: found near. fix: give the raw data instead', 2),
    Case("unknown split in Python", nothing, lambda place: prepare({"trian": ["a b", "c d"]}, place / "out"), "error[HS-U323]: unknown split: found 'trian', expected train, valid or test", 2),
    Case("a number as source", nothing, lambda place: prepare(3, place / "out"), "error[HS-U324]: not a source of data: found int, expected a path, an array, (x, y) arrays, a DataFrame, a list of these, or {'train': ..., 'test': ...}", 2),
    Case("an empty list as source", nothing, lambda place: prepare([], place / "out"), 'error[HS-U321]: no source was given. fix: name a folder, archive, table or array', 2),
]  # fmt: skip
