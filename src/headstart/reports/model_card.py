"""The model card: README.md that tells a stranger what a model is, how good, how to use it, and where it comes from."""

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headstart.core.formatting import readable
from headstart.core.inert import inert, markdown, one_line
from headstart.reports.blocks import Lineage, Number, Parent, Report, Verdict, Warnings


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card says beyond the report.

    directory   where the model lies, as a reader would type it
    data        the data in one or two sentences: what, how many rows, from where
    scores      the figures of the card, each with its interval; `name` as in the report, e.g. "accuracy"
    hub_names   what a hub calls a score, where that is another name
    pipeline    what a hub calls the task, "" if it has no name for it
    """

    name: str
    directory: str
    modality: str
    backbone: str
    data: str
    objective: str = ""
    task: str = ""
    licence: str = ""
    split: str = "test"
    classes: Sequence[str] = ()
    scores: Sequence[Number] = ()
    hub_names: Mapping[str, str] = field(default_factory=dict)
    pipeline: str = ""


def model_card(report: Report, facts: CardFacts) -> str:
    """README.md: front matter for the hub, then plain words. Lineage, verdict and warnings come from the report."""
    parts = [
        _front(report, facts),
        f"# {markdown(facts.name)}",
        markdown(report.sentence),
        _what(report, facts),
        "## Data\n\n" + markdown(facts.data),
        _use(facts),
        _scores(facts),
        _limits(report, facts),
        _lineage(_parents(report)),
        "The full report, with curves and examples, is `report.html` in this directory.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(report: Report, facts: CardFacts) -> str:
    """YAML front matter; every text is written as a JSON string, which is YAML as well."""
    tags = ["headstart", facts.modality, facts.backbone, facts.objective, facts.task]
    metrics = [facts.hub_names.get(score.name, score.name) for score in facts.scores]
    lines = [f"license: {_quoted(facts.licence.lower() or 'unknown')}", "library_name: headstart"]
    lines += [f"pipeline_tag: {facts.pipeline}"] if facts.pipeline else []
    bases = [parent.name.removeprefix("hf:") for parent in _parents(report) if parent.name.startswith("hf:")]
    lines += _list("base_model", bases) + _list("tags", tags) + _list("metrics", metrics)
    measured = [score for score in facts.scores if isinstance(score.value, int | float) and math.isfinite(score.value)]
    if measured and facts.pipeline:
        dataset = _quoted(facts.name)
        lines += ["model-index:", f"- name: {dataset}", "  results:", "  - task:", f"      type: {facts.pipeline}"]
        lines += ["    dataset:", f"      name: {dataset}", f"      type: {dataset}"]
        lines += [f"      split: {_quoted(facts.split)}", "    metrics:"]
        for score in measured:
            lines.append(f"    - type: {_quoted(facts.hub_names.get(score.name, score.name))}")
            lines += [f"      name: {_quoted(score.name)}", f"      value: {json.dumps(score.value)}"]
    return "\n".join(["---", *lines, "---"])


def _list(key: str, values: Sequence[str]) -> list[str]:
    """A YAML list without empty and repeated entries; nothing when none are left."""
    kept = [value for value in dict.fromkeys(values) if value]
    return [f"{key}:", *(f"- {_quoted(value)}" for value in kept)] if kept else []


def _quoted(text: str) -> str:
    return inert(json.dumps(text, ensure_ascii=False))


def _what(report: Report, facts: CardFacts) -> str:
    learned = f"pretrained with `{facts.objective}`" if facts.objective else ""
    adapted = f"adapted to the task `{facts.task}`" if facts.task else ""
    how = " and ".join(part for part in (learned, adapted) if part) or "made"
    words = [f"A `{facts.backbone}` for {markdown(facts.modality)} data, {how} by `headstart {report.verb}`."]
    verdicts = [block for block in _blocks(report) if isinstance(block, Verdict)]
    words += [f"**{markdown(first.verdict)}**: {markdown(first.sentence)}" for first in verdicts[:1]]
    if facts.classes:
        shown = ", ".join(markdown(name) for name in facts.classes[:30])
        more = f" and {len(facts.classes) - 30} more" if len(facts.classes) > 30 else ""
        words.append(f"Classes: {shown}{more}.")
    return "## What it is\n\n" + "\n\n".join(words)


def _use(facts: CardFacts) -> str:
    verb = "predict" if facts.task else "embed"
    ending = "jsonl" if facts.task else "parquet"
    model = one_line(shlex.quote(facts.directory))
    commands = [f"headstart {verb} {model} INPUT --out answers.{ending}", f"headstart show {model}"]
    commands += [] if facts.task else [f"headstart finetune LABELS --from {model} --out runs/tuned"]
    python = "from headstart.inference.predictor import Predictor\n\n"
    python += f"model = Predictor.load({facts.directory!r})\nmodel.{verb}(['INPUT'])"
    return "## How to use it\n\n```bash\n" + "\n".join(commands) + "\n```\n\n```python\n" + python + "\n```"


def _scores(facts: CardFacts) -> str:
    if not facts.scores:
        return ""
    rows = ["| score | value | 95 % interval | note |", "|---|---|---|---|"]
    for score in facts.scores:
        interval = "–"
        if score.low is not None and score.high is not None:
            interval = f"{readable(score.low, score.format)} to {readable(score.high, score.format)}"
        value = markdown(readable(score.value, score.format))
        rows.append(f"| {markdown(score.name)} | {value} | {interval} | {markdown(score.note)} |")
    return f"## Scores\n\nMeasured on the {markdown(facts.split)} split.\n\n" + "\n".join(rows)


def _limits(report: Report, facts: CardFacts) -> str:
    found = [sentence for block in _blocks(report) if isinstance(block, Warnings) for sentence in block.sentences]
    general = f"It was measured on data like its own only ({markdown(facts.modality)}); measure again before other use."
    return "## Limits\n\n" + "\n".join(f"- {markdown(each)}" for each in [*found, general])


def _lineage(parents: Sequence[Parent]) -> str:
    if not parents:
        return "## Lineage\n\nTrained from random weights; no parents."
    rows = ["| from | hash | licence | data |", "|---|---|---|---|"]
    for parent in parents:
        mark = f"`{''.join(filter(str.isalnum, parent.hash[:12]))}`" if parent.hash else "–"
        rows.append(
            f"| {markdown(parent.name)} | {mark} | {markdown(parent.licence) or '–'} | {markdown(parent.data) or '–'} |"
        )
    return "## Lineage\n\n" + "\n".join(rows)


def _blocks(report: Report) -> list[object]:
    first = [report.front.verdict, Warnings(report.front.warnings)]
    return [*first, *(block for section in report.sections for block in section.blocks)]


def _parents(report: Report) -> list[Parent]:
    return [parent for block in _blocks(report) if isinstance(block, Lineage) for parent in block.parents]
