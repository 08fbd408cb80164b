"""generate: texts that a model writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headstart.commands import border
from headstart.commands.session import Session, peak_memory_bytes

if TYPE_CHECKING:
    from headstart.inference.writer import Writer, Written


def generate(
    model: Any, *, prompt: str | Sequence[str] = "", n: int = 1, max_tokens: int = 100, temperature: float = 1.0,
    top_k: int = 0, top_p: float = 1.0, greedy: bool = False, stop: Sequence[str] = (), device: str = "auto",
    seed: int = 0, heard: Callable[[str], None] | None = None,
) -> list[Written]:  # fmt: skip
    """`n` texts behind every prompt; `heard` is told each piece of text as it is written, where there is one text.

    The model: a loaded one, its directory, or a public checkpoint. `greedy` is temperature 0: always the likeliest.
    """
    from headstart.inference.writer import Manner

    manner = Manner(
        n=n, max_tokens=max_tokens, temperature=0.0 if greedy else temperature, top_k=top_k, top_p=top_p, stop=stop,
        seed=seed,
    )  # fmt: skip
    prompts = [prompt] if isinstance(prompt, str) else list(prompt)
    return _writer(model, device).write(prompts, manner, heard if n * len(prompts) == 1 else None)


def _writer(model: Any, device: str) -> Writer:
    from headstart.assemble import pick_device
    from headstart.inference.predictor import Predictor
    from headstart.inference.writer import Writer

    predictor = model if isinstance(model, Predictor) else Predictor.load(str(model), device=pick_device(device))
    return Writer(predictor.modality, predictor.trainee, device=predictor.device)


def command(
    session: Session,
    model: Annotated[str, typer.Argument(help="Model directory, or a public checkpoint: hf:org/name.")],
    *,
    prompt: Annotated[list[str] | None, typer.Option(help="What the text goes on from; may be repeated.")] = None,
    n: Annotated[int, typer.Option("--n", help="Texts for every prompt.")] = 1,
    out: Annotated[Path, typer.Option(help="FILE.jsonl (prompt, text, how it ended) or .txt")],
    max_tokens: Annotated[int, typer.Option(help="Most tokens of a text.")] = 100,
    temperature: Annotated[float, typer.Option(help="Below 1 likely words get likelier; 0: greedy.")] = 1.0,
    top_k: Annotated[int, typer.Option(help="Draw from so many likeliest tokens (0: all).")] = 0,
    top_p: Annotated[float, typer.Option(help="Draw from the likeliest that hold this share together.")] = 1.0,
    greedy: Annotated[bool, typer.Option("--greedy", help="Always the likeliest token.")] = False,
    stop: Annotated[list[str] | None, typer.Option(help="End before this string; may be repeated.")] = None,
) -> dict[str, Any]:
    """Write texts behind prompts, or from nothing."""
    from headstart.commands.tables import check_kind, write_rows
    from headstart.core.files import write_whole
    from headstart.inference.writer import Manner

    began = time.perf_counter()
    kind = check_kind(out, ("jsonl", "txt"))
    manner = Manner(
        n=n, max_tokens=max_tokens, temperature=0.0 if greedy else temperature, top_k=top_k, top_p=top_p,
        stop=stop or [], seed=session.seed,
    )  # fmt: skip
    prompts = prompt or [""]
    shown = n * len(prompts) == 1 and not session.quiet and not session.as_json
    writer = _writer(model, session.device)
    found = writer.write(prompts, manner, border.pour if shown else None)
    if shown:
        border.pour("\n")
    if kind == "jsonl":
        write_rows([asdict(one) for one in found], out)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, "\n\n".join(one.prompt + writer.behind + one.text for one in found).encode() + b"\n")
    seconds, tokens = time.perf_counter() - began, sum(one.tokens for one in found)
    counts = {how: sum(one.ended == how for one in found) for how in sorted({one.ended for one in found})}
    ends = ", ".join(f"{count:,} ended by {how}" for how, count in counts.items())
    return {
        "command": "generate", "out": str(out), "texts": len(found), "tokens": tokens, "ended": counts, "scores": {},
        "seconds": seconds, "peak_memory_bytes": peak_memory_bytes(), "warnings": [],
        "text": f"{len(found):,} texts, {tokens:,} tokens in {seconds:.1f} s, {ends}; written to {out}",
    }  # fmt: skip
