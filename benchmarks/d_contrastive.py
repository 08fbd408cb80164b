"""Row D: SimCLR, ResNet-18 on 64 x 64 pictures, against lightly-train; and what a run costs beside its steps."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch
from PIL import Image as Pillow
from torch import nn

import headstart as hs
from headstart.data.batches import Batches
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.store import Store
from headstart.models.backbones.resnet import Resnet
from headstart.training.objectives.contrastive import Contrastive
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report
from pictures import stored, synthetic

SIDE, RATE, DECAY, TEMPERATURE, HIDDEN, VECTOR = 64, 1e-3, 0.05, 0.1, 2048, 128
CROP, JITTER, GRAY, BLUR = 0.3, 0.4, 0.2, 0.5
SKIP = 2
LAST = 4  # steps whose losses are averaged
FLOPS = 3 * 2 * 2 * 0.149e9  # forward and backward, two views, two operations a product (He et al. 2016: 1.8e9 at 224)

# A whole run of two steps on a folder of pictures, in a fresh process.
OURS = """
import headstart as hs
hs.pretrain({data!r}, out={out!r}, backbone="resnet", objective="contrastive", steps=2, device="cpu",
            settings={{"backbone.stem": "standard", "plan.batch": 16}})
"""
THEIRS = """
import lightly_train
if __name__ == "__main__":
    lightly_train.pretrain(
        data={data!r}, out={out!r}, model="timm/resnet18", method="simclr", epochs=1, batch_size=16, num_workers=0,
        devices=1, accelerator="cpu", precision="32-true", transform_args={{"image_size": (64, 64)}},
        trainer_args={{"limit_train_batches": 2}})
