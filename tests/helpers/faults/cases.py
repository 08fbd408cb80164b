"""A small run for every way of training there is, to be cut off and gone on with: augmentation and dropout are on.

A new kind in the catalog needs its case here; `test_exact_resume.py` says which is missing.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from headstart.core import catalog
from headstart.data.modalities.text import words as worded
from headstart.data.prepare import prepare
from tests.helpers.chronos_checkpoints import config as chronos_config
from tests.helpers.episodes import episodes
from tests.helpers.rectangles import rectangles
from tests.helpers.sentences import TOPICS, VERBS, sentences
from tests.helpers.sounds import encoded, sound
from tests.helpers.table_rows import table_rows
from tests.helpers.waves import table

PAINTED = {"augment.shift": 1, "augment.flip": True, "augment.erase": 0.3, "plan.batch": 32}
PICTURES = ("digits", "strokes", "boxes")
READ = {"augment.drop": 0.1, "plan.batch": 16}
SOUNDS: Mapping[str, str] = {"spoken": "transcript", "heard": "events"}
HEARD = {"augment.noise": 0.5, "augment.speed": 0.1, "plan.batch": 16}
TINY_BERT = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
             "model_type": "bert", "vocab_size": 400, "max_position_embeddings": 64}  # fmt: skip
WAVES = ["prepare", "--modality", "series", "--time", "date", "--quiet", "modality.window=24", "modality.horizon=6"]
TINY_VIT = {"embed_dim": 24, "depth": 2, "num_heads": 2, "patch_size": 2, "drop_rate": 0.2}


@dataclass(frozen=True, slots=True)
class Case:
    """What to run on which data: "digits", "topics" (texts of four topics), "lengths" (texts and how many words they
    have), "mixed" (texts with both, as far as they are known), "answers" (texts and their last words), "tags" (words
    with a tag each), "frames" (words with what each verb is about), "strokes" (digits with masks), "boxes"
    (rectangles), "spoken" (tones with letters) or "heard" (the same with when they are heard), "waves" (a series) or
    "episodes" (of two joints, prepared already).

    `start` names the case whose model is adapted, `teacher` the one whose model is learned from; `steps` are as many as
    take about a second on one core.
    """

    verb: str
    data: str
    settings: Mapping[str, Any]
    start: str = ""
    steps: int = 200
    stepped: bool = True
    teacher: str = ""
    kinds: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        named = {name.partition(".")[0]: kind for name, kind in self.settings.items() if name.endswith(".kind")}
        object.__setattr__(self, "kinds", named)

    @property
    def needed(self) -> tuple[str, ...]:
        """Cases whose models must be there."""
        return tuple(name for name in (self.start, self.teacher) if name)

    def asked(self, place: Path = Path(), **plan: Any) -> dict[str, Any]:
        """Recipe fields by dotted name; models lie in `place`."""
        taught = {"objective.teacher": str(place / self.teacher)} if self.teacher else {}
        return {
            **self.settings,
            **taught,
            "plan.check": 0.25,
            **{f"plan.{name}": value for name, value in plan.items()},
        }

    def words(self, place: Path, **plan: Any) -> list[str]:
        """The command line, all but --out."""
        source = self.data if self.data == "digits" else str(place / self.data)
        words = [self.verb, source, "--quiet", *(["--from", str(place / self.start)] if self.start else [])]
        return words + [f"{name}={_toml(value)}" for name, value in self.asked(place, **plan).items()]


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _pretrained(data: str, backbone: str, objective: str, steps: int = 200, teacher: str = "", **more: Any) -> Case:
    usual = _usual(data)
    named = {"backbone.kind": backbone, "objective.kind": objective}
    stepped = not catalog.load("objectives", objective).solved
    return Case(
        "pretrain", data, {**(usual if stepped else {}), **named, **_dotted(more)}, steps=steps, stepped=stepped,
        teacher=teacher,
    )  # fmt: skip


def _tuned(data: str, start: str, task: str, tuning: str, steps: int = 200, **more: Any) -> Case:
    usual = _usual(data)
    how = catalog.load("tunings", tuning)
    if "dropout" in catalog.defaults(catalog.load("tasks", task)) and how.solves_head == "never":
        usual = {**usual, "task.dropout": 0.2}
    stepped = not how.closed_form
    said = {"task.kind": task, "tuning.kind": tuning, **(usual if stepped else {})}
    return Case("finetune", data, {**said, **_dotted(more)}, start, steps, stepped)


def _usual(data: str) -> Mapping[str, Any]:
    if data in ("waves", "episodes"):
        return {"augment.noise": 0.05, "plan.batch": 16}
    if data == "cells":
        return {"augment.noise": 0.1, "augment.hide": 0.1, "plan.batch": 16}
    return PAINTED if data in PICTURES else HEARD if data in SOUNDS else READ


def _dotted(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in settings.items()}


_SMALL = {"backbone__width": 24, "backbone__depth": 1, "backbone__dropout": 0.2}
_SMALL_DECODER = {"objective__decoder_width": 24, "objective__decoder_depth": 1}
_THIN = {"backbone__width": 48, "backbone__depth": 1, "backbone__dropout": 0.2}

CASES: Mapping[str, Case] = {
    "autoencoder-mlp": _pretrained("digits", "mlp", "autoencoder", 400, backbone__widths=[32, 8],
                                   backbone__dropout=0.2, objective__noise=0.1, plan__ema=0.9),
    "autoencoder-cnn": _pretrained("digits", "cnn", "autoencoder", 100, backbone__channels=[8, 16],
                                   backbone__dropout=0.2, objective__sparse=0.1, objective__contractive=0.5),
    "vae-mlp": _pretrained("digits", "mlp", "vae", 300, backbone__widths=[32, 16], backbone__dropout=0.2,
                           objective__likelihood="gaussian", objective__free_bits=0.1),
    "aae-mlp": _pretrained("digits", "mlp", "aae", 200, backbone__widths=[32, 16], backbone__dropout=0.2),
    "ali-cnn": _pretrained("digits", "cnn", "ali", 60, backbone__channels=[8, 16], backbone__dropout=0.2),
    "masked-vit": _pretrained("digits", "vit", "masked", 300, **_SMALL, **_SMALL_DECODER),
    "masked-cnn": _pretrained("digits", "cnn", "masked", 200, backbone__channels=[8, 16], backbone__dropout=0.2),
    "mae-vit": _pretrained("digits", "vit", "mae", 300, **_SMALL, **_SMALL_DECODER),
    "simmim-cnn": _pretrained("digits", "cnn", "simmim", 200, backbone__channels=[8, 16], backbone__dropout=0.2),
    "contrastive-resnet": _pretrained("digits", "resnet", "contrastive", 80, backbone__depth=10, backbone__width=4),
    "contrastive-timm": _pretrained("digits", "timm", "contrastive", 100, backbone__model_args=TINY_VIT,
                                    backbone__architecture="vit_tiny_patch16_224"),
    "contrastive-encoder": _pretrained("topics", "encoder", "contrastive", 100, **_THIN),
    "contrastive-bag": _pretrained("topics", "bag", "contrastive", 200, backbone__width=24),
    "distil-cnn": _pretrained("digits", "cnn", "distil", 100, backbone__channels=[8, 16], backbone__dropout=0.2),
    "distil-taught-cnn": _pretrained("digits", "cnn", "distil", 150, "autoencoder-mlp", backbone__channels=[8, 16],
                                     objective__width=16),
    "supervised-cnn": _pretrained("digits", "cnn", "supervised", 200, backbone__channels=[8, 16],
                                  backbone__dropout=0.2),
    "masked-encoder": _pretrained("topics", "encoder", "masked", 200, **_THIN),
    "mlm-encoder": _pretrained("topics", "encoder", "mlm", 200, **_THIN),
    "masked-words-encoder": _pretrained("topics", "encoder", "masked", 200, objective__spans="word", **_THIN),
    "masked-spans-encoder": _pretrained("topics", "encoder", "masked", 200, objective__spans="span", **_THIN),
    "masked-hf": _pretrained("topics", "hf", "masked", 150, backbone__config=TINY_BERT),
    "causal-decoder": _pretrained("topics", "decoder", "causal", 150, **_THIN),
    "causal-rnn": _pretrained("topics", "rnn", "causal", 100, backbone__weight_drop=0.5, backbone__dropout_words=0.1,
                              objective__ar=2.0, objective__tar=1.0, **_THIN),
    "supervised-bag": _pretrained("topics", "bag", "supervised", 300, backbone__width=48),
    "pca-linear": _pretrained("digits", "linear", "pca", backbone__width=16),
    "kmeans-dictionary": _pretrained("digits", "dictionary", "kmeans", backbone__words=32, backbone__kernel=3),
    "lsa-bag": _pretrained("topics", "bag", "lsa", backbone__width=16),
    "classify-full-vit": _tuned("digits", "masked-vit", "classify", "full", 200),
    "classify-gradual-resnet": _tuned("digits", "contrastive-resnet", "classify", "gradual", 100),
    "cluster-dictionary": _tuned("digits", "kmeans-dictionary", "cluster", "probe", task__clusters=4),
    "classify-probe-vit": _tuned("digits", "masked-vit", "classify", "probe"),
    "classify-spread-vit": _tuned("digits", "masked-vit", "classify", "spread", labels=100),
    "classify-selftrain-resnet": _tuned("digits", "contrastive-resnet", "classify", "selftrain", 60, labels=100),
    "classify-selftrain-encoder": _tuned("topics", "masked-encoder", "classify", "selftrain", 60, labels=40),
    "classify-lora-vit": _tuned("digits", "masked-vit", "classify", "lora", 150, tuning__dropout=0.1),
    "classify-lora-encoder": _tuned("topics", "masked-encoder", "classify", "lora", 100, tuning__rank=4,
                                    tuning__dropout=0.1, plan__ema=0.9),
    "classify-pairs-resnet": _tuned("digits", "contrastive-resnet", "classify", "pairs", 100, tuning__views=2),
    "classify-pairs-encoder": _tuned("topics", "masked-encoder", "classify", "pairs", 100),
    "classify-lpft-encoder": _tuned("topics", "masked-encoder", "classify", "lpft", 100),
    "regress-lpft-rnn": _tuned("lengths", "causal-rnn", "regress", "lpft", 100),
    "classify-full-decoder": _tuned("topics", "causal-decoder", "classify", "full", 150),
    "regress-full-encoder": _tuned("lengths", "masked-encoder", "regress", "full", 150),
    "regress-gradual-rnn": _tuned("lengths", "causal-rnn", "regress", "gradual", 100),
    "regress-lora-hf": _tuned("lengths", "masked-hf", "regress", "lora", 100, tuning__rank=4, tuning__dropout=0.1),
    "regress-lora-decoder": _tuned("lengths", "causal-decoder", "regress", "lora", 100, tuning__rank=4,
                                   tuning__layers=[0]),
    "regress-probe-encoder": _tuned("lengths", "masked-encoder", "regress", "probe"),
    "tag-full-encoder": _tuned("tags", "masked-encoder", "tag", "full", 100),
    "tag-gradual-rnn": _tuned("tags", "causal-rnn", "tag", "gradual", 60, task__crf=True),
    "tag-probe-encoder": _tuned("tags", "masked-encoder", "tag", "probe"),
    "tag-lpft-encoder": _tuned("tags", "masked-encoder", "tag", "lpft", 100),
    "tag-lora-hf": _tuned("tags", "masked-hf", "tag", "lora", 60, tuning__rank=4, tuning__dropout=0.1),
    "roles-lora-encoder": _tuned("frames", "masked-encoder", "roles", "lora", 60, tuning__rank=4, tuning__dropout=0.1),
    "roles-lpft-encoder": _tuned("frames", "masked-encoder", "roles", "lpft", 80),
    "roles-full-encoder": _tuned("frames", "masked-encoder", "roles", "full", 80),
    "roles-gradual-rnn": _tuned("frames", "causal-rnn", "roles", "gradual", 60),
    "roles-probe-encoder": _tuned("frames", "masked-encoder", "roles", "probe"),
    "masked-vit-boxes": _pretrained("boxes", "vit", "masked", 100, **_SMALL),
    "detect-full-vit": _tuned("boxes", "masked-vit-boxes", "detect", "full", 40, task__width=16),
    "detect-gradual-vit": _tuned("boxes", "masked-vit-boxes", "detect", "gradual", 40, task__width=16),
    "detect-lora-vit": _tuned("boxes", "masked-vit-boxes", "detect", "lora", 40, tuning__dropout=0.1, task__width=16),
    "segment-full-cnn": _tuned("strokes", "", "segment", "full", 60, backbone__kind="cnn", backbone__channels=[8, 16],
                               backbone__dropout=0.2, task__objects=True, augment__turn=True),
    "segment-gradual-resnet": _tuned("strokes", "contrastive-resnet", "segment", "gradual", 60),
    "segment-lora-vit": _tuned("strokes", "masked-vit", "segment", "lora", 60, tuning__dropout=0.1),
    "masked-vit-spoken": _pretrained("spoken", "vit", "masked", 60, **_SMALL),
    **{f"{task}-{tuning}-vit": _tuned(data, "masked-vit-spoken", task, tuning, 40, **more)
       for data, task in (("spoken", "transcribe"), ("heard", "events"))
       for tuning, more in (("full", {}), ("gradual", {}), ("lora", {"tuning__dropout": 0.1}))},
    "masked-vit-waves": _pretrained("waves", "vit", "masked", 60, **_SMALL),
    "causal-decoder-waves": _pretrained("waves", "decoder", "causal", 60, backbone__patch=4, **_THIN),
    "contrastive-chronos": _pretrained("waves", "chronos", "contrastive", 60, backbone__config=chronos_config()),
    **{f"{task}-{tuning}-vit": _tuned("waves", "masked-vit-waves", task, tuning, 40, **more)
       for task in ("forecast", "anomalies")
       for tuning, more in (("full", {}), ("gradual", {}), ("lpft", {}), ("probe", {}),
                            ("lora", {"tuning__dropout": 0.1}))},
    "masked-vit-episodes": _pretrained("episodes", "vit", "masked", 60, **_SMALL),
    **{f"imitate-{tuning}-vit": _tuned("episodes", "masked-vit-episodes", "imitate", tuning, 40, **more)
       for tuning, more in (("full", {}), ("gradual", {}), ("lpft", {}), ("probe", {}),
                            ("lora", {"tuning__dropout": 0.1}))},
    **{f"multitask-{tuning}-encoder": _tuned("mixed", "masked-encoder", "multitask", tuning, 100, **more)
       for tuning, more in (("full", {}), ("gradual", {}), ("lpft", {}), ("probe", {}),
                            ("lora", {"tuning__rank": 4, "tuning__dropout": 0.1}))},
    "masked-dilated": _pretrained("topics", "dilated", "masked", 100, **_SMALL),
    "classify-boosting": Case("finetune", "cells", {"task.kind": "classify", "tuning.kind": "probe",
                                                    "backbone.kind": "boosting"}, stepped=False),
    "classify-rocket": Case("finetune", "digits", {"task.kind": "classify", "tuning.kind": "probe",
                                                   "backbone.kind": "rocket", "backbone.features": 500}, stepped=False),
    "mcm-tabm": _pretrained("cells", "tabm", "mcm", 60, **_THIN),
    "mcm-encoder": _pretrained("cells", "encoder", "mcm", 60, **_THIN),
    "classify-lora-cells": _tuned("cells", "mcm-encoder", "classify", "lora", 60, tuning__dropout=0.1),
    "classify-full-tabm": _tuned("cells", "mcm-tabm", "classify", "full", 60),
    "generate-full-decoder": _tuned("answers", "causal-decoder", "generate", "full", 60, task__tied=False,
                                    task__bias=True),
    "generate-gradual-rnn": _tuned("answers", "causal-rnn", "generate", "gradual", 60),
    "generate-lora-decoder": _tuned("answers", "causal-decoder", "generate", "lora", 60, tuning__rank=4,
                                    tuning__dropout=0.1),
}  # fmt: skip


TABLES: Mapping[str, str] = {"topics": "csv", "lengths": "csv", "mixed": "csv", "answers": "csv",
                            "tags": "jsonl", "frames": "jsonl", "strokes": "zip", "boxes": "json",
                            "waves": "csv", "cells": "csv",
                            **dict.fromkeys(SOUNDS, "jsonl")}  # fmt: skip


def write_tables(folder: Path) -> None:
    """The same 300 sentences with their topic, their number of words, their last words, tags of the words, what each
    verb is about; and 100 digits with masks of their strokes."""
    _write_strokes(folder / "strokes.zip")
    prepare(episodes(20), out=folder / "episodes", settings={"window": 8, "horizon": 4})
    (folder / "waves.csv").write_text(table(200, columns=1).replace("date,a", "date,target"))
    cells, classes = table_rows(300)
    with (folder / "cells.csv").open("w", newline="", encoding="utf-8") as file:
        written = csv.DictWriter(file, [*cells[0], "target"])
        written.writeheader()
        written.writerows({**row, "target": f"class {one}"} for row, one in zip(cells, classes, strict=True))
    texts, topics = sentences(300)
    targets = {"topics": [f"topic {one}" for one in topics], "lengths": [float(len(text.split())) for text in texts],
               "answers": [" ".join(text.split()[-2:]) for text in texts]}  # fmt: skip
    for name, values in targets.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("text", "target"), *zip(texts, values, strict=True)])
    with (folder / "mixed.csv").open("w", newline="", encoding="utf-8") as file:
        both = [
            (text, topic if place % 4 else "", length if place % 3 else "")
            for place, (text, topic, length) in enumerate(
                zip(texts, targets["topics"], targets["lengths"], strict=True)
            )
        ]
        csv.writer(file).writerows([("text", "topic", "length"), *both])
    cut = [worded.cut(text).words for text in texts]
    tags = [
        ["B-THING" if word in TOPICS[topic] else "O" for word in row] for row, topic in zip(cut, topics, strict=True)
    ]
    frames = [[_frame(place) for place, word in enumerate(row) if word in VERBS] for row in cut]
    for name, key, values in (("tags", "tags", tags), ("frames", "predicates", frames)):
        lines = [json.dumps({"tokens": row, key: value}) + "\n" for row, value in zip(cut, values, strict=True)]
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    _write_boxes(folder)
    _write_sounds(folder)


def _write_sounds(folder: Path) -> None:
    """A hundred tones with two words of letters each, and when the tone is heard."""
    generator = np.random.default_rng(0)
    lines: dict[str, list[str]] = {name: [] for name in SOUNDS}
    (folder / "clips").mkdir()
    for number in range(100):
        said = " ".join("".join(generator.choice(list("abc"), 3)) for _ in range(2))
        (folder / "clips" / f"{number}.wav").write_bytes(encoded(sound(6400, number, 300.0 + 5 * number)))
        file = {"file": f"clips/{number}.wav"}
        lines["spoken"].append(json.dumps({**file, "transcript": said}))
        event = {"start": 0.1, "end": 0.5, "label": said[0]}
        lines["heard"].append(json.dumps({**file, "events": [event]}))
    for name, rows in lines.items():
        (folder / f"{name}.jsonl").write_text("\n".join(rows), "utf-8")


def _write_boxes(folder: Path) -> None:
    """A hundred pictures of up to three rectangles, as COCO lists them."""
    generator = np.random.default_rng(0)
    pictures, drawn = [], []
    (folder / "pictures").mkdir()
    for number in range(100):
        pixels, label = rectangles(generator, 32, 48)
        Image.fromarray(pixels).save(folder / "pictures" / f"{number}.png")
        pictures.append({"id": number, "file_name": f"{number}.png", "height": 32, "width": 48})
        for (left, top, right, bottom), name in zip(label["boxes"], label["labels"], strict=True):
            box = [left, top, right - left, bottom - top]
            drawn.append({"image_id": number, "category_id": ("red", "blue").index(name), "bbox": box})
    kinds = [{"id": 0, "name": "red"}, {"id": 1, "name": "blue"}]
    (folder / "boxes.json").write_text(json.dumps({"images": pictures, "annotations": drawn, "categories": kinds}))


def _write_strokes(path: Path) -> None:
    from sklearn.datasets import load_digits

    flat, _ = load_digits(return_X_y=True)
    with zipfile.ZipFile(path, "w") as archive:
        for number, pixels in enumerate((np.asarray(flat)[:100].reshape(-1, 8, 8) * 15.9375).astype(np.uint8)):
            for name, values in (("images", pixels), ("masks", (pixels > 128).astype(np.uint8))):
                file = io.BytesIO()
                Image.fromarray(values).save(file, "PNG")
                archive.writestr(f"{name}/{number:03}.png", file.getvalue())


def _frame(place: int) -> dict[str, Any]:
    """ "the ship finds the wave": two words on each side."""
    sides = ((place - 2, place, "ARG0"), (place + 1, place + 3, "ARG1"))
    return {"index": place, "args": [{"start": a, "end": b, "role": role} for a, b, role in sides]}


def preparing(folder: Path, name: str) -> list[str]:
    """The command line that prepares one of the tables beside it."""
    source = folder / f"{name}.{TABLES[name]}"
    more = ["--target", "topic,length" if name == "mixed" else "target"] if source.suffix == ".csv" else []
    more = ["--target", SOUNDS[name]] if name in SOUNDS else more
    if name == "waves":
        return [*WAVES, str(source), "--out", str(folder / name), "--target", "target"]
    more += ["--modality", "table"] if name == "cells" else []
    more += (
        [] if name in PICTURES or name in SOUNDS or name == "cells" else ["modality.vocab=400", "modality.length=32"]
    )
    return [
        "prepare",
        str(source),
        "--out",
        str(folder / name),
        "--quiet",
        "--split",
        "train=.7,valid=.1,test=.2",
        *more,
    ]
