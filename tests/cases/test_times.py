"""Rows are split by when they were, however the times are written; dates that can be read in two ways are asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headstart.core.errors import DataError
from headstart.data.labels.moments import moments
from headstart.data.prepare import prepare
from headstart.data.store import Store

BEGIN = datetime(2021, 1, 1)
DAYS = [BEGIN + timedelta(days=3 * n, hours=5 * n, minutes=n) for n in range(60)]
WRITTEN = {
    "ISO": "%Y-%m-%d", "ISO with a clock": "%Y-%m-%dT%H:%M:%S", "slashes": "%Y/%m/%d", "day first": "%d/%m/%Y",
    "month first": "%m/%d/%Y", "points": "%d.%m.%Y %H:%M", "two digits": "%d.%m.%y", "month's name": "%b %d %Y",
    "whole name": "%d %B %Y", "comma": "%B %d, %Y", "noon": "%Y-%m-%d %I:%M %p", "weekday": "%a, %d %b %Y %H:%M:%S",
    "dashes": "%d-%b-%Y", "American clock": "%m/%d/%Y %I:%M:%S %p",
    "digits": "%Y%m%d", "zone": "%Y-%m-%dT%H:%M:%S+02:00",
    "universal": "%Y-%m-%dT%H:%M:%SZ",
}  # fmt: skip


def order(texts: list[str], written: str | None = None) -> list[int]:
    found = moments(texts, "day", [f"t.csv:{n}" for n in range(len(texts))], written)
    return np.argsort(found, kind="stable").tolist()


@pytest.mark.parametrize("kind", WRITTEN)
def test_dates_sort_by_when_they_are(kind: str) -> None:
    texts = [day.strftime(WRITTEN[kind]) for day in DAYS]
    turn = [(n * 7) % 60 for n in range(60)]
    assert order([texts[place] for place in turn]) == np.argsort(turn).tolist()


@pytest.mark.parametrize("form", ["{0}Q{1}", "{0}-q{1}", "{0} Q{1}", "Q{1} {0}", "Q{1}/{0}"])
def test_quarters_are_times(form: str) -> None:
    texts = [form.format(1990 + n // 4, n % 4 + 1) for n in range(12)]
    found = moments(texts, "quarter", texts, None)
    months = found.astype("datetime64[s]").astype("datetime64[M]")
    assert (np.diff(months).astype(int) == 3).all()


@pytest.mark.parametrize("form", ["{0}-{1:02}", "{0}/{1}", "{0}M{1:02}", "{1:02}/{0}"])
def test_months_are_times(form: str) -> None:
    texts = [form.format(1990 + n // 12, n % 12 + 1) for n in range(30)]
    found = moments(texts, "month", texts, None).astype("datetime64[s]").astype("datetime64[M]")
    assert found[0] == np.datetime64("1990-01")
    assert (np.diff(found).astype(int) == 1).all()


def test_numbers_without_zeros_in_front_are_dates() -> None:
    assert order(["2021-10-2", "2021-9-30", "2021-1-1"]) == [2, 1, 0]
    assert order(["1/20/2021", "1/3/2021", "12/1/2020"]) == [2, 1, 0]


def test_zones_are_counted() -> None:
    assert order(["2021-01-01T12:00:00+14:00", "2021-01-01T00:00:00+00:00"]) == [0, 1]
    assert order(["01.02.2021 12:00 +0300", "01.02.2021 10:00 UTC", "13.02.2021 10:00"]) == [0, 1, 2]


def test_numbers_and_dates_of_other_formats_sort() -> None:
    assert order(["10", "9", "1e3"]) == [1, 0, 2]
    found = moments([date(2021, 1, 2), pd.Timestamp("2021-01-01 10:00")], "day", ["a", "b"], None)
    assert found[1] < found[0]


def test_dates_that_can_be_read_in_two_ways_are_asked_for() -> None:
    texts = ["01/02/2021", "03/01/2021"]
    with pytest.raises(DataError, match=r'HS-D343.*time_format="day-first" or prepare time_format="month-first"'):
        order(texts)
    assert order(texts, "day-first") == [1, 0]
    assert order(texts, "month-first") == order(texts, "%m/%d/%Y") == [0, 1]
    assert order(["01/01/2021", "02/02/2021"]) == [0, 1]  # both ways give one order


def test_what_is_no_time_is_named() -> None:
    with pytest.raises(DataError, match=r"HS-D344.*t.csv:1, column day.*'soon'"):
        order(["2021-01-01", "soon"])
    with pytest.raises(DataError, match=r"HS-D344.*t.csv:1"):
        order(["01.01.2021", "01.14.2021", "14.01.2021"])
    with pytest.raises(DataError, match=r"HS-D341.*t.csv:1"):
        order(["2021-01-01", "nan"])


def test_the_latest_rows_are_test(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"text": [f"row number {n}" for n in range(60)], "day": [d.strftime("%d/%m/%Y") for d in DAYS]}
    )
    frame.sample(frac=1, random_state=0).to_csv(tmp_path / "t.csv", index=False)
    store: Store = prepare(
        tmp_path / "t.csv", tmp_path / "out", time="day", near="keep", split="train=.8,valid=.1,test=.1"
    )
    told = pd.read_csv(tmp_path / "t.csv")["text"].tolist()
    days = [[int(told[int(origin.partition(":")[2]) - 2].split()[-1]) for origin in store.origins(part)]
            for part in ("train", "valid", "test")]  # fmt: skip
    assert max(days[0]) < min(days[1])
    assert max(days[1]) < min(days[2])
