"""One bad input: what lies in the folder, the command line, and the exact line and exit code it must come to."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from headstart.cli import run
from headstart.core.errors import HeadstartError
from tests.helpers.advice import misleading

Build = Callable[[Path], None]
Call = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Case:
    """`arguments` is a command line, run in the folder that `build` filled, or a Python call.

    `{place}` in the golden line stands for the folder. `about` names kinds of sources and modalities it is a test of.
    """

    name: str
    build: Build
    arguments: str | Call
    line: str
    code: int
    about: str = ""


def outcome(case: Case, place: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, int]:
    """What stderr says and the exit code, with the folder as {place}."""
    case.build(place)
    capsys.readouterr()
    if isinstance(case.arguments, str):
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(place)
            code = run(shlex.split(case.arguments))
        said = str(capsys.readouterr().err)
    else:
        code, said = 0, ""
        try:
            case.arguments(place)
        except HeadstartError as error:
            code, said = error.exit_code, f"{error.line()}\n"
    return said.replace(str(place), "{place}"), code


def check(case: Case, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """AssertionError unless the case comes to exactly its line and code."""
    said, code = outcome(case, place, capsys)
    assert "Traceback" not in said, f"Traceback of {case.name}: {said}"
    assert said == case.line + "\n", f"{case.name} said\n{said}and not\n{case.line}"
    assert code == case.code, f"{case.name} ended with {code} and not {case.code}"
    if isinstance(case.arguments, str):
        assert misleading(said, shlex.split(case.arguments)[0]) == []


def nothing(place: Path) -> None:
    """An empty folder."""


def put(files: Mapping[str, bytes | str]) -> Build:
    """Files by their path."""

    def build(place: Path) -> None:
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return build


def one(name: str, content: bytes | str) -> Build:
    """A single file."""
    return put({name: content})
