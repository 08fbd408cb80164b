"""Planted copies that the leak guard finds, by kind of change, and test rows that it takes for copies of train rows.

python benchmarks/leaks.py --data DATA [--rows 10000] [--planted 200] [--seed 0] [--sets NAME ...]
"""

from __future__ import annotations

import argparse
import csv
import gzip
import html
import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from headstart.data.modalities.image.perceptual_hash import PictureDuplicates
from headstart.data.modalities.text.minhash import TextDuplicates
from headstart.data.storage.gather import stacked

Change = Callable[[Any, np.random.Generator], Any]


def jpeg(quality: int) -> Change:
    def change(picture: Image.Image, draws: np.random.Generator) -> Image.Image:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        return Image.open(file)

    return change


def scaled(factor: float) -> Change:
    def change(picture: Image.Image, draws: np.random.Generator) -> Image.Image:
        return picture.resize((round(picture.width * factor), round(picture.height * factor)))

    return change


def cropped(share: float) -> Change:
    """A window of this share of both sides, at a random place."""

    def change(picture: Image.Image, draws: np.random.Generator) -> Image.Image:
        wide, high = round(picture.width * share), round(picture.height * share)
        x, y = (int(draws.integers(0, free + 1)) for free in (picture.width - wide, picture.height - high))
        return picture.crop((x, y, x + wide, y + high))

    return change


def brighter(factor: float) -> Change:
    return lambda picture, draws: ImageEnhance.Brightness(picture).enhance(factor)


def contrast(factor: float) -> Change:
    return lambda picture, draws: ImageEnhance.Contrast(picture).enhance(factor)


PICTURES: dict[str, Change] = {
    "JPEG 75": jpeg(75), "JPEG 50": jpeg(50), "JPEG 30": jpeg(30),
    "size x0.5": scaled(0.5), "size x0.75": scaled(0.75), "size x1.5": scaled(1.5),
    "36/40 of the side": cropped(0.9), "32/40 of the side": cropped(0.8), "27/40 of the side": cropped(0.675),
    "mirrored": lambda picture, draws: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "30 % brighter": brighter(1.3), "30 % darker": brighter(0.7),
    "contrast x0.7": contrast(0.7), "contrast x1.3": contrast(1.3),
    "grey": lambda picture, draws: picture.convert("L"),
    "grey, half size": lambda picture, draws: scaled(0.5)(picture.convert("L"), draws),
    "turned by 5 degrees": lambda picture, draws: picture.rotate(5, Image.Resampling.BILINEAR),
}  # fmt: skip


def by_words(change: Callable[[list[str], np.random.Generator], list[str]]) -> Change:
    """A change of the words of a text; of characters, where no spaces part them."""

    def changed(text: str, draws: np.random.Generator) -> str:
        spaced = len(text.split()) > len(text) / 20
        return (" " if spaced else "").join(change(text.split() if spaced else list(text), draws))

    return changed


def without(share: float) -> Change:
    def change(words: list[str], draws: np.random.Generator) -> list[str]:
        lost = set(draws.permutation(len(words))[: max(1, round(share * len(words)))].tolist())
        return [word for place, word in enumerate(words) if place not in lost]

    return by_words(change)


