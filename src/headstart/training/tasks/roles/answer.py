"""Predicates with their arguments as answers: in a line, marked in the text, and a table by role."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from headstart.core.contracts import Example
from headstart.core.contracts.answer import Answer, Aspect
from headstart.core.contracts.look import Line
from headstart.training.words import role_arguments, tag_schemes
from headstart.training.words.role_arguments import arguments, predicates_of, spans_of, truth


class Predicates(Answer):
    """Predicates with their arguments."""

    spells = True

    def spelled(self, answer: Mapping[str, Any], text: Callable[[int, int], str]) -> dict[str, Any]:
        return {**answer, "predicates": role_arguments.with_texts(answer["predicates"], text)}

    def line(self, side: Mapping[str, Any], words: Sequence[str]) -> str:
        predicates = side["predicates"] if "predicates" in side else side["label"]["predicates"]
        lines = [f"{words[p['index']]} ({tag_schemes.listed(spans_of(p), words)})" for p in predicates]
        return "; ".join(lines) or "nothing"

    def mark(self, answer: Mapping[str, Any], example: Example, words: Sequence[str]) -> Sequence[Line]:
        return role_arguments.marks(answer["predicates"], predicates_of(example["label"], ""), words)

    def aspects(self, answer: Mapping[str, Any]) -> Sequence[Aspect]:
        """Of each predicate, the share of its arguments that stay among all that are said of it."""
        return [Aspect(f"predicate at word {one['index']}", partial(_kept, one)) for one in answer["predicates"]]

    def table(self, answers: Sequence[Mapping[str, Any]], examples: Sequence[Example]) -> list[dict[str, Any]]:
        return tag_schemes.by_label([arguments(answer["predicates"]) for answer in answers], truth(examples))


def _kept(own: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    said = set(spans_of(own))
    again = {span for one in other["predicates"] if one["index"] == own["index"] for span in spans_of(one)}
    return len(said & again) / len(said | again) if said | again else 1.0
