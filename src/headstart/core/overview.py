"""A result at a glance: a few lines of text, and the same as HTML that a notebook shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from headstart.core.formatting import Value, is_number, isolated, readable, shorten
from headstart.core.inert import one_line

ROWS = 12  # of a table
LONGEST = 120  # characters of a cell
BOUNDS = ("_low", "_high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a reader wants to know of a result first.

    title     what it is, e.g. "model in runs/stars"
    sentence  what came out
    scores    names and values; `<name>_low` and `<name>_high` are the ends of the 95 % interval
    facts     more names and values
    columns, rows  a table; a notebook shows its first rows
    report    the page that has the rest
    """

    title: str
    sentence: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Value] = field(default_factory=dict)
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Value]] = ()
    warnings: Sequence[str] = ()
    report: Path | None = None

    def text(self) -> str:
        """A few lines: no table and no more than the first warnings."""
        lines = [self.title + (f": {self.sentence}" if self.sentence else "")]
        lines += [f"{name}: {readable(value)}" for name, value in self.facts.items() if value not in ("", None)]
        lines += [f"{name} {_score(self.scores, name)}" for name in _names(self.scores)]
        lines += [f"warning: {warning}" for warning in self.warnings[:3]]
        lines += [f"{len(self.warnings) - 3} more warnings"] if len(self.warnings) > 3 else []
        lines += [f"report: {self.report}"] if self.report is not None else []
        return "\n".join(map(one_line, lines))

    def html(self) -> str:
        """The same with its table; one element with its own style, without scripts, in the colours of the page."""
        scores = [(name, _score(self.scores, name)) for name in _names(self.scores)]
        facts = [(name, readable(value)) for name, value in self.facts.items() if value not in ("", None)]
        parts = [f"<b>{isolated(self.title)}</b>"]
        parts += [f'<div style="max-width:46rem">{isolated(self.sentence)}</div>'] if self.sentence else []
        parts += [_table(("score", "value, 95 % interval"), scores)] if scores else []
        parts += [_table(("", ""), facts)] if facts else []
        parts += [_table(self.columns, self.rows[:ROWS])] if self.columns else []
        more = len(self.rows) - ROWS
        parts += [f"<div>{more:,} more rows</div>"] if more > 0 else []
        warned = "".join(f"<li>{isolated(warning)}</li>" for warning in self.warnings)
        parts += [f'<ul style="{_WARNED}">{warned}</ul>'] if warned else []
        parts += [_link(self.report)] if self.report is not None else []
        return f'<div style="{_BOX}">{"".join(parts)}</div>'


_BOX = "font-family:sans-serif;font-size:13px;line-height:1.45;display:flow-root"
_WARNED = "margin:.4em 0;padding:.2em .6em .2em 1.8em;border-left:3px solid #d55e00"
_CELL = "padding:.15em .7em;border:0;border-top:1px solid rgb(128 128 128 / 30%)"


def _names(scores: Mapping[str, float]) -> list[str]:
    return [name for name in scores if not name.endswith(BOUNDS)]


def _score(scores: Mapping[str, float], name: str) -> str:
    """ "0.912 [0.901, 0.923]"."""
    low, high = (scores.get(name + end) for end in BOUNDS)
    return f"{scores[name]:.3f}" + (f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else "")


def _table(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    head = "".join(f'<th style="{_CELL};text-align:left">{isolated(name)}</th>' for name in columns)
    head = f"<thead><tr>{head}</tr></thead>" if any(columns) else ""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<table style="border-collapse:collapse;margin:.5em 0;font-size:13px">{head}<tbody>{body}</tbody></table>'


def _cell(value: Value) -> str:
    side = "right" if is_number(value) else "left"
    text = isolated(shorten(readable(value), LONGEST))
    return f'<td style="{_CELL};text-align:{side};font-variant-numeric:tabular-nums">{text}</td>'


def _link(path: Path) -> str:
    """The page, as a link where a notebook beside it can follow it: below the folder it runs in."""
    here = path.resolve()
    shown = f"report: {isolated(str(path))}"
    if not here.is_relative_to(Path.cwd().resolve()):
        return f"<div>{shown}</div>"
    place = quote(here.relative_to(Path.cwd().resolve()).as_posix())
    return f'<div><a href="{place}" target="_blank">{shown}</a></div>'
