"""generate: texts or pictures from a model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from headstart.commands.common import options
from headstart.commands.common.verbs import Call
from headstart.core.errors import UsageError
from headstart.core.shown import Unscored, Unwarned

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor
    from headstart.inference.text_generator import Manner

SHEET, STEPS = 64, 8  # pictures of a sheet, and of a walk, where nobody says
SEVERAL = options.CommandLine(kind=list[str])


class Generated(list[Any], Unscored, Unwarned):
    """Texts or pictures; `counts` and `line` say what there is of them."""

    def __init__(self, items: Sequence[Any], counts: dict[str, Any], line: str) -> None:
        super().__init__(items)
        self.counts, self.line = counts, line


def generate(
    model: Annotated[Any, "Model directory, or a public checkpoint: hf:org/name."],
    *,
    prompt: Annotated[str | Sequence[str], "Start of the text; may be repeated.", SEVERAL] = "",
    n: Annotated[int | None, "Texts per prompt (1), pictures (64) or steps between two pictures (8)."] = None,
    out: Annotated[
        str | Path | None, "FILE.jsonl (prompt, text, how it ended), .txt, or a sheet as .png", options.WRITTEN
    ] = None,
    like: Annotated[Any, "Reconstruct these pictures; may be repeated.", options.WORDS] = None,
    between: Annotated[Any, "Interpolate between these pictures; repeat it.", options.WORDS] = None,
    max_tokens: Annotated[int, "Largest number of tokens per text."] = 100,
    temperature: Annotated[float, "Below 1 favours probable tokens; 0: greedy."] = 1.0,
    top_k: Annotated[int, "Sample from the k most probable tokens (0: all)."] = 0,
    top_p: Annotated[float, "Sample from the smallest set of tokens with this total probability."] = 1.0,
    greedy: Annotated[bool, "Always the most probable token."] = False,
    stop: Annotated[Sequence[str], "End before this string; may be repeated.", SEVERAL] = (),
    seed: options.Seed = 0,
    device: options.Device = "auto",
    heard: options.Listener = None,
) -> list[Any]:
    """Generate texts from prompts, or a sheet of pictures.

    Returns `n` texts per prompt (`Written`), or pictures (Pillow images): `n` new ones, pairs with `like`, rows
    with `between`. `heard` is told each piece of text as it is written, where there is one text. Without `out` nothing
    is written to disk, and `n` new pictures are 1 unless said.
    """
    from headstart.commands.common.request import model_of
    from headstart.commands.common.write_rows import check_kind
    from headstart.inference.text_generator import Manner

    path = None if out is None else Path(out)
    kind = "" if path is None else check_kind(path, ("jsonl", "txt", "png"))
    manner = Manner(
        max_tokens=max_tokens, temperature=0.0 if greedy else temperature, top_k=top_k, top_p=top_p, stop=tuple(stop),
        seed=seed,
    )  # fmt: skip
    predictor = model_of(model, device=device)
    if predictor.modality.vocabulary is not None:
        _refuse(kind == "png", "--out", path, "FILE.jsonl or .txt: this model generates texts")
        like_pictures, instead = like is not None or between is not None, "--prompt: this model generates texts"
        _refuse(like_pictures, "--like, --between", "pictures", instead)
        prompts = [prompt] if isinstance(prompt, str) else prompt
        return _texts(predictor, prompts, replace(manner, n=1 if n is None else n), path, heard)
    _refuse(kind in ("jsonl", "txt"), "--out", path, "FILE.png: this model generates pictures")
    _refuse(bool(prompt), "--prompt", "a text", "--like FILE: this model generates pictures")
    _refuse(manner != Manner(seed=seed), "options", "sampling options", "--n and --seed")
    _refuse(like is not None and between is not None, "options", "--like and --between", "one of them")
    return _pictures(predictor, n, like, between, path, seed)


def _texts(
    predictor: Predictor, prompts: Sequence[str], manner: Manner, out: Path | None, heard: options.Listener
) -> Generated:
    """Texts, to a file where there is one; the only one is also poured out as it comes."""
    from headstart.commands.common.write_rows import write_rows
    from headstart.core.files import make_folder, write_whole
    from headstart.inference.text_generator import Writer

    heard = heard if manner.n * len(prompts) == 1 else None
    writer = Writer(predictor.modality, predictor.trainee, device=predictor.device)
    texts = list(writer.write(prompts, manner, heard))
    if out is not None and out.suffix.lower() == ".jsonl":
        write_rows([asdict(one) for one in texts], out)
    elif out is not None:
        make_folder(out.parent)
        write_whole(out, "\n\n".join(one.prompt + writer.behind + one.text for one in texts).encode() + b"\n")
    tokens = sum(one.tokens for one in texts)
    counts = {how: sum(one.ended == how for one in texts) for how in sorted({one.ended for one in texts})}
    ends = ", ".join(f"{count:,} ended by {how}" for how, count in counts.items())
    line = f"{len(texts):,} texts, {tokens:,} tokens, {ends}"
    return Generated(texts, {"texts": len(texts), "tokens": tokens, "ended": counts}, "\n" * bool(heard) + line)


def _pictures(predictor: Predictor, n: int | None, like: Any, between: Any, out: Path | None, seed: int) -> Generated:
    """Pictures, to a sheet where there is a file, each enlarged by a whole number where it is small."""
    from headstart.core.files import make_folder, write_whole
    from headstart.reports.draw.pictures import contact_sheet, enlarged, png_bytes

    columns = 0
    if like is not None:
        items = predictor.reconstruct(like, SHEET if n is None else n)
        columns = 2 * math.ceil(math.sqrt(len(items) / 2))
        line = f"{len(items):,} pictures, each beside its reconstruction,"
    elif between is not None:
        items = predictor.interpolate(between, STEPS if n is None else n)
        columns = len(items[0])
        line = f"{len(items):,} interpolations"
    else:
        count = n if n is not None else 1 if out is None else SHEET
        items = [[one] for one in predictor.generate(n=count, seed=seed)]
        line = f"{len(items):,} new pictures"
    if bands := predictor.modality.view.note:
        line += f" ({bands})"
    shown = [picture for item in items for picture in item]
    large, factor = enlarged(shown)
    if out is not None:
        make_folder(out.parent)
        write_whole(out, png_bytes(contact_sheet(large, columns=columns)))
    return Generated(items if columns else shown, {"pictures": len(shown), "enlarged": factor}, line)


def _refuse(wrong: bool, where: str, found: str | Path | None, expected: str) -> None:
    if wrong:
        found = found.name if isinstance(found, Path) else found
        raise UsageError(552, "this option does not apply to this model", where=where, found=found, expected=expected)


def summary(result: Generated, call: Call) -> dict[str, Any]:
    return {**result.counts, "text": f"{result.line} in {call.seconds:.1f} s; written to {call.arguments['out']}"}
