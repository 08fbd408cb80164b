"""Shared code asks no part what it is: no capability, no size, no key of an answer and no name of a kind stands there.

What differs from kind to kind is declared by the parts themselves. There is no list of exceptions.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import headstart
from headstart.core import catalog

ROOT = Path(headstart.__file__).parent
FAMILIES = ("sources", "modalities", "backbones", "objectives", "tasks", "tunings")
WINGS = ("core", "data", "training", "assemble", "inference", "evaluation", "selection", "reports", "commands")
MAKING = ("data", "training")  # their rooms read what some kinds write, but for `training/run`
MODEL_KINDS = frozenset(kind for family in FAMILIES[1:] for kind in catalog.kinds(family))
SOURCE_KINDS = frozenset(
    catalog.kinds("sources")
)  # outside of `data` these words are formats of files that are written
SIZES = frozenset({"vocab", "height", "width", "channels"})
KEYS = frozenset(
    {"boxes", "mask", "masks", "spans", "tags", "roles", "predicates", "probabilities", "objects", "begin", "text_ids"}
)
Check = Callable[[ast.Module, str], Iterator[tuple[int, str]]]


def is_plugin(path: Path) -> bool:
    """Does the file belong to a kind, which may know itself?"""
    folders = [catalog.folder(family) for family in (*FAMILIES, "trackers")]
    return any(path.is_relative_to(folder) and path.parent != folder.parent for folder in folders)


SHARED = [p for wing in WINGS for p in sorted((ROOT / wing).rglob("*.py")) if not is_plugin(p)]
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8")) for path in SHARED}


def capabilities() -> frozenset[str]:
    """Protocols of `core`: what a part may have, and what nobody may ask a part for."""
    nodes = [node for path, tree in TREES.items() if path.startswith("core/") for node in ast.walk(tree)]
    return frozenset(
        node.name for node in nodes if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases)
    )


def strings(tree: ast.Module) -> Iterator[tuple[ast.Constant, ast.AST]]:
    """Every string that is no docstring, with what it stands in."""
    for parent in ast.walk(tree):
        if not isinstance(parent, ast.Expr | ast.JoinedStr):
            for node in ast.iter_child_nodes(parent):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node, parent


def asked_capabilities(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """`isinstance(part, Vocabulary)`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("isinstance", "issubclass")
            and len(node.args) == 2
        ):
            names = {one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)}
            names |= {one.attr for one in ast.walk(node.args[1]) if isinstance(one, ast.Attribute)}
            yield from ((node.lineno, name) for name in sorted(names & capabilities()))


def asked_sizes(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """`"vocab" in facts`, `sizes.get("height")`: a kind of data told by the sizes it has."""
    yield from looked_for(tree, SIZES)


def asked_keys(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """`"boxes" in answer`, `answer["mask"]`: a kind of answer, label or batch told by its keys."""
    if path.startswith(MAKING) and not path.startswith("training/run/"):
        return
    yield from looked_for(tree, KEYS)
    for node, parent in strings(tree):
        known = node.value in KEYS
        if known and (isinstance(parent, ast.Subscript | ast.MatchMapping) or is_key_of_dict(node, parent)):
            yield node.lineno, f'"{node.value}"'


def looked_for(tree: ast.Module, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Where one of the names is looked for in a mapping."""
    for node, parent in strings(tree):
        if node.value not in names:
            continue
        if isinstance(parent, ast.Compare) and any(isinstance(op, ast.In | ast.NotIn) for op in parent.ops):
            yield node.lineno, f'"{node.value}" in'
        if isinstance(parent, ast.Call) and ast.unparse(parent.func).endswith((".get", ".pop")):
            yield node.lineno, f'.get("{node.value}")'


def is_key_of_dict(node: ast.Constant, parent: ast.AST) -> bool:
    return isinstance(parent, ast.Dict) and node in parent.keys


def is_value_of_setting(node: ast.Constant, parent: ast.AST) -> bool:
    """The "linear" of {"plan.schedule": "linear"}."""
    if not isinstance(parent, ast.Dict) or node not in parent.values:
        return False
    key = parent.keys[parent.values.index(node)]
    return isinstance(key, ast.Constant) and "." in str(key.value) and not str(key.value).endswith(".kind")


def named_kinds(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """`kind == "classify"`: a kind told by its name.

    A word is no kind where it names a field: an index, a key or a member among others that are not kinds.
    """
    kinds = MODEL_KINDS | SOURCE_KINDS if path.startswith("data/") else MODEL_KINDS
    if path.startswith("models/public/"):
        kinds -= frozenset(catalog.kinds("backbones"))  # two of them are named as the libraries of `hf:org/name`
    for node, parent in strings(tree):
        if node.value not in kinds or isinstance(parent, ast.Subscript) or is_value_of_setting(node, parent):
            continue
        if isinstance(parent, ast.Compare) and all(isinstance(op, ast.In | ast.NotIn) for op in parent.ops):
            continue
        others = parent.keys if is_key_of_dict(node, parent) else getattr(parent, "elts", [])
        named = [isinstance(one, ast.Constant) and one.value in kinds for one in others]
        if not named or 2 * sum(named) > len(named):
            yield node.lineno, f'"{node.value}"'


def imported_kinds(tree: ast.Module, path: str) -> Iterator[tuple[int, str]]:
    """`from headstart.data.modalities.text.text import Text`: a kind told by its class."""
    packages = tuple(f"{catalog.FAMILIES[family]}." for family in FAMILIES)
    for node in ast.walk(tree):
        modules = [f"{node.module}.{a.name}" for a in node.names] if isinstance(node, ast.ImportFrom) else []
        modules += [a.name for a in node.names] if isinstance(node, ast.Import) else []
        yield from ((node.lineno, module) for module in modules if module.startswith(packages))


CHECKS = (asked_capabilities, asked_sizes, asked_keys, named_kinds, imported_kinds)


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("check", CHECKS)
def test_shared_code_asks_no_part_what_it_is(check: Check, wing: str) -> None:
    trees = {path: tree for path, tree in TREES.items() if path.startswith(f"{wing}/")}
    found = [f"{path}:{line} {what}" for path, tree in trees.items() for line, what in check(tree, path)]
    assert not found, f"{len(found)} places\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        (asked_capabilities, f"isinstance(part, {min(capabilities())})"),
        (asked_capabilities, f"issubclass(kind, (int, contracts.{max(capabilities())}))"),
        (asked_sizes, "'vocab' in facts"),
        (asked_sizes, "spec.sizes.get('height')"),
        (asked_keys, "'boxes' in answer"),
        (asked_keys, "answer['mask']"),
        (asked_keys, "answer.get('spans')"),
        (asked_keys, "match answer:\n    case {'tags': tags}: pass"),
        (named_kinds, "kind == 'classify'"),
        (named_kinds, "Choice('kmeans', 'why')"),
        (named_kinds, "{'image': 1, 'text': 2}[kind]"),
        (named_kinds, "kind in ('decoder', 'rnn')"),
        (imported_kinds, "from headstart.data.modalities.text.text import Text"),
        (imported_kinds, "import headstart.training.tasks.classify"),
    ],
)
def test_a_question_is_found_where_it_is_planted(check: Check, planted: str) -> None:
    assert list(check(ast.parse(planted), "evaluation/planted.py"))


@pytest.mark.parametrize("sound", ["{'text': text, 'out': out}", "row['text']", "'x' in batch", "isinstance(x, dict)"])
def test_other_words_are_left_alone(sound: str) -> None:
    for check in CHECKS:
        assert not list(check(ast.parse(sound), "evaluation/sound.py"))
