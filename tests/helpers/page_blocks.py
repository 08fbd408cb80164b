"""Code blocks of the pages, and the same with budgets that a test can afford."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.helpers.programs import ROOT

PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(?:<!-- not run: ([^>]+) -->\n)?```(sh|python)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PUBLIC = re.compile(r"(?:hf|timm):[\w.]")  # the name of a public checkpoint or data set
BUDGETS = ("--minutes", "--epochs", "--steps", "--seeds")
LEARNING = ("pretrain", "finetune")
MOST = 20  # labels


@dataclass(frozen=True, slots=True)
class PageBlock:
    """A block of a page. `why` says why it is not run, where that stands above it."""

    page: str
    number: int
    language: str
    code: str
    why: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"


def blocks(language: str) -> list[PageBlock]:
    """All blocks of a language; what a page repeats of another one is left out."""
    found: dict[str, PageBlock] = {}
    for page in PAGES:
        if page.is_relative_to(ROOT / "docs" / "reference"):  # its blocks are signatures
            continue
        name = page.relative_to(ROOT).as_posix()
        for number, (why, kind, code) in enumerate(BLOCK.findall(page.read_text("utf-8"))):
            bare = re.sub(r"\s*#.*", "", code)
            own = re.match(r"# \w+\.py\n", code)  # a whole file: test_worked_examples uses it
            if kind == language and not own and (bare not in found or why):
                found.setdefault(bare, PageBlock(name, number, kind, code, why))
    return list(found.values())


def commands(code: str) -> list[list[str]]:
    """The words of every command of a block."""
    whole = code.replace("\\\n", " ")
    return [words for line in whole.splitlines() for words in [shlex.split(line, comments=True)] if words]


def is_public(words: list[str]) -> bool:
    """Does a command need a public checkpoint or data set, and so a network?"""
    return any(PUBLIC.search(word) for word in words)


def cheap(words: list[str]) -> list[str]:
    """The same command with two steps, two seeds and few labels."""
    program, verb, *rest = words
    kept, place = list[str](), 0
    while place < len(rest):
        word = rest[place]
        place += 2 if word in BUDGETS else 1
        if word == "--labels":
            kept += [word, _fewer(rest[place])]
            place += 1
        elif word not in BUDGETS:
            kept.append(word)
    more = {"gain": ["--seeds", "2", "plan.steps=2"], "auto": ["--minutes", "0.05", "plan.steps=2"]}
    more |= {"rank": ["--minutes", "0.05"], **{one: ["--steps", "2"] for one in LEARNING}}
    return [program, verb, *kept, *more.get(verb, [])]


def _fewer(labels: str) -> str:
    """ "10,100,1000" -> "6,12,18"; a lone number at most MOST."""
    counts = labels.split(",")
    if len(counts) == 1:
        return counts[0] if counts[0] == "all" else str(min(int(counts[0]), MOST))
    return ",".join("all" if count == "all" else str(6 * (place + 1)) for place, count in enumerate(counts))


def cheap_python(code: str) -> str:
    """The same for a block of Python; statements that need a network are left out."""
    tree = ast.parse(code)
    tree.body = [one for one in tree.body if not PUBLIC.search(ast.unparse(one))]
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("hs."):
            _make_cheap(call, ast.unparse(call.func).removeprefix("hs."))
    return ast.unparse(ast.fix_missing_locations(tree))


def _make_cheap(call: ast.Call, verb: str) -> None:
    few = "{'plan.steps': 2}"
    more = {"pretrain": {"steps": "2"}, "finetune": {"steps": "2"}, "gain": {"seeds": "2", "settings": few}}
    more |= {"auto": {"minutes": "0.05", "settings": few}, "rank": {"minutes": "0.05"}}
    given = {one.arg or "": ast.unparse(one.value) for one in call.keywords}
    if "labels" in given:
        given["labels"] = "[6, 12]" if given["labels"].startswith("[") else str(min(int(given["labels"]), MOST))
    given = {name: value for name, value in given.items() if f"--{name}" not in BUDGETS} | more.get(verb, {})
    call.keywords = [ast.keyword(name, ast.parse(value, mode="eval").body) for name, value in given.items()]


def named(words: list[str]) -> list[str]:
    """Files and folders that a command names, without what it writes: the first two parts of each path."""
    found = [word for before, word in pairwise(words[1:]) if before != "--out" and word[0] != "-"]
    found = [word.partition("=")[2] if re.match(r"^[a-z]+\.\w+=", word) else word for word in found]
    return ["/".join(Path(word).parts[: 2 if word.startswith(("runs/", "data/")) else 1]) for word in found if word]
