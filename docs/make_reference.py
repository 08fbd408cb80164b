"""Write docs/reference/ from the docstrings and signatures of the source, without importing it: `make reference`."""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
PLACE = Path(__file__).parent / "reference"
PACKAGE = SOURCE / "headstart"
FAMILIES = {  # as in headstart/core/catalog.py: a test compares them
    "sources": "data/sources",
    "modalities": "data/modalities",
    "backbones": "models/backbones",
    "objectives": "training/objectives",
    "tasks": "training/tasks",
    "tunings": "training/tunings",
    "trackers": "reports/trackers",
}
CONTRACTS = ("source", "modality", "backbone", "objective", "tuning")
MARK = "<!-- written by docs/make_reference.py: do not edit -->\n"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def pages() -> dict[str, str]:
    """File name -> what it has to hold."""
    return {"python.md": _python(), "contracts.md": _contracts(), "kinds.md": _kinds(), "glossary.md": _glossary()}


def kind_file(folder: Path, kind: str) -> Path:
    """A kind is a file, or a folder that holds a file of its name."""
    return folder / kind / f"{kind}.py" if (folder / kind).is_dir() else folder / f"{kind}.py"


def kinds(folder: Path) -> list[str]:
    """The names of a family, sorted."""
    names = {path.stem for path in folder.iterdir() if path.stem[0] not in "_."}
    return sorted(name for name in names if kind_file(folder, name).is_file())


def _python() -> str:
    lines = [MARK, "# Python\n", "What `import headstart as hs` offers, in alphabetical order.\n"]
    public = {alias.asname or alias.name: node.module for node, alias in _imports(_tree(PACKAGE / "__init__.py"))}
    for name, module in sorted(public.items(), key=lambda item: item[0].lower()):
        if not name.startswith("_") and module:
            lines += _described(_tree(_file(module)), name, "hs.")
    return "\n".join(lines)


def _contracts() -> str:
    lines = [MARK, "# Contracts\n", "What a part has to offer, and the objects that parts give each other.\n"]
    for path in sorted(
        (PACKAGE / "core" / "contracts").glob("[!_]*.py"), key=lambda one: (one.stem not in CONTRACTS, one)
    ):
        tree = _tree(path)
        lines += [f"## headstart.core.contracts.{path.stem}\n", *_public_classes(tree), *_public_types(tree)]
    return "\n".join(lines)


def _glossary() -> str:
    tables: dict[str, dict[str, str]] = {}
    for node in _tree(PACKAGE / "reports" / "glossary.py").body:
        match node:
            case ast.Assign(targets=[ast.Name(id="OWN" | "FIELD" as name)], value=ast.Call(args=[table])):
                tables[name] = ast.literal_eval(table)
    lines = [MARK, "# Glossary\n", "Words that headstart uses in a sense of its own. Report pages explain them too.\n"]
    lines += [*_meanings(tables["OWN"]), "\n## Terms of the field on report pages\n", *_meanings(tables["FIELD"])]
    return "\n".join(lines) + "\n"


def _meanings(table: dict[str, str]) -> list[str]:
    return ["| word | means |", "|---|---|", *(f"| {word} | {text} |" for word, text in table.items())]


def _kinds() -> str:
    lines = [MARK, "# Kinds and their settings\n"]
    lines.append("`headstart show FAMILY KIND` prints the same. Settings are given as `backbone.width=64`.")
    lines.append("Types such as `Size` say which [range](contracts.md#headstartcorecontractsranges) is allowed.\n")
    for family, folder in FAMILIES.items():
        lines.append(f"## {family}\n")
        for kind in kinds(PACKAGE / folder):
            tree = _tree(kind_file(PACKAGE / folder, kind))
            node = next(one for one in tree.body if isinstance(one, ast.ClassDef) and one.name[0] != "_")
            lines += [f"### {kind}\n", f"{ast.get_docstring(node) or ''}\n", *_settings(_initialiser(tree, node))]
    return "\n".join(lines)


def _described(tree: ast.Module, name: str, prefix: str) -> list[str]:
    """A public function or class under a heading."""
    node = _named(tree, name)
    if isinstance(node, ast.ClassDef):
        return _class(node, f"## {prefix}{name}\n")
    text = ast.get_docstring(node) or ""
    return [f"## {prefix}{name}\n", _signature(node, f"{prefix}{name}"), f"{text}\n", *_parameters(node)]


def _named(tree: ast.Module, name: str) -> ast.ClassDef | Function:
    """A class or function by its name, also where it is imported."""
    for one in tree.body:
        match one:
            case ast.ClassDef() | ast.FunctionDef() if one.name == name:
                return one
            case ast.ImportFrom(module=str(module)) if name in [alias.name for alias in one.names]:
                return _named(_tree(_file(module)), name)
    raise LookupError(name)


def _public_classes(tree: ast.Module) -> list[str]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    return [line for node in classes for line in _class(node, f"### {node.name}\n")]


