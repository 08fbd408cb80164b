"""What reaches a person is shown, not obeyed."""

from tests.helpers.mutants.mutant import mutant

INERT = "core/test_inert.py"
TABLE = (
    mutant("errors obeyed by a terminal", "core/errors.py", "return inert(", "return str(", INERT),
    mutant(
        "printed texts obeyed by a terminal",
        "commands/common/terminal.py",
        "sys.stdout.write(inert(piece))",
        "sys.stdout.write(piece)",
        INERT,
        "commands/test_command_line.py",
    ),
    mutant(
        "progress obeyed by a terminal",
        "commands/common/terminal.py",
        'sys.stderr.write(f"{inert(line)}\\n")',
        'sys.stderr.write(f"{line}\\n")',
        "core/test_inert.py",
    ),
    mutant(
        "warnings on several lines", "commands/common/terminal.py", "{one_line(line)}", "{line}", "core/test_inert.py"
    ),
    mutant("letters that turn the direction of writing", "core/inert.py", "    *range(0x2028, 0x202F),\n", "", INERT),
    mutant(
        "escapes in recipes",
        "core/recipe.py",
        "    text = inert(text)  # which TOML reads as the same\n",
        "",
        "core/test_inert.py",
    ),
    mutant(
        "markup in cards",
        "core/inert.py",
        'inert(_MARKUP.sub(r"\\\\\\1", " ".join(text.split())))',
        'inert(" ".join(text.split()))',
        INERT,
        "reports/test_model_card.py",
    ),
    mutant(
        "formulas in CSV",
        "core/inert.py",
        'return f"\'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text.lstrip("\'")) else text',
        "return text",
        INERT,
    ),
    mutant(
        "HTML in cards",
        "core/inert.py",
        "        shown = shown.replace(mark, entity)\n",
        "        pass\n",
        INERT,
        "reports/test_model_card.py",
    ),
    mutant("HTML in pages", "core/formatting.py", "html.escape(", "str(", "reports/draw/test_page_html.py"),
)
