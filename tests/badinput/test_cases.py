"""Every bad input comes to exactly one line and one exit code, and no code or reader is without a case."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

import headstart
from headstart.core import catalog
from headstart.core.errors import DataError
from tests.badinput import test_images, test_texts
from tests.helpers.badinput.all_cases import CASES
from tests.helpers.badinput.case import Case, check, nothing
from tests.helpers.tiers import one_each

LEAST = 130
UNREACHED = {
    722: "a modality used before it has learned: a mistake of code, not of data",
    723: "settings of a model: tests/fuzz",
    495: "sounds of which none can be read, as 111",
    496: "settings of a model: tests/fuzz and tests/hostile",
    523: "a series with other columns than a model's: tests/data/modalities/series",
    794: "series with labels of which not one can be read, as 111",
    795: "settings of a model: tests/fuzz and tests/hostile",
    525: "series of which not one can be read, as 111",
    526: "settings of a model: tests/fuzz and tests/hostile",
    498: "sounds without one train row, as 111",
    877: "an episode of a source that yields something else: a mistake of code, not of data",
    878: "episodes of which not one can be read, as 111",
    879: "settings of a model: tests/fuzz and tests/hostile",
    500: "a file of more than 2 GiB",
    110: "a modality given what no source yields",
    111: "pictures without one train row: every way there is stopped by 331 to 334 before",
    112: "settings of a model: tests/fuzz and tests/hostile",
    113: "as 111",
    114: "texts without one train row, as 111",
    115: "settings of a model: tests/fuzz and tests/hostile",
    116: "a modality used before it has learned: a mistake of code, not of data",
    120: "a public checkpoint's tokenizer that marks the ends of words: tests/training/objectives",
    118: "a tokenizer of a model: tests/fuzz and tests/hostile",
    119: "Pillow refuses the formats known to it that have no pixels; guards those it does not",
    463: "words of several letters that come from no reader: tests/data/modalities/sequence",
    464: "settings of a model: tests/fuzz",
    465: "sequences without one train row, as 111",
    519: "sequences of another alphabet than a model's: tests/models/public/test_sequence_checkpoints",
    466: "as 116",
    216: "a table without the columns of a model: tests/data/reading/test_roles",
    218: "the columns of a damaged model: as 216",
    925: "the label columns of a damaged model: tests/data/reading/test_label_columns",
    256: "a cell of more than 268 million characters",
    435: "related rows of a modality that knows them: tests/data/preparing/test_groups",
    395: "a folder whose tables change while it is opened: tests/fuzz",
    301: "the disk shrinks a file while it is written",
    336: "packed rows of a prepared directory with one token",
    332: "with 204 and 291 before it, only rows that look sound in the first 20 reach it: tests/data",
}  # fmt: skip


def about(case: Case) -> set[str]:
    """Codes of its line, and the readers it is a test of."""
    return {*re.findall(r"HS-[A-Z]\d+", case.line), *case.about.split()}


@pytest.mark.parametrize("case", one_each(CASES, about, lambda case: case.name))
def test_a_bad_input_comes_to_its_line(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(case, tmp_path, capsys)


def test_there_are_enough_cases_and_each_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert len(names) + len(test_images.CASES) + len(test_texts.CASES) >= LEAST


@pytest.mark.parametrize("family", ["sources", "modalities"])
def test_every_reader_has_at_least_three_cases(family: str) -> None:
    for kind in catalog.kinds(family):
        assert sum(kind in case.about.split() for case in CASES) >= 3, f"bad-input cases for {family} {kind}"


def test_every_code_of_the_data_wing_has_a_case() -> None:
    lines = [case.line for case in CASES] + [line for _, line in (*test_images.CASES.values(),)]
    lines += [line for _, line in test_texts.CASES.values()]
    seen = {int(number) for line in lines for number in re.findall(r"HS-D(\d+)", line)}
    raised = codes()
    assert len(raised) > 50
    assert raised - seen - set(UNREACHED) == set()
    assert set(UNREACHED) <= raised
    assert not set(UNREACHED) & seen


def codes() -> set[int]:
    """Numbers of every DataError in src/headstart/data."""
    folder = Path(headstart.__file__).parent / "data"
    trees = [ast.parse(path.read_text("utf-8")) for path in folder.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        call.args[0].value for call in calls
        if ast.unparse(call.func) == "DataError" and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, int)
    }  # fmt: skip


def refuses(place: Path) -> None:
    raise DataError(291, "the text is empty", where=place / "t.txt")


SOUND = Case("toy", nothing, refuses, "error[HS-D291]: {place}/t.txt: the text is empty", 65)


def raises(place: Path) -> None:
    raise IndexError


@pytest.mark.parametrize(
    "wrong",
    [replace(SOUND, line="error[HS-D291]: the text is empty"), replace(SOUND, code=2),
     replace(SOUND, arguments=lambda place: None), replace(SOUND, line=""),
     replace(SOUND, arguments="prepare --out", code=2), replace(SOUND, arguments="list backbones")],
)  # fmt: skip
def test_the_runner_notices_a_wrong_line_and_a_wrong_code(
    wrong: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(SOUND, tmp_path, capsys)
    with pytest.raises(AssertionError):
        check(wrong, tmp_path, capsys)


def test_the_runner_notices_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(IndexError):
        check(replace(SOUND, arguments=raises), tmp_path, capsys)
    debugged = replace(SOUND, arguments="prepare none --out out --debug", code=2)
    with pytest.raises(AssertionError, match="Traceback"):
        check(debugged, tmp_path, capsys)
