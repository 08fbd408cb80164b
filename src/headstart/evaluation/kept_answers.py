"""The answers of a scored run in a file beside it, so that runs can be compared row by row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from headstart.core.contracts import Task
from headstart.core.files import write_whole
from headstart.core.inert import inert
from headstart.data.store import Store
from headstart.evaluation.evaluate import Evaluation

FILE = "answers.jsonl"
MOST = 20_000  # rows that are kept: 3 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The answer to one row: where the row came from, what was answered, what is true, and is the answer right?

    row  hash of its content, the same in every run
    """

    row: str
    origin: str
    said: str
    true: str
    right: bool


def keep(path: Path, evaluation: Evaluation, task: Task, store: Store, words: Sequence[Sequence[str]]) -> None:
    """Write the first answers of an evaluation into a file; `words` of its rows, () for each that has none."""
    wrong, lines = set(evaluation.wrong), list[str]()
    hashes = store.hashes_of(evaluation.rows[:MOST])
    for place, (row, answer, example) in enumerate(zip(hashes, evaluation.answers, evaluation.examples, strict=False)):
        bare = {name: value for name, value in answer.items() if name != "probability"}  # answers are compared
        said, true = (task.answer.line(side, words[place]) for side in (bare, example))
        one = Kept(row=row.hex(), origin=str(example["origin"]), said=said, true=true, right=place not in wrong)
        lines.append(inert(json.dumps(asdict(one), ensure_ascii=False)) + "\n")
    write_whole(path, "".join(lines).encode("utf-8", "backslashreplace"))


def kept(path: Path) -> Mapping[str, Kept]:
    """The answers of a file by the hash of their row; none where there is no file, or where it is damaged."""
    try:
        found = [Kept(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError, TypeError):
        return {}
    return {one.row: one for one in found}
