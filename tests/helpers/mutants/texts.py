"""Tokenizers of models that nobody vouches for."""

from tests.helpers.mutants.mutant import mutant

CHECK, PATTERN = "data/modalities/text/tokenizer_check.py", "data/modalities/text/pattern_check.py"
TESTS = "data/modalities/text/test_tokenizer_check.py"
TABLE = (
    mutant("unknown parts of a tokenizer", CHECK, "    if unknown:", "    if False:", TESTS),
    mutant("unknown types of parts", CHECK, "    if kind not in _KNOWN[place]:", "    if False:", TESTS),
    mutant(
        "sequences of any length",
        CHECK,
        "if not isinstance(value, list) or len(value) > _PARTS:",
        "if not isinstance(value, list):",
        TESTS,
    ),
    mutant("replacements that let a text grow", CHECK, "        if growth > _GROWTH:", "        if False:", TESTS),
    mutant(
        "padding to any length",
        CHECK,
        "if not all(isinstance(n, int) and 0 <= n <= _FIXED for n in (fixed, multiple)):",
        "if False:",
        TESTS,
    ),
    mutant(
        "unknown models of a tokenizer",
        CHECK,
        '    if model.get("type", "BPE") not in _KNOWN["model"]:',
        "    if False:",
        TESTS,
    ),
    mutant(
        "ids of a vocabulary that are none",
        CHECK,
        "    if any(not isinstance(one, int) or not 0 <= one < _LARGEST for one in numbers):",
        "    if False:",
        TESTS,
    ),
    mutant(
        "words of any length", CHECK, '    if model.get("max_input_chars_per_word", 0) > _WORD:', "    if False:", TESTS
    ),
    mutant("patterns are not looked at", CHECK, "        refuse_pattern(text)", "        pass", TESTS),
    mutant("patterns that repeat what is repeated", PATTERN, "    if explodes:", "    if False:", TESTS),
    mutant(
        "patterns with references back",
        PATTERN,
        "    if len(pattern) > _LONGEST or _REFUSED.search(pattern):",
        "    if len(pattern) > _LONGEST:",
        TESTS,
    ),
    mutant(
        "patterns of any length",
        PATTERN,
        "    if len(pattern) > _LONGEST or _REFUSED.search(pattern):",
        "    if _REFUSED.search(pattern):",
        TESTS,
    ),
    mutant("slow patterns are not tried", PATTERN, "    _try(pattern)\n\n\n", "\n\n", TESTS),
    mutant(
        "texts beside the weights are not checked",
        "models/artifact.py",
        "        check_texts(self.path)\n",
        "",
        "models/test_artifact.py",
    ),
)
