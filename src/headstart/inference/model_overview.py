"""A model at a glance: what it is, what it learned from, and what it scored."""

from collections.abc import Mapping
from typing import Any

from headstart.core.overview import Overview
from headstart.core.shown import Shown
from headstart.models.start import Start


class Made(Shown):
    """What a model knows of how it was made, from its `start`: the model as it was saved, or None."""

    start: Start | None

    @property
    def scores(self) -> dict[str, float]:
        """What it scored when it was made, by names; `_low` and `_high` are the 95 % interval. {} if it was not."""
        return dict(self._facts.get("scores", {}))

    @property
    def warnings(self) -> list[str]:
        """What was said of it when it was made."""
        return list(self._facts.get("warnings", ()))

    @property
    def _facts(self) -> Mapping[str, Any]:
        return {} if self.start is None else self.start.facts

    def overview(self) -> Overview:
        """What it is, what it learned from, and what it scored."""
        return overview_of(self.start)


def overview_of(start: Start | None) -> Overview:
    """What a model is, what it learned from and what it scored; `start` is the model as it was saved."""
    if start is None:
        return Overview(title="model that is not saved yet")
    facts, config, path = start.facts, start.config, start.path
    kinds = [str(config[part]["kind"]) for part in ("backbone", "objective", "task") if part in config]
    data, report = facts["data"], path / "report.html"
    rows = f"{facts['verb']} on {data['rows']:,} rows of {', '.join(map(str, data['source']))}"
    scored = f", scored on {facts['split']} rows" if facts.get("split") else ""
    return Overview(
        title=f"model {facts.get('name', path)}",
        sentence=" ".join(kinds) + ("" if start.public else f", {rows}") + scored,
        scores=facts.get("scores", {}),
        warnings=facts.get("warnings", ()), report=report if report.is_file() else None,
    )  # fmt: skip
