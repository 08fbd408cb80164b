"""In words: does a model score below the simple model of its task?"""

from typing import Any

from headstart.core.contracts import Task
from headstart.core.contracts.metric import level
from headstart.core.recipe import Recipe
from headstart.evaluation.evaluate import Evaluation

PREFIX = "baseline_"


def simple_scores(scores: dict[str, float]) -> dict[str, float]:
    """The scores of the simple model by their usual names, {} where there is none."""
    return {name.removeprefix(PREFIX): value for name, value in scores.items() if name.startswith(PREFIX)}


def below_simple(evaluation: Evaluation, advice: str) -> list[str]:
    """A warning where the simple model scores as high on the same rows, or higher, with what would be better."""
    name, metric, scores = evaluation.headline, evaluation.metric, evaluation.scores
    simple = simple_scores(scores).get(name)
    if simple is None or metric.sign * (scores[name] - simple) > 0:
        return []
    rows = f"on the same {len(evaluation.rows):,} {evaluation.split} rows"
    if level(scores[name], simple):
        return [f"{name} {scores[name]:.3f} is no better than that of the simple model, {rows}"]
    beyond = metric.sign * (scores[f"{name}_{'high' if metric.sign > 0 else 'low'}"] - simple) < 0
    sure = "surely, beyond the interval" if beyond else "within the interval"
    told = f"{name} {scores[name]:.3f} is worse than that of the simple model, {simple:.3f}"
    return [f"{told}, {rows} ({sure}); {advice}"]


def better(task: Task, data: Any, recipe: Recipe) -> str:
    """What to do instead: what the task says, or let `auto` choose, which takes the simple model where nothing is
    better."""
    if task.unranked:
        return task.unranked
    shown = data if isinstance(data, str) else "DATA"
    labels = "" if recipe.labels is None else f" --labels {recipe.labels}"
    return f"better: headstart auto {shown}{labels} --out DIR, which tries starts and simple models on train rows first"
