"""What the source may not contain, read from its syntax trees."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import headstart
from headstart.core import catalog, errors
from headstart.core.errors import HeadstartError

ROOT = Path(headstart.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in FILES}


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, node, ast.unparse(node.func)


def test_nothing_is_caught_blindly_but_at_the_border() -> None:
    blind = [
        str(path)
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]
    assert blind == ["cli.py", "data/tokenizing.py"]  # tokenizers raises nothing narrower than Exception


def test_nothing_asks_an_object_what_it_is_made_of() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, call, name in calls()
        if name == "hasattr" or (name == "getattr" and len(call.args) == 3)
    ]
    assert found == []


@pytest.mark.parametrize(
    "name",
    ["pickle.load", "pickle.loads", "torch.load", "torch.save", "joblib.load", "eval", "exec", "yaml.load", "os.system",
     "marshal.loads", "shelve.open", "dill.load", "print"],
)  # fmt: skip
def test_a_dangerous_call_is_nowhere(name: str) -> None:
    assert [f"{path}:{call.lineno}" for path, call, called in calls() if called == name] == []


def test_no_archive_is_unpacked_whole_and_no_shell_is_asked() -> None:
    for path, call, name in calls():
        place = f"{path}:{call.lineno}"
        assert name.rpartition(".")[2] not in ("extractall", "unpack_archive"), place
        for keyword in call.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            assert not (keyword.arg == "shell" and value), place
            assert not (keyword.arg == "allow_pickle" and value), place
            assert not (keyword.arg == "weights_only" and value is False), place
            assert not (keyword.arg == "trust_remote_code" and value), place


def test_np_load_always_refuses_pickles() -> None:
    for path, call, name in calls():
        if name == "np.load":
            assert any(k.arg == "allow_pickle" for k in call.keywords), f"{path}:{call.lineno}"


def test_no_function_changes_a_module() -> None:
    found = [f"{path}:{node.lineno}" for path, tree in TREES.items() for node in ast.walk(tree)
             if isinstance(node, ast.Global)]  # fmt: skip
    assert found == []


def test_no_module_holds_something_that_can_change() -> None:
    mutable = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    for path, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, mutable):
                name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
                # a constant by its name is never written to; see the next test
                assert name.strip("_").isupper() or name == "__all__", f"{path}: {name}"


def test_no_constant_is_written_to() -> None:
    changing = {"append", "add", "update", "pop", "clear", "extend", "insert", "remove", "setdefault", "discard"}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            target, line = None, 0
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in changing:
                target, line = node.func.value, node.lineno
            if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete):
                first = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
                target, line = first.value if isinstance(first, ast.Subscript) else None, node.lineno
            if isinstance(target, ast.Name):
                assert not (len(target.id) > 1 and target.id.strip("_").isupper()), f"{path}:{line} {target.id}"


@pytest.mark.parametrize(
    ("family", "kind"), [(family, kind) for family in catalog.FAMILIES for kind in catalog.kinds(family)]
)
def test_a_plugin_is_one_public_class_that_says_what_it_is(family: str, kind: str) -> None:
    tree = TREES[(catalog.folder(family) / f"{kind}.py").relative_to(ROOT)]
    public = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    assert len(public) == 1
    said = ast.get_docstring(public[0])
    assert said
    assert not said.lower().startswith(("class", "this class", "implements"))
    assert said.splitlines()[0].endswith((".", ":")) or "." in said


def letters() -> dict[str, str]:
    """Letter of every error class by its name, also of those that other files derive."""
    found = {name: cls.letter for name, cls in vars(errors).items()
             if isinstance(cls, type) and issubclass(cls, HeadstartError)}  # fmt: skip
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name not in found:
                for base in (ast.unparse(base) for base in node.bases):
                    if base in found:
                        found[node.name] = found[base]
    return found


def test_an_error_code_means_one_thing() -> None:
    known, said = letters(), defaultdict(set)
    for path, call, name in calls():
        if name in known and len(call.args) > 1 and isinstance(call.args[0], ast.Constant):
            message = ast.unparse(call.args[1]).strip("f'\"")
            about = message.partition(" ")[2] if message.endswith("is not installed") else message
            said[f"HS-{known[name]}{call.args[0].value}"].add((about, str(path)))
    twice = {code: sorted(uses) for code, uses in said.items() if len({message for message, _ in uses}) > 1}
    assert twice == {}
    assert len(said) > 100


def test_files_are_short_and_begin_with_what_they_are() -> None:
    for path, tree in TREES.items():
        assert len((ROOT / path).read_text("utf-8").splitlines()) <= 360, path
        assert ast.get_docstring(tree) or path.name == "__init__.py", path
