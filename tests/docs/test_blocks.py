"""Commands and Python of the pages run as they stand, on tiny data of the names they use, with small budgets."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

import pytest

from headstart.cli import run
from tests.helpers import page_blocks
from tests.helpers.page_blocks import PAGES, PageBlock, cheap, cheap_python, commands, is_public, named
from tests.helpers.page_world import PageWorld
from tests.helpers.programs import ROOT

SHELL, PYTHON = page_blocks.blocks("sh"), page_blocks.blocks("python")
NOT_RUN = {
    "installs": 9,
    "network": 4,
    "own file": 6,
    "recordings": 3,
    "template": 1,
    "minutes": 2,
    "part of a file": 1,
    "needs a checkpoint": 1,
}
NEEDS_NETWORK = 14  # commands that name a public checkpoint


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageWorld]:
    place = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        yield PageWorld(place)


@pytest.fixture
def folder(world: PageWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEADSTART_CACHE", str(world.place / "cache"))
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    return tmp_path


def lay(world: PageWorld, names: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.chdir(world.place)
        for name in names:
            world.lay(name, folder)


def marked(blocks: list[PageBlock]) -> list[PageBlock]:
    return [block for block in blocks if not block.why]


def tiers(blocks: list[PageBlock]) -> list[Any]:
    """Blocks that only prepare data run by default, all others in the slow tier."""
    quick = {block for block in blocks if all(words[1] in ("prepare", "show") for words in commands(block.code))}
    return [pytest.param(one, id=str(one), marks=[] if one in quick else pytest.mark.slow) for one in blocks]


@pytest.mark.parametrize("block", tiers(marked(SHELL)))
def test_shell_blocks_run(
    block: PageBlock, world: PageWorld, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in commands(block.code):
        assert words[0] == "headstart", f"mark the block of {block.page} with <!-- not run: REASON -->"
        if is_public(words):
            continue
        lay(world, named(words), folder, monkeypatch)
        monkeypatch.chdir(folder)
        code = run([match for word in cheap(words)[1:] for match in sorted(glob(word)) or [word]])
        assert code == 0, f"{' '.join(words)}: {capfd.readouterr().err}"


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({block.page for block in marked(PYTHON)}))
def test_python_blocks_run(page: str, world: PageWorld, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a page go on from each other."""
    from tests.helpers.page_world import TEXTS, TOPICS

    known = {"reviews": TEXTS, "ratings": [f"{topic} stars" for topic in TOPICS]}
    known |= {"documents": TEXTS, "paths": [folder / f"photos/cats/{n}.png" for n in range(20)]}
    known |= {"labels": ["one", "two"] * 10}
    for block in marked(PYTHON):
        if block.page != page:
            continue
        code = cheap_python(block.code)
        lay(
            world,
            ["photos", *(_short(name) for name in re.findall(r"['\"](?:local-dir:)?([\w./-]+)['\"]", code))],
            folder,
            monkeypatch,
        )
        monkeypatch.chdir(folder)
        for name in re.findall(r"out='([\w./-]+)'", code):
            shutil.rmtree(folder / name, ignore_errors=True)
        exec(compile(code, block.page, "exec"), known)


def _short(name: str) -> str:
    return "/".join(Path(name).parts[: 2 if name.startswith(("runs/", "data/")) else 1])


def test_what_is_not_run_is_counted() -> None:
    assert Counter(block.why for block in [*SHELL, *PYTHON] if block.why) == NOT_RUN
    assert sum(is_public(words) for block in marked(SHELL) for words in commands(block.code)) == NEEDS_NETWORK


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_commands_says_so(page: Path) -> None:
    bare = re.findall(
        r"^```(?:text)?\n(?:headstart (?!VERB)|pip |make |git |uv ).*", page.read_text("utf-8"), re.MULTILINE
    )
    assert not bare, "mark blocks of commands with ```sh"


def test_budgets_are_small_and_all_else_is_as_it_stands() -> None:
    words = commands(
        "headstart gain defects/ --from runs/a \\\n  --labels 10,100,all --seeds 5 --out 'b c'  # proof\n"
    )[0]
    assert cheap(words)[2:] == [
        "defects/", "--from", "runs/a", "--labels", "6,12,all", "--out", "b c", "--seeds", "2", "plan.steps=2",
    ]  # fmt: skip
    assert named(words) == ["defects", "runs/a", "10,100,all", "5"]
