"""Row D3: detection, ResNet and feature pyramid on pictures of blood cells, against torchvision's FCOS.

Equal: the residual network, which of its maps are used, how many maps go out, their width, the convolutions before the
answers and their norms, the optimizer, the pictures at their final size, flips. Unequal: torchvision cuts a pyramid
after it was smoothed, its places also say a centerness, and assignment and loss are FCOS's own; so losses are told as
shares of each way's own first one, and what both have learned after the last round as map50 on the test part
(--steps 300 --rounds 1).
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from PIL import Image as Pillow
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

import headstart as hs
from headstart.assemble import targets
from headstart.data.batches import Batches
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.prepare import prepare
from headstart.data.store import Store
from headstart.inference.predictor import Predictor
from headstart.models.backbones.resnet import Resnet
from headstart.training.loop import resting
from headstart.training.tasks.detect.detect import Detect
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report

WIDTH, DEPTH, RATE, DECAY = 64, 2, 1e-3, 0.05
BLOCKS = {10: [1, 1, 1, 1], 18: [2, 2, 2, 2]}
SKIP = 1
LAST = 3  # steps whose losses are averaged


class Ours:
    """headstart: store, batches, `resnet` with `detect`, the loop."""

    def __init__(self, store: Store, depth: int, batch: int, steps: int) -> None:
        self._store, self._depth, self._batch, self._steps = store, depth, batch, steps
        rows = store.rows("train")
        self._settings = Detect.infer_settings(store.labels_of(rows))
        self._plan = hs.Plan(steps=steps, batch=batch, lr=RATE, weight_decay=DECAY, schedule="constant", warmup=0,
                             clip=0.0, precision="float32")  # fmt: skip
        self._batches = Batches(store, rows, store.modality, batch=batch)
        self.trainee = self._fresh()
        self.labels = targets(self.task, store, rows)
        self._batches = Batches(store, rows, store.modality, labels=self.labels, batch=batch)
        self._losses = [0.0]

    @property
    def task(self) -> Detect:
        task = self.trainee.objective
        assert isinstance(task, Detect)
        return task

    def _fresh(self) -> hs.Trainee:
        torch.manual_seed(0)
        backbone = Resnet(self._store.modality.spec, depth=self._depth, stem="standard")  # pyright: ignore[reportArgumentType]
        augment = Augment(self._store.modality, flip=True, shift=0)
        task = Detect(backbone, self._batches.sample(), augment, width=WIDTH, depth=DEPTH, **self._settings)
        return hs.Trainee(backbone, task)

    def lap(self) -> Lap:
        self.trainee, self._losses, watch = self._fresh(), [], Stopwatch()
        for step, seen in enumerate(hs.train(self.trainee, self._batches, self._plan), 1):
            self._losses.append(float(seen.loss))
            if step == SKIP:
                watch.start()
        return watch.lap((self._steps - SKIP) * self._batch)

    def loss(self) -> float:
        return fmean(self._losses[-LAST:]) / self._losses[0]

    def answered(self) -> Lap:
        """As many pictures as a round of training has, asked in batches."""
        watch, done = Stopwatch(), 0
        watch.start()
        with resting(self.trainee):
            for batch in self._batches.once(self._batch):
                done += len(self.task.predict(self.trainee.backbone, batch))
                if done >= self._steps * self._batch:
                    break
        return watch.lap(done)

    def map50(self) -> float:
        """Of the last round's model, on the test part."""
        rows = self._store.rows("test")
        answers = Predictor(self._store.modality, self.trainee).answers(self._store, rows)
        return self.task.score(answers, self._store.examples_of(rows))["map50"]


