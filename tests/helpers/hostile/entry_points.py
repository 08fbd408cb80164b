"""Every way by which a model gets in: a new one is a line of DOORS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import MappingProxyType


def opened(path: Path, given: Mapping[str, str]) -> None:
    from headstart.assemble import open_start

    start = open_start(given["name"])
    assert start is not None
    start.modality()
    start.backbone()
    start.seen()


def loaded(path: Path, given: Mapping[str, str]) -> None:
    from headstart.inference.predictor import Predictor

    Predictor.load(given["name"])


def verb(*words: str) -> Callable[[Path, Mapping[str, str]], str]:
    """A command line; its one line on stderr."""

    def run(path: Path, given: Mapping[str, str]) -> str:
        from headstart import cli

        said, shown = StringIO(), StringIO()
        values = {"path": str(path), "out": str(path.parent / "out"), **given}
        with redirect_stderr(said), redirect_stdout(shown):
            code = cli.run([word.format(**values) for word in words])
        return f"{code} {said.getvalue().strip()}"

    return run


DOORS: Mapping[str, Callable[[Path, Mapping[str, str]], str | None]] = MappingProxyType(
    {
        "open_start": opened,
        "load": loaded,
        "predict": verb("predict", "{name}", "{data}", "--out", "{out}.csv"),
        "embed": verb("embed", "{name}", "{data}", "--out", "{out}.npy"),
        "finetune": verb("finetune", "{data}", "--from", "{name}", "--out", "{out}-tuned", "--quiet"),
        "show": verb("show", "{path}"),
        "verify": verb("verify", "{path}"),
        "convert": verb("convert", "{path}", "--out", "{out}-converted"),
    }
)
