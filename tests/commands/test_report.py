"""report: several runs on one page, compared row by row where they answered the same rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import headstart as hs
from headstart.core.errors import UsageError
from headstart.evaluation.kept_answers import FILE, Kept, kept
from headstart.reports.compare_report import Run, comparison

Headstart = Callable[..., Any]
COST = {"seconds": 1.0, "parameters": 10, "rows": 5, "peak_memory_bytes": 1 << 20}


def run(name: str, score: float, right: str, **more: Any) -> Run:
    """A run whose answers are right where there is an r."""
    scores = {} if score < 0 else {"accuracy": score, "accuracy_low": score - 0.1, "accuracy_high": score + 0.1}
    facts = {"scores": scores, "cost": COST, "verb": "finetune", "split": "test", "warnings": [],
             "data": {"hash": "a"}, **more}  # fmt: skip
    answers = {str(place): Kept(row=str(place), origin=f"row {place}", said=letter, true="r", right=letter == "r")
               for place, letter in enumerate(right)}  # fmt: skip
    return Run(name=name, facts=facts, settings={"plan.lr": score, "seed": 0}, answers=answers)


def test_a_difference_on_the_same_rows_is_told_with_its_chance() -> None:
    page = comparison([run("a", 0.5, "r" * 20 + "w" * 20), run("b", 0.9, "r" * 36 + "w" * 4)])
    assert page.front.verdict.verdict == "b is better"
    assert page.front.verdict.tone == "good"
    assert "right on 16 where the second is wrong, and wrong on 0" in page.front.verdict.sentence
    rows = page.sections[1].blocks[0].rows  # pyright: ignore[reportAttributeAccessIssue]
    assert [row[0] for row in rows] == [f"row {place}" for place in range(20, 36)]
    assert rows[0][1:] == ["r", "✕ w", "✓ r"]
    (setting,) = page.sections[2].blocks[0].rows  # pyright: ignore[reportAttributeAccessIssue]
    assert setting == ["plan.lr", 0.5, 0.9]


def test_small_differences_and_other_rows_are_no_verdict() -> None:
    assert comparison([run("a", 0.5, "rrww"), run("b", 0.6, "rrrw")]).front.verdict.verdict == "no sure difference"
    apart = comparison([run("a", 0.5, "rr"), run("b", 0.9, "rrrr", data={"hash": "b"})])
    assert apart.front.verdict.tone == "unsure"
    assert "not on the same rows" in apart.front.verdict.sentence
    assert any("different data" in warning for warning in apart.front.warnings)
    assert comparison([run("a", -1, ""), run("b", 0.5, "r")]).front.verdict.verdict == "nothing to compare by"
    lower = [run("a", 0.5, "r", lower_is_better=True), run("b", 0.9, "w", lower_is_better=True)]
    assert "0.500 of a and 0.900 of b" in comparison(lower).front.verdict.sentence


def test_runs_are_compared_from_the_command_line_and_python(
    headstart: Headstart, tuned: Path, model: Path, tmp_path: Path
) -> None:
    answers = kept(tuned / FILE)
    facts = json.loads((tuned / "headstart.json").read_text("utf-8"))
    share = sum(one.right for one in answers.values()) / len(answers)
    assert share == pytest.approx(facts["scores"]["accuracy"], abs=0.01)  # rows of equal content are one
    told = headstart("report", tuned, tuned, "--out", tmp_path / "page", "--json")
    assert told.code == 0, told.err
    assert "no sure difference" in told.json["sentence"]
    assert "not comparable" in hs.report([tuned, model]).sentence  # a task, and a loss without labels
    assert f"{tuned.name} (2)" in (tmp_path / "page" / "report.html").read_text("utf-8")
    assert hs.report(tuned).path == tuned / "report.html"
    assert hs.report([tuned, hs.load(tuned)]).path.is_file()


def test_what_is_no_run_is_refused(tmp_path: Path, tuned: Path) -> None:
    with pytest.raises(UsageError, match="HS-U608"):
        hs.report([tuned, tmp_path])
    with pytest.raises(UsageError, match="HS-U609"):
        hs.report(tmp_path)


def test_answers_that_are_damaged_or_absent_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"row": 1}\n')
    assert kept(tmp_path / "a.jsonl") == kept(tmp_path / "absent") == {}
