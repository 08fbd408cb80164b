"""What is said before a run begins: why its parts were chosen, what it will do, and what to be warned of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from headstart.commands.common.next_command import prepared_again
from headstart.commands.common.terminal import tell, warn
from headstart.training.plan import total_steps
from headstart.training.run.run import is_stepped

if TYPE_CHECKING:
    from headstart.assemble import Parts
    from headstart.selection.question import Question

FEW = 20  # labelled rows from which nothing sure is learned, unless somebody asks for so few
_BUDGETS = ("minutes", "epochs", "steps")


def introduce(parts: Parts, title: str, noted: Sequence[str], *, quiet: bool) -> None:
    """Reasons, rows and budget, and all warnings that are known before a run."""
    for reason in parts.reasons:
        tell(reason, quiet=quiet)
    tell(f"{title}: {outlook(parts)}", quiet=quiet)
    warn([*parts.store.warnings, *parts.warnings, *noted], quiet=quiet)


def outlook(parts: Parts) -> str:
    """How many rows a run reads, and how long it goes on: "1,445 rows, 150 steps of 64 rows"."""
    rows = f"{len(parts.chosen) + len(parts.unlabelled):,} rows"
    if not is_stepped(parts.trainee, parts.tuning):
        return f"{rows}, solved in one pass"
    steps = total_steps(parts.plan, parts.batches.rows, parts.batches.size)
    if steps is None:
        return f"{rows}, {parts.plan.minutes:g} minutes in steps of {parts.batches.size} rows"
    return f"{rows}, {steps:,} steps of {parts.batches.size} rows"


def unused_budgets(parts: Parts, asked: Mapping[str, Any]) -> list[str]:
    """A warning where a budget was named (as in [plan]) and the parts are solved in one pass."""
    named = [f"--{name}" for name in _BUDGETS if asked.get(name) is not None]
    if not named or is_stepped(parts.trainee, parts.tuning):
        return []
    solved = parts.recipe.objective.get("kind") if parts.tuning is None else parts.recipe.tuning["kind"]
    return [f"{solved} is solved in one pass: {' and '.join(named)} changes nothing"]


def few_rows(labelled: int, asked: int | None) -> list[str]:
    """A warning where the data have hardly any labelled train rows, and nobody chose to use so few."""
    if labelled >= FEW or asked is not None:
        return []
    advice = "what is learned from so few says little about other rows, and scores of a few test rows are luck"
    return [f"only {labelled} labelled train row{'s' * (labelled != 1)}: {advice}; label more rows"]


def unlearnable(parts: Parts, labelled: Any) -> list[str]:
    """Warnings where the labels of these train rows have nothing to do with the rows, as far as is seen at once, or
    where the columns of a table, the order of its rows or its split give them away."""
    from headstart.evaluation.column_leaks.drift import drifting
    from headstart.evaluation.column_leaks.hidden_order import in_order_of_target
    from headstart.evaluation.column_leaks.related_rows import related
    from headstart.evaluation.column_leaks.telltale_columns import telling
    from headstart.evaluation.shuffled_labels import random_looking

    task, seed, store = parts.trainee.objective.as_task, parts.recipe.seed, parts.store
    if task is None:
        return []
    again = partial(prepared_again, parts.recipe)
    told = [*random_looking(task, store, labelled, seed), *telling(task, store, labelled, seed)]
    told += [*in_order_of_target(task, store, labelled, seed), *related(task, store, labelled, seed, again)]
    return [*told, *drifting(task, store, labelled, again)]


def unlearnable_labels(question: Question) -> list[str]:
    """The same of a question, before any candidate is tried."""
    from headstart.assemble import finetuning

    if question.task.probe is None:
        return []
    usual = finetuning(question.bare, question.data, device=question.device, store=question.store)
    return unlearnable(usual, question.chosen)
