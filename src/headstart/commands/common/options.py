"""What a verb's signature says of its parameters, and the parameters that several verbs share.

A parameter is `Annotated[TYPE, "One sentence."]`. The sentence is the help of the command line; a parameter without one
exists in Python only. What stands before `*` is an argument there, the rest are options.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """How the command line writes a parameter, where that differs from Python.

    name    of the option ("--from") or of the argument; else that of the parameter
    kind    type of the words; else that of the parameter
    read    the value of the words
    needed  it must be given, though Python has a default
    """

    name: str = ""
    kind: Any = None
    read: Callable[[Any], Any] = lambda words: words
    needed: bool = False


def one_or_many(words: list[str]) -> str | list[str | Path]:
    """A lone word is a folder, a file or prepared data; several are files."""
    from headstart.data.file_names import is_no_path

    return words[0] if len(words) == 1 else [word if is_no_path(word) else Path(word) for word in words]


def given(words: list[str]) -> Any:
    """What a model is to answer: a word that names a file is one, others are texts."""
    from headstart.data.file_names import is_no_path
    from headstart.data.reading.in_memory import is_path

    found = [Path(word) if is_path(word) and not is_no_path(word) else word for word in words]
    return found[0] if len(found) == 1 else found


WORDS = CommandLine(kind=list[str], read=given)
WRITTEN = CommandLine(kind=Path, needed=True)
PLACE = CommandLine(kind=Path)

Data = Annotated[Any, "Prepared directory, raw files, or 'digits'."]
Model = Annotated[Any, "Model directory."]
Inputs = Annotated[Any, "Files, folders, tables or prepared data.", WORDS]
Task = Annotated[str, "See `headstart list tasks`."]
Tuning = Annotated[str, "See `headstart list tunings`."]
Input = Annotated[str | None, "Column of a table with the input; several with commas."]
Target = Annotated[str | None, "Column with the label."]
Id = Annotated[str | None, "Column that tells the rows apart."]
Time = Annotated[str | None, "Column of the moments of rows, or order: that of the rows; the earliest go to train."]
Modality = Annotated[str | None, "Kind of data; see `headstart list modalities`."]
Follow = Annotated[bool, "Links in folders, and paths in tables, may lead out of what is given."]
Keep = Annotated[str, "Columns that stay with the answers: all, id, or names with commas."]
Strict = Annotated[bool, "Stop at the first row that cannot be read."]
Minutes = Annotated[float | None, "Budget in minutes."]
Epochs = Annotated[float | None, "Budget in epochs."]
Steps = Annotated[int | None, "Budget in updates."]
Overwrite = Annotated[bool, "Replace an earlier result in --out."]
AcceptDrift = Annotated[bool, "Continue a run even if code or settings changed; recorded in its lineage."]
OnNan = Annotated[
    str | None,
    "stop, or rollback: after a loss that is not finite, go back to a checkpoint at half the rate, at most 3 times.",
]
KeepPaths = Annotated[bool, "Files name places as they are given; else relative to here, or by their last name."]
Track = Annotated[str | None, "tensorboard, mlflow, wandb or trackio."]
PlanOnly = Annotated[bool, "Only estimate time and memory; nothing is written."]

# the command line offers these with every verb, last; a verb names those that it uses
Seed = Annotated[int, "Seed of everything random."]
Device = Annotated[str, "auto, cpu, cuda or mps."]
RecipeFile = Annotated[str | Path | None, "Start from a TOML recipe."]
Quiet = Annotated[bool, "No progress on stderr."]
# of these the command line has none: `key=value` words, and stdout where it is free
Settings = Mapping[str, Any] | None
Listener = Callable[[str], None] | None
