"""The command line: parse, dispatch, print one-line errors and, with --json, one JSON object as the last line."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands.common import terminal
from headstart.commands.common.session import Session, peak_memory_bytes
from headstart.core import recipe as recipes
from headstart.core.errors import HeadstartError, InternalError, StorageError
from headstart.core.version import __version__

VERBS = (
    "demo", "prepare", "pretrain", "finetune", "gain", "evaluate", "predict", "embed", "generate", "export", "convert",
    "show", "list", "verify", "doctor", "rerun",
)  # fmt: skip
# typer brings its own copy of click, in which this class has no public name
MISUSE: Any = typer.BadParameter.__base__  # click.UsageError
FLAGS = frozenset(
    {
        "--json",
        "--quiet",
        "--debug",
        "--overwrite",
        "--accept-drift",
        "--all",
        "--plan",
        "--skip-bad",
        "--greedy",
        "--help",
        "--version",
    }
)
ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*(\.\w+)?=")


def main() -> None:
    """Entry point of `headstart`."""
    sys.exit(guarded(sys.argv[1:]))


def guarded(arguments: Sequence[str]) -> int:
    """`run` for a process of its own: it survives odd streams, and SIGTERM ends it in one line with 143."""
    terminal.open_streams()
    if not terminal.is_somewhere():
        return _fail("error[HS-I390]: the working directory is gone. fix: change to one that exists", 74)
    try:
        with terminal.terminable():
            return run(arguments)
    except terminal.Terminated:
        return _fail("error[HS-X143]: interrupted by SIGTERM. fix: run the same command again", 143)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit code that interface and scripts rely on."""
    words, assignments = split_assignments(arguments)
    debug = "--debug" in words
    try:
        result = _app(assignments)(words, standalone_mode=False, prog_name="headstart")
        code = result if isinstance(result, int) else 0
        return _interrupted() if code == 130 else code  # how typer tells of Ctrl-C, in silence
    except typer.Exit as done:
        return done.exit_code
    except MISUSE as cause:
        context = cause.ctx
        hint = f"see `{context.command_path} --help`" if context else "see `headstart --help`"
        return _fail(f"error[HS-U100]: {' '.join(cause.format_message().split()).rstrip('.')}. fix: {hint}", 2)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except HeadstartError as error:
        if debug:
            traceback.print_exc()
        return _fail(error.line(), error.exit_code)
    except OSError as cause:
        if debug:
            traceback.print_exc()
        where, fix = cause.filename or "", "check the path, the permissions and the free space"
        return _fail(StorageError(300, "the system refused", where=where, found=cause.strerror, fix=fix).line(), 74)
    except Exception as cause:  # noqa: BLE001 the border: whatever is left is our own mistake, said in one line
        if debug:
            traceback.print_exc()
        found, fix = f"{type(cause).__name__}: {cause}", "run again with --debug and report what it prints"
        return _fail(InternalError(1, "headstart made a mistake", found=found, fix=fix).line(), 70)


def split_assignments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take `key=value` overrides out of a command line; values of options and existing files are left alone."""
    words: list[str] = []
    assignments: list[str] = []
    for word in arguments:
        last = words[-1] if words else ""
        value_of_option = last.startswith("--") and "=" not in last and last not in FLAGS
        if ASSIGNMENT.match(word) and not value_of_option and not Path(word).exists():
            assignments.append(word)
        else:
            words.append(word)
    return words, assignments


def _app(assignments: Sequence[str]) -> typer.Typer:
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
        help="Pretrain on unlabelled data, fine-tune on few labels, and prove whether the head start helped.",
    )  # fmt: skip
    for verb in VERBS:
        module = importlib.import_module(f"headstart.commands.{verb}")
        app.command(verb, help=inspect.getdoc(module.command))(_wrapped(verb, module.command, assignments))

    @app.callback(invoke_without_command=True)
    def version(shown: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
        if shown:
            terminal.say(f"headstart {__version__}")
            raise typer.Exit

    return app


def _wrapped(name: str, command: Callable[..., dict[str, Any]], assignments: Sequence[str]) -> Callable[..., None]:
    """A verb with the options that all verbs share."""

    def option(*names: str, text: str) -> Any:
        return typer.Option(*names, help=text)

    shared = {
        "seed": (int, 0, option("--seed", text="Everything random follows from it.")),
        "device": (str, "auto", option("--device", text="auto, cpu, cuda or mps.")),
        "recipe": (Path, None, option("--recipe", text="Start from a TOML recipe.")),
        "as_json": (bool, False, option("--json", text="Last line of stdout is one JSON object.")),
        "quiet": (bool, False, option("--quiet", text="No progress on stderr.")),
        "debug": (bool, False, option("--debug", text="Show tracebacks.")),
    }

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        as_json, _ = values.pop("as_json"), values.pop("debug")
        device = _known_device(values.pop("device"))
        session = Session(
            seed=values.pop("seed"), device=device, quiet=values.pop("quiet"), recipe=values.pop("recipe"),
            settings=recipes.parse(assignments), as_json=as_json,
        )  # fmt: skip
        began = time.perf_counter()
        done = command(session, **values)
        always = {"command": name, "out": None, "scores": {}, "seconds": time.perf_counter() - began}
        result = {**always, "peak_memory_bytes": peak_memory_bytes(), "warnings": [], **done}
        text = result.pop("text", "")
        code = result.pop("exit_code", 0)
        if text:
            terminal.say(text.rstrip())
        if as_json:
            terminal.say(terminal.json_line(_plain(result)))
        if code:
            raise typer.Exit(code)

    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.name != "session"]
    added = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])
        for key, (kind, default, info) in shared.items()
    ]
    vars(wrapped)["__signature__"] = signature.replace(parameters=[*own, *added], return_annotation=None)
    wrapped.__annotations__ = {p.name: p.annotation for p in [*own, *added]}
    return wrapped


def _known_device(name: str) -> str:
    if name.split(":")[0] not in ("auto", "cpu", "cuda", "mps"):
        raise typer.BadParameter(f"unknown device '{name}', expected auto, cpu, cuda or mps")
    return name


def _plain(value: Any) -> Any:
    """JSON has no NaN and no paths."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _interrupted() -> int:
    return _fail("error[HS-X130]: interrupted. fix: run the same command again", 130)


def _fail(line: str, code: int) -> int:
    terminal.complain(line)
    return code


if __name__ == "__main__":
    main()