class Files(Dataset[tuple[Tensor, dict[str, Tensor]]]):
    """Pictures as files of their final size, opened by Pillow, flipped at random in training: torchvision's presets."""

    def __init__(self, ours: Ours, store: Store) -> None:
        from torchvision import tv_tensors
        from torchvision.transforms import v2

        self._folder, self._tensors = Path(tempfile.mkdtemp()), tv_tensors
        pixels = store.take(store.rows("train"))["x"].transpose(0, 2, 3, 1)  # [n, H, W, 3]
        for number, picture in enumerate(pixels):
            Pillow.fromarray(picture).save(self._folder / f"{number}.jpg", quality=95)
        self._boxes, self._kinds, self._size = ours.labels["boxes"], ours.labels["y"], pixels.shape[1:3]
        self.flip = v2.RandomHorizontalFlip(0.5)
        self._change = v2.Compose([v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.ToPureTensor()])

    def __len__(self) -> int:
        return len(self._boxes)

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Tensor]]:
        with Pillow.open(self._folder / f"{index}.jpg") as file:
            picture = file.convert("RGB")
        there = self._kinds[index] >= 0
        boxes = self._tensors.BoundingBoxes(
            torch.from_numpy(self._boxes[index][there]),  # pyright: ignore[reportCallIssue]
            format=self._tensors.BoundingBoxFormat.XYXY, canvas_size=self._size,
        )  # fmt: skip
        label = {"boxes": boxes, "labels": torch.from_numpy(self._kinds[index][there])}
        return self._change(*self.flip(picture, label))


class Levels(nn.Module):
    """torchvision's pyramid without the maps that ours has not."""

    def __init__(self, pyramid: nn.Module, count: int) -> None:
        super().__init__()
        self.pyramid, self.count, self.out_channels = pyramid, count, WIDTH

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return dict(list(self.pyramid(x).items())[: self.count])


class Theirs:
    """torchvision's FCOS with the loop of its reference training, in float32."""

    def __init__(self, ours: Ours, store: Store, depth: int, batch: int, steps: int, workers: int) -> None:
        self._ours, self._store, self._depth, self._batch, self._steps = ours, store, depth, batch, steps
        self._size, self._files = ours.task.picture, Files(ours, store)
        self._loader = DataLoader(self._files, batch, shuffle=True, drop_last=True, num_workers=workers,
                                  collate_fn=_apart)  # fmt: skip
        self._model: nn.Module = nn.Identity()
        self._losses = [0.0]

    def _fresh(self) -> nn.Module:
        from torchvision.models.detection import FCOS
        from torchvision.models.detection.anchor_utils import AnchorGenerator
        from torchvision.models.detection.backbone_utils import BackboneWithFPN
        from torchvision.models.detection.fcos import FCOSHead
        from torchvision.models.resnet import BasicBlock, ResNet
        from torchvision.ops.feature_pyramid_network import LastLevelP6P7

        torch.manual_seed(0)
        pyramid = self._ours.task.pyramid
        assert not pyramid.finer
        used = list(range(pyramid.skipped + 1, 5))
        inner = BackboneWithFPN(
            ResNet(BasicBlock, BLOCKS[self._depth], zero_init_residual=True), {f"layer{i}": str(i) for i in used},
            [32 << i for i in used], WIDTH, LastLevelP6P7(WIDTH, WIDTH) if pyramid.coarser else None,
        )  # fmt: skip
        count = len(pyramid.sizes)
        sides = [round(self._size[0] / rows) for rows, _ in pyramid.sizes]
        kinds = len(self._ours.task.classes)
        head = FCOSHead(WIDTH, 1, kinds, num_convs=DEPTH)
        return FCOS(
            Levels(inner, count), kinds, min_size=min(self._size), max_size=max(self._size), head=head,
            anchor_generator=AnchorGenerator(tuple((side,) for side in sides), ((1.0,),) * count),
            score_thresh=self._ours.task.threshold, nms_thresh=self._ours.task.shared,
            detections_per_img=self._ours.task.most, topk_candidates=500,
        )  # fmt: skip

    def lap(self) -> Lap:
        model = self._model = self._fresh().train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
        watch, self._losses = Stopwatch(), []
        while len(self._losses) < self._steps:
            for pictures, labels in self._loader:
                loss: Tensor = sum(model(pictures, labels).values(), torch.zeros(()))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                self._losses.append(loss.item())
                if len(self._losses) == SKIP:
                    watch.start()
                if len(self._losses) == self._steps:
                    break
        return watch.lap((self._steps - SKIP) * self._batch)

    def loss(self) -> float:
        return fmean(self._losses[-LAST:]) / self._losses[0]

    def answered(self) -> Lap:
        """As many pictures as a round of training has, asked in batches."""
        model, watch, done = self._model.eval(), Stopwatch(), 0
        watch.start()
        with torch.inference_mode():
            for pictures, _ in self._loader:
                done += len(model(pictures))
                if done >= self._steps * self._batch:
                    break
        return watch.lap(done)

    def map50(self) -> float:
        """Of the last round's model, on the test part, as `detect` scores it."""
        task, rows = self._ours.task, self._store.rows("test")
        pixels = torch.from_numpy(self._store.take(rows)["x"]).float() / 255
        examples, answers = self._store.examples_of(rows), []
        with torch.inference_mode():
            for picture, example in zip(pixels, examples, strict=True):
                said = self._model.eval()([picture])[0]
                height, across = example["label"]["size"]
                placed = task.placement.of((height, across)).outward(said["boxes"].numpy())
                names = [task.classes[kind] for kind in said["labels"].tolist()]
                answers.append({"boxes": placed.tolist(), "labels": names, "scores": said["scores"].tolist()})
        return task.score(answers, examples)["map50"]


