"""What stands beside the weights of a public network about how its sound is prepared."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from headstart.core.errors import DataError
from headstart.models.trust.config_check import refuse_code
from headstart.models.trust.safe_files import read_object

T = TypeVar("T")
_FILES = ("preprocessor_config.json", "processor_config.json")


def stated(path: Path) -> Mapping[str, Any]:
    """The settings of the feature extractor of a checkpoint's directory; {} where it has no such file, and then those
    of the library count."""
    for name in _FILES:
        if (path / name).is_file():
            said = read_object(path / name)
            refuse_code(said, path / name)
            inner = said.get("feature_extractor", said)  # newer files hold it beside the tokenizer's settings
            return inner if isinstance(inner, Mapping) else {}
    return {}


def made(path: Path, build: Callable[[], T]) -> T:
    """What `build` makes of them; DataError for numbers that no network has."""
    try:
        return build()
    except (TypeError, ValueError, KeyError, ArithmeticError) as cause:
        fix = "use an intact copy of the checkpoint"
        raise DataError(
            517, "how the checkpoint's sound is prepared cannot be used", where=path, found=cause, fix=fix
        ) from cause


def number(said: Mapping[str, Any], name: str, usual: int) -> int:
    """A whole number of a file; TypeError for anything else."""
    value = said.get(name, usual)
    if type(value) is not int:
        raise TypeError(f"{name} {str(value)[:40]}")
    return value
