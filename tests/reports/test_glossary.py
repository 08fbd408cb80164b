"""Terms are explained where they stand, and at the end of the page those that it uses."""

from __future__ import annotations

import re
from collections.abc import Callable

from headstart.reports import blocks
from headstart.reports.draw.page_html import render
from headstart.reports.glossary import TERMS, meaning, used
from headstart.training.tasks.classify.answer import METRICS as CLASSIFY
from headstart.training.tasks.regress.answer import METRICS as REGRESS
from headstart.training.words.tag_schemes import METRICS as TAGS


def test_a_page_explains_its_terms_and_lists_only_these(report_of: Callable) -> None:
    tiles = blocks.KeyNumbers([blocks.Number("accuracy", 0.9), blocks.Number("seconds", 3.0)])
    table = blocks.Table(("class", "recall"), [["code", 0.5]])  # a class of the user, which is no term
    text = render(report_of(tiles, table, verdict=blocks.Verdict("better", "Above the simple model; simple model .8.")))
    assert f'<abbr title="{TERMS["accuracy"]}"><bdi>accuracy</bdi></abbr>' in text
    first, listed = text.split("<h2><bdi>Glossary</bdi></h2>")
    assert re.findall(r"<dt>.*?<bdi>(.*?)</bdi>", listed) == ["accuracy", "recall", "simple model"]
    assert "<abbr" not in first[first.index("<tbody>") :]
    assert first.count("the same labels") == 1  # once a sentence


def test_a_page_without_terms_has_no_glossary(report_of: Callable) -> None:
    assert "Glossary" not in render(report_of(blocks.Paragraph("text")))


def test_scores_of_the_simple_model_are_told_as_its_own() -> None:
    assert meaning("baseline_accuracy") == f"the same of the simple model: {TERMS['accuracy']}"
    assert [name for name, _ in used(["baseline_accuracy", "seconds", "Accuracy"])] == ["accuracy", "simple model"]
    assert meaning("seconds") == meaning("baseline_seconds") == ""


def test_the_usual_scores_are_terms() -> None:
    known = {metric.name for metric in (*CLASSIFY, *REGRESS, *TAGS)}
    assert {name for name in known if not meaning(name)} == set()
