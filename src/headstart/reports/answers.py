"""What an evaluation comes to: the verdict, scores beside the simple model's, classes, and the most wrong answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from headstart.assemble import words_of
from headstart.core.contracts.look import Look, Piece
from headstart.core.contracts.metric import Metric, level
from headstart.core.formatting import shorten
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation
from headstart.inference.predictor import Predictor
from headstart.reports import blocks, samples, shared
from headstart.reports.blocks import Block, Front, Intervals, Number, Series, Table, Tone, Verdict

THREE = 3  # rows of its table


def front(evaluation: Evaluation, predictor: Predictor, store: Store, warnings: Sequence[str]) -> Front:
    """The first screen of a scored model."""
    examples = _examples(evaluation, predictor, store, shared.FIRST) if evaluation.answers else None
    return Front(verdict(evaluation), _drawing(evaluation), three(evaluation), examples, warnings)


def verdict(evaluation: Evaluation) -> Verdict:
    """Is the model better than the simple model of its task? Worse ones are told as a warning."""
    name, scores = evaluation.headline, evaluation.scores
    value, low, high = (scores[key] for key in (name, f"{name}_low", f"{name}_high"))
    told = f"{name} {value:.3f}, 95 % interval {low:.3f} to {high:.3f}, "
    told += f"on {len(evaluation.rows):,} {evaluation.split} rows"
    simple = scores.get(f"baseline_{name}")
    if simple is None:
        return Verdict(f"{name} {value:.3f}", f"{told}.")
    words, tone = _against(evaluation.metric, value, low, high, simple)
    return Verdict(words, f"{told}; the simple model, which has no network, has {simple:.3f}.", tone)


def _against(metric: Metric, value: float, low: float, high: float, simple: float) -> tuple[str, Tone]:
    better, worse = (low, high) if metric.sign > 0 else (high, low)
    if metric.sign * (better - simple) > 0:
        return "better than the simple model", "good"
    if metric.sign * (worse - simple) < 0:
        return "worse than the simple model", "bad"
    if level(value, simple):
        return "no better than the simple model", "unsure"
    if metric.sign * (value - simple) < 0:
        return "below the simple model, within the interval", "bad"
    return "not surely better than the simple model", "unsure"


def _drawing(evaluation: Evaluation) -> Intervals:
    name, scores = evaluation.headline, evaluation.scores
    known = {"this model": name, "on rows it has not seen": f"unseen_{name}", "simple model": f"baseline_{name}"}
    rows = [(who, scores[key], scores.get(f"{key}_low"), scores.get(f"{key}_high"))
            for who, key in known.items() if key in scores]  # fmt: skip
    return Intervals(name, rows)


def three(evaluation: Evaluation) -> Table:
    """The first three scores, each with its interval."""
    scores = evaluation.scores
    names = [
        n
        for n in scores
        if not n.endswith(("_low", "_high", "_floor")) and not n.startswith(("baseline_", "unseen_", "random_split_"))
    ][:THREE]
    rows = [[n, scores[n], _interval(scores, n)] for n in names]
    return Table(("score", "this model", "95 % interval"), rows, formats={"this model": ".3f"})


def _interval(scores: Mapping[str, float], name: str) -> str:
    return f"{scores[f'{name}_low']:.3f} to {scores[f'{name}_high']:.3f}" if f"{name}_low" in scores else ""


def scores(evaluation: Evaluation) -> Block:
    """Every score as a tile."""
    found = evaluation.scores
    names = [n for n in found if not n.endswith(("_low", "_high"))]
    return blocks.KeyNumbers(
        [Number(n, found[n], found.get(f"{n}_low"), found.get(f"{n}_high"), format=".3f") for n in names]
    )


def details(evaluation: Evaluation, predictor: Predictor, store: Store) -> list[Block]:
    """Confusion, calibration, scores by class, the most wrong answers."""
    shown: list[Block] = []
    if evaluation.confusion is not None:
        shown.append(blocks.Matrix("Confusion", evaluation.classes, evaluation.confusion))
    if len(evaluation.reliability) > 1:
        claimed = [one.confidence for one in evaluation.reliability]
        true = [one.accuracy for one in evaluation.reliability]
        lines = [Series("this model", claimed, true), Series("perfect", [claimed[0], 1.0], [claimed[0], 1.0])]
        shown.append(blocks.Chart("Can its probabilities be believed?", "claimed", "true share", lines))
    if evaluation.per_class:
        columns = list(evaluation.per_class[0])
        formats = {name: ".3f" for name in columns[1:] if name not in ("rows", "boxes", "pixels")}
        title = f"By {predictor.task.answer.tabled}"
        shown.append(blocks.Table(columns, [list(row.values()) for row in evaluation.per_class], title, formats))
    if evaluation.per_group:
        columns = list(evaluation.per_group[0])
        lines = [list(row.values()) for row in evaluation.per_group]
        shown.append(blocks.Table(columns, lines, "By group", {columns[-1]: ".3f"}))
    shown += _by(evaluation)
    if len(evaluation.worst) > shared.FIRST:  # fewer stand on the first screen
        shown.append(_examples(evaluation, predictor, store, len(evaluation.worst)))
    return shown


def _by(evaluation: Evaluation) -> list[Block]:
    """How the groups of a column fare, and the gaps between them in words."""
    by = evaluation.by
    if by is None or not by.lines:
        return []
    columns = [name for name in by.lines[0] if not name.endswith(("_low", "_high"))]
    lines = [[line[name] if name in ("group", "rows") or f"{name}_low" not in line else
              f"{line[name]:.3f} ({line[f'{name}_low']:.3f} to {line[f'{name}_high']:.3f})" for name in columns]
             for line in by.lines]  # fmt: skip
    about = f"; the rates are of the answer {by.positive}" if by.positive else ""
    table = blocks.Table(columns, lines, f"By {by.column}{about}", dict.fromkeys(columns[2:], ".3f"))
    return [table, *([blocks.Paragraph(". ".join(by.gaps) + ".")] if by.gaps else [])]


def _examples(evaluation: Evaluation, predictor: Predictor, store: Store, count: int) -> blocks.Gallery:
    """The most wrong answers; right ones where none is wrong."""
    kind = predictor.task.answer
    if evaluation.worst:
        places, title = evaluation.worst[:count], "The most wrong answers"
    else:
        places = list(range(min(count, len(evaluation.rows))))
        title = f"No answer to these {len(evaluation.rows):,} rows is wrong; some of them"
    rows = evaluation.rows[places]
    looks = samples.seen(store, rows, predictor.modality)
    words = words_of(store, rows, predictor.modality)
    items = [
        _look(evaluation, predictor, place, look, row) for place, look, row in zip(places, looks, words, strict=True)
    ]
    return blocks.Gallery(title + (f": {kind.legend}" if kind.legend else ""), items)


def _look(evaluation: Evaluation, predictor: Predictor, place: int, look: Look, words: Sequence[str]) -> Look:
    """A row with its answer and the truth: marked in its text, or drawn on its picture and told below."""
    kind, answer, example = predictor.task.answer, evaluation.answers[place], evaluation.examples[place]
    picture = None if look.picture is None else kind.draw(look.picture, answer, example, predictor.modality)
    lines = kind.mark(answer, example, words)
    if lines:
        return replace(look, picture=picture, lines=lines, title="", note=str(example["origin"]))
    said, true = (shorten(kind.line(side, words), samples.LONGEST) for side in (answer, example))
    texts = [[Piece(shorten(piece.text, samples.LONGEST)) for piece in line] for line in look.lines]
    return replace(look, picture=picture, lines=texts, title=f"said {said}", note=f"is {true} · {example['origin']}")
