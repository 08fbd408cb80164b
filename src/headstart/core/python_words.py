"""Advice that names options of the command line, in the words of Python: `--target COLUMN` -> `target=COLUMN`."""

import re

VERBS = (
    "auto", "cluster", "convert", "demo", "doctor", "embed", "evaluate", "explain", "export", "finetune", "gain",
    "generate", "list", "next", "predict", "prepare", "pretrain", "rank", "report", "rerun", "rollout", "show",
    "verify",
)  # fmt: skip
# options whose parameter in Python has another name, and those that take no value
RENAMED = {"from": "start", "all": "every_row", "model": "models"}
FLAGS = {
    "accept-drift",
    "all",
    "allow-code",
    "batch",
    "by-name",
    "dry-run",
    "explain",
    "follow",
    "gather",
    "greedy",
    "keep-paths",
    "overwrite",
    "plan",
    "quiet",
    "skip-bad",
    "strict",
}
ONLY_COMMANDS = {
    "allow-code",
    "debug",
    "help",
    "json",
    "resume",
    "version",
}  # what only the command line has, or both have alike
LISTS = {"labels"}
_PARTS = {"train", "valid", "test"}
# words of a sentence that follow an option without being its value
_NO_VALUES = {"and", "or", "to", "with", "must", "needs", "out", "by", "is", "instead", "first", "a", "the", "away"}
_COMMAND = re.compile(rf"(`?)headstart ({'|'.join(VERBS)})((?: (?!or\b|and\b|with\b)[^\s,;`]+)*)(`?)")
_ALL_PARTS = re.compile(r"--train(?: \w+)?,? --valid(?: \w+)?,?(?: and)? --test(?: \w+)?")
_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)(?: ((?!--)[^\s;:`]*[^\s,;:`.]))?")


def in_python(line: str) -> str:
    """A message for people at the command line as one for people who write Python."""
    line = _COMMAND.sub(_call, line)
    line = _ALL_PARTS.sub('{"train": ..., "valid": ..., "test": ...}', line)
    return _OPTION.sub(lambda found: _argument(found[1], found[2] or "", sentence=True), line)


def _call(found: re.Match[str]) -> str:
    """ "headstart finetune DATA --from MODEL" -> "hs.finetune(DATA, start=MODEL)"."""
    opening, verb, rest, closing = found.groups()
    words, told, parts, options = rest.split(), list[str](), dict[str, str](), list[str]()
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            told.append(_value(word))
            continue
        name = word.removeprefix("--")
        value = words.pop(0) if name not in FLAGS and words and not words[0].startswith("--") else ""
        if name in _PARTS:
            parts[name] = _value(value)
        else:
            options.append(_argument(name, value, sentence=False))
    if parts:
        told.append("{" + ", ".join(f'"{name}": {value}' for name, value in parts.items()) + "}")
    if verb == "prepare" and len(told) > 1:
        told = [f"[{', '.join(f'Path({one})' for one in told)}]"]
    return f"{opening}hs.{verb}({', '.join([*told, *options])}){closing}"


def _argument(name: str, value: str, *, sentence: bool) -> str:
    python = RENAMED.get(name, name.replace("-", "_"))
    if name in ONLY_COMMANDS:
        return f"--{name} {value}".rstrip()
    if name in FLAGS:
        return f"{python}=True {value}".rstrip()
    if not value:
        return python
    if sentence and value.rstrip(",") in _NO_VALUES:
        return f"{python} {value}"
    told, comma = (value[:-1], ",") if value.endswith(",") else (value, "")
    if name in LISTS:
        return f"{python}=[{', '.join('0' if one == 'all' else one for one in told.split(','))}]{comma}"
    return f"{python}={_value(told)}{comma}"


def _value(word: str) -> str:
    """Placeholders, numbers and what is filled in elsewhere as they are; anything else is a string."""
    plain = word.isupper() or re.fullmatch(r"-?\d+(\.\d+)?|\.\.\.", word)
    return word if plain else f'"{word}"'