def _apart(rows: Sequence[tuple[Tensor, dict[str, Tensor]]]) -> tuple[Any, ...]:
    """As torchvision's reference collates: pictures and labels stay lists."""
    return tuple(zip(*rows, strict=True))


def compare(store: Store, *, depth: int, batch: int, steps: int, rounds: int, workers: int) -> list[Result]:
    """Training and then answering, ours against theirs."""
    ours = Ours(store, depth, batch, steps)
    theirs = Theirs(ours, store, depth, batch, steps, workers)
    maps = " ".join(f"{h}x{w}" for h, w in ours.task.pyramid.sizes)
    title = f"ResNet-{depth}, maps {maps}, batch {batch}"
    training = [
        Way(name="headstart", lap=ours.lap, score=ours.loss, ours=True),
        Way(name="torchvision FCOS", lap=theirs.lap, score=theirs.loss),
    ]
    counts = [sum(p.numel() for p in m.parameters()) for m in (ours.trainee.backbone, ours.task, theirs._fresh())]
    print(f"parameters: headstart {counts[0] + counts[1]:,}, torchvision {counts[2]:,}")
    learned = alternate(f"D3 detection, training, {title}", 1.0, training, rounds=rounds, score_name="share of loss")
    asking = [Way(name="headstart", lap=ours.answered, ours=True), Way(name="torchvision FCOS", lap=theirs.answered)]
    print(
        f"map50 on the test part after {steps} updates: headstart {ours.map50():.3f}, torchvision {theirs.map50():.3f}"
    )
    return [learned, alternate("D3 detection, answering", 1.0, asking, rounds=rounds)]


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, required=True, help="a set in the layout of Pascal VOC, e.g. BCCD")
    parser.add_argument("--depth", type=int, default=18, choices=sorted(BLOCKS))
    parser.add_argument("--size", type=int, nargs=2, default=(240, 320), help="height and width")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=8, help="updates a round")
    parser.add_argument("--workers", type=int, default=0, help="processes that load for the peer")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    store = prepare(given.data, Path(tempfile.mkdtemp()) / "store", settings={"size": tuple(given.size)})
    results = compare(store, depth=given.depth, batch=given.batch, steps=given.steps, rounds=given.rounds,
                      workers=given.workers)  # fmt: skip
    report(results, as_json=given.json)


if __name__ == "__main__":
    main()
