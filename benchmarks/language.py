"""Rows C and C2: one language model, trained by headstart and by transformers' Trainer from the same first weights."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn

import headstart as hs
from corpus import texts_of, vocabulary_of, whole_rows
from headstart.core.contracts import Batch
from headstart.data.batches import Batches
from headstart.data.packing import Packed
from headstart.data.store import Store
from headstart.models.nn.names import renamed
from headstart.training.loop import resting
from pairing import Lap, Stopwatch

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerFast

RATE, BETA2, DECAY = 1e-3, 0.98, 0.05
SKIP = 2  # first steps of a fit, in which things are set up
LOOKED = 64  # held-out rows the loss is read on

Kind = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the network, its rows and its fits are."""

    width: int = 256
    depth: int = 4
    heads: int = 4
    vocab: int = 16_000
    length: int = 128
    batch: int = 32
    steps: int = 20

    @property
    def tokens(self) -> int:
        """Tokens of one fit that count for its speed."""
        return (self.steps - SKIP) * self.batch * self.length

    def flops(self, hidden: int, *, vocab: int, guessed: float, causal: bool) -> float:
        """FLOPs of a token, forward and backward: only products that the loss needs. `guessed` is a share of places."""
        seen = self.length / 2 if causal else self.length
        layer = 4 * self.width**2 + 3 * self.width * hidden + 2 * seen * self.width
        return 3 * 2 * (self.depth * layer + guessed * self.width * vocab)


def held_out(store: Store) -> Batch:
    """Held-out rows without padding and without a second document, so that every way sees them alike."""
    rows = whole_rows(store, "valid", LOOKED)
    return next(Batches(store, rows, store.modality, batch=len(rows)).once())


class Ours:
    """headstart: store, packed batches, the loop. Every lap begins from the first weights."""

    def __init__(self, trainee: hs.Trainee, store: Store, size: Size, precision: Kind, *, compiled: bool) -> None:
        self.trainee, self._store, self._size = trainee, store, size
        self._first, self._turn = _weights(trainee), 0
        self._look = held_out(store)
        self._plan = hs.Plan(
            steps=size.steps, batch=size.batch, lr=RATE, beta2=BETA2, weight_decay=DECAY, schedule="constant",
            warmup=0, precision=precision, compile=compiled,
        )  # fmt: skip

    def lap(self) -> Lap:
        self._turn += 1
        _wear(self.trainee, self._first)
        store, vocabulary = self._store, vocabulary_of(self._store)
        batches = Packed(store, store.rows("train"), vocabulary, batch=self._size.batch, seed=self._turn)
        watch = Stopwatch()
        for now in hs.train(self.trainee, batches, self._plan):
            if now.step == SKIP:
                watch.start()
        return watch.lap(self._size.tokens)

    def loss(self) -> float:
        return _judged(self.trainee, self._look)


class Theirs:
    """The same network of transformers under the Trainer, which clips the gradient to 1 as our plan does.

    trainee   a network of ours: its weights are the first ones of every lap, and it is the judge of the last ones
    head      beginnings of the names of the objective's weights -> those of the model's
    collator  what makes batches of the grouped rows
    """

    def __init__(
        self,
        model: nn.Module,
        trainee: hs.Trainee,
        head: Mapping[str, str],
        store: Store,
        rows: Dataset,
        collator: Callable[..., Any],
        size: Size,
        precision: Kind,
    ) -> None:
        self._model, self._trainee, self._rows, self._collator = model, trainee, rows, collator
        self._size, self._precision, self._turn = size, precision, 0
        self._first, self._look = _weights(trainee), held_out(store)
        names = trainee.backbone.interop.names
        self._names = {
            name: f"model.{renamed(name.removeprefix('backbone.'), names)}"
            if name.startswith("backbone.")
            else renamed(name.removeprefix("objective."), head)
            for name in self._first
        }

    def lap(self) -> Lap:
        from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

        self._turn += 1
        self._begin()
        watch = Stopwatch()

        class Count(TrainerCallback):
            def on_step_end(self, args: object, state: object, control: object, **rest: object) -> None:
                if state.global_step == SKIP:  # pyright: ignore[reportAttributeAccessIssue]
                    watch.start()

        settings = TrainingArguments(
            output_dir=tempfile.mkdtemp(), max_steps=self._size.steps, per_device_train_batch_size=self._size.batch,
            use_cpu=True, learning_rate=RATE, weight_decay=DECAY, adam_beta2=BETA2, lr_scheduler_type="constant",
            max_grad_norm=1.0, logging_strategy="no", save_strategy="no", report_to=[], disable_tqdm=True,
            dataloader_drop_last=True, bf16=self._precision == "bfloat16", seed=self._turn,
        )  # fmt: skip
        trainer = Trainer(
            self._model, settings, data_collator=self._collator, train_dataset=self._rows, callbacks=[Count()]
        )
        trainer.remove_callback(PrinterCallback)  # --json prints one object and nothing else
        trainer.train()
        return watch.lap(self._size.tokens)

    def loss(self) -> float:
        state = self._model.state_dict()
        _wear(self._trainee, {own: state[theirs] for own, theirs in self._names.items()})
        return _judged(self._trainee, self._look)

    def _begin(self) -> None:
        """Our first weights; those that the model ties to its vocabulary come by themselves."""
        state = {self._names[name]: tensor for name, tensor in self._first.items()}
        missing, unknown = self._model.load_state_dict(state, strict=False)
        assert not unknown, f"the networks differ: {unknown}"
        assert set(missing) <= {"decoder.weight", "lm_head.weight"}, f"the networks differ: {missing}"


def grouped(store: Store, tokenizer: PreTrainedTokenizerFast, length: int) -> Dataset:
    """The train rows as run_mlm and run_clm make them: tokenized by `map`, laid end to end, cut to `length` places."""
    import datasets

    datasets.disable_progress_bars()

    def joined(batch: Mapping[str, list[list[int]]]) -> dict[str, list[list[int]]]:
        whole = {name: list(chain(*rows)) for name, rows in batch.items()}
        total = len(whole["input_ids"]) // length * length
        return {name: [row[i : i + length] for i in range(0, total, length)] for name, row in whole.items()}

    # a document may be longer than a row: that is what the grouping is for, and no reason to warn
    tokenizer.model_max_length = 1 << 30
    rows = datasets.Dataset.from_dict({"text": texts_of(store, "train")})
    ids = rows.map(lambda batch: tokenizer(batch["text"]), batched=True, remove_columns=["text"])
    return ids.map(joined, batched=True)


def config_of(trainee: hs.Trainee, **more: object) -> Any:
    """transformers' config of the trainee's backbone."""
    from transformers import AutoConfig

    fields = {**trainee.backbone.interop.config, **more}
    return AutoConfig.for_model(fields.pop("model_type"), **{n: v for n, v in fields.items() if n != "architectures"})


def _weights(trainee: hs.Trainee) -> dict[str, Tensor]:
    parts = {"backbone": trainee.backbone, "objective": trainee.objective}
    return {f"{part}.{name}": t.clone() for part, module in parts.items() for name, t in module.state_dict().items()}


def _wear(trainee: hs.Trainee, weights: Mapping[str, Tensor]) -> None:
    for part, module in (("backbone.", trainee.backbone), ("objective.", trainee.objective)):
        module.load_state_dict({n.removeprefix(part): t for n, t in weights.items() if n.startswith(part)})


def _judged(trainee: hs.Trainee, batch: Batch) -> float:
    with resting(trainee), torch.no_grad():
        return float(trainee.objective(trainee.backbone, batch).loss)
