"""headstart with a fault: `python spoilt_program.py FAULT VERB ...`."""

from __future__ import annotations

import sys

from spoiling import FAULTS

from headstart.cli import guarded

if __name__ == "__main__":
    FAULTS[sys.argv[1]]()
    sys.exit(guarded(sys.argv[2:]))
