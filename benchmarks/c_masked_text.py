"""Row C: a masked language model of width 256 and 4 layers, against "the run_mlm way" of transformers.

    python benchmarks/c_masked_text.py --data PATH        # about 15 minutes on one core; --quick: one
    python benchmarks/c_masked_text.py --data PATH --compile      # headstart compiled too: 5 minutes more

Needs transformers, accelerate and datasets. Both train the same network (ModernBERT with full attention) from the same
first weights on the same texts: five novels, 16,000 byte-level pairs, 32 rows of 128 tokens, 15 % hidden, AdamW at one
rate. Theirs: datasets' `map`, rows grouped by 128, DataCollatorForLanguageModeling, Trainer without logging or saving.

Equal: dropout of 0.1 after the embedding, after attention and inside the feedforward. To get that the peer's
`attention_dropout` is 0 and its `out_drop` is set by hand; its own setting would also drop attention weights, which is
slower. Unequal: headstart keeps the documents of a packed row apart and hides exactly 15 % of a row, the peer lets
places see the neighbouring document and hides each with a chance of 15 %. The peer guesses all places and uses the
hidden ones, as run_mlm does; with --sparse it has ModernBERT's own setting that guesses hidden places only.

"samples" are tokens. "loss" is that of held-out rows after one fit of --steps, judged by the same code for both.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import nn

import headstart as hs
from corpus import paragraphs, stored, tokenizer_of
from headstart.data.batches import Batches
from headstart.data.modalities.text.augment import TextAugment as Augment
from headstart.data.store import Store
from headstart.models.backbones.encoder import Encoder
from headstart.training.objectives.masked import Masked
from language import Kind, Ours, Size, Theirs, config_of, grouped
from pairing import Result, Way, alternate, arguments, report

HIDE, DROPOUT = 0.15, 0.1
HEAD = {"guess.bias": "decoder.bias", "guess.": "head."}


def fresh(store: Store, size: Size) -> hs.Trainee:
    """Our network with its first weights, the same at every call."""
    torch.manual_seed(0)
    sample = Batches(store, store.rows("train")[:8], store.modality, batch=8).sample()
    backbone = Encoder(store.modality.spec, width=size.width, depth=size.depth, heads=size.heads, dropout=DROPOUT)
    return hs.Trainee(backbone, Masked(backbone, sample, Augment(store.modality), hide=HIDE))


def modernbert(trainee: hs.Trainee, size: Size, *, sparse: bool) -> nn.Module:
    """ModernBertForMaskedLM of the same shape, with the biases of our head and dropout where ours is."""
    from transformers import ModernBertForMaskedLM

    model = ModernBertForMaskedLM(config_of(trainee, classifier_bias=True, sparse_prediction=sparse))
    model.head.norm = nn.LayerNorm(size.width)
    for layer in model.model.layers:
        layer.attn.out_drop = nn.Dropout(DROPOUT)  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]
    return model


def compare(store: Store, size: Size, *, rounds: int, compiled: bool, sparse: bool) -> Result:
    """Ours against theirs, both in both precisions."""
    from transformers import DataCollatorForLanguageModeling

    tokenizer = tokenizer_of(store)
    rows = grouped(store, tokenizer, size.length)
    collator = DataCollatorForLanguageModeling(tokenizer, mlm=True, mlm_probability=HIDE)
    flops = size.flops(size.width * 3 // 2, vocab=store.modality.spec.sizes["vocab"], guessed=HIDE, causal=False)
    kinds: tuple[Kind, ...] = ("float32", "bfloat16")
    ways = []
    for precision in kinds:
        for way in (True, False) if compiled else (False,):
            ours = Ours(fresh(store, size), store, size, precision, compiled=way)
            name = f"headstart {precision}" + (" compiled" if way else "")
            ways.append(Way(name=name, lap=ours.lap, score=ours.loss, ours=True, flops=flops))
    for precision in kinds:
        judge = fresh(store, size)
        model = modernbert(judge, size, sparse=sparse)
        theirs = Theirs(model, judge, HEAD, store, rows, collator, size, precision)
        ways.append(Way(name=f"ModernBERT {precision}", lap=theirs.lap, score=theirs.loss, flops=flops))
    seen = size.steps * size.batch * size.length
    title = f"C masked language model, batch {size.batch} x {size.length}, samples are tokens, loss after {seen:,}"
    return alternate(title, 3.5 if compiled else 3.0, ways, rounds=rounds, roof=True, score_name="loss")


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--data", type=Path, help="folder that holds en_gutenberg")
    parser.add_argument("--steps", type=int, default=20, help="updates of a fit, a fit a round")
    parser.add_argument("--compile", action="store_true", help="compile headstart's objective")
    parser.add_argument("--sparse", action="store_true", help="the peer guesses hidden places only")
    parser.add_argument("--quick", action="store_true", help="a tiny network: does everything run?")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.simplefilter("ignore")
    size, rows, rounds = Size(steps=given.steps), 40_000, given.rounds
    if given.quick:
        size, rows, rounds = Size(width=32, depth=1, heads=2, vocab=1000, length=32, batch=4, steps=6), 400, 1
    store = stored(paragraphs(given.data, rows), vocab=size.vocab, length=size.length)
    result = compare(store, size, rounds=rounds, compiled=given.compile, sparse=given.sparse)
    report([result], as_json=given.json)


if __name__ == "__main__":
    main()