def swapped(text: str, draws: np.random.Generator) -> str:
    """Two sentences in the other order; halves, where there is one sentence."""
    sentences = re.findall(r".+?(?:[.!?。！？]+\s*|$)", text)
    if len(sentences) < 2:
        return by_words(lambda words, _: words[len(words) // 2 :] + words[: len(words) // 2])(text, draws)
    place = int(draws.integers(len(sentences) - 1))
    sentences[place : place + 2] = sentences[place + 1], f" {sentences[place]}"
    return " ".join(one.strip() for one in sentences)


def inserted(words: list[str], draws: np.random.Generator) -> list[str]:
    place = int(draws.integers(len(words) + 1))
    return [*words[:place], "really", *words[place:]]


def entities(text: str, draws: np.random.Generator) -> str:
    marked = html.escape(text).encode("ascii", "xmlcharrefreplace").decode()
    return re.sub(r"[.,!?'-]", lambda found: f"&#{ord(found[0])};", marked)


TEXTS: dict[str, Change] = {
    "upper case": lambda text, draws: text.upper(), "lower case": lambda text, draws: text.lower(),
    "double spaces": lambda text, draws: text.replace(" ", "  "), "entities": entities,
    "no punctuation": lambda text, draws: re.sub(r"[^\w\s]", "", text),
    "a word less": without(0.0), "a word more": by_words(inserted), "1 of 10 words less": without(0.1),
    "first half": by_words(lambda words, _: words[: (len(words) + 1) // 2]),
    "second half": by_words(lambda words, _: words[len(words) // 2 :]),
    "a title": lambda text, draws: f"News of today: {text}", "sentences swapped": swapped,
}  # fmt: skip


def idx(path: Path) -> list[Image.Image]:
    pixels = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)[16:].reshape(-1, 28, 28)
    return [Image.fromarray(one) for one in pixels]


def zipped(path: Path, folder: str = "") -> list[Image.Image]:
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if n.startswith(folder) and n.lower().endswith((".jpg", ".png")))
        order = np.random.default_rng(0).permutation(len(names))
        return [Image.open(io.BytesIO(archive.read(names[place]))).convert("RGB") for place in order]


def divided(rows: list[Any]) -> tuple[list[Any], list[Any]]:
    return rows[: 2 * len(rows) // 3], rows[2 * len(rows) // 3 :]


def column(path: Path, take: Callable[[list[str]], str], delimiter: str = ",") -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
        return [take(row) for row in csv.reader(file, delimiter=delimiter, quoting=quoting)][1:]


def first(row: list[str]) -> str:
    return row[0]


def clinc(data: Path) -> tuple[list[str], list[str]]:
    parts = json.loads(gzip.decompress((data / "cls_clinc150/data_full.json.gz").read_bytes()))
    return [text for text, _ in parts["train"]], [text for text, _ in parts["test"]]


def hotel(data: Path) -> tuple[list[str], list[str]]:
    rows = column(data / "sent_zh_hotel/ChnSentiCorp_htl_all.csv.gz", lambda row: row[1])
    return divided([rows[place] for place in np.random.default_rng(0).permutation(len(rows)) if rows[place].strip()])


def parts(read: Callable[[str], list[Any]], *names: str) -> tuple[list[Any], list[Any]]:
    return read(names[0]), read(names[1])


IDX = ("train", "t10k")
SETS: dict[str, tuple[int, Callable[[Path], tuple[list[Any], list[Any]]]]] = {  # side of stored pictures, 0 for texts
    "CIFAR-10": (32, lambda d: parts(lambda n: zipped(d / "cifar10_jpeg/cifar10_jpeg.zip", n), "train", "test")),
    "hand signs": (64, lambda d: divided(zipped(d / "sign_digits/sign_digits.zip"))),
    "blood cells": (64, lambda d: divided(zipped(d / "bccd/bccd.zip"))),
    "Fashion-MNIST": (28, lambda d: parts(lambda n: idx(d / "fashion_mnist" / f"{n}-images-idx3-ubyte.gz"), *IDX)),
    "MNIST": (28, lambda d: parts(lambda n: idx(d / "mnist" / f"{n}-images-idx3-ubyte.gz"), *IDX)),
    "AG News": (0, lambda d: parts(lambda n: column(d / f"cls_ag_news/{n}.csv.gz", " ".join), "train", "test")),
    "SST-2": (0, lambda d: parts(lambda n: column(d / f"sent_sst2/{n}.tsv.gz", first, "\t"), "train", "test")),
    "CLINC150": (0, clinc),
    "hotel reviews": (0, hotel),
}  # fmt: skip


def sketched(rows: Sequence[Any], side: int, coloured: bool) -> np.ndarray:
    duplicates = PictureDuplicates() if side else TextDuplicates()
    return np.concatenate(
        [duplicates.sketches(columns(rows[at : at + 1024], side, coloured)) for at in range(0, len(rows), 1024)]
    )


def columns(rows: Sequence[Any], side: int, coloured: bool) -> dict[str, np.ndarray]:
    if not side:
        return stacked([{"text": np.frombuffer(one.encode(), np.uint8)} for one in rows])
    small = [one.convert("RGB" if coloured else "L").resize((side, side), Image.Resampling.BILINEAR) for one in rows]
    pixels = np.stack([np.asarray(one) for one in small])
    return {"x": np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)) if coloured else pixels[:, None]}


def measured(name: str, data: Path, rows: int, planted: int, seed: int) -> dict[str, Any]:
    """Shares of planted copies found, by kind, and the share of test rows taken for a copy."""
    side, read = SETS[name]
    train, test = read(data)
    train, test = train[:rows], test[: max(1000, rows // 5)]
    coloured = bool(side) and train[0].mode == "RGB"
    duplicates = PictureDuplicates() if side else TextDuplicates()
    draws = np.random.default_rng(seed)
    began = time.perf_counter()
    seen = sketched(train, side, coloured)
    sketching = time.perf_counter() - began
    chosen, kinds = draws.permutation(len(train))[:planted], PICTURES if side else TEXTS
    asked = [sketched([change(train[row], draws) for row in chosen], side, coloured) for change in kinds.values()]
    asked = np.concatenate([*asked, sketched(test, side, coloured)])
    began = time.perf_counter()
    number, place = duplicates.resembling(seen, asked).T
    asking = time.perf_counter() - began
    sources = np.concatenate([*[chosen] * len(kinds), np.full(len(test), -1)])[number]
    right = np.unique(number[(sources >= 0) & (seen[place] == seen[sources]).all(1)])
    found = {kind: float((right // len(chosen) == at).sum() / len(chosen)) for at, kind in enumerate(kinds)}
    equal, first_test = {one.tobytes() if side else one for one in train}, len(chosen) * len(kinds)
    pairs = {int(row) - first_test: int(at) for row, at in zip(number, place, strict=True) if row >= first_test}
    called = {row: at for row, at in pairs.items() if (test[row].tobytes() if side else test[row]) not in equal}
    return {
        "set": name, "rows": len(train), "found": found, "false": len(called) / len(test), "asked": len(asked),
        "sketch_us": 1e6 * sketching / len(train), "ask_us": 1e6 * asking / len(asked), "bytes": seen.shape[1],
        "pairs": sorted(called.items()),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--planted", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    asked = parser.parse_args()
    for name in asked.sets:
        one = measured(name, asked.data, asked.rows, asked.planted, asked.seed)
        print(
            f"{name}: {one['rows']:,} seen, {one['bytes']} bytes and {one['sketch_us']:.0f} us a row; "
            f"{one['asked']:,} asked, {one['ask_us']:.0f} us a row; taken for a copy {one['false']:.2%}"
        )
        print("   ", ", ".join(f"{kind} {share:.0%}" for kind, share in one["found"].items()), flush=True)


if __name__ == "__main__":
    main()
