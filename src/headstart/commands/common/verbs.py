"""What a verb is: a function of the name of its file, whose signature is the command line too.

Beside it lies `summary(result, call)`: what the command line prints of what the function returned.
"""

import importlib
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType, SimpleNamespace
from typing import Annotated, Any


@dataclass(frozen=True, slots=True)
class Call:
    """How a verb was called: every argument, and how long it took."""

    arguments: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a verb as the command line sees it. `name` is that in Python."""

    name: str
    word: str
    kind: Any
    default: Any
    required: bool
    positional: bool
    sentence: str
    read: Callable[[Any], Any]

    @property
    def metavar(self) -> str | None:
        """What help and errors call an argument; None: as Python does."""
        several = "..." if typing.get_origin(self.kind) is list else ""
        return None if self.word == self.name else f"{self.word}{several}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A function, its parameters, and how its result is printed."""

    name: str
    function: Callable[..., Any]
    summary: Callable[[Any, Call], dict[str, Any]]
    parameters: tuple[Parameter, ...] = field(default=())

    @property
    def about(self) -> str:
        """The first paragraph of its docstring; what follows is about Python."""
        return (inspect.getdoc(self.function) or "").partition("\n\n")[0]

    @property
    def takes(self) -> list[str]:
        """The names of all its arguments in Python."""
        return list(inspect.signature(self.function).parameters)


def load(name: str) -> Verb:
    """The verb of a file of `commands/`."""
    module = importlib.import_module(f"headstart.commands.{name}")
    function, summary = vars(module)[name], vars(module)["summary"]
    return Verb(name=name, function=function, summary=summary, parameters=tuple(parameters(function)))


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """What the command line has of a function: every parameter with a sentence."""
    from headstart.commands.common.options import CommandLine

    signature = inspect.signature(function).parameters
    # the result's type is not looked up: it would be imported, and torch with it
    said = SimpleNamespace(__annotations__={name: p.annotation for name, p in signature.items()})
    hints = typing.get_type_hints(said, globalns=vars(inspect.getmodule(function)), include_extras=True)
    kept = []
    for name, hint in hints.items():
        if typing.get_origin(hint) is not Annotated:
            continue
        python, *notes = typing.get_args(hint)
        (sentence,) = (note for note in notes if isinstance(note, str))
        way = next((note for note in notes if isinstance(note, CommandLine)), CommandLine())
        default, positional = signature[name].default, signature[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        required = way.needed or default is inspect.Parameter.empty
        kept.append(
            Parameter(
                name=name, sentence=sentence, positional=positional, required=required, read=way.read,
                word=way.name or (name if positional else f"--{name.replace('_', '-')}"),
                kind=way.kind or _kind(python),
                default=default if isinstance(default, str | int | float) and not way.kind else None,
            )
        )  # fmt: skip
    return kept


def _kind(python: Any) -> Any:
    """Of what Python takes, what words can be: a path where it may be one, else the first, else text."""
    options = [python] if typing.get_origin(python) in (None, list) else list(typing.get_args(python))
    options = [option for option in options if option is not NoneType]
    if Path in options:
        return Path
    return str if options[0] is Any else options[0]
