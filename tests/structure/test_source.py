"""What the source may not contain, read from its syntax trees."""

from __future__ import annotations

import ast
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import headstart
from headstart.commands import names
from headstart.commands.common import verbs
from headstart.core import catalog, errors
from headstart.core.errors import HeadstartError

ROOT = Path(headstart.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
TREES = {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in FILES}


# the one place where torch opens a pickle: a child process, with its restricted unpickler
UNPICKLING = Path("models/trust/unpickling.py")
# the one place where torch reads an archive of a graph: the file that it has just written itself, to compare it
EXPORTING = Path("inference/onnx_pt2.py")


def calls(trees: Mapping[Path, ast.Module] = TREES) -> Iterator[tuple[Path, ast.Call, str]]:
    for path, tree in trees.items():
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
    assert blind == [
        "cli.py",
        "data/modalities/text/tokenization.py",
        "evaluation/environments.py",
    ]  # tokenizers raises nothing narrower than Exception; environments of users raise anything


def test_nothing_asks_an_object_what_it_is_made_of() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path, call, name in calls()
        if name == "hasattr" or (name == "getattr" and len(call.args) == 3)
    ]
    assert found == []


NOWHERE = (
    "pickle.load", "pickle.loads", "pickle.Unpickler", "torch.load", "torch.save", "torch.jit.load", "torch.hub.load",
    "torch.export.load", "joblib.load", "eval", "exec", "compile", "__import__", "yaml.load", "os.system", "os.popen",
    "marshal.loads", "marshal.load", "shelve.open", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads",
    "pd.read_pickle", "pandas.read_pickle", "print",
)  # fmt: skip
OFF = ("shell", "allow_pickle", "trust_remote_code")  # settings that are nowhere anything but a literal False


def dangers(trees: Mapping[Path, ast.Module]) -> list[str]:
    """Calls that would run what a file says."""
    found = []
    for path, call, name in calls(trees):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        place = f"{path}:{call.lineno} {name}"
        restricted = path == UNPICKLING and name == "torch.load" and given.get("weights_only") == "True"
        own = path == EXPORTING and name == "torch.export.load"
        if name in NOWHERE and not restricted and not own:
            found.append(place)
        if name.rpartition(".")[2] in ("extractall", "unpack_archive"):
            found.append(place)
        if name in ("np.load", "numpy.load") and given.get("allow_pickle") != "False":
            found.append(place)
        found += [f"{place} {option}" for option in OFF if given.get(option, "False") != "False"]
        found += [f"{place} weights_only"] if given.get("weights_only", "True") != "True" else []
    return found


