"""Row C2: a causal language model of width 256 and 4 layers, against "the run_clm way" of transformers.

    python benchmarks/c2_causal.py --data PATH        # about 15 minutes on one core; --quick: one
    python benchmarks/c2_causal.py --data PATH --compile      # headstart compiled too: 5 minutes more

Needs transformers, accelerate and datasets. Both train the same network (Llama, its output tied to its vocabulary) from
the same first weights on the same texts: five novels, 16,000 byte-level pairs, 32 rows of 128 tokens, AdamW at one
rate, no dropout. Theirs: datasets' `map`, rows grouped by 128, DataCollatorForLanguageModeling(mlm=False), Trainer
without logging or saving. Unequal: headstart keeps the documents of a packed row apart, the peer lets a place see the
document before its own.

"samples" are tokens. "loss" is that of held-out rows after one fit of --steps, judged by the same code for both.
Writing text (`generate()`, tokens a second at equal weights) is measured by c2_generate.py.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

import headstart as hs
from corpus import paragraphs, stored, tokenizer_of
from headstart.data.batches import Batches
from headstart.data.modalities.text.augment import TextAugment as Augment
from headstart.data.store import Store
from headstart.models.backbones.decoder import Decoder
from headstart.training.objectives.causal import Causal
from language import Kind, Ours, Size, Theirs, config_of, grouped
from pairing import Result, Way, alternate, arguments, report


def fresh(store: Store, size: Size) -> hs.Trainee:
    """Our network with its first weights, the same at every call."""
    torch.manual_seed(0)
    sample = Batches(store, store.rows("train")[:8], store.modality, batch=8).sample()
    backbone = Decoder(store.modality.spec, width=size.width, depth=size.depth, heads=size.heads)
    return hs.Trainee(backbone, Causal(backbone, sample, Augment(store.modality)))


def compare(store: Store, size: Size, *, rounds: int, compiled: bool) -> Result:
    """Ours against theirs, both in both precisions."""
    from transformers import DataCollatorForLanguageModeling, LlamaForCausalLM

    tokenizer = tokenizer_of(store)
    rows, collator = grouped(store, tokenizer, size.length), DataCollatorForLanguageModeling(tokenizer, mlm=False)
    kinds: tuple[Kind, ...] = ("float32", "bfloat16")
    network = fresh(store, size).backbone
    assert isinstance(network, Decoder)
    flops = size.flops(network.hidden, vocab=network.vocab, guessed=1.0, causal=True)
    ways = []
    for precision in kinds:
        for way in (True, False) if compiled else (False,):
            ours = Ours(fresh(store, size), store, size, precision, compiled=way)
            name = f"headstart {precision}" + (" compiled" if way else "")
            ways.append(Way(name=name, lap=ours.lap, score=ours.loss, ours=True, flops=flops))
    for precision in kinds:
        judge = fresh(store, size)
        model = LlamaForCausalLM(config_of(judge))
        theirs = Theirs(model, judge, {}, store, rows, collator, size, precision)
        ways.append(Way(name=f"Llama {precision}", lap=theirs.lap, score=theirs.loss, flops=flops))
    seen = size.steps * size.batch * size.length
    title = f"C2 causal language model, batch {size.batch} x {size.length}, samples are tokens, loss after {seen:,}"
    return alternate(title, 1.5, ways, rounds=rounds, roof=True, score_name="loss")


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, help="folder that holds en_gutenberg")
    parser.add_argument("--steps", type=int, default=20, help="updates of a fit, a fit a round")
    parser.add_argument("--compile", action="store_true", help="compile headstart's objective")
    parser.add_argument("--quick", action="store_true", help="a tiny network: does everything run?")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    size, rows, rounds = Size(steps=given.steps), 40_000, given.rounds
    if given.quick:
        size, rows, rounds = Size(width=32, depth=1, heads=2, vocab=1000, length=32, batch=4, steps=6), 400, 1
    store = stored(paragraphs(given.data, rows), vocab=size.vocab, length=size.length)
    report([compare(store, size, rounds=rounds, compiled=given.compile)], as_json=given.json)


if __name__ == "__main__":
    main()
