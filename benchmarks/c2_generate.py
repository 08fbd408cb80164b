"""Row C2, its other half: writing with a causal language model, against transformers' `generate()`.

    python benchmarks/c2_generate.py --threads 1 --data PATH      # about 6 minutes on one core; --quick: half a minute

Needs transformers. One network of width 256 and 4 layers (Llama, its output tied to its 16,000 words) learns
for --steps updates from five novels, or from texts made here, and is saved by headstart. headstart opens the directory
by `Predictor.load`, transformers by AutoModelForCausalLM: the same weights in float32. Both write greedily, 128 ids
behind prompts of 32, one text at a time and 16 together, and have to write the same ids.

"samples" are written tokens. Unequal: headstart begins with texts and ends with texts, the peer begins and ends with
ids. Marks other than the one that ends a text are never written by headstart; the run stops if the peer writes one.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import headstart as hs
from corpus import paragraphs, stored, texts_of
from headstart.data.modalities.text.text import Text
from headstart.inference.text_generator import Manner, Writer
from pairing import Lap, Result, Stopwatch, Way, alternate, arguments, report

ASKED, WRITTEN = 32, 128


class Ours:
    """headstart: texts in, texts out."""

    def __init__(self, place: Path, prompts: Sequence[str], count: int) -> None:
        model = hs.load(place)
        self._writer = Writer(model.modality, model.trainee)
        self._prompts, self._manner = prompts, Manner(max_tokens=count, temperature=0.0)
        self.texts: list[str] = []

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        found = self._writer.write(self._prompts, self._manner)
        self.texts = [one.text for one in found]
        return watch.lap(sum(one.tokens for one in found))


class Theirs:
    """transformers: ids in, ids out."""

    def __init__(self, place: Path, begun: Sequence[Sequence[int]], count: int) -> None:
        from transformers import AutoModelForCausalLM

        self._model: Any = AutoModelForCausalLM.from_pretrained(str(place)).eval()
        self._begun, self._count = torch.tensor(begun), count
        self.ids: list[list[int]] = []

    def lap(self) -> Lap:
        watch = Stopwatch()
        watch.start()
        asked = {"attention_mask": torch.ones_like(self._begun), "eos_token_id": None, "do_sample": False}
        made = self._model.generate(self._begun, max_new_tokens=self._count, **asked)
        lap = watch.lap(len(made) * self._count)
        self.ids = made[:, self._begun.shape[1] :].tolist()
        return lap


def taught(given: Any, *, width: int, vocab: int, place: Path) -> Path:
    """A model that has read for some updates, saved."""
    store = stored(paragraphs(given.data, 400 if given.quick else 12_000), vocab=vocab, length=ASKED + WRITTEN)
    settings = {"backbone.width": width, "plan.batch": 8, "plan.check": 1.0}
    hs.pretrain(
        store, backbone="decoder", objective="causal", steps=given.steps, out=place, settings=settings, quiet=True
    )
    return place


def asked(modality: Text, texts: Sequence[str], count: int) -> list[str]:
    """Beginnings of texts that are exactly ASKED ids, their mark included."""
    found: list[str] = []
    for text in texts:
        ids = modality.vocabulary.encode_prompt(text)[:ASKED]
        prompt = modality.vocabulary.decode(ids).strip()
        if len(ids) == ASKED and modality.vocabulary.encode_prompt(prompt) == ids:
            found.append(prompt)
        if len(found) == count:
            return found
    raise ValueError("the corpus has too few long texts")


def compare(place: Path, modality: Text, prompts: Sequence[str], *, rounds: int, count: int) -> Result:
    """Ours against theirs on one batch of prompts; the same ids, or an assertion fails."""
    begun = [modality.vocabulary.encode_prompt(prompt) for prompt in prompts]
    ours, theirs = Ours(place, prompts, count), Theirs(place, begun, count)
    ways = [Way(name="headstart", lap=ours.lap, ours=True), Way(name="generate()", lap=theirs.lap)]
    title = f"C2 writing, {len(prompts)} at a time, {ASKED} tokens read and {count} written, samples are tokens"
    result = alternate(title, 2.0, ways, rounds=rounds)
    marks = {*modality.vocabulary.marks}
    for before, text, ids in zip(begun, ours.texts, theirs.ids, strict=True):
        ends = [place for place, one in enumerate(ids) if one == modality.vocabulary.end]
        written = ids[: ends[0]] if ends else ids
        assert not marks & {*written}, "the peer wrote a mark, which headstart never does"
        context = len(modality.vocabulary.decode(before))
        assert modality.vocabulary.decode([*before, *written])[context:].rstrip("\ufffd") == text, "the texts differ"
    return result


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, help="folder that holds en_gutenberg")
    parser.add_argument("--steps", type=int, default=20, help="updates the network learns for")
    parser.add_argument("--quick", action="store_true", help="a tiny network: does everything run?")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    width, vocab, rounds = (64, 1000, 1) if given.quick else (256, 16_000, given.rounds)
    place = taught(given, width=width, vocab=vocab, place=Path(tempfile.mkdtemp()) / "model")
    modality = hs.load(place).modality
    assert isinstance(modality, Text)
    texts = texts_of(stored(paragraphs(given.data, 2000), vocab=vocab, length=64), "train")
    prompts = asked(modality, texts, 16)
    results = [compare(place, modality, prompts[:n], rounds=rounds, count=WRITTEN) for n in (1, 16)]
    report(results, as_json=given.json)


if __name__ == "__main__":
    main()
