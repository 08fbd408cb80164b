"""One line with where, what, found, expected and fix, whatever is in them."""

from __future__ import annotations

import pytest

from headstart.core.errors import (
    BusyError,
    ContractError,
    DataError,
    HeadstartError,
    InternalError,
    RecipeError,
    StorageError,
    UsageError,
    nearest,
)


def test_python_reads_the_same_error_in_its_own_words() -> None:
    error = DataError(101, "image is truncated", fix="prepare with --skip-bad")
    assert str(error) == "error[HS-D101]: image is truncated. fix: prepare with skip_bad=True"


def test_a_full_error_reads_as_the_interface_promises() -> None:
    error = DataError(
        101, "image is truncated", where="cats/0031.jpg@18432", found="18432 of 40211 bytes",
        expected="a complete JPEG", fix="replace the file or prepare with --skip-bad",
    )  # fmt: skip
    assert error.line() == (
        "error[HS-D101]: cats/0031.jpg@18432: image is truncated: found 18432 of 40211 bytes, "
        "expected a complete JPEG. fix: replace the file or prepare with --skip-bad"
    )


@pytest.mark.parametrize("text", ["two\nlines", "tab\tand  spaces", "\r\n", "Unicode \u2028 line"])
def test_an_error_is_one_line_whatever_a_file_is_called(text: str) -> None:
    line = UsageError(1, "what", where=text, found=text, expected=text, fix=text).line()
    assert len(line.splitlines()) == 1


def test_empty_parts_leave_no_trace() -> None:
    assert StorageError(7, "disk is full").line() == "error[HS-I7]: disk is full"
    assert BusyError(7, "busy", expected=0).line() == "error[HS-B7]: busy: expected 0"


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageError, 2), (DataError, 65), (InternalError, 70), (StorageError, 74), (BusyError, 75), (RecipeError, 78),
     (ContractError, 78)],
)  # fmt: skip
def test_every_class_has_its_exit_code(kind: type[HeadstartError], code: int) -> None:
    assert kind(1, "x").exit_code == code


def test_the_nearest_name_comes_first_and_else_all() -> None:
    assert nearest("resnet18", ["vit", "resnet"]) == "did you mean 'resnet'?"
    assert nearest("xyz", ["vit", "resnet"]) == "choose one of resnet, vit"


def test_advice_names_no_more_than_a_person_reads() -> None:
    told = nearest("zzzz", (f"network{i}" for i in range(1000)))
    assert told.endswith(" and 970 more")
    assert len(told) < 500
