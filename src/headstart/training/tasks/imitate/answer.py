"""Actions as people read them: what to do now by name, what comes after it, and errors action by action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from headstart.core.contracts.acting import Acting
from headstart.core.contracts.answer import Answer, Aspect, HeadExport, log_odds
from headstart.core.formatting import readable
from headstart.training.tasks.imitate.scores import metrics_of, steps_of, truth_of

if TYPE_CHECKING:
    from headstart.core.contracts import Example, Modality
    from headstart.training.tasks.imitate.episodes import Episodes

_SHOWN, _DRAWN = 3, 4  # actions of a line; those of a picture, which move most


class ActionAnswer(Answer):
    """The actions of the steps to come, in their own units; of discrete ones the numbers, and shares for now."""

    legend: ClassVar[str] = "thick: said; thin: done; the actions that move most"
    tabled: ClassVar[str] = "action"

    def __init__(self, episodes: Episodes) -> None:
        form = episodes.form
        super().__init__(metrics_of(episodes.after, form.rate, discrete=form.discrete > 0))
        self._episodes = episodes
        self.acting = Acting(form.observes, form.acts, form.discrete, episodes.before, episodes.columns_now)
        self._names, self._units = form.acts, form.units[len(form.observes) :] or ("",) * len(form.acts)

    def export(self) -> HeadExport:
        form = self._episodes.form
        if form.discrete:
            return HeadExport(note="Answers [B, H, K] are logits of each choice, now and in the steps to come.")
        scales, width = self._episodes.scales, len(form.observes)
        facts = {"actions": list(form.acts), "mean": scales.mean[width:].tolist(),
                 "std": scales.deviation[width:].tolist()}  # fmt: skip
        return HeadExport(facts=facts, note="Answers [B, H, A] are actions in their own units, the first of them now.")

    def number(self, answer: Mapping[str, Any], original: Mapping[str, Any]) -> float | None:
        return float(np.mean(answer["actions"][0]))

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """Each action that is done now, the one that is farthest from its mean first; of a choice its share."""
        now = answer["actions"][0]
        if not isinstance(now, list):
            return [Aspect(f"{self._names[0]} {choice}", lambda other, n=choice: log_odds(other["probabilities"][n]),
                           number="log odds")
                    for choice in np.argsort(-np.array(answer["probabilities"])).tolist()]  # fmt: skip
        scales, width = self._episodes.scales, len(self._episodes.form.observes)
        apart = np.abs((np.array(now) - scales.mean[width:]) / scales.deviation[width:])
        return [Aspect(self._names[n], lambda other, n=n: float(other["actions"][0][n])) for n in np.argsort(-apart)]

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        if "actions" not in side:
            return "what was done"
        now = side["actions"][0]
        if not isinstance(now, list):
            return str(now)
        named = [f"{_short(name)} {readable(value)}" for name, value in zip(self._names, now, strict=True)]
        return ", ".join(named[:_SHOWN]) + (f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else "")

    def lines(self, answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """The action now in a column each, before the list of all to come."""
        if "actions" not in answer:
            return [answer]
        now = answer["actions"][0]
        named = dict(zip(self._names, now if isinstance(now, list) else [now], strict=True))
        return [{**{name: value for name, value in answer.items() if name != "actions"}, **named,
                 "actions": answer["actions"]}]  # fmt: skip

    def draw(self, picture: Any, answer: Mapping[str, Any], example: Example, modality: Modality) -> Any:
        if "row" not in example:
            return picture
        from headstart.data.line_view import compared

        done = truth_of([example], self._episodes)[0][0]
        said = np.array(answer["actions"], np.float64).reshape(done.shape)
        width = len(self._episodes.form.observes)
        known = done[np.isfinite(done).all(1)]
        moved = np.ptp(known, 0) if len(known) else np.zeros(done.shape[1])
        most = np.argsort(-moved / self._episodes.scales.deviation[width:], kind="stable")[:_DRAWN]
        return compared(said.T[most], done.T[most])

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        """Root mean squared errors of each action in its own unit, beside how far it varies in train steps."""
        episodes = self._episodes
        if episodes.form.discrete or not answers:
            return []
        done = truth_of(examples, episodes)[0]
        said = np.array([answer["actions"] for answer in answers], np.float64).reshape(done.shape)
        steps = steps_of(episodes.after, episodes.form.rate)
        named = {f"rmse_{name or 'last'}": step for name, step in steps.items()}
        if episodes.after - 1 in [step for name, step in named.items() if name != "rmse_last"]:
            del named["rmse_last"]
        lines, width = [], len(episodes.form.observes)
        for place, (name, unit) in enumerate(zip(self._names, self._units, strict=True)):
            off = np.square(said[..., place] - done[..., place])  # [n, H]
            errors = {one: _root_mean(off[:, step]) for one, step in named.items()}
            line = {self.tabled: f"{_short(name)} ({unit})" if unit else _short(name), **errors}
            lines.append({**line, "deviation": float(episodes.scales.deviation[width + place])})
        return lines


def _root_mean(squares: np.ndarray) -> float:
    known = squares[np.isfinite(squares)]
    return float(np.sqrt(known.mean())) if len(known) else float("nan")


def _short(name: str) -> str:
    return name.rpartition(".")[2]
