"""generate: texts that a model writes, or pictures that it paints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands.common import terminal
from headstart.commands.common.session import Session, peak_memory_bytes
from headstart.core.errors import UsageError

if TYPE_CHECKING:
    from headstart.inference.predictor import Predictor
    from headstart.inference.text_generator import Manner

MANY, STEPS = 64, 8  # pictures of a sheet, and of a walk, where nobody says


def generate(
    model: Any, *, prompt: str | Sequence[str] = "", n: int = 1, max_tokens: int = 100, temperature: float = 1.0,
    top_k: int = 0, top_p: float = 1.0, greedy: bool = False, stop: Sequence[str] = (), device: str = "auto",
    seed: int = 0, heard: Callable[[str], None] | None = None,
) -> list[Any]:  # fmt: skip
    """`n` texts behind every prompt (`Written`), or `n` new pictures (Pillow images), as the model's data are.

    `heard` is told each piece of text as it is written, where there is one text. The model: a loaded one, its
    directory, or a public checkpoint. `greedy` is temperature 0: always the likeliest.
    """
    from headstart.assemble import pick_device
    from headstart.core.sequences import Writable
    from headstart.inference.predictor import Predictor
    from headstart.inference.text_generator import Manner, Writer

    predictor = model if isinstance(model, Predictor) else Predictor.load(str(model), device=pick_device(device))
    heat = 0.0 if greedy else temperature
    if not isinstance(predictor.modality, Writable):
        return predictor.generate(
            prompt, n=n, max_tokens=max_tokens, temperature=heat, top_k=top_k, top_p=top_p, stop=stop, seed=seed
        )
    manner = Manner(
        n=n, max_tokens=max_tokens, temperature=heat, top_k=top_k, top_p=top_p, stop=stop, seed=seed,
    )  # fmt: skip
    prompts = [prompt] if isinstance(prompt, str) else list(prompt)
    writer = Writer(predictor.modality, predictor.trainee, device=predictor.device)
    return list(writer.write(prompts, manner, heard if n * len(prompts) == 1 else None))


def command(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model directory, or a public checkpoint: hf:org/name.")],
    *,
    prompt: Annotated[list[str] | None, typer.Option(help="What the text goes on from; may be repeated.")] = None,
    n: Annotated[
        int | None, typer.Option("--n", help="Texts for every prompt (1), pictures (64) or steps (8).")
    ] = None,
    out: Annotated[Path, typer.Option(help="FILE.jsonl (prompt, text, how it ended), .txt, or a sheet as .png")],
    like: Annotated[list[str] | None, typer.Option(help="Paint these pictures again; may be repeated.")] = None,
    between: Annotated[list[str] | None, typer.Option(help="Paint the way from picture to picture; repeat it.")] = None,
    max_tokens: Annotated[int, typer.Option(help="Most tokens of a text.")] = 100,
    temperature: Annotated[float, typer.Option(help="Below 1 likely words get likelier; 0: greedy.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="Draw from so many likeliest tokens (0: all).")] = 0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest that hold this share together.")] = 1.0,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always the likeliest token.")] = False,
    stop: Annotated[list[str] | None, typer.Option(help="End before this string; may be repeated.")] = None,
) -> dict[str, Any]:
    """Write texts behind prompts, or from nothing; or paint a sheet of pictures."""
    from headstart.assemble import pick_device
    from headstart.commands.common.write_rows import check_kind
    from headstart.core.sequences import Writable
    from headstart.inference.predictor import Predictor
    from headstart.inference.text_generator import Manner

    began = time.perf_counter()
    kind = check_kind(out, ("jsonl", "txt", "png"))
    manner = Manner(
        max_tokens=max_tokens, temperature=0.0 if greedy else temperature, top_k=top_k, top_p=top_p,
        stop=tuple(stop or ()), seed=session.seed,
    )  # fmt: skip
    predictor = Predictor.load(model, device=pick_device(session.device))
    if isinstance(predictor.modality, Writable):
        _refuse(kind == "png", "--out", out.name, "FILE.jsonl or .txt: this model writes texts")
        _refuse(bool(like or between), "--like, --between", "pictures", "--prompt: this model writes texts")
        done = _written(session, predictor, prompt or [""], replace(manner, n=1 if n is None else n), out, kind)
    else:
        _refuse(kind != "png", "--out", out.name, "FILE.png: this model paints pictures")
        _refuse(bool(prompt), "--prompt", "a text", "--like FILE: this model paints pictures")
        _refuse(manner != Manner(seed=session.seed), "options", "how to draw tokens", "--n and --seed")
        _refuse(bool(like and between), "options", "--like and --between", "one of them")
        done = _painted(predictor, n, like or [], between or [], out, session.seed)
    seconds = time.perf_counter() - began
    text = f"{done.pop('text')} in {seconds:.1f} s; written to {out}"
    return {
        "command": "generate", "out": str(out), **done, "scores": {}, "seconds": seconds,
        "peak_memory_bytes": peak_memory_bytes(), "warnings": [], "text": text,
    }  # fmt: skip


def _written(
    session: Session, predictor: Predictor, prompts: Sequence[str], manner: Manner, out: Path, kind: str
) -> dict[str, Any]:
    """Texts to a file; the only one is also poured out as it comes."""
    from headstart.commands.common.write_rows import write_rows
    from headstart.core.files import write_whole
    from headstart.inference.text_generator import Writer

    alone = manner.n * len(prompts) == 1 and not session.quiet and not session.as_json
    writer = Writer(predictor.modality, predictor.trainee, device=predictor.device)
    found = writer.write(prompts, manner, terminal.pour if alone else None)
    if alone:
        terminal.pour("\n")
    if kind == "jsonl":
        write_rows([asdict(one) for one in found], out)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, "\n\n".join(one.prompt + writer.behind + one.text for one in found).encode() + b"\n")
    tokens = sum(one.tokens for one in found)
    counts = {how: sum(one.ended == how for one in found) for how in sorted({one.ended for one in found})}
    ends = ", ".join(f"{count:,} ended by {how}" for how, count in counts.items())
    text = f"{len(found):,} texts, {tokens:,} tokens, {ends}"
    return {"texts": len(found), "tokens": tokens, "ended": counts, "text": text}


def _painted(
    predictor: Predictor, n: int | None, like: list[str], between: list[str], out: Path, seed: int
) -> dict[str, Any]:
    """A sheet of pictures, each enlarged by a whole number where it is small."""
    from headstart.core.files import write_whole
    from headstart.data.modalities.image.channel_order import seen_by_people
    from headstart.report.draw.pictures import contact_sheet, enlarged, png_bytes

    columns = 0
    if like:
        pairs = predictor.reconstruct(_inputs(like), MANY if n is None else n)
        shown = [one for pair in pairs for one in pair]
        columns = 2 * math.ceil(math.sqrt(len(pairs) / 2))
        text = f"{len(pairs):,} pictures, each beside what is painted from its code,"
    elif between:
        walks = predictor.interpolate(_inputs(between), STEPS if n is None else n)
        shown = [one for walk in walks for one in walk]
        columns = len(walks[0])
        text = f"{len(walks):,} ways from picture to picture"
    else:
        shown = predictor.generate(n=MANY if n is None else n, seed=seed)
        text = f"{len(shown):,} new pictures"
    if told := seen_by_people(predictor.modality.spec.sizes):
        text += f" ({told})"
    large, factor = enlarged(shown)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, png_bytes(contact_sheet(large, columns=columns)))
    return {"pictures": len(shown), "enlarged": factor, "text": text}


def _inputs(given: list[str]) -> str | list[str]:
    """A folder, a file or prepared data alone; or several files."""
    return given[0] if len(given) == 1 else given


def _refuse(wrong: bool, where: str, found: str, expected: str) -> None:
    if wrong:
        raise UsageError(552, "this is no option for such a model", where=where, found=found, expected=expected)
