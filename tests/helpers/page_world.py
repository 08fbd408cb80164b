"""Tiny data and models under the names that the pages use."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image

import headstart as hs
from tests.helpers import discs, rectangles
from tests.helpers.made import table
from tests.helpers.sentences import sentences
from tests.helpers.word_files import ROWS, column_file, frames

Make = Callable[[Path], object]
COUNT = 120
TEXTS, TOPICS = sentences(COUNT)


def _photos(*classes: str, size: int = 16, mode: str = "RGB") -> Make:
    """Forty noisy pictures of each class, one folder a class."""

    def make(folder: Path) -> None:
        for place, name in enumerate(classes):
            for number in range(40):
                _photo(folder / name / f"{number}.png", 1000 * place + number, place, size, mode)

    return make


def _photo(path: Path, seed: int, bright: int = 0, size: int = 16, mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 100, (size, size, 3)) + 40 * bright
    Image.fromarray(pixels.astype(np.uint8)).convert(mode).save(path)


def _table(header: str, row: Callable[[int], tuple[Any, ...]]) -> Make:
    return lambda path: table(path, header.split(","), [row(number) for number in range(COUNT)])


def _lines(text: Callable[[], str]) -> Make:
    return lambda path: path.write_text(text(), "utf-8")


def _files(**texts: Callable[[], str]) -> Make:
    """A folder of files; `train_conll` is train.conll."""

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        for name, text in texts.items():
            (folder / name.replace("_", ".")).write_text(text(), "utf-8")

    return make


def _conll(start: int, end: int, columns: int = 2) -> Callable[[], str]:
    def text() -> str:
        lines = column_file(ROWS[start:end]).splitlines()
        more = " x" * (columns - 2)
        return "\n".join(" ".join([line.split()[0] + more, line.split()[-1]]) if line else "" for line in lines) + "\n"

    return text


def _conllu() -> str:
    rows = []
    for row in ROWS[:60]:
        rows += [f"{n}\t{word}\t{word}\tNOUN\t_\t_\t{n - 1}\t{'root' if n == 1 else 'dep'}\t_\t_"
                 for n, word in enumerate(row, 1)] + [""]  # fmt: skip
    return "\n".join(rows) + "\n"


def _boxes(folder: Path) -> None:
    rectangles.written(folder, {"train": 40, "test": 12})


def _voc(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(48):
            pixels, label = rectangles.rectangles(np.random.default_rng(number), 40, 64)
            file = path.with_name("one.png")
            Image.fromarray(pixels).save(file)
            archive.write(file, f"VOC2007/JPEGImages/{number}.png")
            objects = "".join(
                f"<object><name>{name}</name><bndbox><xmin>{a + 1}</xmin><ymin>{b + 1}</ymin><xmax>{c}</xmax>"
                f"<ymax>{d}</ymax></bndbox></object>"
                for (a, b, c, d), name in zip(label["boxes"], label["labels"], strict=True)
            )
            size = "<size><width>64</width><height>40</height><depth>3</depth></size>"
            page = f"<annotation><filename>{number}.png</filename>{size}{objects}</annotation>"
            archive.writestr(f"VOC2007/Annotations/{number}.xml", page)
            file.unlink()


def _cells(folder: Path) -> None:
    pixels, masks = discs.scenes(60, side=24, most=3)
    for number, (one, mask) in enumerate(zip(pixels, masks, strict=True)):
        part = "test" if number >= 45 else "train"
        for kind, values in (("images", one), ("masks", (mask > 0).astype(np.uint8))):
            (folder / part / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(folder / part / kind / f"{number}.png")


def _documents(folder: Path) -> None:
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.txt").write_text(". ".join(TEXTS[number : number + 8]), "utf-8")


def _new(folder: Path) -> None:
    for number in range(3):
        _photo(folder / f"{number}.jpg", 9000 + number)


def _clinc(folder: Path) -> None:
    for part, rows in (("train", range(80)), ("test", range(80, COUNT))):
        table(folder / f"{part}.csv", ["text", "intent"], [(TEXTS[n], _intent(n)) for n in rows])


def _intent(number: int) -> str:
    return "oos" if TOPICS[number] == 3 else _topic(number)


def _topic(number: int) -> str:
    return f"topic{TOPICS[number]}"


def _rows(path: Path) -> None:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), "utf-8")


DATA: Mapping[str, Make] = MappingProxyType(
    {
        "photos": _photos("cats", "dogs", "birds"),
        "defects": _photos("scratch", "dent", "none"),
        "labels": _photos("cats", "dogs"),
        "scans": _photos("ill", "well", size=20),
        "DATA": _photos("a", "b", size=28, mode="L"),
        "reviews": _photos("poor", "fair", "good"),
        "new": _new,
        "scenes": _boxes,
        "VOC2007.zip": _voc,
        "cells": _cells,
        "a.png": lambda path: _photo(path, 1),
        "b.png": lambda path: _photo(path, 2),
        "new.png": lambda path: _photo(path, 3, size=24),
        "new.jpg": lambda path: _photo(path, 4),
        "clients.csv": _table(
            "age,town,since,calls,churned",
            lambda n: (
                20 + n % 50,
                ("Oslo", "Hamar", "Moss")[n % 3],
                f"20{10 + n % 9}-01-05",
                n % 7,
                ("yes", "no")[TOPICS[n] % 2],
            ),
        ),
        "reviews.csv": _table("title,text,stars", lambda n: (f"about {n}", TEXTS[n], f"{TOPICS[n] + 1} stars")),
        "target.csv": _table("text,label", lambda n: (TEXTS[n], _topic(n))),
        "tickets.csv": _table("id,ticket,team", lambda n: (n, TEXTS[n], _topic(n))),
        "tickets.jsonl": _rows,
        "inbox.csv": _table("id,ticket,team", lambda n: (n, TEXTS[n], _topic(n) if n < COUNT // 2 else "")),
        "snli.csv": _table("premise,hypothesis,label", lambda n: (TEXTS[n], TEXTS[n - 1], _topic(n))),
        "pairs.csv": _table("premise,hypothesis,label", lambda n: (TEXTS[n], TEXTS[n - 1], _topic(n))),
        "new.csv": _table("premise,hypothesis", lambda n: (TEXTS[n], TEXTS[n - 1])),
        "questions.csv": _table("question,answer", lambda n: (TEXTS[n], f"It is about topic {TOPICS[n]}.")),
        "intents.csv": _table("text,intent", lambda n: (TEXTS[n], _intent(n))),
        "clinc150": _clinc,
        "held_out.txt": _lines(lambda: "\n".join(TEXTS)),
        "novels": _documents,
        "general": _documents,
        "ner_wnut17": _files(train_conll=_conll(0, 60), dev_conll=_conll(60, 75), test_conll=_conll(75, 200)),
        "train.conll": _lines(_conll(0, 60, 4)),
        "dev.conll": _lines(_conll(60, 75, 4)),
        "test.conll": _lines(_conll(75, 200, 4)),
        "sentences.conll": _lines(_conll(0, 200)),
        "en_ewt-ud-train.conllu": _lines(_conllu),
        "srl": _files(train_jsonl=lambda: frames(ROWS)),
        "spectra.npz": lambda path: np.savez(
            path, x=np.random.default_rng(0).normal(5, 2, (80, 12)).astype(np.float32)
        ),
    }
)


def _pretrained(data: str, **settings: Any) -> Make:
    return lambda out: hs.pretrain(data, out=out, **settings)


def _finetuned(data: str, **settings: Any) -> Make:
    return lambda out: hs.finetune(data, out=out, **{"start": "scratch", "backbone": "linear", **settings})


def _prepared(data: str, **settings: Any) -> Make:
    return lambda out: hs.prepare(data, out=out, **settings)


VIT: Mapping[str, Any] = MappingProxyType({"backbone": "vit", "objective": "masked", "steps": 2})
ENCODER: Mapping[str, Any] = MappingProxyType({"backbone": "encoder", "steps": 2})
DECODER: Mapping[str, Any] = MappingProxyType({"backbone": "decoder", "steps": 2})
# what each is made of, and how
MODELS: Mapping[str, tuple[tuple[str, ...], Make]] = MappingProxyType(
    {
        "stars-onnx": (("runs/stars",), lambda out: hs.export(Path("runs/stars"), format="onnx", out=out)),
        "runs/photos": (("photos",), _pretrained("photos", **VIT)),
        "runs/small": (("photos",), _pretrained("photos", **VIT)),
        "runs/pictures": (("cells",), _pretrained("cells", objective="kmeans", backbone="cnn", steps=2)),
        "runs/pretrained": (
            ("VOC2007.zip",),
            _pretrained("VOC2007.zip", backbone="cnn", objective="contrastive", steps=2),
        ),
        "runs/vae": (("photos",), _pretrained("photos", objective="vae", steps=2)),
        "runs/reviews": (("reviews.csv",), _pretrained("reviews.csv", **ENCODER)),
        "runs/texts": (("reviews.csv",), _pretrained("reviews.csv", **ENCODER)),
        "runs/dialogues": (("reviews.csv",), _pretrained("reviews.csv", objective="lsa")),
        "runs/tickets": (("tickets.csv",), _pretrained("tickets.csv", objective="lsa")),
        "runs/writer": (("reviews.csv",), _pretrained("reviews.csv", **DECODER)),
        "runs/novels": (("novels",), _pretrained("novels", **DECODER)),
        "runs/snli": (("snli.csv",), _finetuned("snli.csv", input="premise,hypothesis", target="label")),
        "runs/defects": (("defects",), _finetuned("defects")),
        "runs/second": (("defects",), _finetuned("defects", seed=1)),
        "runs/classes": (("photos",), _finetuned("photos")),
        "runs/teams": (("tickets.csv",), _finetuned("tickets.csv", target="team")),
        "runs/entities": (("sentences.conll",), _finetuned("sentences.conll")),
        "runs/cells": (("cells",), _finetuned("cells", backbone="cnn", steps=2)),
        "runs/stars": (("reviews.csv",), _finetuned("reviews.csv", backbone="encoder", target="stars", steps=2)),
        "data/photos": (("photos",), _prepared("photos")),
        "data/other": (("defects",), _prepared("defects")),
        "data/reviews": (("reviews.csv",), _prepared("reviews.csv", target="stars")),
    }
)


class PageWorld:
    """Makes each thing once, and copies it to where a block is run."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def lay(self, name: str, folder: Path) -> None:
        """Put what a page calls `name` into a folder; nothing if that is no name of ours."""
        if (name not in DATA and name not in MODELS) or (folder / name).exists():
            return
        made, needs = self.place / name, MODELS[name][0] if name in MODELS else ()
        if not made.exists():
            made.parent.mkdir(parents=True, exist_ok=True)
            for need in needs:
                self.lay(need, self.place)
            (DATA[name] if name in DATA else MODELS[name][1])(made)
        if folder == self.place:
            return
        for need in needs:  # a run is repeated with its data
            self.lay(need, folder)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, folder / name) if made.is_dir() else shutil.copy(made, folder / name)