def _public_types(tree: ast.Module) -> list[str]:
    """Names of types with the strings that stand behind them."""
    rows = []
    for node, behind in itertools.pairwise(tree.body):
        match node, behind:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                rows.append(f"- `{name}`: {text}")
    return [*rows, ""] if rows else []


def _class(node: ast.ClassDef, heading: str) -> list[str]:
    lines = [heading, f"{ast.get_docstring(node) or ''}\n"]
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and ast.unparse(one.target)[0] != "_"]
    methods = [one for one in node.body if isinstance(one, Function) and (one.name[0] != "_" or one.name == "__init__")]
    members = [(ast.unparse(one), _text_behind(node, one)) for one in fields]
    members += [(_call(one, one.name), ast.get_docstring(one) or "") for one in methods]
    lines += [f"- `{code}`" + (f"  \n  {' '.join(text.split())}" if text else "") for code, text in members]
    return [*lines, ""] if members else lines


def _text_behind(node: ast.ClassDef, field: ast.AnnAssign) -> str:
    """The string that stands behind a field, as its docstring."""
    position = node.body.index(field) + 1
    match node.body[position : position + 1]:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return text
    return ""


def _signature(node: Function, name: str) -> str:
    code = _call(node, name)
    if len(code) > 100:
        arguments = "".join(f"    {one},\n" for one in _arguments(node))
        code = f"{name}(\n{arguments}){_returns(node)}"
    return f"```python\n{code}\n```\n"


def _call(node: Function, name: str) -> str:
    if any(ast.unparse(one).endswith("property") for one in node.decorator_list):
        return f"{name}: {ast.unparse(node.returns) if node.returns else 'Any'}"
    return f"{name}({', '.join(_arguments(node))}){_returns(node)}"


def _returns(node: Function) -> str:
    return f" -> {ast.unparse(node.returns)}" if node.returns else ""


def _arguments(node: Function) -> list[str]:
    """The arguments as they are written, with the types of `Annotated` alone."""
    given = node.args
    lines = [_argument(one, default) for one, default in _positional(given) if one.arg not in ("self", "cls")]
    lines += [f"*{given.vararg.arg}"] if given.vararg else ["*"] if given.kwonlyargs else []
    lines += [_argument(one, default) for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return [*lines, *([f"**{given.kwarg.arg}"] if given.kwarg else [])]


def _positional(given: ast.arguments) -> list[tuple[ast.arg, ast.expr | None]]:
    names = [*given.posonlyargs, *given.args]
    return list(zip(names, [None] * (len(names) - len(given.defaults)) + given.defaults, strict=True))


def _argument(one: ast.arg, default: ast.expr | None) -> str:
    kind = f": {_type(one)}" if one.annotation else ""
    return f"{one.arg}{kind}" + (f" = {ast.unparse(default)}" if default else "")


def _type(one: ast.arg) -> str:
    match one.annotation:
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[kind, *_])):
            return ast.unparse(kind)
        case None:
            return ""
        case annotation:
            return ast.unparse(annotation)


def _parameters(node: Function) -> list[str]:
    """A sentence for every parameter that has one in its `Annotated`."""
    rows = []
    for one in [*node.args.args, *node.args.kwonlyargs]:
        match one.annotation:
            case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[_, *rest])):
                strings = [word.value for part in rest for word in ast.walk(part) if isinstance(word, ast.Constant)]
                texts = [text for text in strings if isinstance(text, str) and " " in text]
                rows += [f"- `{one.arg}`: {texts[0]}"] if texts else []
    return [*rows, ""] if rows else []


def _settings(node: Function | None) -> list[str]:
    if node is None or not node.args.kwonlyargs:
        return []
    rows = ["| setting | type | default |", "|---|---|---|"]
    for one, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        kind, value = _type(one).replace("|", "\\|"), f"`{ast.unparse(default)}`" if default else "required"
        rows.append(f"| `{one.arg}` | `{kind}` | {value} |")
    return [*rows, ""]


def _initialiser(tree: ast.Module, node: ast.ClassDef) -> Function | None:
    """The `__init__` of a class, or of the first base inside of headstart that has one."""
    for one in node.body:
        if isinstance(one, Function) and one.name == "__init__":
            return one
    for name in (base.id for base in node.bases if isinstance(base, ast.Name)):
        for module in (tree, *(_tree(_file(str(one.module))) for one, alias in _imports(tree) if alias.name == name)):
            for other in module.body:
                if isinstance(other, ast.ClassDef) and other.name == name:
                    return _initialiser(module, other)
    return None


def _imports(tree: ast.Module) -> Iterator[tuple[ast.ImportFrom, ast.alias]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("headstart."):
            yield from ((node, alias) for alias in node.names)


def _file(module: str) -> Path:
    return SOURCE / f"{module.replace('.', '/')}.py"


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")
