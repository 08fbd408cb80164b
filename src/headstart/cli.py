"""The command line: parse, dispatch, print one-line errors and, with --json, one JSON object as the last line."""

import inspect
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from headstart.commands import names
from headstart.commands.common import dry_run, options, terminal, verbs
from headstart.commands.common.verbs import Call, Parameter, Verb
from headstart.core import catalog
from headstart.core import recipe as recipes
from headstart.core.errors import HeadstartError, InternalError, StorageError, UsageError
from headstart.core.version import __version__

# typer brings its own copy of click, in which this class has no public name
MISUSE: Any = typer.BadParameter.__base__  # click.UsageError
ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*(\.\w+)?=")


def main() -> None:
    """Entry point of `headstart`."""
    sys.exit(guarded(sys.argv[1:]))


def guarded(arguments: Sequence[str]) -> int:
    """`run` for a process of its own: it survives odd streams, and SIGTERM ends it in one line with 143."""
    terminal.open_streams()
    try:
        os.getcwd()
    except OSError:  # libraries would end the process with messages of their own
        return _fail("error[HS-I390]: the working directory is gone. fix: change to one that exists", 74)
    try:
        with terminal.terminable():
            return run(arguments)
    except terminal.Terminated:
        return _fail("error[HS-X143]: interrupted by SIGTERM. fix: run the same command again", 143)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; returns the exit code that interface and scripts rely on."""
    debug = "--debug" in arguments
    if [*arguments[:1]] == ["--version"]:
        terminal.say(f"headstart {__version__}")
        return 0
    try:
        every = [verbs.load(name) for name in names()]
        words, assignments = split_assignments(arguments, flags(every))
        asked = next((word for word in words if not word.startswith("-")), "")
        if {"-h", "--help"} & {*words} and asked in ("", *names()):
            terminal.say(_help(every, assignments, asked))
            return 0
        with catalog.code_allowed("--allow-code" in arguments):
            result = app(every, assignments, asked, dry="--dry-run" in words)(
                words, standalone_mode=False, prog_name="headstart"
            )
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


def _help(every: Sequence[Verb], assignments: Sequence[str], asked: str) -> str:
    """Help on a verb, or on all: without parsing, for which typer loads pydantic, longer than all the rest takes."""
    command: Any = typer.main.get_command(app(every, assignments, asked))
    context = typer.Context(command, info_name="headstart")
    if asked:
        command = command.commands[asked]
        context = typer.Context(command, info_name=asked, parent=context)
    return command.get_help(context)


def flags(every: Sequence[Verb]) -> set[str]:
    """The options that take no value."""
    offered = [*shared(), *parts(), *reading(), *(parameter for verb in every for parameter in verb.parameters)]
    return {parameter.word for parameter in offered if parameter.kind is bool} | {"--help", "-h", "--version"}


def split_assignments(arguments: Sequence[str], flags: Collection[str]) -> tuple[list[str], list[str]]:
    """Take `key=value` overrides out of a command line; values of options and existing files are left alone."""
    words: list[str] = []
    assignments: list[str] = []
    for word in arguments:
        last = words[-1] if words else ""
        value_of_option = last.startswith("--") and "=" not in last and last not in flags
        if ASSIGNMENT.match(word) and not value_of_option and not Path(word).exists():
            assignments.append(word)
        else:
            words.append(word)
    return words, assignments


def app(
    every: Sequence[Verb], assignments: Sequence[str] = (), asked: str | None = None, *, dry: bool = False
) -> typer.Typer:
    """All verbs; without one, or with --help, it prints help. Only the verb that is `asked` for, if one is named, has
    its options: all of them take 0.05 seconds. In a `dry` run nothing is written, and no --out is needed."""
    names = {"help_option_names": ["-h", "--help"]}
    command_line = typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=names
    )
    for verb in every:
        command_line.command(verb.name, help=verb.about, context_settings=names)(
            _command(verb, assignments, dry=dry) if asked in (None, verb.name) else lambda: None
        )

    # an option here, and be it --version, would make typer load pydantic, longer than all the rest of help takes
    @command_line.callback(invoke_without_command=True, epilog="headstart --version prints the version.")
    def headstart(context: typer.Context) -> None:
        """Pretrain on unlabelled data, fine-tune on few labels, and prove whether the head start helped."""
        if context.invoked_subcommand is None:
            terminal.say(context.get_help())

    return command_line


def shared() -> list[Parameter]:
    """The options that every verb has, whether it uses them or not."""

    def offered(
        *, seed: options.Seed = 0, device: options.Device = "auto", recipe: options.RecipeFile = None,
        json: Annotated[bool, "Last line of stdout is one JSON object."] = False, quiet: options.Quiet = False,
        debug: Annotated[bool, "Show tracebacks."] = False,
        allow_code: Annotated[bool, "Import code from outside headstart that a model, data or a recipe names."] = False,
    ) -> None:  # fmt: skip
        """Its signature is read."""

    return verbs.parameters(offered)


def parts() -> list[Parameter]:
    """The options of every verb that takes data, instead of these."""

    def offered(
        *, train: Annotated[str | None, "Train rows, where the parts of the data are separate."] = None,
        valid: Annotated[str | None, "Valid rows."] = None, test: Annotated[str | None, "Test rows."] = None,
    ) -> None:  # fmt: skip
        """Its signature is read."""

    return verbs.parameters(offered)


def reading() -> list[Parameter]:
    """The option of every verb that reads data."""

    def offered(
        *,
        dry_run: Annotated[bool, "Only tell how the data are read; nothing else is done, nothing is written."] = False,
    ) -> None:
        """Its signature is read."""

    return verbs.parameters(offered)


def _parts(words: Mapping[str, Any], data: Any) -> dict[str, Any]:
    """The data as {"train": ..., "test": ...}, where the command line names the parts; UsageError if both are given."""
    named = {name: words[name] for name in ("train", "valid", "test") if words[name]}
    if named and data is not None:
        found = ", ".join([*(data if isinstance(data, list) else [str(data)]), *(f"--{name}" for name in named)])
        raise UsageError(561, "give either DATA, or --train, --valid and --test", found=found, fix="leave one out")
    return {"data": named} if named else {}


def _command(verb: Verb, assignments: Sequence[str], *, dry: bool) -> Callable[..., None]:
    """A verb as typer wants it: a function with typer's own annotations, which prints. A `dry` one needs no options."""

    def command(**words: Any) -> None:
        as_json, quiet = words["json"], words["quiet"]
        if words["device"].split(":")[0] not in ("auto", "cpu", "cuda", "mps"):
            raise typer.BadParameter(f"unknown device '{words['device']}', expected auto, cpu, cuda or mps")
        settings = recipes.parse(assignments)
        given = {p.name: p.read(words[p.name]) for p in every if words[p.name] not in (None, [])}
        given |= _parts(words, given.get("data")) if "data" in verb.takes else {}
        given |= {"settings": settings, "heard": None if quiet or as_json else terminal.pour}
        _refuse_settings(verb, settings)
        began = time.perf_counter()
        if given.get("dry_run"):
            told = dry_run.summary(dry_run.account(verb, given))
            _print({**_common(verb, time.perf_counter() - began), **told}, as_json=as_json, quiet=quiet)
            return
        result = verb.function(**{name: value for name, value in given.items() if name in verb.takes})
        call = Call(given, time.perf_counter() - began)
        out = given.get("out")
        common = _common(verb, call.seconds, None if out is None else str(out))
        _print({**common, **verb.summary(result, call)}, as_json=as_json, quiet=quiet)

    reads = "data" in verb.takes or "inputs" in verb.takes
    offered = [*(parts() if "data" in verb.takes else ()), *(reading() if reads else ()), *shared()]
    every = [*(p for p in verb.parameters if p.name not in {one.name for one in offered}), *offered]
    typed = [_typed(parameter if parameter.positional or not dry else replace(parameter, required=False))
             for parameter in every]  # fmt: skip
    vars(command)["__signature__"] = inspect.Signature(typed)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in typed}
    return command


