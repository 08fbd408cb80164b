"""Load a model once, then predict and embed: every verb uses this path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from headstart.assemble import open_learner, open_start
from headstart.core.contracts import Backbone, Batch, Example, Modality, Objective, Step, Task
from headstart.core.contracts.lm_head import LmHead
from headstart.core.errors import ContractError, DataError, UsageError
from headstart.core.random import keys
from headstart.data.batches import in_full
from headstart.data.cache import refitted
from headstart.data.inputs import examples_of, prepared
from headstart.data.preparing.repairs import Repairs
from headstart.data.reading.open_raw import check_no_columns
from headstart.data.reading.roles import Ask
from headstart.data.records import text_of
from headstart.data.storage.gather import MemoryRows
from headstart.data.store import Store
from headstart.inference.blocks import OWN, Block, blocks_of, blocks_of_store, budgeted
from headstart.inference.model_overview import Made
from headstart.inference.neighbours import nearest
from headstart.inference.policy import Policy
from headstart.models.start import Start, learned_by
from headstart.training.loop import Trainee, resting
from headstart.training.precision import Precision, precision

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

    from headstart.inference.explaining.explanation import Explanation
    from headstart.inference.image_sampler import Painter

CHUNK = 128  # rows answered together; they stay in a CPU's cache


class Predictor(Made):
    """A backbone with its head and the preprocessing it was trained with.

    `start` is the model as it was saved, None while it is still being trained; `scores` and `warnings` are of that
    time. `numbers` "auto" takes bfloat16 where it pays, which changes answers in their third digit.
    """

    def __init__(
        self, modality: Modality, trainee: Trainee, *, device: str = "cpu", start: Start | None = None,
        numbers: Precision = "float32",
    ) -> None:  # fmt: skip
        self.modality, self.trainee, self.device, self.start = modality, trainee, device, start
        self._numbers: Precision = numbers

    @classmethod
    def load(cls, path: str | Path, *, device: str = "cpu", numbers: Precision = "float32") -> Predictor:
        """A saved model, or a public checkpoint (`hf:`, `timm:`), which can embed.

        Raises UsageError if there is none, DataError if it is damaged.
        """
        start = open_start(str(path))
        if start is None:
            raise UsageError(531, "nothing is trained yet", found="scratch", fix="name a model")
        modality, backbone = start.modality(), start.backbone()
        head = open_learner(start, modality, backbone) or _Headless(start)
        backbone.to(device)
        head.to(device)
        return cls(modality, Trainee(backbone, head), device=device, start=start, numbers=numbers)

    @property
    def path(self) -> Path | None:
        """The model's directory, if it has one."""
        return None if self.start is None else self.start.path

    @property
    def task(self) -> Task:
        """The task whose answers this model gives; UsageError for a model that was only pretrained."""
        task = self.trainee.objective.as_task
        if task is None:
            fix = f"fine-tune it first: headstart finetune DATA --from {self.path or 'MODEL'} --out DIR"
            raise UsageError(530, "this model was pretrained only, it has no task", where=self.path or "", fix=fix)
        return task

    def predict(self, inputs: Any, *, input: str | None = None) -> list[dict[str, Any]]:
        """One answer a row, as plain JSON; of a row that cannot be read it is {"error": ...}.

        inputs: anything `prepare` accepts, a record (an array, an image), or a list of records; for a model of texts a
        list of strings is a list of texts. Of a table, the columns that the model learned from are read, or `input`.
        """
        return [answer for _, answer in self.answer_each(inputs, Ask(input=input))]

    def embed(self, inputs: Any, *, input: str | None = None) -> np.ndarray:
        """One vector a row, [n, F] float32, of the same inputs. DataError for a row that cannot be read."""
        blocks = self.blocks(inputs, Ask(input=input), strict=True)
        found = [self.features(block.store, block.rows) for block in blocks]
        return np.concatenate(found) if found else np.empty((0, 0), np.float32)

    def generate(
        self, prompt: str | Sequence[str] = "", *, n: int = 1, max_tokens: int = 100, temperature: float = 1.0,
        top_k: int = 0, top_p: float = 1.0, stop: Sequence[str] = (), seed: int = 0,
    ) -> list[Any]:  # fmt: skip
        """`n` texts (`Written`) behind one prompt, or behind each of several; or `n` new pictures (Pillow images).

        Temperature 0 takes the likeliest token always. All settings but `n` and `seed` are for models of texts.
        """
        from headstart.inference.text_generator import Manner, Writer

        manner = Manner(max_tokens=max_tokens, temperature=temperature, top_k=top_k, top_p=top_p, stop=stop, seed=seed)
        if self.modality.vocabulary is None:
            if (prompt, manner) != ("", Manner(seed=seed)):
                found, fix = "a prompt, or a way to draw tokens", "pass n and seed alone"
                raise UsageError(551, "these settings are for models that generate text", found=found, fix=fix)
            return list(self._painter().drawn(n, seed=seed))
        prompts = [prompt] if isinstance(prompt, str) else prompt
        return list(Writer(self.modality, self.trainee, device=self.device).write(prompts, replace(manner, n=n)))

    def policy(self, *, average: float | None = None) -> Policy:
        """The model as a policy: `action = policy(observation)`, see `Policy`. UsageError where it says no actions."""
        return Policy(self, average=average)

    def reconstruct(self, inputs: Any, n: int = 64) -> list[tuple[Picture, Picture]]:
        """The first `n` pictures of whatever was given, each beside what the model paints from its code."""
        from headstart.inference.image_sampler import at_least

        return self._painter().repainted(self.some(inputs, at_least(n, 1)))

    def interpolate(self, inputs: Any, n: int = 8) -> list[list[Picture]]:
        """From every picture to the next one, of 1,000 at most, through `n` paintings, in equal steps of the code."""
        from headstart.inference.image_sampler import at_least

        return self._painter().between(self.some(inputs, 1000), at_least(n, 2))

    def mutations(self, inputs: Any, letters: str = "all", *, input: str | None = None) -> list[dict[str, Any]]:
        """The answer to every single substitution of sequences, or to those by some letters, as `Scan.rows` says it."""
        from headstart.inference.mutations import scans

        given = [inputs] if isinstance(inputs, str) and self.modality.is_row(inputs) else inputs
        return [row for scan in scans(self, given, Ask(input=input), letters=letters) for row in scan.rows()]

    def explain(
        self, inputs: Any, *, about: str = "", against: str = "", method: str = "auto", parts: str = "",
        input: str | None = None, seed: int = 0,
    ) -> list[Explanation]:  # fmt: skip
        """How far each part of a row speaks for its answer, and whether that can be believed: an `Explanation` a row.
        about    a class, value, span or box that the answer names, "" for the first;  against  why not another one
        method   occlusion, shapley, gradient, integrated, or "auto": that which separates best
        parts    what a row is cut into: words or letters, patches or superpixels; "" for what is usual
        """
        from headstart.inference.explaining.explain import Manner, explanations
        from headstart.inference.explaining.explanation import Explanation

        manner = Manner(about=about, against=against, method=method, parts=parts, seed=seed)
        found = explanations(self, inputs, Ask(input=input), manner, strict=True)
        return [one for one in found if isinstance(one, Explanation)]

    def with_trainee(self, trainee: Trainee) -> Predictor:
        """The same reading of data with other weights."""
        return Predictor(self.modality, trainee, device=self.device, numbers=self._numbers)

    def nearest(self, queries: Any, corpus: Any, k: int = 5, ask: Ask = Ask()) -> list[list[dict[str, Any]]]:
        """The k rows of a corpus that are most like each query, most similar first, by the cosine of their vectors.

        Each is {"origin", "text" (if the model reads text), "similarity"}; rows that cannot be read are left out.
        """
        return nearest(self, queries, corpus, k, ask)

    def answer_each(
        self, inputs: Any, ask: Ask = Ask(), *, strict: bool = False, repairs: Repairs | None = None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Origin and answer of every row, as they come; memory does not grow with the number of rows.

        A row that cannot be read is answered by {"error": ...}; where `strict` it is a DataError. Columns that are to
        be kept stand before the answer. What was put right in rows is added to the `repairs`.
        """
        names: set[str] = set(OWN)
        for block in self.blocks(inputs, ask, self.task.preprocess, strict=strict, repairs=repairs):
            answers = self.answers(block.store, block.rows, block.wholes)
            names |= {name for answer in answers for name in answer}
            for origin, answer in zip(block.origins, block.together(answers, names), strict=True):
                yield from ((origin, {**line}) for line in self.task.answer.lines(answer))

    def embed_each(
        self, inputs: Any, ask: Ask = Ask(), *, strict: bool = False
    ) -> Iterator[tuple[str, dict[str, Any]]]:  # fmt: skip
        """Origin and {"vector": [F] float32} of every row, or its error, as they come; the rest as for answers."""
        for block in self.blocks(inputs, ask, strict=strict):
            vectors = [{"vector": vector} for vector in self.features(block.store, block.rows)]
            yield from zip(block.origins, block.together(vectors, {*OWN, "vector"}), strict=True)

    def batch(self, store: Store | MemoryRows, rows: np.ndarray) -> Batch:
        """Rows as one batch, on the device. Raises ContractError for prepared rows of another size or tokenizer."""
        if isinstance(store, Store) and not self._fits(store):
            found, expected = dict(store.modality.spec.sizes), dict(self.modality.spec.sizes)
            raise ContractError(
                160, "the data are prepared in another form than the model expects", where=store.directory,
                found=found, expected=expected, fix="give the raw data instead",
            )  # fmt: skip
        host = {**self.modality.collate(store.feed(rows)), "key": keys(0, 0, torch.from_numpy(rows))}
        task = self.trainee.objective.as_task
        if task is not None and task.sparse is not None:
            host |= in_full(task.sparse.inputs(store.take(rows)))
        # by keys what is drawn is always the same
        return {name: tensor.to(self.device) for name, tensor in host.items()}

    def answers(
        self, store: Store | MemoryRows, rows: np.ndarray, wholes: Sequence[str | None] = ()
    ) -> list[dict[str, Any]]:
        """Answers for rows, in their order. `wholes` are the texts that rows were cut from, where they are known."""
        task = self.task
        found: list[dict[str, Any]] = [{}] * len(rows)
        for places, batch in self._batches(store, rows):
            with resting(self.trainee), torch.inference_mode(), self._mixed():
                answers = task.predict(self.trainee.backbone, batch)
            for place, answer in zip(places.tolist(), answers, strict=True):
                found[place] = answer
        if not task.answer.spells or self.modality.vocabulary is None or not found:
            return found
        cut = [words for words, _ in self.modality.vocabulary.words(store.take(rows))]
        told = zip(found, cut, wholes or [None] * len(found), strict=True)
        return [task.answer.spelled(answer, partial(text_of, words, whole)) for answer, words, whole in told]

    def features(self, store: Store | MemoryRows, rows: np.ndarray) -> np.ndarray:
        """Vectors of rows, [n, F] float32, in their order."""
        task, found = self.trainee.objective.as_task, np.empty((0, 0), np.float32)
        for places, batch in self._batches(store, rows):
            with resting(self.trainee), torch.inference_mode(), self._mixed():
                vectors = (self._vectors if task is None else task.vectors)(self.trainee.backbone, batch)
            if not found.size:
                found = np.empty((len(rows), vectors.shape[1]), np.float32)
            found[places] = vectors.float().cpu().numpy()
        return found

    def _vectors(self, backbone: Backbone, batch: Batch) -> torch.Tensor:
        return backbone.summary(backbone(self.modality.ready(batch)))

    def some(self, inputs: Any, count: int) -> Batch:
        """The first rows of whatever was given, at most `count`, as one batch; DataError if there are none."""
        for block in self.blocks(inputs, Ask(), strict=True):
            return self.batch(block.store, block.rows[:count])
        raise DataError(530, "no row was given", fix="give inputs that `predict` would answer")

    def _painter(self) -> Painter:
        from headstart.inference.image_sampler import Painter

        return Painter(self.modality, self.trainee, device=self.device)

    def _mixed(self) -> Any:
        return precision(self._numbers, torch.device(self.device), self.trainee.backbone)

    def _fitted(self, store: Store) -> Store:
        """The store with this model's own token ids, where it has others."""
        return refitted(store, self.modality) if store.manifest.get("settled") and not self._fits(store) else store

    def _fits(self, store: Store) -> bool:
        return self.modality.spec.key == store.modality.spec.key

    def blocks(
        self, inputs: Any, ask: Ask, preprocess: Callable[[Example], Example] = lambda example: example, *,
        strict: bool = False, repairs: Repairs | None = None,
    ) -> Iterator[Block]:  # fmt: skip
        """Rows of whatever was given, a block at a time; `preprocess` is done to raw records first."""
        store = prepared(inputs)
        if store is None:
            ask = replace(ask, learned=None if self.start is None else learned_by(self.start, needed=True))
            examples = examples_of(inputs, modality=self.modality, ask=ask)
            yield from blocks_of(self.modality, examples, preprocess, strict=strict, repairs=repairs)
        else:
            check_no_columns(ask)
            yield from blocks_of_store(self._fitted(store))

    def _batches(self, store: Store | MemoryRows, rows: np.ndarray) -> Iterator[tuple[np.ndarray, Batch]]:
        """Places among `rows`, and these rows as a batch."""
        if not len(rows):
            return
        for places in budgeted(store.lengths(rows, self.modality.spec.length_of), len(rows), CHUNK):
            yield places, self.batch(store, rows[places])


class _Headless(Objective):
    """What stands where a public checkpoint has no task; its output may say the next word."""

    def __init__(self, start: Start) -> None:
        torch.nn.Module.__init__(self)  # there is no augmentation, and it needs nothing
        self._start = start

    @property
    def lm_head(self) -> LmHead:
        return LmHead(self._start.lm_head)

    def forward(self, backbone: Backbone, batch: Batch) -> Step:
        raise UsageError(532, "a public checkpoint has no objective of ours", fix="pretrain or fine-tune it")


def load(path: str | Path, *, device: str = "cpu") -> Predictor:
    """Open a saved model: `load("runs/defects").predict([Path("new.jpg")])`."""
    return Predictor.load(path, device=device)
