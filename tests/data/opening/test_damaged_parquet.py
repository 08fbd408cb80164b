"""Parquet files whose end is damaged: an error, never the end of the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from headstart.core.contracts.budget import Budget
from headstart.data.opening import parquet

EVERY_BIT = """
import sys
from pathlib import Path
from headstart.core.contracts.budget import Budget
from headstart.core.errors import DataError
from headstart.data.opening import parquet

path = Path(sys.argv[1])
sound, refused = path.read_bytes(), 0
begin = len(sound) - 8 - int.from_bytes(sound[-8:-4], "little")
end = sound.index(b"ARROW:schema")
for place in range(begin, end):
    for bit in range(8):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1 << bit]) + sound[place + 1 :])
        try:
            list(parquet.rows(path, Budget()))
        except DataError:
            refused += 1
print(refused)
"""


def test_no_flipped_bit_in_the_end_of_a_file_ends_the_process(tmp_path: Path) -> None:
    # Arrow 26 aborts where a histogram of levels has another length, and its metadata are asked for the column
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": pa.array([[1.0, 2.0], [3.0, None]])}), path)
    found = subprocess.run([sys.executable, "-c", EVERY_BIT, str(path)], capture_output=True, text=True, check=False,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert found.returncode == 0, found.stderr[-500:]
    assert int(found.stdout) > 500


def test_columns_are_found_where_arrow_finds_them(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = pa.table({"words": ["a", "b"] * 50, "lists": [[1.0], [2.0, 3.0]] * 50, "n": range(100)})
    pq.write_table(table, path, row_group_size=30)
    with pq.ParquetFile(path) as file:
        for group, chunks in enumerate(parquet._chunks(path)):
            told = [file.metadata.row_group(group).column(place) for place in range(3)]
            assert [one.column for one in chunks] == [one.path_in_schema.split(".")[0] for one in told]
            first = [one.dictionary_page_offset or one.data_page_offset for one in told]
            assert [one.begin for one in chunks] == first
            ends = [begin + one.total_compressed_size for begin, one in zip(first, told, strict=True)]
            assert [one.end for one in chunks] == ends
    assert [row["n"] for row in parquet.rows(path, Budget(), ["n"])] == list(range(100))
