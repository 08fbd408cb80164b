"""Does a regular expression end on every text? What repeats inside what repeats may try exponentially many ways.

The expression is read by Python's own parser (its Unicode classes as `\\w`), and judged by its form: the number of ways
to match a text explodes only where a part without a fixed length, or with a choice, is itself repeated without limit.
What passes is tried once on long texts in a process of its own, for expressions that are merely slow.
"""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from functools import cache
from typing import Any

_LONGEST = 2_000  # letters; that of GPT-4o has 500
_MANY = 10  # repetitions from which a part counts as repeated without limit
_SECONDS = 2
_UNICODE = re.compile(r"\\[pP](?:\{\^?[\w=: -]+\}|[A-Z])|\[:\^?\w+:\]")
# the engine's own: calls and back references, conditions, absent operators
_REFUSED = re.compile(r"\\[1-9]|\\[kg]<|\(\?(?:R|&|P|~|\(|\d|[+-]\d)")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
# those of GPT-2 and its heirs, of GPT-4, and of Qwen and Llama 3, which need no trial
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_USUAL = frozenset((
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    rf"{_WORDS}|\p{{N}}{{1,3}}|{_REST}",
    rf"{_WORDS}|\p{{N}}|{_REST}",
))  # fmt: skip
_TRIAL = """
import resource, sys, time
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from tokenizers import Regex, pre_tokenizers
pattern = sys.stdin.read()
letters = "".join(dict.fromkeys(one for one in pattern if one not in "\\\\()[]{}|?*+^$"))
cut = pre_tokenizers.Split(Regex(pattern), "isolated")
texts = [part * 20_000 for part in ("a", " ", "1", "\\n", "aB", "a ", "'s", "é", "中", "a.", "-")]
began = time.process_time()
for text in [text + end for text in texts for end in ("!", "\\n" + letters)]:
    cut.pre_tokenize_str(text)
    if time.process_time() - began > 1:
        sys.exit(3)
"""


@cache
def refuse_pattern(pattern: str) -> None:
    """ValueError for an expression that may search forever, or that is too long, or none."""
    if pattern in _USUAL:
        return
    if len(pattern) > _LONGEST or _REFUSED.search(pattern):
        raise ValueError(f"the pattern {pattern[:80]!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = re._parser.parse(_UNICODE.sub(r"\\w", pattern))  # type: ignore[attr-defined]  # pyright: ignore
        explodes = _explodes(tree, repeated=False)
    except (re.error, OverflowError, RecursionError, AttributeError):  # the engine's own ways to write classes
        explodes = _REPEATED_GROUP.search(pattern) is not None
    if explodes:
        raise ValueError(f"the pattern {pattern[:80]!r}, which repeats what is repeated")
    _try(pattern)


def _explodes(tree: Any, *, repeated: bool) -> bool:
    """Is a part of open length, or a choice, inside something that repeats without limit?"""
    for operator, argument in tree:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = argument
            if repeated and int(least) != int(most):
                return True
            if _explodes(inner, repeated=repeated or int(most) >= _MANY):
                return True
        elif name == "BRANCH":
            if repeated or any(_explodes(one, repeated=repeated) for one in argument[1]):
                return True
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            if _explodes(argument[-1] if name == "SUBPATTERN" else argument, repeated=repeated):
                return True
        elif name in ("ASSERT", "ASSERT_NOT") and _explodes(argument[1], repeated=repeated):
            return True
    return False


def _try(pattern: str) -> None:
    """Search long texts in a child with a limit of time and memory."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _TRIAL], input=pattern.encode(), capture_output=True, timeout=5 * _SECONDS,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as cause:
        raise ValueError(f"the pattern {pattern[:80]!r}, which takes too long") from cause
    if done.returncode:
        raise ValueError(f"the pattern {pattern[:80]!r}, which takes too long, or is none")
