"""The model card: front matter the hub can read, and plain words."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from headstart.reports import blocks
from headstart.reports.model_card import CardFacts, model_card

FACTS = CardFacts(
    name="Digits",
    directory="runs/digits",
    modality="image",
    backbone="vit",
    objective="masked",
    task="classify",
    data="1,797 scans of handwritten digits.",
    licence="Apache-2.0",
    classes=["0", "1"],
    pipeline="image-classification",
    scores=[blocks.Number("accuracy", 0.931, 0.918, 0.943, format=".3f"), blocks.Number("ece", float("nan"))],
)


def card(report_of: Callable, facts: CardFacts = FACTS) -> str:
    parents = [blocks.Parent("hf:org/base", "abc", "MIT", "web images")]
    verdict = blocks.Verdict("worth it", "8 points better.")
    return model_card(report_of(blocks.Warnings(["Few rows."]), blocks.Lineage(parents), verdict=verdict), facts)


def test_the_front_matter_is_yaml_that_the_hub_understands(report_of: Callable) -> None:
    yaml = pytest.importorskip("yaml")
    front = yaml.safe_load(card(report_of).split("---\n")[1])
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "headstart"
    assert front["pipeline_tag"] == "image-classification"
    assert front["base_model"] == ["org/base"]
    assert front["metrics"] == ["accuracy", "ece"]
    assert front["tags"] == ["headstart", "image", "vit", "masked", "classify"]
    (result,) = front["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "accuracy", "name": "accuracy", "value": 0.931}]


def test_the_card_says_what_how_good_and_from_where(report_of: Callable) -> None:
    text = card(report_of)
    for words in (
        "**worth it**: 8 points better.",
        "| accuracy | 0.931 | 0.918 to 0.943 |",
        "- Few rows.",
        "| hf:org/base | `abc` | MIT | web images |",
        "headstart predict runs/digits INPUT --out answers.jsonl",
    ):
        assert words in text


def test_a_pretrained_model_is_embedded_and_finetuned(report_of: Callable) -> None:
    facts = CardFacts(
        name="n", directory="a dir", modality="text", backbone="encoder", data="Words.", objective="masked"
    )
    text = card(report_of, facts)
    assert "headstart embed 'a dir' INPUT --out answers.parquet" in text
    assert "headstart finetune LABELS --from 'a dir'" in text
    assert "## Scores" not in text


def test_words_of_users_stay_words_in_yaml_and_markdown(report_of: Callable) -> None:
    yaml = pytest.importorskip("yaml")
    evil = '<script>|`a`|\n---\n# [x](y): "b"'
    facts = CardFacts(name=evil, directory="d", modality="image", backbone="b", data=evil, licence=evil, classes=[evil])
    text = card(report_of, facts)
    front, body = text.removeprefix("---\n").split("\n---\n", 1)
    assert yaml.safe_load(front)["license"] == evil.lower()
    assert "<script>" not in body.replace("\\<script\\>", "")
    assert "\n---" not in body


def test_the_python_of_the_card_compiles_and_its_commands_parse(report_of: Callable) -> None:
    text = card(report_of)
    compile(text.split("```python\n")[1].split("```")[0], "card", "exec")
    shell = text.split("```bash\n")[1].split("```")[0]
    assert subprocess.run(["bash", "-n", "-c", shell], check=False).returncode == 0
