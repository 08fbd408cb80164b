"""Row F: a text classifier answers 2,000 texts of mixed length, against transformers' pipeline.

    python benchmarks/f_predict.py --data PATH        # about 10 minutes on one core; --quick: one

Needs transformers. One classifier of width 256 and 4 layers learns AG News for a few steps; the peer opens its saved
directory by AutoModel and wears the same linear head over the same mean of places, so that both have equal weights.
Theirs: `pipeline("text-classification")` one text at a time and 32 at a time, float32. Ours: `Predictor.predict`, texts
to answers, tokenizer included, float32 and bfloat16. The texts, shuffled, all cut to 256 tokens: a quarter each of
SST-2 sentences, AG News articles, DBpedia abstracts and paragraphs of novels.

"equal answers" is the share of texts that get the label that the peer gives one text at a time; below 0.995 a speed
does not count.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, ModernBertConfig, PreTrainedModel, pipeline
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.utils import logging as notices

import headstart as hs
from corpus import mixed, news
from headstart.data.prepare import prepare
from headstart.training.tasks.classify.classify import Classify
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report

BATCH = 32  # of the peer's second way


class Peer(PreTrainedModel):
    """The body of a saved model, as AutoModel opens it, under the linear head of the same model."""

    config_class = ModernBertConfig
    _supports_sdpa = True  # as its body does

    def __init__(self, body: PreTrainedModel, head: nn.Linear) -> None:
        super().__init__(body.config)
        self.body, self.head = body, head

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> SequenceClassifierOutput:
        """ids and mask [B, T] -> logits [B, K]."""
        x = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state  # [B, T, D]
        keep = attention_mask[..., None].to(x.dtype)
        return SequenceClassifierOutput(logits=self.head((x * keep).sum(1) / keep.sum(1)))  # pyright: ignore[reportArgumentType]


class Answering:
    """All texts through one way, and the labels that it gave."""

    def __init__(self, texts: list[str], answer: Callable[[list[str]], list[str]]) -> None:
        self._texts, self._answer = texts, answer
        self.labels: list[str] = []

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        self.labels = self._answer(self._texts)
        return watch.lap(len(self._texts))


def classifier(data: Path | None, *, rows: int, steps: int, vocab: int, length: int, quick: bool) -> Path:
    """The directory of a classifier of news."""
    texts, labels = zip(*news(data, "train", rows), strict=True)
    place = Path(tempfile.mkdtemp())
    given = (np.array(texts, object), np.array(labels, object))
    store = prepare(given, place / "data", near="keep", settings={"vocab": vocab, "length": length})
    small = {"backbone.width": 32, "backbone.depth": 1, "backbone.heads": 2, "plan.batch": 8} if quick else {}
    hs.finetune(
        store.directory, start="scratch", backbone="encoder", tuning="full", steps=steps, out=place / "model",
        settings={"plan.precision": "float32", **small},
    )  # fmt: skip
    return place / "model"


def peer(model: Path) -> Callable[..., Any]:
    """transformers' pipeline of the same model."""
    task = hs.load(model).task
    assert isinstance(task, Classify)
    assert isinstance(task.head, nn.Linear)
    notices.disable_progress_bar()
    notices.set_verbosity(logging.CRITICAL)  # the pipeline says that it does not know the name of our class
    body = AutoModel.from_pretrained(str(model))
    body.config.id2label = dict(enumerate(task.classes))
    tokenizer = AutoTokenizer.from_pretrained(str(model))
    return pipeline("text-classification", model=Peer(body, task.head).eval(), tokenizer=tokenizer, device="cpu")


def compare(model: Path, texts: list[str], *, rounds: int) -> list[Result]:
    """Ours in each precision against both ways of the pipeline."""
    pipe = peer(model)

    def by_pipeline(size: int) -> Answering:
        return Answering(texts, lambda given: [a["label"] for a in pipe(given, batch_size=size, truncation=True)])

    one, many = by_pipeline(1), by_pipeline(BATCH)
    peers = [
        Way(name="pipeline, batch 1", lap=one.lap),
        Way(name=f"pipeline, batch {BATCH}", lap=many.lap, score=lambda: _equal(many, one)),
    ]
    ours = []
    for numbers in ("float32", "bfloat16"):
        predictor = hs.Predictor.load(model, numbers=numbers)
        way = Answering(texts, lambda given, by=predictor: [answer["label"] for answer in by.predict(given)])
        ours.append(
            Way(name=f"headstart {numbers}", lap=way.lap, score=lambda way=way: _equal(way, one), ours=True)
        )  # fmt: skip
    title = f"F text classifier, {len(texts):,} texts of mixed length"
    both = alternate(title, 3.5, [*peers, *ours], rounds=rounds, score_name="equal answers")
    goals = zip(ours, (3.5, 5.5), strict=True)
    return [replace(both, row=f"{title}, {w.name}", goal=goal, ways=[w, *peers]) for w, goal in goals]


def _equal(one: Answering, other: Answering) -> float:
    """Share of equal labels."""
    assert len(set(other.labels)) > 1, "the classifier has learned nothing, so that equal answers would say nothing"
    return float(np.mean([a == b for a, b in zip(one.labels, other.labels, strict=True)]))


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, help="folder of cls_ag_news, cls_dbpedia14, sent_sst2, en_gutenberg")
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--steps", type=int, default=100, help="updates of the classifier")
    parser.add_argument("--quick", action="store_true", help="a tiny network and few texts: does everything run?")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    vocab, count, steps, rounds = 16_000, given.texts, given.steps, given.rounds
    if given.quick:
        vocab, count, steps, rounds = 1000, 80, 60, 1
    rows = 400 if given.quick else 6_000
    model = classifier(given.data, rows=rows, steps=steps, vocab=vocab, length=256, quick=given.quick)
    texts = mixed(given.data, count)
    order = np.random.default_rng(0).permutation(len(texts))
    report(compare(model, [texts[i] for i in order], rounds=rounds), as_json=given.json)


if __name__ == "__main__":
    main()
