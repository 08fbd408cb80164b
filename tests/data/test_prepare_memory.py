"""A source larger than memory is prepared within a fixed amount of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROWS, SIDE = 10_500, 256  # 2.06 GB of 256 x 256 colour pictures

LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30));"


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", LIMIT + code], capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_two_gigabytes_are_prepared_in_one_and_cannot_be_loaded_there(tmp_path: Path) -> None:
    source = tmp_path / "x.npy"
    written = np.lib.format.open_memmap(source, "w+", np.uint8, (ROWS, SIDE, SIDE, 3))
    random = np.random.default_rng(0)
    for row in range(ROWS):
        written[row] = np.repeat(np.repeat(random.integers(0, 256, (8, 8, 3), dtype=np.uint8), 32, 0), 32, 1)
    written.flush()
    del written
    out = tmp_path / "out"
    made = run(
        f"from headstart.data.prepare import prepare; print(prepare({str(source)!r}, {str(out)!r}).manifest['kept'])"
    )
    assert made.returncode == 0, made.stderr[-2000:]
    assert int(made.stdout) == ROWS
    control = run(f"import numpy; numpy.load({str(source)!r})")
    assert "MemoryError" in control.stderr
