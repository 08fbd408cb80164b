"""What the pages say must be so: links resolve, verbs and files exist, the error table is the source's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import headstart
from headstart.commands import names
from headstart.commands.common import verbs
from headstart.core.recipe import SECTIONS
from tests.helpers.programs import ROOT

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TREE_LINE = re.compile(r"^( *)([\w.-]+/?)(?:\s|$)")
FENCES = re.compile(r"```.*?```", re.DOTALL)
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCES.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pages
def test_relative_links_resolve(page: Path) -> None:
    for link in LINK.findall(FENCES.sub("", page.read_text("utf-8"))):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}, which is no heading there"


@pages
def test_every_verb_that_is_shown_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = re.findall(r"^headstart ([a-z]+)\b", "".join(FENCES.findall(text)), re.MULTILINE)
    commands += re.findall(r"`headstart ([a-z]+)[ `]", FENCES.sub("", text))
    commands += re.findall(r"`headstart ([a-z]+)$", text, re.MULTILINE)  # a command that is broken over two lines
    unknown = sorted(set(commands) - set(names()))
    assert not unknown, f"{page.name} shows the verbs {unknown}"


@pages
def test_overrides_that_are_shown_name_sections_of_a_recipe(page: Path) -> None:
    sections = re.findall(r"^\s*headstart .*?[\s']([a-z_]+)\.\w+=", page.read_text("utf-8"), re.MULTILINE)
    assert set(sections) <= set(SECTIONS), f"{page.name} shows overrides of {set(sections) - set(SECTIONS)}"


@pages
def test_no_page_is_written_in_exclamations_or_pictograms(page: Path) -> None:
    text = FENCES.sub("", page.read_text("utf-8"))
    assert not re.search("[\U0001f300-\U0001faff\u2600-\u27bf]", text), f"{page.name} has a pictogram"


@pytest.mark.parametrize("readme", READMES, ids=lambda page: page.name)
def test_every_file_of_the_tree_exists(readme: Path) -> None:
    (tree,) = re.findall(r"```text\n(headstart/\n.*?)```", readme.read_text("utf-8"), re.DOTALL)
    above: list[tuple[int, Path]] = [(0, ROOT)]
    named = 0
    for line in tree.splitlines()[1:]:
        found = TREE_LINE.match(line)
        assert found, f"the tree of {readme.name} has the line {line!r}"
        depth, name = len(found[1]), found[2]
        above = [one for one in above if one[0] < depth]
        place = above[-1][1] / name
        assert place.is_dir() if name.endswith("/") else place.is_file(), f"{readme.name} names {place}"
        above.append((depth, place))
        named += 1
    assert named > 15


def test_tree_names_every_wing() -> None:
    wings = {path.name for path in (ROOT / "src" / "headstart").iterdir() if (path / "__init__.py").is_file()}
    for readme in READMES:
        missing = sorted(wing for wing in wings if f"    {wing}/" not in readme.read_text("utf-8"))
        assert not missing, f"the tree of {readme.name} leaves out {missing}"


def test_index_lists_every_page() -> None:
    linked = set(LINK.findall((ROOT / "docs" / "index.md").read_text("utf-8")))
    folder = ROOT / "docs"
    assert {page.relative_to(folder).as_posix() for page in folder.rglob("*.md")} - {"index.md"} <= linked


def test_command_line_page_has_every_verb_and_option() -> None:
    import click
    import typer

    from headstart.cli import app

    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    group = typer.main.get_command(app([verbs.load(name) for name in names()]))
    commands: dict[str, click.Command] = group.commands  # pyright: ignore[reportAttributeAccessIssue]
    shared = {"--seed", "--device", "--recipe", "--json", "--quiet", "--debug", "--allow-code", "--help"}
    # of every verb with DATA
    of_data = {"--train", "--valid", "--test", "--input", "--target", "--id", "--modality", "--dry-run", "--follow"}
    assert all(f"`{name}" in text.partition("\n## ")[0] for name in shared | of_data)
    for verb, command in commands.items():
        section = re.search(rf"^## {verb}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
        assert section, f"cli.md has no section {verb}"
        options = {name for p in command.params for name in p.opts if name.startswith("--")} - shared
        options -= of_data if of_data <= options else set()
        missing = sorted(name for name in options if name not in section[1])
        assert not missing, f"cli.md leaves out {missing} of {verb}"


def test_error_table_is_the_source_s() -> None:
    from tests.helpers.error_table import PAGE, TABLE, table

    found = TABLE.search(PAGE.read_text("utf-8"))
    assert found, "docs/errors.md has lost the marks around its table"
    assert found[1] == table(), "run `python -m tests.helpers.error_table`"


def test_changelog_names_the_version_of_the_package() -> None:
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == headstart.__version__
    assert f"version: {headstart.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_dockerfile_copies_what_exists_and_runs_as_a_user() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert set(copied) == kept
    assert all((ROOT / name).exists() for name in copied)
    assert lines.index("USER user") > max(number for number, line in enumerate(lines) if line.startswith("RUN "))


def test_json_examples_are_json() -> None:
    for page in PAGES:
        for block in re.findall(r"```json\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            json.loads(block)