def _common(verb: Verb, seconds: float, out: str | None = None) -> dict[str, Any]:
    """What every verb's JSON has, under what the verb says itself."""
    memory = terminal.peak_memory_bytes()
    return {
        "command": verb.name,
        "out": out,
        "scores": {},
        "seconds": seconds,
        "peak_memory_bytes": memory,
        "warnings": [],
    }


def _typed(parameter: Parameter) -> inspect.Parameter:
    kind = parameter.kind if parameter.required or parameter.default is not None else parameter.kind | None
    info = typer.Option(parameter.word, help=parameter.sentence)
    if parameter.positional:
        info = typer.Argument(help=parameter.sentence, metavar=parameter.metavar)
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD if parameter.positional else inspect.Parameter.KEYWORD_ONLY
    default = inspect.Parameter.empty if parameter.required else parameter.default
    return inspect.Parameter(parameter.name, place, default=default, annotation=Annotated[kind, info])


def _print(result: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    """What a verb came to: text for people and the next command, then with --json everything else; typer.Exit with its
    exit code."""
    text, code, following = result.pop("text", ""), result.pop("exit_code", 0), result.pop("next", "")
    if text:
        terminal.say(text.rstrip())
    if following and not quiet and not as_json:
        terminal.say(f"next: {following}")
    if as_json:
        terminal.say(terminal.json_line(_plain(result)))
    if code:
        raise typer.Exit(code)


def _refuse_settings(verb: Verb, settings: Mapping[str, Any]) -> None:
    """UsageError for settings, where a saved model has its own."""
    if settings and "model" in verb.takes and "settings" not in verb.takes:
        found = ", ".join(f"{name}={value}" for name, value in settings.items())
        fix = "leave them out, or train it further with them: headstart finetune DATA --from MODEL SETTING"
        raise UsageError(567, "the settings of a saved model cannot be changed here", found=found, fix=fix)


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
