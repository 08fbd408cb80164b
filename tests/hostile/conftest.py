"""Sound models to spoil, and the warm process that opens what became of them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.helpers import checkpoints
from tests.helpers.programs import environment, program
from tests.helpers.table_rows import table_rows

Report = Mapping[str, Any]
Jobs = Callable[[Iterable[Mapping[str, Any]]], dict[str, Report]]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A sound model of every family, and prepared data."""
    import headstart
    from headstart.commands.finetune import finetune

    place = tmp_path_factory.mktemp("sound")
    os.environ["HEADSTART_CACHE"] = str(place / "cache")
    checkpoints.write_hf("bert", checkpoints.BERT, place / "hf")
    checkpoints.write_timm("resnet", place / "timm")
    pictures = np.random.default_rng(0).integers(0, 256, (80, 8, 8), np.uint8)
    for i, picture in enumerate(pictures):
        (place / "pictures" / f"class{i % 2}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / "pictures" / f"class{i % 2}" / f"{i}.png")
    headstart.prepare(place / "pictures", out=place / "data")
    finetune(place / "data", start="scratch", backbone="mlp", task="classify", steps=2, out=place / "own")
    rows, known = table_rows(120)
    (place / "table.jsonl").write_text("".join(json.dumps({**row, "who": f"n{who}"}) + "\n"
                                               for row, who in zip(rows, known, strict=True)))  # fmt: skip
    data = headstart.prepare(place / "table.jsonl", target="who", modality="table", out=place / "cells")
    finetune(data, start="scratch", backbone="boosting", out=place / "table", settings={"backbone.trees": 20})
    return {name: place / name for name in ("hf", "timm", "own", "table", "data", "cells")}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    """Reports of jobs by the name of their case, from one process that forks for each."""

    def work(jobs: Iterable[Mapping[str, Any]]) -> dict[str, Report]:
        file = tmp_path_factory.mktemp("jobs") / "jobs.json"
        file.write_text(json.dumps(list(jobs)), "utf-8")
        quiet = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1",
                 "CUDA_VISIBLE_DEVICES": ""}  # fmt: skip
        command = [*program("hostile.worker"), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(**quiet), check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"case"')]
        return {report["case"]: report for report in reports}

    return work


def seal_again(path: Path) -> None:
    """What somebody who writes a model can do as well: state the checksums of its files."""
    manifest = path / "manifest.json"
    facts = json.loads(manifest.read_text("utf-8"))
    for name in facts["files"]:
        file = path / name
        if file.is_file() and file.stat().st_size < 50_000_000:
            facts["files"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
    facts["files"] = {name: digest for name, digest in facts["files"].items() if (path / name).is_file()}
    manifest.write_text(json.dumps(facts), "utf-8")


@pytest.fixture(scope="session")
def spoiled(sound: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """A job for a case: a spoiled copy of the sound model of its family, in a folder of its own."""

    def make(family: str, name: str, spoil: Callable[[Path], object] | None, **job: Any) -> dict[str, Any]:
        path = tmp_path_factory.mktemp("case") / "model"
        shutil.copytree(sound[family], path)
        stated = path / "manifest.json"
        ours = family in ("own", "table")
        before = stated.read_bytes() if ours else b""
        if spoil is not None:
            spoil(path)
        if ours and stated.is_file() and stated.read_bytes() == before:
            seal_again(path)
        library, data = "" if ours else f"{family}:", "cells" if family == "table" else "data"
        return {"case": f"{family} {name}", "path": str(path), "name": f"{library}{path}", "data": str(sound[data]),
                **job}  # fmt: skip

    return make
