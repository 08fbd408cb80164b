"""What the columns of a table are taken for, and what becomes of their cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headstart.core.contracts.budget import Budget
from headstart.data.modalities.table.kinds import counted, told
from headstart.data.modalities.table.table import Table
from headstart.data.storage.gather import stacked
from tests.helpers.table_rows import table_rows

ROWS = 60


def kinds(**columns: list[Any]) -> dict[str, str]:
    """The kind of each column, or why it is left out."""
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    found = told(*counted(rows), {})
    return {one.name: one.kind for one in found.columns} | dict(found.left)


def fitted(rows: list[dict[str, Any]], **settings: Any) -> Table:
    made = Table(**settings)
    made.fit([{"input": row} for row in rows], Budget())
    made.fit_stored([stored(made, rows)])
    return made


def stored(modality: Table, rows: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    return stacked([modality.encode(modality.read({"input": row, "origin": "row"}, Budget())) for row in rows])


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([n * 1.5 for n in range(ROWS)], "number"),
        ([f"{n}.5" for n in range(ROWS)], "number"),
        ([f"{n % 9 + 1},{n:03}.50" for n in range(ROWS)], "number"),
        ([f"{n + 10} %" for n in range(ROWS)], "number"),
        ([None if n % 2 else n % 7 for n in range(ROWS)], "number"),
        (["?" if n % 3 else str(n % 7) for n in range(ROWS)], "number"),
        (["Oslo", "Bergen", "Hamar"] * 20, "category"),
        ([True, False] * 30, "category"),
        (["A11", "A12"] * 30, "category"),
        ([f"2020-01-{n % 28 + 1:02}" for n in range(ROWS)], "date"),
        ([f"{n % 28 + 1}/2/2021" for n in range(ROWS)], "date"),
        ([np.datetime64("2020-01-01") + n for n in range(ROWS)], "date"),
        ([f"the customer {n} called about a bill" for n in range(ROWS)], "text"),
        ([f"C{n:05}" for n in range(ROWS)], "id"),
        (list(range(ROWS)), "id"),
        (["same"] * ROWS, "constant"),
        ([None] * ROWS, "constant"),
    ],
)
def test_a_column_is_told_by_its_cells(cells: list[Any], kind: str) -> None:
    assert kinds(column=cells) == {"column": kind}


def test_an_id_by_its_name_needs_cells_that_differ() -> None:
    shuffled = [(7 * n) % 61 * 1000 for n in range(ROWS)]
    assert kinds(customer_id=shuffled, amount=shuffled) == {"customer_id": "id", "amount": "number"}


def test_a_setting_says_what_a_column_is() -> None:
    rows = [{"zip": 1000 + n % 5, "age": n * 1.5, "town": "ab"[n % 2]} for n in range(ROWS)]
    made = fitted(rows, kinds="zip:category,town:drop")
    assert made.columns == ["zip", "age"]
    assert made.spec.sizes["categories"] == 1
    assert any("dropped as asked" in phrase and "town" in phrase for phrase in made.told)


def test_missing_cells_stay_nan_for_trees_and_are_filled_and_marked_for_others() -> None:
    rows = [{"age": float(n), "town": "ab"[n % 2]} for n in range(ROWS)]
    rows[3] = {"age": "NA", "town": "?"}
    made = fitted(rows, kinds="age:number")
    ready = made.ready(made.collate(stored(made, rows)))
    assert np.isnan(ready["cells"][3, 1].item())
    assert ready["cells"][3, 0] == 0
    median = np.median([n for n in range(ROWS) if n != 3])
    scaled = ready["x"][:, -2] * made.view.plain.std[0] + made.view.plain.mean[0]
    assert scaled[3].item() == pytest.approx(median, abs=1e-3)
    assert ready["x"][:, -1].nonzero().flatten().tolist() == [3]


def test_numbers_are_ranked_among_train_rows(tmp_path: Path) -> None:
    rows = [{"age": None if n == 3 else 2.0**n, "paid": max(0, n - 20), "town": "ab"[n % 2]} for n in range(ROWS)]
    made = fitted(rows)
    made.save(tmp_path)
    for modality in (made, Table.load(tmp_path)):
        ranks = modality.ready(modality.collate(stored(modality, rows)))["ranks"].numpy()
        assert np.isnan(ranks[3]).tolist() == [True, False]
        ages = np.delete(ranks[:, 0], 3)
        assert np.abs(ages - np.linspace(0, 1, ROWS - 1)).max() < 0.02
        assert (ranks[:21, 1] == 0).all()  # a third of the rows are equal
        assert ranks[-1, 1] == pytest.approx(1)
    beyond = stored(made, [{"age": 1e30, "paid": -5, "town": "a"}])
    assert made.ready(made.collate(beyond))["ranks"][0].tolist() == pytest.approx([1, 0])


def test_categories_that_are_rare_or_were_never_seen_share_a_code() -> None:
    rows = [{"town": "ab"[n % 2], "age": 0.5 * n} for n in range(1200)]
    rows[5]["town"] = "once"
    made = fitted(rows)
    codes = stored(made, [{"town": town, "age": 1} for town in ("a", "once", "new", None)])["x"][:, 0]
    assert codes[1] == codes[2] == 1
    assert codes[3] == 0
    assert codes[0] >= 2


def test_a_date_becomes_its_parts() -> None:
    made = fitted([{"day": f"2020-01-{n % 28 + 1:02}", "n": 0.5 * n} for n in range(ROWS)])
    cells = made.named_cells(stored(made, [{"day": "2021-03-14", "n": 1}]))["day"][0]
    assert cells[1:].tolist() == [2021, 3, 14, 6, 0]  # a Sunday
    assert cells[0] == (np.datetime64("2021-03-14") - np.datetime64("1970-01-01")).astype(int)


def test_a_cell_that_does_not_fit_is_missing_and_said() -> None:
    made = fitted([{"age": 0.5 * n, "town": "ab"[n % 2]} for n in range(ROWS)])
    read = made.read({"input": {"age": "old", "town": "a"}, "origin": "row 1"}, Budget())
    assert np.isnan(read["input"][1])
    assert read["repaired"] == {"cells of column age are no number and count as missing": 1}


def test_rows_of_an_array_have_numbered_columns() -> None:
    made = Table()
    x = np.random.default_rng(0).normal(size=(ROWS, 3))
    made.fit([{"input": row} for row in x], Budget())
    assert made.columns == ["x0", "x1", "x2"]
    assert made.read({"input": x[4]}, Budget())["input"].tolist() == pytest.approx(x[4].tolist())


def test_memory_is_bounded_by_codes_and_buckets() -> None:
    names = {f"c{place}": [f"w{n % 300}" for n in range(3000)] for place in range(3)}
    rows = [dict(zip(names, cells, strict=True)) for cells in zip(*names.values(), strict=True)]
    made = fitted(rows)
    assert made.spec.sizes["columns"] <= 3 * 256


def test_equal_rows_are_no_copies_and_related_only_where_nearly_all_rows_differ() -> None:
    made = fitted(table_rows(ROWS)[0])
    one = {"x": np.arange(20, dtype=np.float32).reshape(10, 2)}
    assert len(set(made.kinship.families(one).tolist())) == 10
    one["x"][9] = one["x"][0]
    families = made.kinship.families(one)
    assert families[9] == families[0]
    few = {"x": np.zeros((10, 2), np.float32)}
    assert len(set(made.kinship.families(few).tolist())) == 10


def test_true_and_one_are_different_names() -> None:
    rows = [{"mixed": [1, "a", None, 2.5, True][n % 5], "n": n % 7} for n in range(ROWS)]
    read = fitted(rows).read({"input": {"mixed": True, "n": 1}, "origin": "row 1"}, Budget())
    assert "repaired" not in read
    other = fitted(rows).read({"input": {"mixed": False, "n": 1}, "origin": "row 1"}, Budget())
    assert other["repaired"] == {"cells of column mixed are names never seen in training": "False"}


def test_numbers_with_two_decimal_marks_are_no_ids() -> None:
    values = np.random.default_rng(0).normal(size=ROWS).round(4).tolist()
    rows = [{"v": str(one).replace(".", ".,"[n % 2]), "k": n % 5} for n, one in enumerate(values)]
    assert "1 column left out (numbers in several spellings): v" in fitted(rows).told
