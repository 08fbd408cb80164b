"""Under --skip-bad every source keeps its sound rows and says why it left the others; else the first one stops."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow.parquet as pq
import pytest

from headstart.core import catalog
from headstart.core.errors import DataError
from headstart.data.prepare import prepare
from tests.helpers import annotations, gestures, recordings
from tests.helpers.badinput.tables import TEXTS, parquet
from tests.helpers.databases import database
from tests.helpers.fuzz.corpus import npy
from tests.helpers.made import tar
from tests.helpers.sheets import workbook
from tests.helpers.sounds import encoded, sound

ROWS = 40
BAD = 7  # the row that cannot be read
GENERATOR = np.random.default_rng(0)
PIXELS = GENERATOR.random((ROWS, 6, 6))
PIXELS[BAD, 2, 2] = np.nan


def pictures() -> list[bytes]:
    """PNG files, one of them cut in half."""
    from PIL import Image

    made = []
    for number in range(ROWS):
        file = io.BytesIO()
        Image.fromarray(GENERATOR.integers(0, 256, (6, 6), dtype=np.uint8)).save(file, "PNG")
        made.append(file.getvalue()[: 60 if number == BAD else None])
    return made


def folder(place: Path) -> Any:
    (place / "in").mkdir()
    for number, data in enumerate(pictures()):
        (place / "in" / f"{number:02}.png").write_bytes(data)
    return place / "in"


def archive(place: Path) -> Any:
    with zipfile.ZipFile(place / "in.zip", "w") as file:
        for number, data in enumerate(pictures()):
            file.writestr(f"{number:02}.png", data)
    return place / "in.zip"


def arff(place: Path) -> Any:
    rows = ["{0 1, 1 a}" if n == BAD else f"{n}.5,{'ab'[n % 2]}" for n in range(ROWS)]
    head = "@relation r\n@attribute age numeric\n@attribute class {a,b}\n@data\n"
    (place / "t.arff").write_text(head + "\n".join(rows))
    return place / "t.arff"


def csv(place: Path) -> Any:
    lines = [f'"{text}",{n % 2}{",odd" if n == BAD else ""}\n' for n, text in enumerate(TEXTS[:ROWS])]
    (place / "t.csv").write_text("text,label\n" + "".join(lines))
    return place / "t.csv"


def jsonl(place: Path) -> Any:
    lines = ["{oops" if n == BAD else f'{{"text": "{text}"}}' for n, text in enumerate(TEXTS[:ROWS])]
    (place / "t.jsonl").write_text("\n".join(lines))
    return place / "t.jsonl"


def table(place: Path) -> Any:
    (place / "t.parquet").write_bytes(parquet(text=[None if n == BAD else text for n, text in enumerate(TEXTS[:ROWS])]))
    return place / "t.parquet"


def excel(place: Path) -> Any:
    rows = [["text"], *[[None, "x"] if n == BAD else [text] for n, text in enumerate(TEXTS[:ROWS])]]
    (place / "t.xlsx").write_bytes(workbook({"rows": rows}))
    return place / "t.xlsx"


def sql(place: Path) -> Any:
    rows = [["text"], *[[None if n == BAD else text] for n, text in enumerate(TEXTS[:ROWS])]]
    return database(place / "t.db", {"rows": rows})


def frame(place: Path) -> Any:
    import pandas as pd

    return pd.DataFrame({"text": [None if n == BAD else text for n, text in enumerate(TEXTS[:ROWS])]})


def records(place: Path) -> Any:
    return [{"text": None if n == BAD else text} for n, text in enumerate(TEXTS[:ROWS])]


def array(place: Path) -> Any:
    (place / "a.npy").write_bytes(npy(PIXELS))
    return place / "a.npy"


def idx(place: Path) -> Any:
    head = bytes([0, 0, 0x0D, 3, 0, 0, 0, ROWS, 0, 0, 0, 6, 0, 0, 0, 6])
    (place / "a-images-idx3-ubyte").write_bytes(head + PIXELS.astype(">f4").tobytes())
    return place / "a-images-idx3-ubyte"


def text(place: Path) -> Any:
    lines = ["\u200b\x01\x02" if n == BAD else line for n, line in enumerate(TEXTS[:ROWS])]
    (place / "t.txt").write_text("\n".join(lines).replace("\u200b", ""))
    return place / "t.txt"


def conll(place: Path) -> Any:
    """A line of the eighth sentence has no tag."""
    blocks = ["".join(f"{word}\tO\n" for word in line.split()) for line in TEXTS[:ROWS]]
    blocks[BAD] += "lost\n"
    (place / "t.conll").write_text("\n".join(blocks))
    return place / "t.conll"


def conllu(place: Path) -> Any:
    """The second word of the eighth sentence counts as the fourth."""
    blocks = []
    for number, line in enumerate(TEXTS[:ROWS]):
        rows = [[str(n), word, *"_X____X__"] for n, word in enumerate(line.split(), 1)]
        rows[1][0] = "4" if number == BAD else "2"
        blocks.append("".join("\t".join(row[:10]) + "\n" for row in rows))
    (place / "t.conllu").write_text("\n".join(blocks))
    return place / "t.conllu"


def hub(place: Path) -> Any:
    (place / "set" / "data").mkdir(parents=True)
    table(place).rename(place / "set" / "data" / "train-00000-of-00001.parquet")
    return place / "set"


def coco(place: Path) -> Any:
    folder(place)
    listed = [{"id": n, "file_name": f"{n:02}.png", "height": 6, "width": 6} for n in range(ROWS)]
    whole = {"images": listed, "annotations": [], "categories": [{"id": 1, "name": "cat"}]}
    (place / "t.json").write_text(json.dumps(whole))
    return place / "t.json"


def voc(place: Path) -> Any:
    (place / "set" / "Annotations").mkdir(parents=True)
    folder(place).rename(place / "set" / "JPEGImages")
    for number in range(ROWS):
        size = "<size><width>6</width><height>6</height></size>"
        (place / "set" / "Annotations" / f"{number:02}.xml").write_text(f"<annotation>{size}</annotation>")
    return place / "set"


def yolo(place: Path) -> Any:
    (place / "set" / "labels").mkdir(parents=True)
    folder(place).rename(place / "set" / "images")
    for number in range(ROWS):
        (place / "set" / "labels" / f"{number:02}.txt").write_text("0 .5 .5 .4 .4\n")
    return place / "set"


def picture_table(place: Path) -> Any:
    rows = [f"{number:02}.png,{number % 2}\n" for number in range(ROWS)]
    (folder(place) / "labels.csv").write_text("file_name,label\n" + "".join(rows))
    return place / "in"


NAMED = {f"{n:02}.png": [("cat", 1, 1, 3, 4)] for n in range(ROWS)}
SMALL = {'"40"': '"6"', '"32"': '"6"'}


def beside(place: Path, name: str, text: str) -> Any:
    """The pictures with a file that lists them."""
    for large, small in SMALL.items():
        text = text.replace(large, small)
    (folder(place) / name).write_text(text)
    return place / "in"


def labelme(place: Path) -> Any:
    for name, boxes in NAMED.items():
        text = annotations.labelme(name, [annotations.rectangle(boxes[0])], imageHeight=6, imageWidth=6)
        (place / "in" if name != "00.png" else folder(place)).joinpath(name.replace("png", "json")).write_text(text)
    return place / "in"


def cvat(place: Path) -> Any:
    return beside(place, "a.xml", annotations.cvat(NAMED))


def createml(place: Path) -> Any:
    return beside(place, "a.json", annotations.createml(NAMED))


def label_studio(place: Path) -> Any:
    return beside(place, "a.json", annotations.label_studio(NAMED, 6, 6))


def box_table(place: Path) -> Any:
    rows = [f"{name},cat,1,1,3,4\n" for name in NAMED]
    return beside(place, "a.csv", "image,label,xmin,ymin,xmax,ymax\n" + "".join(rows))


def webdataset(place: Path) -> Any:
    members = {f"{n:02}.{end}": one for n, data in enumerate(pictures())
               for end, one in (("png", data), ("cls", b"%d" % (n % 2)))}  # fmt: skip
    return tar(place / "t.tar", members)


def transcripts(place: Path) -> Any:
    (place / "in").mkdir()
    for number, data in enumerate([encoded(sound(900, seed=n)) for n in range(ROWS)]):
        (place / "in" / f"{number:02}.wav").write_bytes(data[: 20 if number == BAD else None])
    (place / "in" / "all.trans.txt").write_text("".join(f"{n:02} SAID {n}\n" for n in range(ROWS)))
    return place / "in"


def fasta(place: Path) -> Any:
    drawn = ["".join(np.random.default_rng(n).choice(list("ACGT"), 60)) for n in range(ROWS)]
    lines = [f">s{n}\n{'ACGT!' if n == BAD else row}\n" for n, row in enumerate(drawn)]
    (place / "t.fasta").write_text("".join(lines))
    return place / "t.fasta"


def ucr(place: Path) -> Any:
    lines = gestures.ts(ROWS).splitlines()
    lines[BAD + 5] = f"odd,{lines[BAD + 5]}"
    (place / "t.ts").write_text("\n".join(lines))
    return place / "t.ts"


def series_folder(place: Path) -> Any:
    home = gestures.folder(place, ROWS)
    bad = next(home.rglob(f"{BAD}.csv"))
    bad.write_text(bad.read_text().replace("\n5,", "\n5,none", 1))
    return home


DRIVEN = recordings.driven(ROWS, steps=1)  # a step an episode, so that each is a row
DRIVEN[BAD] = {**DRIVEN[BAD], "observations": GENERATOR.random((4, 2))}


def episodes(place: Path) -> Any:
    return recordings.files(place, DRIVEN)


def hdf5(place: Path) -> Any:
    return recordings.hdf5(place / "t.hdf5", DRIVEN)


def lerobot(place: Path) -> Any:
    """The file of the eighth episode holds more steps than are listed."""
    home = recordings.lerobot_3(place, recordings.driven(ROWS, steps=1))
    listed = home / "meta/episodes/chunk-000/file-000.parquet"
    rows = pq.read_table(listed)
    lengths = [int(n == BAD) + 1 for n in range(ROWS)]
    pq.write_table(rows.set_column(rows.column_names.index("length"), "length", [lengths]), listed)
    return home


def masks(place: Path) -> Any:
    (place / "set" / "masks").mkdir(parents=True)
    folder(place).rename(place / "set" / "images")
    for number in range(ROWS):
        PIL.Image.fromarray(np.eye(6, dtype=np.uint8)).save(place / "set" / "masks" / f"{number:02}.png")
    return place / "set"


def line_of_bad() -> int:
    """Where the eighth sentence begins in a file of a word a line."""
    return sum(len(line.split()) + 1 for line in TEXTS[:BAD]) + 1


def several(place: Path) -> Any:
    folder(place)
    return sorted((place / "in").iterdir())


MAKERS: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "episodes": (episodes, "HS-D883", "07.npz"), "hdf5": (hdf5, "HS-D883", f"t.hdf5/data/demo_{BAD}"),
    "lerobot": (lerobot, "HS-D883", f"episode {BAD}"),
    "ucr": (ucr, "HS-D521", f"t.ts:{BAD + 6}"), "series_folder": (series_folder, "HS-D521", "fast/7.csv"),
    "folder": (folder, "HS-D101", "07.png"), "archive": (archive, "HS-D101", "07.png"),
    "arff": (arff, "HS-D727", f"t.arff:{BAD + 5}"),
    "csv": (csv, "HS-D255", "t.csv:9"), "jsonl": (jsonl, "HS-D282", "t.jsonl:8"),
    "excel": (excel, "HS-D255", "t.xlsx:9"), "sql": (sql, "HS-D291", "t.db#7"),
    "parquet": (table, "HS-D291", "t.parquet#7"),
    "frame": (frame, "HS-D291", "row 7"), "array": (array, "HS-D107", "a.npy#7"),
    "idx": (idx, "HS-D107", "a-images-idx3-ubyte#7"), "text": (text, "HS-D291", "t.txt:8"),
    "conll": (conll, "HS-D225", f"t.conll:{line_of_bad()}"),
    "conllu": (conllu, "HS-D225", f"t.conllu:{line_of_bad()}"), "hub": (hub, "HS-D291", "set train#7"),
    "file": (several, "HS-D101", "07.png"), "coco": (coco, "HS-D101", "07.png"),
    "masks": (masks, "HS-D101", "images/07.png"),
    "voc": (voc, "HS-D101", "JPEGImages/07.png"), "yolo": (yolo, "HS-D101", "images/07.png"),
    "picture_table": (picture_table, "HS-D101", "07.png"), "records": (records, "HS-D291", "row 7"),
    "fasta": (fasta, "HS-D460", f"t.fasta:{2 * BAD + 1}"),
    "transcripts": (transcripts, "HS-D487", "07.wav"),
    "webdataset": (webdataset, "HS-D101", "t.tar:07"),
    **{made.__name__: (made, "HS-D101", "07.png") for made in (labelme, cvat, createml, label_studio, box_table)},
}  # fmt: skip


@pytest.mark.parametrize("kind", catalog.kinds("sources"))
def test_a_bad_row_stops_or_is_left_out_with_its_reason(kind: str, tmp_path: Path) -> None:
    if kind not in MAKERS:
        pytest.fail(f"say in MAKERS what a '{kind}' with one bad row looks like")
    make, code, origin = MAKERS[kind]
    source = make(tmp_path)
    with pytest.raises(DataError, match=rf"\[{code}\]: {origin}") as stopped:
        prepare(source, tmp_path / "strict")
    with pytest.raises(DataError, match="HS-D333"):  # one of forty is more than one in a hundred
        prepare(source, tmp_path / "usual", skip_bad=True)
    assert not (tmp_path / "strict").exists()
    assert not (tmp_path / "usual").exists()
    store = prepare(source, tmp_path / "out", skip_bad=True, max_bad=0.03)
    rejected = [row for row in store.rejected() if row["reason"] == "unreadable"]
    assert rejected == [{"origin": origin, "reason": "unreadable", "detail": stopped.value.line()}]
    assert sum(store.splits.values()) == ROWS - len(store.rejected()) >= ROWS - 3


def test_one_bad_row_of_a_hundred_is_left_out_without_asking(tmp_path: Path) -> None:
    pixels = GENERATOR.random((100, 6, 6))
    pixels[3] = np.inf
    store = prepare(pixels, tmp_path / "out", skip_bad=True)
    assert sum(store.splits.values()) == 99
    assert [row["origin"] for row in store.rejected()] == ["array#3"]
