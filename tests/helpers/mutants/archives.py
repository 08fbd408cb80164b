"""Archives, XML and compressed files of strangers."""

from tests.helpers.mutants.mutant import mutant

ARCHIVES, XML, BUDGET = "data/opening/archives.py", "data/opening/xml.py", "core/contracts/budget.py"
PARQUET, PICTURES = "data/opening/parquet.py", "data/opening/pictures.py"
TESTS, ONE, ALL = "badinput/test_archives.py", "data/test_opening.py", "badinput/test_bombs.py"
TABLE = (
    mutant("names that lead out of an archive", ARCHIVES, 'or ".." in parts or', "or", TESTS),
    mutant("absolute names in an archive", ARCHIVES, 'if name.startswith("/") or not parts', "if not parts", TESTS),
    mutant("links and devices in an archive", ARCHIVES, "        if member.oddity:", "        if False:", TESTS),
    mutant("members of any size", ARCHIVES, "        if member.size > _LARGEST:", "        if False:", TESTS),
    mutant("any number of members", ARCHIVES, "        if count > limits.members:", "        if False:", TESTS),
    mutant(
        "a member that unpacks without measure",
        ARCHIVES,
        "        if member.size > _SMALL and member.size > limits.ratio * max(1, min(member.packed, packed)):",
        "        if False:",
        TESTS,
    ),
    mutant(
        "an archive that unpacks without measure",
        ARCHIVES,
        "        if total > _SMALL and total > limits.ratio * packed:",
        "        if False:",
        TESTS,
    ),
    mutant("facts of any length in a tar", ARCHIVES, "found.size > _LONGEST:", "False:", ONE),
    mutant("XML of any size", XML, "    if len(data) > most:", "    if False:", ONE),
    mutant("XML of any depth", XML, "        if depth > budget.limits.nesting:", "        if False:", ONE),
    mutant("XML with a document type", XML, "    parser.StartDoctypeDeclHandler = refuse\n", "", ONE),
    mutant(
        "gzip that unpacks without measure",
        BUDGET,
        "        if size > self.limits.stream + self.limits.ratio * packed:",
        "        if False:",
        ONE,
    ),
    mutant(
        "any number of parsed objects",
        BUDGET,
        "        if count > self.limits.objects and size < self.limits.object * count:",
        "        if False:",
        ONE,
    ),
    mutant(
        "any number of packed rows",
        BUDGET,
        "        if count > max(self.limits.rows, self.limits.ratio * packed):",
        "        if False:",
        ONE,
    ),
    mutant("any number of cells in a row", BUDGET, "        if count > self.limits.columns:", "        if False:", ONE),
    mutant(
        "threads that do not wait for memory", BUDGET, "            self._freed.wait_for(", "            bool(", ONE
    ),
    mutant(
        "any number of members in a tar", ARCHIVES, "        if count > limits.few and ", "        if False and ", ONE
    ),
    mutant("a zip with a list of any length", ARCHIVES, "        if listed > 4 * ", "        if listed < 0 * ", ONE),
    mutant(
        "pages of any size in Parquet",
        PARQUET,
        "                if page.unpacked > max(",
        "                if 0 > max(",
        ALL,
    ),
    mutant("pictures that unpack to any size", PICTURES, "    if cost > _SMALL and ", "    if False and ", ONE),
    mutant("any number of scans in a JPEG", PICTURES, "        if scans > _SCANS and ", "        if False and ", ONE),
    mutant(
        "pictures of any size in an icon",
        PICTURES,
        "        if width * height > _LARGEST_ICON:",
        "        if False:",
        ONE,
    ),
)
