"""Archives, XML and compressed files of strangers."""

from tests.helpers.mutants.mutant import mutant

ARCHIVES, XML, COMPRESSED = "data/reading/archives.py", "data/reading/xml.py", "data/compressed.py"
TESTS, BOMBS = "badinput/test_archives.py", "data/reading/test_bombs.py"
TABLE = (
    mutant("names that lead out of an archive", ARCHIVES, 'or ".." in parts or', "or", TESTS),
    mutant("absolute names in an archive", ARCHIVES, 'if name.startswith("/") or not parts', "if not parts", TESTS),
    mutant("links and devices in an archive", ARCHIVES, "        if member.oddity:", "        if False:", TESTS),
    mutant("members of any size", ARCHIVES, "        if member.size > _LARGEST:", "        if False:", TESTS),
    mutant("any number of members", ARCHIVES, "        if count > _MEMBERS:", "        if False:", TESTS),
    mutant(
        "a member that unpacks without measure",
        ARCHIVES,
        "        if member.size > _SMALL and member.size > _RATIO * max(1, member.packed):",
        "        if False:",
        TESTS,
    ),
    mutant(
        "an archive that unpacks without measure",
        ARCHIVES,
        "        if total > _SMALL and total > _RATIO * packed:",
        "        if False:",
        TESTS,
    ),
    mutant("facts of any length in a tar", ARCHIVES, "found.size > _LONGEST:", "False:", BOMBS),
    mutant("XML of any size", XML, "    if len(data) > most:", "    if False:", BOMBS),
    mutant("XML of any depth", XML, "        if depth > _DEEPEST:", "        if False:", BOMBS),
    mutant("XML with a document type", XML, "    parser.StartDoctypeDeclHandler = refuse\n", "", BOMBS),
    mutant(
        "gzip that unpacks without measure",
        COMPRESSED,
        "        if self._done > self._most:",
        "        if False:",
        BOMBS,
    ),
)