"""


class Ours:
    """headstart: store, batches, `resnet` of timm's form with `contrastive`, the loop."""

    def __init__(self, store: Store, batch: int, steps: int, precision: str) -> None:
        self._store, self._batch, self._steps = store, batch, steps
        self._plan = hs.Plan(
            steps=steps, batch=batch, lr=RATE, weight_decay=DECAY, schedule="cosine", warmup=0.1, clip=0.0,
            precision=precision,  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
        self._losses: list[float] = []

    def lap(self) -> Lap:
        torch.manual_seed(0)
        store = self._store
        batches = Batches(store, store.rows("train"), store.modality, batch=self._batch)
        backbone = Resnet(store.modality.spec, depth=18, stem="standard")
        augment = Augment(
            store.modality, crop=CROP, flip=True, shift=0, jitter=(JITTER, JITTER, JITTER), gray=GRAY, blur=BLUR
        )
        objective = Contrastive(
            backbone, batches.sample(), augment, temperature=TEMPERATURE, projector=(HIDDEN, VECTOR)
        )
        objective.projector.append(nn.BatchNorm1d(VECTOR))  # as theirs ends
        watch, self._losses = Stopwatch(), []
        for step, seen in enumerate(hs.train(hs.Trainee(backbone, objective), batches, self._plan), 1):
            self._losses.append(float(seen.loss))
            if step == SKIP:
                watch.start()
        return watch.lap((self._steps - SKIP) * self._batch)

    def loss(self) -> float:
        return fmean(self._losses[-LAST:])


class Theirs:
    """lightly-train on the same pictures as files: timm's resnet18, its transforms of the same operators and strength.

    Its training step is timed and its loss noted from outside. The rate goes with the batch there, hence the factor.
    """

    def __init__(self, folder: Path, batch: int, steps: int, precision: str, workers: int) -> None:
        self._folder, self._batch, self._steps, self._workers = folder, batch, steps, workers
        self._precision = {"float32": "32-true", "bfloat16": "bf16-mixed"}[precision]
        self._losses: list[float] = []

    def lap(self) -> Lap:
        import lightly_train
        from lightly_train._methods.simclr.simclr import SimCLR

        watch, laps, losses, inner = Stopwatch(), list[Lap](), list[float](), SimCLR.training_step_impl
        done = (self._steps - 1 - SKIP) * self._batch

        def noted(method: Any, batch: Any, number: int) -> Any:
            if number == SKIP:
                watch.start()
            if number == self._steps - 1:
                laps.append(watch.lap(done))
            step = inner(method, batch, number)
            losses.append(float(step.loss.detach()))
            return step

        SimCLR.training_step_impl = noted
        try:
            lightly_train.pretrain(
                out=tempfile.mkdtemp(), data=self._folder, model="timm/resnet18", method="simclr", epochs=1,
                batch_size=self._batch, num_workers=self._workers, accelerator="cpu", devices=1, overwrite=True,
                precision=self._precision, loggers={"tensorboard": None}, optim="adamw",  # pyright: ignore[reportArgumentType]
                optim_args={"lr": RATE * 256 / self._batch, "weight_decay": DECAY},
                method_args={"temperature": TEMPERATURE, "hidden_dim": HIDDEN, "output_dim": VECTOR},
                trainer_args={"limit_train_batches": self._steps},
                transform_args={
                    "image_size": (SIDE, SIDE), "random_resize": {"min_scale": CROP}, "random_gray_scale": GRAY,
                    "color_jitter": {"prob": 1.0, "strength": 1.0, "brightness": JITTER, "contrast": JITTER,
                                     "saturation": JITTER, "hue": 0.0},
                    "gaussian_blur": {"prob": BLUR},
                },
            )  # fmt: skip
        finally:
            SimCLR.training_step_impl = inner
        self._losses = losses
        return laps[0]

    def loss(self) -> float:
        return fmean(self._losses[-LAST:])


def compare(folder: Path, store: Store, *, batch: int, steps: int, rounds: int, precision: str, workers: int) -> Result:
    """Ours against theirs in one precision."""
    ours, theirs = Ours(store, batch, steps, precision), Theirs(folder, batch, steps, precision, workers)
    ways = [
        Way(name=f"headstart {precision}", lap=ours.lap, score=ours.loss, ours=True, flops=FLOPS),
        Way(name=f"lightly-train {precision}", lap=theirs.lap, score=theirs.loss, flops=FLOPS),
    ]
    return alternate(f"D SimCLR, batch {batch}, {workers} workers", 1.0, ways, rounds=rounds, roof=True)


def whole_run(code: str, folder: Path, threads: int) -> float:
    """Processor seconds of a fresh interpreter that does a run of two steps: imports, data, building, saving."""
    filled = code.format(data=str(folder), out=str(Path(tempfile.mkdtemp()) / "out"))
    before, began = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", filled], check=True, capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
    )  # fmt: skip
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"  wall {time.perf_counter() - began:.1f} s, processor {used:.1f} s", file=sys.stderr)
    return used


def fixed_costs(folder: Path, rounds: int, threads: int) -> None:
    """What a run costs beside its steps, a table."""
    names = {"headstart": OURS, "lightly-train": THEIRS}
    seen: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, code in names.items():
            seen[name].append(whole_run(code, folder, threads))
    print("\na whole run of two steps of 16 pictures, processor seconds   goal: 6")
    for name, found in seen.items():
        print(f"{name:<30}{median(found):>8.1f} ({min(found):.1f}-{max(found):.1f})")


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=12, help="updates a round")
    parser.add_argument("--workers", type=int, default=0, help="processes that load for the peer")
    parser.add_argument("--precision", default="float32,bfloat16")
    parser.add_argument("--fixed", type=int, default=0, help="rounds of whole runs in fresh processes")
    given = parser.parse_args()
    os.environ["LIGHTLY_TRAIN_EVENTS_DISABLED"] = "1"
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    images, _ = synthetic(given.batch * given.steps, SIDE, 3)
    folder = Path(tempfile.mkdtemp())
    for number, image in enumerate(images):
        Pillow.fromarray(image).save(folder / f"{number:05d}.png")
    store = stored(images)
    precisions = given.precision.split(",") if given.precision else []
    results = [
        compare(folder, store, batch=given.batch, steps=given.steps, rounds=given.rounds, precision=one,
                workers=given.workers)
        for one in precisions
    ]  # fmt: skip
    report(results, as_json=given.json)
    if given.fixed:
        fixed_costs(folder, given.fixed, given.threads)


if __name__ == "__main__":
    main()
