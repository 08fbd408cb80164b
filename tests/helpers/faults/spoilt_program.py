"""headstart with a fault: `python -m tests.helpers.faults.spoilt_program FAULT VERB ...`."""

from __future__ import annotations

import sys

from headstart.cli import guarded
from tests.helpers.faults.spoiling import FAULTS

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.exit(guarded(sys.argv[2:]))
