"""What messages advise, held against what there is: options of verbs, settings of parts, verbs, kinds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import signature
from itertools import chain

from headstart.cli import app
from headstart.commands import names
from headstart.commands.common import verbs
from headstart.core import catalog
from headstart.core.recipe import TABLES
from headstart.training.plan import Plan

VERBS = names()
OPTION = re.compile(r'(?<![\w-])(?<!=")--[a-z][a-z-]*')  # `="--` begins a colour of a page
VERB = re.compile(rf"(?<![\w-])({'|'.join(VERBS)})(?![\w-])")
COMMAND = re.compile(r"(?:^|[`:] ?)headstart ([a-z][a-z-]*)(?=$|`| [A-Z.`{-])")
KIND = re.compile(r"--(modality|backbone|objective|task|tuning) ([a-z]\w*)")
SETTING = re.compile(rf"(?<![\w./\"{{-])({'|'.join(TABLES)})\.([a-z]\w*)(?![\w(]|\.json)")
FAMILY = {"modality": "modalities"}


@cache
def options() -> Mapping[str, set[str]]:
    """Options by verb."""
    import typer

    every = app([verbs.load(name) for name in VERBS])
    commands = typer.main.get_command(every).commands  # pyright: ignore[reportAttributeAccessIssue]
    common = {"--help", "--version"}
    return {
        verb: common | {name for p in c.params for name in (*p.opts, *p.secondary_opts)} for verb, c in commands.items()
    }


@cache
def settings(section: str, kind: str | None = None) -> set[str]:
    """Names that may follow `section.`: settings of one kind, or of all kinds, and the kinds themselves."""
    if section == "plan":
        return set(catalog.defaults(Plan))
    if section == "data":
        from headstart.data.prepare import prepare

        return {"source", "hash", "all", *signature(prepare).parameters}
    if section in ("gain", "rank"):
        return {name.removeprefix("--") for name in options()[section]} | {"models"}
    chosen = kinds(section) if kind is None else [kind]
    return {"kind", *kinds(section), *chain(*(catalog.defaults(part(section, one)) for one in chosen))}


def kinds(section: str) -> list[str]:
    """Every kind of a part; a modality brings the augmentation of its kind."""
    return catalog.kinds("modalities" if section == "augment" else FAMILY.get(section, f"{section}s"))


def part(section: str, kind: str) -> type[object]:
    """The class behind a kind."""
    if section == "augment":
        return catalog.load("modalities", kind)().augment
    return catalog.load(FAMILY.get(section, f"{section}s"), kind)


def messages(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every string that is no docstring; what is filled in at run time stands as `...`."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        body = node.body if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) else []
        if body and isinstance(body[0], ast.Expr):
            inside.add(id(body[0].value))
        if isinstance(node, ast.JoinedStr):
            inside |= {id(value) for value in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.lineno, node.value
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(v.value) if isinstance(v, ast.Constant) else "..." for v in node.values)


def wrong(text: str, verb: str | None = None, own: tuple[str, str] = ("", "")) -> list[str]:
    """What a message advises and there is not.

    An option belongs to the verb that the text names before it, else to `verb`. Where neither says whose it is, it
    must be an option of several verbs. `own` is the section and the kind of a part that speaks of its own settings.
    """
    found = [f"headstart {name}" for name in COMMAND.findall(text) if name not in VERBS]
    for match in OPTION.finditer(text):
        named = VERB.findall(text[: match.start()])
        owner = named[-1] if named else verb
        having = [one for one in VERBS if match[0] in options()[one]]
        least = 1 if text == match[0] else 2  # an option alone is where an error is, and no advice
        if (owner is not None and owner not in having) or (owner is None and len(having) < least):
            found.append(f"{match[0]} of {owner or 'a verb that is not named'}")
    for section, kind in KIND.findall(text):
        if kind not in kinds(section):
            found.append(f"--{section} {kind}")
    for section, name in SETTING.findall(text):
        if name not in settings(section, own[1] if own[0] == section else None):
            found.append(f"{section}.{name}")
    return found


def misleading(said: str, verb: str) -> list[str]:
    """What the cures in lines of stderr name and there is not, where `verb` (if it is one) has said them."""
    owner = verb if verb in VERBS else None
    return [one for line in said.splitlines() for one in wrong(line.partition(". fix: ")[2], owner)]
