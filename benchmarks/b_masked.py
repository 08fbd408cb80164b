"""Row B: a masked autoencoder, ViT of width 192 and 6 layers on 32 x 32, against transformers' ViTMAE and Trainer."""

from __future__ import annotations

import tempfile
import warnings

import torch
from torch import Tensor, nn

import headstart as hs
from headstart.data.batches import Batches
from headstart.data.modalities.image.augment import ImageAugment as Augment
from headstart.data.store import Store
from headstart.models.backbones.vit import Vit
from headstart.training.loop import resting
from headstart.training.objectives.masked import Masked
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report
from pictures import Named, Pictures, stored, synthetic

WIDTH, DEPTH, HEADS, PATCH, SIDE, HIDE = 192, 6, 3, 4, 32, 0.75
DECODER = {"width": 128, "depth": 2, "heads": 4}
RATE, BETA2 = 1e-3, 0.95
SKIP = 2
LOOKED = 256  # rows the loss is read on
VALUES = 3 * PATCH**2  # numbers in a patch


def _layer(width: int, places: float) -> float:
    return 24 * width**2 * places + 4 * width * places**2


PLACES = (SIDE // PATCH) ** 2
FLOPS = 3 * (DEPTH * _layer(WIDTH, PLACES * (1 - HIDE) + 1) + DECODER["depth"] * _layer(DECODER["width"], PLACES + 1))


class Ours:
    """headstart: store, batches, `vit` with `masked`, the loop."""

    def __init__(self, store: Store, batch: int, steps: int, precision: str, *, compiled: bool) -> None:
        self._store, self._batch, self._steps = store, batch, steps
        self._plan = hs.Plan(
            steps=10**9, batch=batch, lr=RATE, beta2=BETA2, schedule="constant", warmup=0, precision=precision,  # pyright: ignore[reportArgumentType]
            compile=compiled,
        )  # fmt: skip
        self._batches = Batches(store, store.rows("train"), store.modality, batch=batch)
        torch.manual_seed(0)
        backbone = Vit(store.modality.spec, patch=PATCH, width=WIDTH, depth=DEPTH, heads=HEADS, positions="sincos")
        objective = Masked(
            backbone, self._batches.sample(), Augment(store.modality, shift=0), hide=HIDE,
            decoder_width=DECODER["width"], decoder_depth=DECODER["depth"], decoder_heads=DECODER["heads"],
        )  # fmt: skip
        self._trainee = hs.Trainee(backbone, objective)
        self._running = hs.train(self._trainee, self._batches, self._plan)

    def lap(self) -> Lap:
        watch = Stopwatch()
        for step, _ in enumerate(self._running, 1):
            if step == SKIP:
                watch.start()
            if step == self._steps:
                break
        return watch.lap((self._steps - SKIP) * self._batch)

    def loss(self) -> float:
        with resting(self._trainee):
            return float(self._trainee.objective(self._trainee.backbone, next(self._batches.once(LOOKED))).loss)


class Theirs:
    """ViTMAEForPreTraining of the same sizes under the Trainer, which clips the gradient to 1 as our plan does."""

    def __init__(self, rows: Named, pixels: Tensor, batch: int, steps: int, precision: str, *, compiled: bool) -> None:
        self._rows, self._pixels = rows, pixels
        self._batch, self._steps, self._precision, self._compiled = batch, steps, precision, compiled
        self._model: nn.Module | None = None

    def lap(self) -> Lap:
        from transformers import Trainer, TrainerCallback, TrainingArguments, ViTMAEConfig, ViTMAEForPreTraining

        watch = Stopwatch()

        class Count(TrainerCallback):
            def on_step_end(self, args: object, state: object, control: object, **rest: object) -> None:
                if state.global_step == SKIP:  # pyright: ignore[reportAttributeAccessIssue]
                    watch.start()

        config = ViTMAEConfig(
            hidden_size=WIDTH, num_hidden_layers=DEPTH, num_attention_heads=HEADS, intermediate_size=4 * WIDTH,
            image_size=SIDE, patch_size=PATCH, mask_ratio=HIDE, norm_pix_loss=True,
            decoder_hidden_size=DECODER["width"], decoder_num_hidden_layers=DECODER["depth"],
            decoder_num_attention_heads=DECODER["heads"], decoder_intermediate_size=4 * DECODER["width"],
        )  # fmt: skip
        model = self._model = ViTMAEForPreTraining(config)
        settings = TrainingArguments(
            output_dir=tempfile.mkdtemp(), max_steps=self._steps, per_device_train_batch_size=self._batch, use_cpu=True,
            learning_rate=RATE, weight_decay=0.05, adam_beta2=BETA2, lr_scheduler_type="constant", max_grad_norm=1.0,
            logging_strategy="no", save_strategy="no", report_to=[], disable_tqdm=True, dataloader_drop_last=True,
            remove_unused_columns=False, bf16=self._precision == "bfloat16", torch_compile=self._compiled,
        )  # fmt: skip
        Trainer(model, settings, train_dataset=self._rows, callbacks=[Count()]).train()
        return watch.lap((self._steps - SKIP) * self._batch)

    def loss(self) -> float:
        assert self._model is not None
        self._model.eval()
        with torch.no_grad():
            # it divides by the unbiased variance, which makes every patch's truth smaller than ours
            return float(self._model(pixel_values=self._pixels).loss) * VALUES / (VALUES - 1)


def compare(*, rows: int, batch: int, steps: int, rounds: int, compiled: bool) -> Result:
    """Ours against theirs, both in both precisions."""
    images, labels = synthetic(rows, SIDE, 3)
    store = stored(images)
    kept = store.take(store.rows("train"))["x"]  # [n, 3, 32, 32]
    mean, std = (torch.tensor(v)[:, None, None] for v in (store.modality.mean, store.modality.std))  # pyright: ignore[reportAttributeAccessIssue]
    pixels = (torch.from_numpy(kept[:LOOKED]).float() / 255 - mean) / std
    dataset = Named(
        Pictures(kept.transpose(0, 2, 3, 1), labels, mean.flatten().tolist(), std.flatten().tolist()),
        ("pixel_values", "labels"),
    )
    kinds = ("float32", "bfloat16")
    ways = []
    for precision in kinds:
        for way in (True, False) if compiled else (False,):
            ours = Ours(store, batch, steps, precision, compiled=way)
            name = f"headstart {precision}" + (" compiled" if way else "")
            ways.append(Way(name=name, lap=ours.lap, score=ours.loss, ours=True, flops=FLOPS))
    for precision in kinds:
        theirs = Theirs(dataset, pixels, batch, steps, precision, compiled=False)
        ways.append(Way(name=f"ViTMAE {precision}", lap=theirs.lap, score=theirs.loss, flops=FLOPS))
    title = f"B masked autoencoder, batch {batch}"
    return alternate(title, 2.1 if compiled else 1.6, ways, rounds=rounds, roof=True)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=12, help="updates a round")
    parser.add_argument("--compile", action="store_true", help="compile headstart's objective")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    result = compare(rows=given.rows, batch=given.batch, steps=given.steps, rounds=given.rounds, compiled=given.compile)
    report([result], as_json=given.json)


if __name__ == "__main__":
    main()