def imports_of(names: tuple[str, ...], trees: Mapping[Path, ast.Module]) -> list[str]:
    """Files that import a name out of a module, which would hide its calls from `dangers`."""
    found = []
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                found += [f"{path} {alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in names]
    return found


def test_nothing_in_the_source_runs_what_a_file_says() -> None:
    assert dangers(TREES) == []
    assert imports_of(NOWHERE, TREES) == []
    assert [name for path, _, name in calls() if path == UNPICKLING and name == "torch.load"] == ["torch.load"] * 2
    assert [ast.unparse(call) for path, call, name in calls() if name == "torch.export.load"] == [
        "torch.export.load(path)"
    ]


@pytest.mark.parametrize(
    "planted",
    ["pickle.load(f)", "torch.load(f)", "torch.load(f, weights_only=True)", "torch.load(f, weights_only=False)",
     "eval(text)", "exec(text)", "yaml.load(f)", "os.system(text)", "subprocess.run(text, shell=True)",
     "subprocess.run(text, shell=flag)", "archive.extractall(place)", "np.load(f)", "np.load(f, allow_pickle=True)",
     "AutoModel.from_pretrained(p, trust_remote_code=True)", "torch.export.load(f)",
     "torch.hub.load('someone/evil', 'x')"],
)  # fmt: skip
def test_what_runs_files_is_found_where_it_is_planted(planted: str) -> None:
    assert dangers({Path("core/planted.py"): ast.parse(planted)})


def test_the_unpickling_child_may_not_open_whole_pickles_either() -> None:
    for planted in ("torch.load(f)", "torch.load(f, weights_only=False)", "torch.load(f, weights_only=flag)"):
        assert dangers({UNPICKLING: ast.parse(planted)})
    assert dangers({UNPICKLING: ast.parse("torch.load(f, weights_only=True)")}) == []
    assert imports_of(NOWHERE, {Path("a.py"): ast.parse("from pickle import load, loads")})


READING = ("data/sources/", "data/reading/", "data/modalities/")
OPENERS = (
    "open", "io.open", "json.load", "json.loads", "np.load", "numpy.load", "np.fromfile", "np.memmap", "Image.open",
    "csv.DictReader",
)  # fmt: skip
OPENING = ("read_bytes", "read_text", "open")  # as methods
UNPACKERS = (
    "zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "yaml", "pyarrow", "tifffile", "pillow_heif", "expat", "h5py",
    "soundfile",
)  # fmt: skip
# a zip that was opened within the budget; settings that we wrote ourselves, in a folder that was checked; the library
# that reads data sets of the hub, and what it raises; what counts and casts columns that were read
WITHIN = (
    "data/sources/archive.py self._open.open", "data/sources/array.py archive.open",
    "data/modalities/audio/audio.py json.loads", "data/modalities/audio/audio.py path.read_text",
    "data/modalities/series/series.py json.loads", "data/modalities/series/series.py path.read_text",
    "data/modalities/trajectory/trajectory.py json.loads", "data/modalities/trajectory/trajectory.py path.read_text",
    "data/modalities/signals/signals.py json.loads", "data/modalities/signals/signals.py path.read_text",
    "data/modalities/image/image.py json.loads", "data/modalities/image/image.py path.read_text",
    "data/modalities/text/text.py json.loads", "data/modalities/text/text.py config.read_text",
    "data/modalities/text/text.py path.read_text", "data/modalities/text/tokenization.py json.loads",
    "data/modalities/text/tokenizer_check.py json.loads", "data/modalities/text/vocabulary.py json.loads",
    "data/modalities/sequence/sequence.py json.loads", "data/modalities/sequence/sequence.py path.read_text",
    "data/modalities/sequence/tokens.py json.loads", "data/modalities/table/table.py json.loads",
    "data/modalities/table/table.py path.read_text",
    "data/sources/hub.py import zipfile", "data/sources/hub.py import zlib", "data/sources/hub.py import yaml",
    "data/sources/hub.py import pyarrow", "data/modalities/table/by_column.py import pyarrow",
)  # fmt: skip


def opened_past_the_budget(trees: Mapping[Path, ast.Module]) -> set[str]:
    """Places that open files of strangers otherwise than through `data.opening`, which asks for the budget."""
    trees = {path: tree for path, tree in trees.items() if path.as_posix().startswith(READING)}
    found = {
        f"{path.as_posix()} {name}"
        for path, _, name in calls(trees)
        if name in OPENERS or ("." in name and name.rpartition(".")[2] in OPENING)
    }
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                named += [alias.name for alias in node.names]
                found |= {f"{path.as_posix()} import {one}" for one in named if one.split(".")[-1] in UNPACKERS}
    return found


def test_files_of_strangers_are_opened_within_the_budget_alone() -> None:
    assert opened_past_the_budget(TREES) == set(WITHIN)


@pytest.mark.parametrize(
    "planted",
    ["open(path)", "path.open('rb')", "json.loads(text)", "np.load(path, allow_pickle=False)", "Image.open(file)",
     "path.read_bytes()", "import gzip", "import pyarrow", "from xml.parsers import expat", "import h5py"],
)  # fmt: skip
def test_a_source_that_opens_files_past_the_budget_is_found(planted: str) -> None:
    assert opened_past_the_budget({Path("data/sources/planted.py"): ast.parse(planted)})


def test_every_function_that_opens_files_asks_for_the_budget() -> None:
    without = {
        f"{path.name} {node.name}"
        for path, tree in TREES.items()
        if path.as_posix().startswith("data/opening/")
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        and {"path", "data", "text"} & {one.arg for one in node.args.args}
        and "budget" not in {one.arg for one in node.args.args}
    }  # fmt: skip
    # names of files, texts that were read, headers alone, and what asks for the budget where it is decoded
    assert without == {
        "compressed.py inner_name", "compressed.py text_of", "compressed.py looks_like", "compressed.py not_utf8",
        "yaml_text.py loads", "pictures.py opened", "pictures.py header", "heif.py is_heif", "heif.py opened",
        "tiff.py first_page", "tiff.py count", "arrays.py mapped", "sound.py is_sound",
        "database.py is_database", "csv_text.py columns_of", "hdf5.py is_hdf5", "hdf5.py opened",
        "thrift.py struct",
    }  # fmt: skip


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
    tree = TREES[catalog.source(family, kind).relative_to(ROOT)]
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
    lines = {path: len((ROOT / path).read_text("utf-8").splitlines()) for path in TREES}
    assert [path for path, count in lines.items() if count > 300] == []
    assert statistics.median(lines.values()) <= 90
    assert [path for path in TREES if not ast.get_docstring(TREES[path]) and path.name != "__init__.py"] == []


@pytest.mark.parametrize("name", names())
def test_a_verb_is_one_function_with_a_sentence_for_every_parameter(name: str) -> None:
    verb = verbs.load(name)
    assert verb.about.endswith(".")
    unsaid = set(verb.takes) - {parameter.name for parameter in verb.parameters}
    assert unsaid <= {"settings", "heard"}  # `key=value` words, and a function
    assert getattr(headstart, name) is verb.function
    assert verb.function.__module__ == f"headstart.commands.{name}"
